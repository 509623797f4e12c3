//! Reads Rust source well enough to say which paths and words it holds. No parser: what is compiled
//! has already been parsed by the compiler, so only well-formed text comes here.

/// A piece of code that matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// `::`
    Sep,
    Mark(char),
}

/// Replaces comments, string literals and characters by blanks; the line ends stay.
pub fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let blank = |out: &mut String, c: char| out.push(if c == '\n' { '\n' } else { ' ' });
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let wordy = |c: char| c.is_alphanumeric() || c == '_';
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let after_word = i > 0 && wordy(chars[i - 1]);
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && chars[i] != '\n' {
                blank(&mut out, chars[i]);
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            while i < chars.len() {
                let step = match (chars[i], at(i + 1)) {
                    ('/', '*') => {
                        depth += 1;
                        2
                    }
                    ('*', '/') => {
                        depth -= 1;
                        2
                    }
                    _ => 1,
                };
                for _ in 0..step {
                    blank(&mut out, at(i));
                    i += 1;
                }
                if depth == 0 {
                    break;
                }
            }
        } else if let Some((start, hashes)) = raw_string(&chars, i).filter(|_| !after_word) {
            while i < start {
                blank(&mut out, chars[i]);
                i += 1;
            }
            while i < chars.len() {
                let closes = chars[i] == '"' && (1..=hashes).all(|n| at(i + n) == '#');
                let step = if closes { 1 + hashes } else { 1 };
                for _ in 0..step {
                    blank(&mut out, at(i));
                    i += 1;
                }
                if closes {
                    break;
                }
            }
        } else if c == '"' {
            blank(&mut out, c);
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                if chars[i] == '\\' {
                    blank(&mut out, chars[i]);
                    i += 1;
                }
                blank(&mut out, at(i));
                i += 1;
            }
            if i < chars.len() {
                blank(&mut out, chars[i]);
                i += 1;
            }
        } else if c == '\'' && (at(i + 1) == '\\' || (at(i + 2) == '\'' && at(i + 1) != '\'')) {
            // A character; a lifetime has no closing mark.
            blank(&mut out, c);
            i += 1;
            let escaped = at(i) == '\\';
            blank(&mut out, at(i));
            i += 1;
            if escaped {
                blank(&mut out, at(i));
                i += 1;
            }
            while i < chars.len() && chars[i] != '\'' {
                blank(&mut out, chars[i]);
                i += 1;
            }
            if i < chars.len() {
                blank(&mut out, chars[i]);
                i += 1;
            }
        } else {
            out.push(c);
            i += 1;
        }
    }
    out
}

/// Whether a raw string starts at `i`: where its text starts, and its number of `#`.
fn raw_string(chars: &[char], i: usize) -> Option<(usize, usize)> {
    let mut at = i;
    if matches!(chars.get(at)?, 'b' | 'c') {
        at += 1;
    }
    if *chars.get(at)? != 'r' {
        return None;
    }
    at += 1;
    let mut hashes = 0;
    while *chars.get(at)? == '#' {
        hashes += 1;
        at += 1;
    }
    (*chars.get(at)? == '"').then_some((at + 1, hashes))
}

/// The code's words and marks with their lines (from 1), without what is compiled for tests only.
pub fn tokens(text: &str) -> Vec<(Token, usize)> {
    without_tests(&all_tokens(text)).0
}

/// How many lines are those of items compiled for tests only.
pub fn test_lines(text: &str) -> usize {
    without_tests(&all_tokens(text)).1
}

fn all_tokens(text: &str) -> Vec<(Token, usize)> {
    let mut found = Vec::new();
    let code = code_only(text);
    let mut chars = code.chars().peekable();
    let mut line = 1;
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = String::from(c);
            while let Some(next) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(next);
            }
            found.push((Token::Word(word), line));
        } else if c == ':' && chars.next_if_eq(&':').is_some() {
            found.push((Token::Sep, line));
        } else if !c.is_whitespace() {
            found.push((Token::Mark(c), line));
        }
    }
    found
}

/// Takes out each item under `#[cfg(test)]`, or all after a `#![cfg(test)]`, and counts their lines.
fn without_tests(all: &[(Token, usize)]) -> (Vec<(Token, usize)>, usize) {
    let mark = |i: usize, c: char| matches!(all.get(i), Some((Token::Mark(m), _)) if *m == c);
    let word = |i: usize, w: &str| matches!(all.get(i), Some((Token::Word(x), _)) if x == w);
    let line = |i: usize| all.get(i).or(all.last()).map_or(0, |(_, line)| *line);
    let mut out = Vec::new();
    let mut lines = 0;
    let mut i = 0;
    while i < all.len() {
        let first = line(i);
        let inner = mark(i, '#') && mark(i + 1, '!');
        let open = if inner { i + 2 } else { i + 1 };
        if !(mark(i, '#') && mark(open, '[') && word(open + 1, "cfg")) {
            out.push(all[i].clone());
            i += 1;
            continue;
        }
        let end = matching(all, open);
        // `cfg(test)` and `cfg(all(test, …))`; `cfg(not(test))` is code of the program.
        let test = (word(open + 3, "test") && mark(open + 4, ')'))
            || (word(open + 3, "all") && word(open + 5, "test"));
        if !test {
            out.extend_from_slice(&all[i..=end.min(all.len() - 1)]);
            i = end + 1;
            continue;
        }
        if inner {
            return (out, lines + line(all.len()) + 1 - first);
        }
        // The item: further attributes, then up to its `;` or the end of its block.
        i = end + 1;
        while mark(i, '#') {
            i = matching(all, i + 1) + 1;
        }
        while i < all.len() && !mark(i, ';') && !mark(i, '{') {
            i = if mark(i, '(') || mark(i, '[') { matching(all, i) + 1 } else { i + 1 };
        }
        i = if mark(i, '{') { matching(all, i) + 1 } else { i + 1 };
        lines += line(i - 1) + 1 - first;
    }
    (out, lines)
}

/// The place of the bracket that closes the one at `open`, or the last place.
fn matching(all: &[(Token, usize)], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, (token, _)) in all.iter().enumerate().skip(open) {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i;
        }
    }
    all.len().saturating_sub(1)
}

/// The modules that a file declares for tests only, whose own files are no part of the program.
pub fn test_modules(text: &str) -> Vec<String> {
    let code: String = code_only(text).split_whitespace().collect::<Vec<_>>().join(" ");
    code.split("#[cfg(test)] mod ")
        .skip(1)
        .filter_map(|rest| {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            rest[name.len()..].trim_start().starts_with(';').then_some(name)
        })
        .collect()
}

/// A path that a file names, fully written out. The first part is `crate` for our own.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub parts: Vec<String>,
    pub line: usize,
}

/// The module of a file: `web/pages/mod.rs` is `web::pages`.
pub fn module_of(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(String::from).collect();
    if parts.last().is_some_and(|last| last == "mod") || parts == ["lib"] {
        parts.pop();
    }
    parts
}

/// Every path of two parts or more, and every crate taken whole by `use`.
pub fn paths(file: &str, all: &[(Token, usize)]) -> Vec<Named> {
    let mut found = Vec::new();
    // The inline modules that are open, with the depth of brackets at which each closes.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0usize;
    let mut i = 0;
    while i < all.len() {
        let (token, line) = &all[i];
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => {
                depth = depth.saturating_sub(1);
                if inline.last().is_some_and(|(_, at)| *at == depth) {
                    inline.pop();
                }
            }
            Token::Word(word) => {
                let next = all.get(i + 1).map(|(t, _)| t);
                let before = i.checked_sub(1).and_then(|b| all.get(b)).map(|(t, _)| t);
                if word == "mod"
                    && let Some(Token::Word(name)) = next
                    && matches!(all.get(i + 2), Some((Token::Mark('{'), _)))
                {
                    inline.push((name.clone(), depth));
                }
                let starts = before != Some(&Token::Sep);
                if starts && next == Some(&Token::Sep) {
                    let mut here = module_of(file);
                    here.extend(inline.iter().map(|(name, _)| name.clone()));
                    branch(all, i, &[], &here, file, &mut found);
                } else if starts && before == Some(&Token::Word("use".into())) {
                    found.push(Named { parts: vec![word.clone()], line: *line });
                }
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// Follows one branch of a `use` tree, or one path, from the word at `i`. Returns where it ends.
fn branch(
    all: &[(Token, usize)],
    mut i: usize,
    base: &[String],
    here: &[String],
    file: &str,
    found: &mut Vec<Named>,
) -> usize {
    let mut parts = base.to_vec();
    let line = all.get(i).map_or(0, |(_, line)| *line);
    loop {
        match all.get(i).map(|(t, _)| t) {
            Some(Token::Word(word)) => {
                match word.as_str() {
                    // The program reaches its library by the crate's name.
                    "crate" if parts.is_empty() => parts.push("crate".into()),
                    "urval" if parts.is_empty() && file == "main.rs" => parts.push("crate".into()),
                    "self" if parts.is_empty() => {
                        parts.push("crate".into());
                        parts.extend_from_slice(here);
                    }
                    "super" => {
                        if parts.is_empty() {
                            parts.push("crate".into());
                            parts.extend_from_slice(here);
                        }
                        parts.pop();
                    }
                    "self" => {}
                    other => parts.push(other.into()),
                }
                i += 1;
            }
            Some(Token::Mark('{')) => {
                let end = matching(all, i);
                i += 1;
                while i < end {
                    i = branch(all, i, &parts, here, file, found);
                    while i < end && all.get(i).map(|(t, _)| t) != Some(&Token::Mark(',')) {
                        i += 1;
                    }
                    i += 1;
                }
                return end + 1;
            }
            _ => break,
        }
        if all.get(i).map(|(t, _)| t) != Some(&Token::Sep) {
            break;
        }
        i += 1;
    }
    if parts.len() > base.len() {
        found.push(Named { parts, line });
    } else if !base.is_empty() {
        // A glob, or `self` in a tree: the branch itself.
        found.push(Named { parts: base.to_vec(), line });
    }
    i.max(1)
}
