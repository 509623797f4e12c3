//! Looks for a planted text in every byte of every file, in the forms in which software writes text down.

use std::path::{Path, PathBuf};

use regex::bytes::{Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of one compressed stream that are looked through at most.
const INFLATED_MAX: usize = 256 * 1024;

/// What is planted and looked for: a word with a letter that has two spellings in Unicode, and a telephone number.
#[derive(Clone)]
pub struct Planted {
    pub word: String,
    pub phone: &'static str,
}

/// The encodings, by name.
pub fn encodings(planted: &Planted) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let word = planted.word.nfc().collect::<String>();
    let plain = |text: &str| text.as_bytes().to_vec();
    let cases = [word.clone(), word.to_uppercase(), title(&word)];
    let spelt: Vec<String> = cases.iter().cloned().chain(cases.iter().map(|c| c.nfd().collect())).collect();
    let utf16 = |big: bool| -> Vec<Vec<u8>> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        cases.iter().map(|c| c.encode_utf16().flat_map(bytes).collect()).collect()
    };
    let mut base64 = Vec::new();
    for text in &cases {
        for offset in 0..3 {
            base64.extend(base64_inside(text.as_bytes(), offset));
        }
    }
    let hex = |upper: bool| -> Vec<Vec<u8>> {
        cases
            .iter()
            .map(|c| if upper { hex::encode_upper(c).into_bytes() } else { hex::encode(c).into_bytes() })
            .collect()
    };
    let each = |word: &str, form: &dyn Fn(char) -> String| -> Vec<u8> {
        word.chars().map(form).collect::<String>().into_bytes()
    };
    let percent = |c: char| -> String {
        let mut buffer = [0; 4];
        if c.is_ascii() {
            c.to_string()
        } else {
            c.encode_utf8(&mut buffer).bytes().map(|b| format!("%{b:02X}")).collect()
        }
    };
    let json = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let json_all = |c: char| format!("\\u{:04x}", u32::from(c));
    let html = |c: char| if c.is_ascii() { c.to_string() } else { format!("&#{};", u32::from(c)) };
    let digits: String = planted.phone.chars().filter(char::is_ascii_digit).collect();
    let grouped = |sizes: &[usize], separator: &str| -> Vec<u8> {
        let mut rest = digits.as_str();
        let mut parts = Vec::new();
        for size in sizes {
            let (part, more) = rest.split_at(*size);
            parts.push(part);
            rest = more;
        }
        parts.push(rest);
        parts.join(separator).into_bytes()
    };
    let mut numbers =
        vec![plain(&digits), plain(&format!("+46{}", &digits[1..])), plain(&format!("46{}", &digits[1..]))];
    for sizes in [&[3][..], &[3, 3], &[3, 3, 2], &[4, 3], &[4, 2, 2]] {
        for separator in [" ", "-", ".", "\u{a0}"] {
            numbers.push(grouped(sizes, separator));
        }
    }
    numbers.push(plain(planted.phone));
    let lower_bytes = |list: Vec<Vec<u8>>| list;
    vec![
        ("UTF-8, composed and decomposed, in three cases", spelt.iter().map(|s| plain(s)).collect()),
        ("UTF-16, little end first", utf16(false)),
        ("UTF-16, big end first", utf16(true)),
        (
            "Windows-1252",
            cases
                .iter()
                .map(|c| c.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect())
                .collect(),
        ),
        ("base64 at three offsets", base64),
        ("hexadecimal, lower", hex(false)),
        ("hexadecimal, upper", hex(true)),
        ("URL", cases.iter().map(|c| each(c, &percent)).collect()),
        ("JSON, escaped", cases.iter().flat_map(|c| [each(c, &json), each(c, &json_all)]).collect()),
        ("HTML, escaped", cases.iter().map(|c| each(c, &html)).collect()),
        ("digits, grouped", lower_bytes(numbers)),
        ("backwards", spelt.iter().map(|s| s.chars().rev().collect::<String>().into_bytes()).collect()),
    ]
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// What of a text's base64 form does not depend on what stands before and after it.
fn base64_inside(text: &[u8], offset: usize) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let mut padded = vec![0u8; offset];
    padded.extend_from_slice(text);
    let whole = padded.len() - padded.len() % 3;
    let encoded = base64::engine::general_purpose::STANDARD.encode(&padded[..whole]);
    let start = if offset == 0 { 0 } else { 4 };
    let standard = encoded.as_bytes()[start..].to_vec();
    let url: Vec<u8> = standard
        .iter()
        .map(|b| match b {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect();
    vec![standard, url]
}

/// A search for one planted text in all encodings at once.
pub struct Search {
    any: Regex,
    named: Vec<(&'static str, Regex)>,
    pub bytes: u64,
    pub inflated: u64,
    pub files: u64,
}

fn pattern<'a>(list: impl Iterator<Item = &'a Vec<u8>>) -> Regex {
    let all: Vec<String> =
        list.map(|bytes| bytes.iter().map(|b| format!("\\x{b:02x}")).collect::<String>()).collect();
    RegexBuilder::new(&all.join("|")).unicode(false).size_limit(1 << 28).build().expect("a pattern")
}

impl Search {
    pub fn new(planted: &Planted) -> Self {
        let named = encodings(planted);
        assert_eq!(named.len(), 12);
        let any = pattern(named.iter().flat_map(|(_, list)| list));
        let named = named.iter().map(|(name, list)| (*name, pattern(list.iter()))).collect();
        Self { any, named, bytes: 0, inflated: 0, files: 0 }
    }

    /// The encodings in which the text is found in these bytes, in compressed streams too.
    pub fn hits(&mut self, bytes: &[u8]) -> Vec<String> {
        self.bytes += bytes.len() as u64;
        let mut found = self.plain_hits(bytes, "");
        for at in 0..bytes.len().saturating_sub(8) {
            let raw = match bytes[at..] {
                [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => inflate::gzip_body(&bytes[at..]),
                [0x78, second, ..] if (0x7800 + u16::from(second)) % 31 == 0 && second & 0x20 == 0 => {
                    Some(&bytes[at + 2..])
                }
                _ => None,
            };
            let Some(raw) = raw else { continue };
            let out = inflate::inflate(raw, INFLATED_MAX);
            if out.len() >= 8 {
                self.inflated += out.len() as u64;
                found.extend(self.plain_hits(&out, "compressed: "));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    fn plain_hits(&self, bytes: &[u8], before: &str) -> Vec<String> {
        if !self.any.is_match(bytes) {
            return Vec::new();
        }
        let one = self.named.iter().filter(|(_, pattern)| pattern.is_match(bytes));
        one.map(|(name, _)| format!("{before}{name}")).collect()
    }

    /// Every file under a folder, with what was found in it.
    pub fn folder(&mut self, folder: &Path) -> Vec<(PathBuf, Vec<String>)> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            // What a database server removes while it is looked through is not there.
            let Ok(list) = std::fs::read_dir(&folder) else { continue };
            for entry in list.flatten() {
                let path = entry.path();
                let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
                let in_name = self.plain_hits(&name, "in the name: ");
                if !in_name.is_empty() {
                    found.push((path.clone(), in_name));
                }
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    self.files += 1;
                    let hits = self.hits(&bytes);
                    if !hits.is_empty() {
                        found.push((path, hits));
                    }
                }
            }
        }
        found
    }
}

/// RFC 1951, just enough to look into what somebody compressed.
pub mod inflate {
    struct Bits<'a> {
        bytes: &'a [u8],
        at: usize,
        held: u32,
        count: u32,
    }

    impl Bits<'_> {
        fn take(&mut self, count: u32) -> Option<u32> {
            while self.count < count {
                self.held |= u32::from(*self.bytes.get(self.at)?) << self.count;
                self.at += 1;
                self.count += 8;
            }
            let out = self.held & ((1u32 << count) - 1);
            self.held >>= count;
            self.count -= count;
            Some(out)
        }
    }

    /// A canonical Huffman code: how many codes of each length, and the symbols in order.
    struct Code {
        counts: [u16; 16],
        symbols: Vec<u16>,
    }

    impl Code {
        fn new(lengths: &[u8]) -> Self {
            let mut counts = [0u16; 16];
            for length in lengths {
                counts[usize::from(*length)] += 1;
            }
            counts[0] = 0;
            let mut symbols = Vec::new();
            for length in 1..16u8 {
                let of = lengths.iter().enumerate().filter(|(_, l)| **l == length);
                symbols.extend(of.map(|(symbol, _)| u16::try_from(symbol).unwrap_or(0)));
            }
            Self { counts, symbols }
        }

        fn read(&self, bits: &mut Bits<'_>) -> Option<u16> {
            let (mut code, mut first, mut index) = (0i32, 0i32, 0i32);
            for length in 1..16 {
                code |= bits.take(1)?.cast_signed();
                let count = i32::from(self.counts[length]);
                if code - count < first {
                    return self.symbols.get(usize::try_from(index + code - first).ok()?).copied();
                }
                index += count;
                first = (first + count) << 1;
                code <<= 1;
            }
            None
        }
    }

    const LENGTHS: [(u16, u32); 29] = [
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (7, 0),
        (8, 0),
        (9, 0),
        (10, 0),
        (11, 1),
        (13, 1),
        (15, 1),
        (17, 1),
        (19, 2),
        (23, 2),
        (27, 2),
        (31, 2),
        (35, 3),
        (43, 3),
        (51, 3),
        (59, 3),
        (67, 4),
        (83, 4),
        (99, 4),
        (115, 4),
        (131, 5),
        (163, 5),
        (195, 5),
        (227, 5),
        (258, 0),
    ];
    const DISTANCES: [(u16, u32); 30] = [
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 0),
        (5, 1),
        (7, 1),
        (9, 2),
        (13, 2),
        (17, 3),
        (25, 3),
        (33, 4),
        (49, 4),
        (65, 5),
        (97, 5),
        (129, 6),
        (193, 6),
        (257, 7),
        (385, 7),
        (513, 8),
        (769, 8),
        (1025, 9),
        (1537, 9),
        (2049, 10),
        (3073, 10),
        (4097, 11),
        (6145, 11),
        (8193, 12),
        (12289, 12),
        (16385, 13),
        (24577, 13),
    ];
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// What can be inflated before the stream ends or breaks.
    pub fn inflate(bytes: &[u8], most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut bits = Bits { bytes, at: 0, held: 0, count: 0 };
        while block(&mut bits, &mut out, most) == Some(false) {}
        out
    }

    /// One block; `Some(true)` after the last.
    fn block(bits: &mut Bits<'_>, out: &mut Vec<u8>, most: usize) -> Option<bool> {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => {
                bits.held = 0;
                bits.count = 0;
                let head = bits.bytes.get(bits.at..bits.at + 4)?;
                let (length, not) =
                    (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
                if length != !not {
                    return None;
                }
                bits.at += 4;
                out.extend_from_slice(bits.bytes.get(bits.at..bits.at + usize::from(length))?);
                bits.at += usize::from(length);
            }
            1 => {
                let mut lengths = [8u8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                codes(bits, out, most, &Code::new(&lengths), &Code::new(&[5; 30]))?;
            }
            2 => {
                let (literals, distances, count) =
                    (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
                let mut lengths = [0u8; 19];
                for place in ORDER.iter().take(count as usize) {
                    lengths[*place] = bits.take(3)? as u8;
                }
                let code = Code::new(&lengths);
                let wanted = (literals + distances) as usize;
                let mut all: Vec<u8> = Vec::new();
                while all.len() < wanted {
                    let (value, times) = match code.read(bits)? {
                        symbol @ 0..=15 => (symbol as u8, 1),
                        16 => (*all.last()?, 3 + bits.take(2)?),
                        17 => (0, 3 + bits.take(3)?),
                        _ => (0, 11 + bits.take(7)?),
                    };
                    all.extend(std::iter::repeat_n(value, times as usize));
                }
                let (a, b) = all.get(..wanted)?.split_at(literals as usize);
                codes(bits, out, most, &Code::new(a), &Code::new(b))?;
            }
            _ => return None,
        }
        (out.len() < most).then_some(last)
    }

    fn codes(
        bits: &mut Bits<'_>,
        out: &mut Vec<u8>,
        most: usize,
        literals: &Code,
        distances: &Code,
    ) -> Option<()> {
        while out.len() < most {
            match literals.read(bits)? {
                256 => return Some(()),
                literal @ 0..=255 => out.push(literal as u8),
                length => {
                    let (base, extra) = *LENGTHS.get(usize::from(length) - 257)?;
                    let length = usize::from(base) + bits.take(extra)? as usize;
                    let (base, extra) = *DISTANCES.get(usize::from(distances.read(bits)?))?;
                    let distance = usize::from(base) + bits.take(extra)? as usize;
                    let start = out.len().checked_sub(distance)?;
                    for at in start..start + length {
                        out.push(out[at]);
                    }
                }
            }
        }
        None
    }

    /// What follows a gzip header (RFC 1952).
    pub fn gzip_body(bytes: &[u8]) -> Option<&[u8]> {
        let flags = *bytes.get(3)?;
        let mut at = 10;
        if flags & 4 != 0 {
            at += 2 + usize::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        }
        for flag in [8, 16] {
            if flags & flag != 0 {
                at += bytes.get(at..)?.iter().position(|b| *b == 0)? + 1;
            }
        }
        if flags & 2 != 0 {
            at += 2;
        }
        bytes.get(at..)
    }
}

#[test]
fn a_planted_text_is_found_in_each_of_twelve_encodings_and_in_compressed_streams() {
    let planted = Planted { word: "zqvåxblåmark".into(), phone: "070-174 06 05" };
    let mut found = 0;
    let mut search = Search::new(&planted);
    for (name, list) in encodings(&planted) {
        for (nth, form) in list.iter().enumerate() {
            for lead in [&b""[..], b"x", b"\0\0", b"name=", &[0xff; 37]] {
                let mut bytes = lead.to_vec();
                bytes.extend_from_slice(form);
                bytes.extend_from_slice(b"\0tail");
                let hits = search.hits(&bytes);
                assert!(hits.iter().any(|hit| hit == name), "{name} {nth}: {hits:?}");
                found += 1;
            }
        }
    }
    // base64 as a program writes it, wherever the word stands.
    use base64::Engine as _;
    for before in 0..7 {
        let text = format!("{}{} and more", "a".repeat(before), planted.word);
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        assert!(!search.hits(encoded.as_bytes()).is_empty(), "{before}");
    }
    // Compressed by another program, in the formats that files and logs are rotated in.
    let python = "import sys,gzip,zlib\nw=sys.argv[1].encode()\nt=b'some text before '+w+b' and after, again '+w\n\
                  o=sys.stdout.buffer\n\
                  for l in (0,1,6,9):\n o.write(b'\\xff'*5+(gzip.compress(t,l) if sys.argv[2]=='g' else zlib.compress(t*40,l))+b'|END|')\n";
    let end = Regex::new(r"(?-u)\|END\|").expect("a pattern");
    for kind in ["g", "z"] {
        let made = std::process::Command::new("python3")
            .args(["-c", python, &planted.word, kind])
            .output()
            .expect("python3");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let parts: Vec<&[u8]> = end.split(&made.stdout).collect();
        assert_eq!(parts.len(), 5);
        for part in &parts[..4] {
            assert!(!search.hits(part).is_empty(), "{kind}");
            found += 1;
        }
    }
    assert!(search.hits("nothing of it: zqvaxblamark 0701740606".as_bytes()).is_empty());
    crate::fixture::figures(
        "story::erasure_canary::search::a_planted_text_is_found_in_each_of_twelve_encodings_and_in_compressed_streams",
        found,
        &serde_json::json!({ "planted": found, "found": found }),
    );
}
