//! The HTML inside Markdown, taken out before the Markdown is read.
//!
//! Tags as `CommonMark` 0.31 knows them (sections 4.6 and 6.6); what a browser does not show (HTML Living
//! Standard, section 15.3, and the style attribute) is hidden. Style sheets are not followed: Markdown has
//! none. Nothing here looks back, so the time is linear in the text.

use crate::Why;

/// How far the end of a tag or of a span of code is looked for, in bytes.
const REACH: usize = 2_000;

/// What is left of a text without its HTML.
pub(super) struct Stripped {
    /// The Markdown that is left.
    pub text: String,
    /// What a browser would not show.
    pub hidden: Vec<(Why, String)>,
}

/// An element that is not shown, until its end.
struct Unseen {
    name: String,
    depth: u32,
    why: Why,
    text: String,
}

/// Takes comments and tags out of Markdown, with the text of elements that are not shown. Code is left alone.
pub(super) fn strip(text: &str) -> Stripped {
    let mut stripper = Stripper {
        out: String::with_capacity(text.len()),
        hidden: Vec::new(),
        unseen: None,
        open_ended: false,
    };
    let mut fence: Option<(char, usize)> = None;
    let mut rest = text;
    while !rest.is_empty() {
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let marks = super::markdown::fence(line);
        match (fence, marks) {
            (None, Some((mark, count, _))) if stripper.unseen.is_none() => fence = Some((mark, count)),
            (Some((mark, count)), Some((end, ends, true))) if mark == end && ends >= count => fence = None,
            (Some(_), _) => {}
            (None, _) => {
                rest = stripper.line(rest, line.len());
                continue;
            }
        }
        stripper.give(line);
        rest = rest.get(line.len()..).unwrap_or("");
    }
    if let Some(unseen) = stripper.unseen.take() {
        // Not closed: a browser hides it to the end.
        stripper.hidden.push((unseen.why, unseen.text));
    }
    Stripped { text: stripper.out, hidden: stripper.hidden }
}

struct Stripper {
    out: String,
    hidden: Vec<(Why, String)>,
    unseen: Option<Unseen>,
    /// No comment ends after here: not looked for again.
    open_ended: bool,
}

impl Stripper {
    fn give(&mut self, text: &str) {
        match &mut self.unseen {
            Some(unseen) => unseen.text.push_str(text),
            None => self.out.push_str(text),
        }
    }

    /// Takes one line of `length` bytes, or more when a comment or a tag goes on; gives what is left.
    fn line<'t>(&mut self, text: &'t str, length: usize) -> &'t str {
        let mut at = 0;
        while at < length {
            let here = text.get(at..).unwrap_or("");
            // Looked for in the line only: what follows may be long and hold none.
            let Some(next) = text.get(at..length).and_then(|line| line.find(['<', '`', '\\'])) else {
                self.give(text.get(at..length).unwrap_or(""));
                return text.get(length..).unwrap_or("");
            };
            self.give(here.get(..next).unwrap_or(""));
            let start = at + next;
            let sign = here.get(next..).unwrap_or("");
            let taken = if sign.starts_with('\\') {
                let taken = 1 + sign.chars().nth(1).filter(char::is_ascii).map_or(0, char::len_utf8);
                self.give(sign.get(..taken).unwrap_or(""));
                taken
            } else if sign.starts_with('`') {
                let taken = code_span(sign);
                self.give(sign.get(..taken).unwrap_or(""));
                taken
            } else {
                let opens_line = text.get(..start).is_some_and(|before| before.trim().is_empty());
                self.angle(sign, opens_line)
            };
            at = start + taken.max(1);
        }
        text.get(at..).unwrap_or("")
    }

    /// Takes what begins with `<`; gives how many bytes.
    fn angle(&mut self, sign: &str, opens_line: bool) -> usize {
        if sign.starts_with("<!--") {
            // "<!-->" and "<!--->" are whole comments.
            let empty = ["<!-->", "<!--->"].into_iter().find(|empty| sign.starts_with(empty));
            if let Some(empty) = empty {
                return empty.len();
            }
            let inner = sign.get(4..).unwrap_or("");
            let end = if self.open_ended { None } else { inner.find("-->") };
            self.open_ended |= end.is_none();
            return match end {
                Some(end) => {
                    self.hidden.push((Why::Comment, inner.get(..end).unwrap_or("").to_owned()));
                    4 + end + 3
                }
                None if opens_line => {
                    self.hidden.push((Why::Comment, inner.to_owned()));
                    sign.len()
                }
                None => self.literal(),
            };
        }
        let near = near(sign);
        if near.starts_with("<!") || near.starts_with("<?") {
            let declaration =
                near.starts_with("<?") || near.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic);
            return match near.find('>') {
                Some(end) if declaration => end + 1,
                _ => self.literal(),
            };
        }
        let Some(tag) = Tag::parse(near) else { return self.literal() };
        self.tag(&tag);
        tag.length
    }

    fn literal(&mut self) -> usize {
        self.give("<");
        1
    }

    fn tag(&mut self, tag: &Tag) {
        if let Some(unseen) = &mut self.unseen {
            if tag.name == unseen.name && !tag.is_alone() {
                if !tag.closes {
                    unseen.depth += 1;
                } else if unseen.depth > 0 {
                    unseen.depth -= 1;
                } else if let Some(unseen) = self.unseen.take() {
                    self.hidden.push((unseen.why, unseen.text));
                }
            } else {
                unseen.text.push(' ');
            }
            return;
        }
        if let Some(alt) = tag.attribute("alt").filter(|alt| tag.name == "img" && !alt.trim().is_empty()) {
            self.hidden.push((Why::AltText, alt));
        }
        if !tag.closes
            && !tag.is_alone()
            && let Some(why) = tag.hides()
        {
            self.unseen = Some(Unseen { name: tag.name.clone(), depth: 0, why, text: String::new() });
            return;
        }
        match tag.name.as_str() {
            "br" => self.out.push_str("\\\n"),
            "td" | "th" => self.out.push(' '),
            "li" if !tag.closes => self.out.push_str("\n\n- "),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !tag.closes => self.out.push_str("\n\n## "),
            "p" | "div" | "ul" | "ol" | "li" | "table" | "tr" | "section" | "article" | "header"
            | "footer" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr" | "blockquote" | "pre"
            | "details" | "summary" | "dl" | "dt" | "dd" | "main" | "nav" | "aside" | "center" | "figure"
            | "figcaption" => self.out.push_str("\n\n"),
            _ => {}
        }
    }
}

/// The beginning of a text, as far as anything is looked for.
fn near(text: &str) -> &str {
    let mut end = text.len().min(REACH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// How many bytes a span of code takes, or only its marks when it does not end. A blank line ends the search.
pub(super) fn code_span(text: &str) -> usize {
    let marks = text.bytes().take_while(|byte| *byte == b'`').count();
    let inner = near(text.get(marks..).unwrap_or(""));
    let inner = inner.split("\n\n").next().unwrap_or("");
    let mut run = 0;
    for (at, byte) in inner.bytes().chain([b' ']).enumerate() {
        if byte == b'`' {
            run += 1;
        } else {
            if run == marks {
                return marks + at;
            }
            run = 0;
        }
    }
    marks
}

/// A tag of HTML.
struct Tag {
    name: String,
    closes: bool,
    attributes: Vec<(String, String)>,
    /// In bytes, with the angle brackets.
    length: usize,
}

impl Tag {
    /// The tag at the beginning of a text; nothing when this is no tag but, say, "<30 år".
    fn parse(text: &str) -> Option<Tag> {
        let mut rest = text.strip_prefix('<')?;
        let closes = rest.starts_with('/');
        if closes {
            rest = rest.get(1..)?;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let (name, mut rest) = split_while(rest, |c| c.is_ascii_alphanumeric() || c == '-');
        let mut attributes = Vec::new();
        loop {
            let trimmed = rest.trim_start();
            let spaced = trimmed.len() < rest.len();
            rest = trimmed;
            if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
                let length = text.len() - after.len();
                return Some(Tag { name: name.to_ascii_lowercase(), closes, attributes, length });
            }
            let (key, after) = split_while(rest, |c| c.is_ascii_alphanumeric() || "_:.-@".contains(c));
            if key.is_empty() || !spaced || closes {
                return None;
            }
            rest = after;
            let value = match rest.trim_start().strip_prefix('=') {
                None => "",
                Some(after) => {
                    let after = after.trim_start();
                    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                    let (value, after) = match quote {
                        Some(quote) => after.get(1..)?.split_once(quote)?,
                        None => split_while(after, |c| !c.is_whitespace() && !"\"'=<>`".contains(c)),
                    };
                    rest = after;
                    value
                }
            };
            attributes.push((key.to_ascii_lowercase(), value.to_owned()));
        }
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// Elements that have no end.
    fn is_alone(&self) -> bool {
        matches!(
            self.name.as_str(),
            "br" | "img" | "hr" | "input" | "meta" | "link" | "wbr" | "col" | "source" | "area" | "base"
        )
    }

    /// Why a browser does not show what is in the element.
    fn hides(&self) -> Option<Why> {
        if matches!(
            self.name.as_str(),
            "script" | "style" | "template" | "head" | "title" | "noscript" | "datalist"
        ) {
            return Some(Why::Marked);
        }
        if self.attributes.iter().any(|(key, _)| key == "hidden") {
            return Some(Why::Marked);
        }
        let style: String =
            self.attribute("style")?.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        let mut white = false;
        let mut ground = false;
        let mut hides = None;
        for (key, value) in style.split(';').filter_map(|rule| rule.split_once(':')) {
            let value = value.trim_end_matches("!important");
            let number =
                value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').parse::<f32>().ok();
            match key {
                "display" if value == "none" => hides = Some(Why::Marked),
                "visibility" if matches!(value, "hidden" | "collapse") => hides = Some(Why::Marked),
                "opacity" if number.is_some_and(|number| number < 0.05) => hides = Some(Why::Unmarked),
                "font-size"
                    if number.is_some_and(|number| {
                        number <= 0.2 || number <= 2.0 && value.ends_with(['x', 't'])
                    }) =>
                {
                    hides = Some(Why::Size);
                }
                "color" => {
                    white =
                        matches!(value, "white" | "#fff" | "#ffffff" | "rgb(255,255,255)" | "transparent");
                }
                "background" | "background-color" => ground = true,
                _ => {}
            }
        }
        hides.or((white && !ground).then_some(Why::Colour))
    }
}

/// The longest beginning of characters that `belong`, and the rest.
fn split_while(text: &str, belong: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belong(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> (String, Vec<(Why, String)>) {
        let stripped = strip(text);
        (stripped.text, stripped.hidden)
    }

    #[test]
    fn tags_go_and_their_text_stays() {
        assert_eq!(stripped("ett <b class=\"x\">två</b> tre").0, "ett två tre");
        assert_eq!(stripped("a<br/>b").0, "a\\\nb");
        assert_eq!(stripped("<div>\n<p>text</p></div>").0.trim(), "text");
        assert_eq!(stripped("<!DOCTYPE html><?php x ?>a").0, "a");
    }

    #[test]
    fn what_is_no_tag_stays() {
        for text in [
            "ålder <30 och >20",
            "a < b",
            "<https://example.com>",
            "<vera@example.com>",
            "`<b>`",
            "\\<b>",
            "<b",
            "```\n<b>\n<!-- x -->\n```\n",
        ] {
            assert_eq!(stripped(text), (text.to_owned(), vec![]));
        }
    }

    #[test]
    fn comments_are_hidden() {
        assert_eq!(stripped("a <!-- b\n\nc --> d"), ("a  d".into(), vec![(Why::Comment, " b\n\nc ".into())]));
        assert_eq!(stripped("<!-- b\n\nc"), (String::new(), vec![(Why::Comment, " b\n\nc".into())]));
        assert_eq!(stripped("a <!-- b").0, "a <!-- b");
    }

    #[test]
    fn elements_that_a_browser_does_not_show_are_hidden() {
        for (tag, why) in [
            ("<span style=\"display: none\">", Why::Marked),
            ("<span hidden>", Why::Marked),
            ("<span style='visibility:hidden;'>", Why::Marked),
            ("<span style='font-size:0'>", Why::Size),
            ("<span style='font-size:1px'>", Why::Size),
            ("<span style='color:#FFF'>", Why::Colour),
            ("<span style='opacity:0'>", Why::Unmarked),
        ] {
            let (text, hidden) = stripped(&format!("a {tag}<b>x</b><span>y</span>\n\nz</span> b"));
            assert_eq!(text, "a  b", "{tag}");
            assert_eq!(hidden, [(why, " x y\n\nz".to_owned())], "{tag}");
        }
        assert_eq!(stripped("<p style='color:white;background:navy'>a</p>").0.trim(), "a");
        assert_eq!(stripped("<p style='font-size:1.2em'>a</p>").0.trim(), "a");
        assert_eq!(stripped("<div hidden>a").1, [(Why::Marked, "a".into())]);
        assert_eq!(stripped("<img alt='Vera' src='x'>").1, [(Why::AltText, "Vera".into())]);
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        for text in [
            "<".repeat(400_000),
            "<!--".repeat(100_000),
            "<a b".repeat(100_000),
            "` `` ``` ".repeat(50_000),
            "<b hidden>".repeat(40_000),
        ] {
            let start = std::time::Instant::now();
            let _ = strip(&text);
            assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
        }
    }
}
