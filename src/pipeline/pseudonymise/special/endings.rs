//! Words that the lists do not hold as they are written: compounds, definite forms and genitives of words
//! that they hold, told by their first or last letters. Most words are compared with nothing.

use super::Kind;
use super::lexicon::{Lexicon, Mode, Naming, class};

/// What a word says that is written together with another one before it, told by its last letters:
/// the word of the lists that says as much, and whether it is a name.
fn compound(lower: &str) -> Option<(&'static str, bool)> {
    // Few words share the last four letters, so that most are compared with nothing.
    let endings: &[(&str, &str, bool)] = match lower.as_bytes().last_chunk::<4>()? {
        b"kdom" => &[("sjukdom", "sjukdom", false)],
        b"omen" => &[("sjukdomen", "sjukdom", false)],
        b"omar" => &[("sjukdomar", "sjukdom", false)],
        b"ning" => &[
            ("sjukskrivning", "sjukskrivning", false),
            ("nedsättning", "funktionsnedsättning", false),
            ("förlamning", "reumatism", false),
            ("förening", "kulturförening", false),
        ],
        b"ngen" => &[
            ("nedsättningen", "funktionsnedsättning", false),
            ("församlingen", "församlingen", true),
            ("föreningen", "kulturföreningen", false),
        ],
        b"drom" => &[("syndrom", "aspergers", false)],
        b"omet" => &[("syndromet", "aspergers", false)],
        b"rome" => &[("syndrome", "aspergers", false)],
        b"ncer" => &[("cancer", "cancer", false)],
        b"cern" => &[("cancern", "cancer", false)],
        b"tion" => &[("transplantation", "transplantation", false)],
        b"ergi" => &[("allergi", "pollenallergi", false)],
        b"rgin" => &[("allergin", "pollenallergi", false)],
        b"rans" => &[("intolerans", "pollenallergi", false)],
        b"gnos" => &[("diagnos", "cancerdiagnos", false)],
        b"osen" => &[("diagnosen", "cancerdiagnos", false)],
        b"oser" => &[("diagnoser", "cancerdiagnos", false)],
        b"fobi" => &[("fobi", "fobi", false)],
        b"obia" => &[("phobia", "fobi", false)],
        b"m\xc3\xb6r" => &[("tumör", "tumör", false)],
        b"\xb6ren" => &[("tumören", "tumör", false), ("kören", "kulturföreningen", false)],
        b"arkt" => &[("infarkt", "hjärtinfarkt", false)],
        b"bruk" => &[("missbruk", "missbruk", false)],
        b"uket" => &[("missbruket", "missbruk", false)],
        b"sion" => &[("depression", "depression", false)],
        b"ykos" => &[("psykos", "psykos", false)],
        b"trit" => &[("artrit", "reumatism", false)],
        b"tros" => &[("artros", "reumatism", false)],
        b"\xa4rta" => &[("smärta", "reumatism", false)],
        b"rtor" => &[("smärtor", "reumatism", false)],
        b"\xc3\xa4rk" => &[("värk", "reumatism", false)],
        b"mens" => &[("demens", "reumatism", false)],
        b"adad" => &[("skadad", "hörselskadad", false)],
        b"erad" => &[
            ("transplanterad", "amputerad", false),
            ("amputerad", "amputerad", false),
            ("opererad", "opererad", false),
        ],
        b"iker" => &[("allergiker", "allergiker", false), ("diabetiker", "diabetiker", false)],
        b"gisk" => &[("allergisk", "allergisk", false)],
        b"list" => &[("alkoholist", "alkoholist", false)],
        b"kare" => &[("missbrukare", "missbrukare", false)],
        b"iven" => &[("sjukskriven", "sjukskriven", false)],
        b"slim" => &[("muslim", "muslim", false)],
        b"vist" => &[("aktivist", "anarkist", false)],
        b"rkan" => &[("kyrkan", "kyrkan", true)],
        b"kans" => &[("kyrkans", "kyrkans", true)],
        b"k\xc3\xa9n" => &[("moskén", "moskén", true)],
        b"llet" => &[("kapellet", "kapellet", true)],
        b"apet" => &[("sällskapet", "kulturföreningen", false)],
        b"alen" => &[("festivalen", "kulturföreningen", false)],
        b"\xa5det" => &[("rådet", "kulturföreningen", false)],
        b"ppen" => &[("gruppen", "ungdomsgruppen", false)],
        b"rket" => &[("nätverket", "kvinnonätverket", false)],
        b"ndet" => &[("förbundet", "ungdomsförbundet", false)],
        _ => return None,
    };
    let (_, word, name) =
        endings.iter().find(|(end, _, _)| lower.len() > end.len() + 2 && lower.ends_with(end))?;
    Some((word, *name))
}

impl Lexicon {
    /// The node of a word that ends like one of the lists: "Mariakyrkan", "ögonsjukdom".
    pub(super) fn compound(&self, lower: &str, capital: bool) -> u32 {
        let found = compound(lower).filter(|(_, name)| capital || !name);
        found.map_or(0, |(word, _)| self.word(word))
    }

    /// The node of an illness in a definite form: "endometriosen".
    pub(super) fn definite(&self, lower: &str) -> u32 {
        let endings: &[&str] = match lower.as_bytes().last() {
            Some(b'n') => &["n", "en"],
            Some(b't') => &["et"],
            Some(b's') => &["s", "ns", "ens"],
            Some(b'a') => &["na", "erna", "arna"],
            Some(b'r') => &["er", "ar"],
            _ => return 0,
        };
        let ill = |node: u32| {
            let entry = self.entry(node);
            matches!(entry.trigger, Some((Kind::Health, Mode::Noun))) && entry.class & class::CAPITALS == 0
        };
        let stems = endings.iter().filter_map(|end| lower.strip_suffix(end));
        stems.map(|stem| self.word(stem)).find(|node| ill(*node)).unwrap_or_default()
    }

    /// The node of a word that begins like an illness or a flight and is told of one's own only.
    pub(super) fn begun(&self, lower: &str) -> u32 {
        const BEGINNINGS: [&str; 24] = [
            "asyl",
            "flykting",
            "adoptiv",
            "cancer",
            "diabetes",
            "adhd",
            "autism",
            "epilepsi",
            "ångest",
            "depressions",
            "utmattnings",
            "sjukskrivnings",
            "rehab",
            "missbruks",
            "stroke",
            "allergi",
            "dyslexi",
            "graviditets",
            "ivf",
            "fertilitets",
            "cellgifts",
            "rullstols",
            "hörsel",
            "smärt",
        ];
        /// Work, and those who do it.
        const WORK: [&str; 14] = [
            "arbete",
            "arbetet",
            "projekt",
            "projektet",
            "uppsats",
            "uppsatsen",
            "kurs",
            "klinik",
            "mottagning",
            "avdelning",
            "forskning",
            "vård",
            "studie",
            "grupp",
        ];
        let first = lower.as_bytes().first_chunk::<3>();
        let known = matches!(
            first,
            Some(
                b"asy"
                    | b"fly"
                    | b"ado"
                    | b"can"
                    | b"dia"
                    | b"adh"
                    | b"aut"
                    | b"epi"
                    | b"\xc3\xa5n"
                    | b"dep"
                    | b"utm"
                    | b"sju"
                    | b"reh"
                    | b"mis"
                    | b"str"
                    | b"all"
                    | b"dys"
                    | b"gra"
                    | b"ivf"
                    | b"fer"
                    | b"cel"
                    | b"rul"
                    | b"h\xc3\xb6"
                    | b"sm\xc3"
            )
        );
        let begun = known
            && BEGINNINGS.iter().any(|head| lower.len() > head.len() + 2 && lower.starts_with(head))
            && !WORK.iter().any(|end| lower.ends_with(end));
        if begun { self.word("sjukdomsresa") } else { 0 }
    }

    /// The node of a name that begins with what it reveals: "Pridefestivalen", "Centerstudenterna".
    pub(super) fn headed(&self, lower: &str) -> u32 {
        const HEADS: [(&str, &str); 43] = [
            ("pride", "rfsl"),
            ("hbtq", "rfsl"),
            ("queer", "rfsl"),
            ("lesb", "rfsl"),
            ("regnbåg", "rfsl"),
            ("gay", "rfsl"),
            ("moderat", "moderaterna"),
            ("center", "moderaterna"),
            ("vänster", "moderaterna"),
            ("miljöparti", "moderaterna"),
            ("socialdemokrat", "moderaterna"),
            ("kristdemokrat", "moderaterna"),
            ("sverigedemokrat", "moderaterna"),
            ("liberal", "moderaterna"),
            ("kommunist", "moderaterna"),
            ("arbetarkommun", "moderaterna"),
            ("kyrk", "svenska"),
            ("pingst", "equmenia"),
            ("equmenia", "equmenia"),
            ("kfum", "equmenia"),
            ("frälsning", "equmenia"),
            ("moské", "equmenia"),
            ("synagog", "equmenia"),
            ("muslim", "equmenia"),
            ("islam", "equmenia"),
            ("judisk", "equmenia"),
            ("hindu", "equmenia"),
            ("buddh", "equmenia"),
            ("konfirmand", "equmenia"),
            ("kurd", "sametinget"),
            ("somali", "sametinget"),
            ("assyri", "sametinget"),
            ("syriansk", "sametinget"),
            ("sverigefin", "sametinget"),
            ("finländ", "sametinget"),
            ("same", "sametinget"),
            ("hörselskad", "reumatikerförbundet"),
            ("synskad", "reumatikerförbundet"),
            ("diabetes", "reumatikerförbundet"),
            ("handikapp", "reumatikerförbundet"),
            ("hemvärn", "hemvärnet"),
            ("nykter", "iogt"),
            ("iogt", "iogt"),
        ];
        let found = HEADS.iter().find(|(head, _)| lower.len() > head.len() + 2 && lower.starts_with(head));
        found.map_or(0, |(_, word)| self.word(word))
    }

    /// The node of an organisation in the genitive: "Kommunals".
    pub(super) fn genitive(&self, lower: &str) -> u32 {
        let node = lower.strip_suffix('s').map_or(0, |stem| self.word(stem));
        let fixed = |(naming, _)| matches!(naming, Naming::Fixed | Naming::Doubtful);
        let entry = self.entry(node);
        // "Somalis" are a people as well, and "Assyriernas förening" is theirs.
        let people = entry.class & class::PEOPLE != 0 && entry.trigger.is_none();
        if let Some(plural) = lower.strip_suffix("nas") {
            let stems = [Some(plural), plural.strip_suffix("er"), plural.strip_suffix("ar")];
            let of = |stem: &str| self.entry(self.word(stem)).class & class::PEOPLE != 0;
            let theirs = stems.into_iter().flatten().any(of) || of(&format!("{plural}e"));
            return if theirs { self.word("sametinget") } else { 0 };
        }
        if people || entry.naming.is_some_and(fixed) { node } else { 0 }
    }
}
