//! The direction of dependencies, and the few places where something dangerous may be done.
//!
//! The compiler keeps most promises (`tests/leaks`); what it cannot keep inside one crate is read
//! here from the source text: every path that starts with `crate`, `super`, `self` or the name of a
//! crate, with comments, string literals and `#[cfg(test)]` items taken out. Arrows point down only:
//!
//! ```text
//! cli, web              doors
//! casework              what people do, procedure by procedure
//! store | pipeline      neither knows the other
//! guard                 no SQL, no HTTP
//! subject, clock        words
//! ```
//!
//! It reads text, not types: a method called on a value whose type is inferred is not seen. That is
//! enough here, because a value of a forbidden type cannot be had without naming its module once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

mod code;

use code::{Token, code_only, module_of, paths, test_lines, test_modules, tokens};

/// One room of the house: the modules whose path begins with `name`.
struct Room {
    name: &'static str,
    /// The rooms, or parts of rooms, that it may name besides itself.
    may_use: &'static [&'static str],
    /// Said when the rule is broken.
    why: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        name: "cli",
        may_use: &["demo", "web", "casework", "pipeline", "guard", "subject", "clock", "config"],
        why: "a command is a door: it asks casework, which asks the gate; the store has no other caller",
    },
    Room {
        name: "demo",
        may_use: &["cli", "web", "casework", "pipeline", "guard", "subject", "clock", "config"],
        why: "the demo is a command like any other",
    },
    Room {
        name: "web",
        may_use: &["casework", "pipeline", "guard", "subject", "clock", "config"],
        why: "a page is a door: it asks casework, which asks the gate; the store has no other caller",
    },
    Room {
        name: "casework",
        may_use: &["store", "pipeline", "guard", "subject", "clock", "config"],
        why: "a procedure must not know whether a page or a command called it",
    },
    Room {
        name: "store",
        may_use: &["guard", "subject", "clock"],
        why: "the store keeps what it is given; what it means is decided above it",
    },
    Room {
        name: "pipeline",
        may_use: &["guard::pii", "subject"],
        why: "the same text must give the same score: no store, no clock, no network, no one who acts",
    },
    Room {
        name: "guard",
        may_use: &["subject", "clock"],
        why: "the gate must be readable by itself; it reaches the log through a trait it defines",
    },
    Room { name: "config", may_use: &["subject", "clock"], why: "settings are words with limits" },
    Room { name: "subject", may_use: &[], why: "the vocabulary knows nothing but itself" },
    Room { name: "clock", may_use: &[], why: "time and chance know nothing but themselves" },
    Room { name: "kernel", may_use: &[], why: "a package of its own that knows numbers and nothing else" },
    Room {
        name: "documents",
        may_use: &[],
        why: "a package of its own that knows bytes and text and nothing else",
    },
    Room { name: "sandbox", may_use: &[], why: "a package of its own that takes away and gives nothing" },
    Room {
        name: "tagger",
        may_use: &[],
        why: "a package of its own that knows words and weights and nothing else",
    },
    Room { name: "main", may_use: &["cli"], why: "the program only calls the command line" },
    Room { name: "lib", may_use: &[], why: "the map of the house names its rooms and does nothing" },
];

/// A path into another crate that only some files may name.
struct Outside {
    path: &'static str,
    /// Files, or folders ending in `/`, below `src`.
    only_in: &'static [&'static str],
    why: &'static str,
}

const OUTSIDE: &[Outside] = &[
    Outside { path: "sqlx", only_in: &["store/"], why: "SQL is written in one place" },
    Outside { path: "axum", only_in: &["web/", "cli/serve.rs"], why: "only the pages know HTTP" },
    Outside {
        path: "tokio",
        only_in: &["web/", "cli/", "casework/", "store/", "main.rs", "demo/"],
        why: "what computes or guards is a plain function",
    },
    Outside {
        path: "std::net",
        only_in: &["web/", "cli/", "demo/", "sandbox/attempts.rs"],
        why: "nothing but the server's own door opens a socket; the walls are tried with one",
    },
    Outside {
        path: "std::process",
        only_in: &[
            "main.rs",
            "cli/",
            "pipeline/encoder/fetch.rs",
            "pipeline/extract/",
            "sandbox/attempts.rs",
        ],
        why: "only the command that brings a model, and the walls around a document, start another program",
    },
    Outside {
        path: "urval_kernel",
        only_in: &["pipeline/encoder/", "cli/bench.rs"],
        why: "only the text model computes with it",
    },
    Outside {
        path: "urval_documents",
        only_in: &["pipeline/extract/", "cli/extract.rs"],
        why: "documents are read behind walls only",
    },
    Outside {
        path: "urval_sandbox",
        only_in: &["pipeline/extract/child.rs"],
        why: "one process goes behind walls: the reader",
    },
    Outside {
        path: "urval_tagger",
        only_in: &["pipeline/pseudonymise/"],
        why: "only the pseudonymiser looks for names",
    },
    Outside {
        path: "ureq",
        only_in: &["web/outbound.rs", "cli/elsewhere.rs"],
        why: "the service calls the providers that staff sign in through; commands call the logs they watch",
    },
    Outside { path: "ring", only_in: &["guard/oidc/jose.rs"], why: "signatures are verified in one place" },
    Outside { path: "getrandom", only_in: &["clock.rs"], why: "chance is handed in" },
    Outside { path: "jiff::Timestamp::now", only_in: &["clock.rs"], why: "time is handed in" },
    Outside { path: "Timestamp::now", only_in: &["clock.rs"], why: "time is handed in" },
    Outside { path: "jiff::Zoned::now", only_in: &[], why: "time is handed in" },
    Outside { path: "Zoned::now", only_in: &[], why: "time is handed in" },
    Outside { path: "std::time::SystemTime", only_in: &[], why: "time is handed in" },
    Outside {
        path: "std::time::Instant",
        only_in: &["cli/", "demo/", "clock.rs", "pipeline/extract/pool.rs", "store/only_read.rs"],
        why: "only progress shown to a person, the check of the host's clock, the limit on a reader's time and the age \
              of a connection measure how long something took",
    },
    Outside {
        path: "std::env",
        only_in: &["main.rs", "cli/", "sandbox/"],
        why: "settings are read once, at the door",
    },
];

/// A word in the code that only the listed files may use, each for its reason. A line that is no
/// longer needed fails too, so the lists only shrink.
struct Word {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    why: &'static str,
}

const WORDS: &[Word] = &[
    Word {
        name: "clear_text",
        files: &[
            ("guard/vault.rs", "seals it"),
            ("pipeline/pseudonymise/mod.rs", "takes the identity out of it"),
            (
                "pipeline/pseudonymise/known/from_text.rs",
                "looks for the applicant's own fields in a letter without any",
            ),
            (
                "casework/intake.rs",
                "seals the parts of an application as one record, and counts their letters",
            ),
            ("casework/review.rs", "counts the letters of a reason"),
            ("casework/erasure.rs", "puts the reason into the sealed details of the entry"),
        ],
        why: "clear text leaves `Pii` only for the vault and the pseudonymiser",
    },
    Word {
        name: "for_export",
        files: &[
            ("casework/rights.rs", "the applicant's own file as JSON (GDPR Art. 15 and 20)"),
            ("web/api/reviews.rs", "answers an admitted reader who uses the API"),
        ],
        why: "what was disclosed becomes a string only for a sanctioned export",
    },
    Word {
        name: "text_for_output",
        files: &[("cli/screen.rs", "prints the quotes of a local screening to the person who runs it")],
        why: "a quote becomes a string only for the output that a person asked for",
    },
    Word {
        name: "disclose_text",
        files: &[
            ("casework/rights.rs", "shows the applicant the parts of the own file"),
            ("casework/review.rs", "shows an admitted reader the quotes of a text"),
        ],
        why: "only a procedure that holds the access decides which part of a text is shown",
    },
    Word {
        name: "durable",
        files: &[("store/sequencer.rs", "tells of the entries that it has committed")],
        why: "a receipt is evidence that an entry is committed, numbered and signed",
    },
    Word {
        name: "unsafe",
        files: &[
            ("kernel/rows.rs", "calls what was compiled for the instructions that were detected"),
            ("kernel/simd.rs", "vector instructions, and unchecked reads inside checked bounds"),
        ],
        why: "no unsafe code",
    },
];

/// Macros that are left behind by mistake.
const LEFT_BEHIND: &[&str] = &["todo", "unimplemented", "dbg"];

/// A file with more lines than this, without its tests, does more than one thing.
const LINES_MAX: usize = 700;

/// Files that are longer, with the most lines that each may have and why it wants to be long. The
/// numbers may only fall.
const LONG: &[(&str, usize, &str)] = &[];

/// A rule that a file breaks.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Broken {
    file: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.rule)
    }
}

/// Whether `path` (`guard::pii`) is the beginning of, or equal to, the parts given.
fn begins(parts: &[String], path: &str) -> bool {
    let wanted: Vec<&str> = path.split("::").collect();
    parts.len() >= wanted.len() && parts.iter().zip(&wanted).all(|(a, b)| a == b)
}

/// Whether a file is one of those listed; an entry that ends in `/` is a folder.
fn listed(file: &str, entries: &[&str]) -> bool {
    entries.iter().any(|entry| if entry.ends_with('/') { file.starts_with(entry) } else { file == *entry })
}

/// The rule about rooms: which of our own modules a file names.
fn rooms(file: &str, text: &str) -> Vec<Broken> {
    let module = module_of(file);
    let name = match file {
        "lib.rs" => "lib",
        "main.rs" => "main",
        _ => module.first().map_or("", String::as_str),
    };
    let broken = |line, rule| Broken { file: file.into(), line, rule };
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![broken(
            1,
            format!("`{name}` is no room; add it to ROOMS in tests/architecture.rs, with its reason"),
        )];
    };
    let mut out = Vec::new();
    for named in paths(file, &tokens(text)) {
        let Some(("crate", own)) = named.parts.split_first().map(|(first, rest)| (first.as_str(), rest))
        else {
            continue;
        };
        let Some(to) = own.first() else { continue };
        // Macros and items of the crate's root are not rooms.
        if to == name || !ROOMS.iter().any(|room| room.name == to) {
            continue;
        }
        if !room.may_use.iter().any(|allowed| begins(own, allowed)) {
            out.push(broken(named.line, format!("{name} must not use {}: {}", own.join("::"), room.why)));
        }
    }
    out
}

/// The rule about other crates.
fn outside(file: &str, text: &str) -> Vec<Broken> {
    let mut out = Vec::new();
    for named in paths(file, &tokens(text)) {
        for rule in OUTSIDE {
            if begins(&named.parts, rule.path) && !listed(file, rule.only_in) {
                let rule = format!("{} belongs to {:?}: {}", rule.path, rule.only_in, rule.why);
                out.push(Broken { file: file.into(), line: named.line, rule });
            }
        }
    }
    out
}

/// The lines on which a word is used; where a function of that name is declared does not count.
fn uses(word: &str, text: &str) -> Vec<usize> {
    let all = tokens(text);
    let mut lines = Vec::new();
    for (i, (token, line)) in all.iter().enumerate() {
        let declared = i > 0 && all[i - 1].0 == Token::Word("fn".into());
        if *token == Token::Word(word.into()) && !declared {
            lines.push(*line);
        }
    }
    lines
}

/// The rule about words that only listed files may use, over all files at once.
fn words(rules: &[Word], files: &BTreeMap<String, String>) -> Vec<Broken> {
    let mut out = Vec::new();
    for rule in rules {
        for (file, text) in files {
            let allowed = rule.files.iter().any(|(name, _)| name == file);
            for line in uses(rule.name, text) {
                if !allowed {
                    let rule = format!("`{}` is not for this file: {}", rule.name, rule.why);
                    out.push(Broken { file: file.clone(), line, rule });
                }
            }
        }
        for (name, reason) in rule.files {
            if files.get(*name).is_none_or(|text| uses(rule.name, text).is_empty()) {
                let rule = format!(
                    "no longer uses `{}` ({reason}); take it off the list in tests/architecture.rs",
                    rule.name
                );
                out.push(Broken { file: (*name).into(), line: 1, rule });
            }
        }
    }
    out
}

/// The rules about length and what is left behind by mistake. Tests are read too.
fn tidy(file: &str, text: &str) -> Vec<Broken> {
    let broken = |line, rule| Broken { file: file.into(), line, rule };
    let mut out = Vec::new();
    let length = text.lines().count() - test_lines(text);
    let long = LONG.iter().find(|(name, _, _)| *name == file);
    let most = long.map_or(LINES_MAX, |(_, most, _)| *most);
    if length > most {
        let rule = format!("{length} lines without its tests, more than {most}: it does more than one thing");
        out.push(broken(length, rule));
    } else if long.is_some() && length <= LINES_MAX {
        out.push(broken(1, "is short now; take it off LONG in tests/architecture.rs".into()));
    }
    for (number, line) in code_only(text).lines().enumerate() {
        for name in LEFT_BEHIND {
            if line.match_indices(&format!("{name}!")).any(|(at, _)| {
                !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
            }) {
                out.push(broken(number + 1, format!("`{name}!` was left behind")));
            }
        }
    }
    out
}

/// Every Rust file of the program, by its path below `src`, without those only tests are made of.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut gone = Vec::new();
    for (file, text) in &files {
        for name in test_modules(text) {
            let mut parts = if file == "main.rs" { Vec::new() } else { module_of(file) };
            parts.push(name);
            gone.push(parts.join("/"));
        }
    }
    files.retain(|file, _| {
        !gone.iter().any(|module| *file == format!("{module}.rs") || file.starts_with(&format!("{module}/")))
    });
    files
}

/// Fails with every broken rule on a line of its own.
fn must_hold(mut broken: Vec<Broken>) {
    broken.sort();
    broken.dedup();
    let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} broken:\n{}\n", lines.len(), lines.join("\n"));
}

#[test]
fn each_room_uses_only_what_lies_below_it() {
    let files = sources();
    assert!(files.contains_key("lib.rs"), "the source folder was not found");
    must_hold(files.iter().flat_map(|(file, text)| rooms(file, text)).collect());
}

#[test]
fn sql_http_time_chance_and_processes_stay_in_their_places() {
    must_hold(sources().iter().flat_map(|(file, text)| outside(file, text)).collect());
}

#[test]
fn clear_text_exports_and_unsafe_code_are_used_only_where_listed() {
    must_hold(words(WORDS, &sources()));
}

#[test]
fn files_are_short_and_nothing_is_left_behind() {
    must_hold(sources().iter().flat_map(|(file, text)| tidy(file, text)).collect());
}

/// Rules that see nothing would pass everything; each is shown what it must catch and must not.
mod the_rules_see {
    use super::*;

    fn lines(broken: &[Broken]) -> Vec<usize> {
        broken.iter().map(|b| b.line).collect()
    }

    #[test]
    fn every_way_of_naming_a_forbidden_room() {
        let planted = "
            use crate::store::Db;
            use crate::{subject::id, store};
            use super::super::super::store::people as p;
            fn f(x: &crate::store::Db) {}
            mod inner { use super::super::super::super::{subject, store::*}; }
            use crate::{
                casework,
                store::{self, Db},
            };
        ";
        let mut found = lines(&rooms("web/pages/x.rs", planted));
        found.dedup();
        assert_eq!(found, [2, 3, 4, 5, 6, 9]);
        // One `super` fewer names a module of the room itself.
        let own = "use super::super::store::X; mod inner { use super::super::super::store::X; }";
        assert_eq!(rooms("web/pages/x.rs", own), []);
    }

    #[test]
    fn no_fault_in_comments_strings_and_tests() {
        let harmless = r##"
            // use crate::store::Db;
            /* crate::store /* nested */ crate::store */
            const A: &str = "crate::store::x \" crate::store";
            const B: &str = r#"crate::store " crate::store"#;
            const C: char = '"'; const D: char = '\''; fn e<'a>(x: &'a str) -> &'a str { x }
            #[cfg(test)]
            #[allow(dead_code)]
            mod tests { use crate::store::Db; fn f() { if true { } } }
            #[cfg(test)] use crate::store;
            #[cfg(all(test, unix))] fn g(x: [u8; 3]) { crate::store::g(); }
            pub(crate) fn h() {}
            use crate::casework::store;
        "##;
        assert_eq!(rooms("web/pages/x.rs", harmless), []);
        let live = "#[cfg(not(test))] use crate::store; #[cfg(unix)] use crate::store::Db;";
        assert_eq!(rooms("web/pages/x.rs", live).len(), 2);
        let after = "#[cfg(test)] mod tests { fn f() {} }\nuse crate::store;";
        assert_eq!(lines(&rooms("web/pages/x.rs", after)), [2]);
    }

    #[test]
    fn that_the_pipeline_may_name_one_part_of_the_guard_only() {
        assert_eq!(rooms("pipeline/score.rs", "use crate::guard::pii::Pii; use crate::subject::id::X;"), []);
        assert_eq!(rooms("pipeline/score.rs", "use crate::guard::vault::Vault;").len(), 1);
        assert_eq!(rooms("pipeline/score.rs", "use crate::guard::{pii::Pii, access::Access};").len(), 1);
        assert_eq!(rooms("pipeline/score.rs", "use crate::clock::Clock;").len(), 1);
        assert_eq!(rooms("store/people.rs", "use crate::pipeline::received::Known;").len(), 1);
        assert_eq!(rooms("main.rs", "fn main() { urval::store::open() }").len(), 1);
    }

    #[test]
    fn a_new_room_without_a_rule() {
        assert_eq!(rooms("helpers/mod.rs", "").len(), 1);
    }

    #[test]
    fn other_crates_in_the_wrong_place() {
        for (file, planted) in [
            ("casework/intake.rs", "sqlx::query(Q).fetch(c)"),
            ("guard/audit.rs", "use sqlx;"),
            ("guard/access.rs", "use axum::extract::State;"),
            ("pipeline/encoder/mod.rs", "use std::{io, net::TcpStream};"),
            ("pipeline/encoder/mod.rs", "use std::process::Command;"),
            ("pipeline/score.rs", "tokio::spawn(f)"),
            ("web/mod.rs", "use std::time::SystemTime;"),
            ("casework/review.rs", "let t = jiff::Timestamp::now();"),
            ("casework/review.rs", "use jiff::Timestamp; fn f() { Timestamp::now(); }"),
            ("guard/vault.rs", "getrandom::fill(&mut key)"),
        ] {
            assert_eq!(outside(file, planted).len(), 1, "{file}: {planted}");
        }
        for (file, harmless) in [
            ("store/people.rs", "use sqlx::Row;"),
            ("pipeline/encoder/fetch.rs", "use std::process::Command;"),
            ("clock.rs", "jiff::Timestamp::now()"),
            ("casework/review.rs", "use jiff::Timestamp; fn f() { Timestamp::from_second(1); }"),
            ("casework/review.rs", "let sqlx = 1; crate::store::sqlx();"),
        ] {
            assert_eq!(outside(file, harmless), [], "{file}: {harmless}");
        }
    }

    #[test]
    fn a_word_in_the_wrong_file_and_a_list_that_should_shrink() {
        let rules = [Word {
            name: "clear_text",
            files: &[("guard/vault.rs", "seals it"), ("guard/old.rs", "was needed once")],
            why: "it stays",
        }];
        let files = BTreeMap::from(
            [
                ("guard/vault.rs", "fn seal(p: &Pii<X>) { p.clear_text(); }"),
                ("guard/pii.rs", "pub(crate) fn clear_text(&self) -> &str { &self.text }"),
                ("guard/old.rs", "// clear_text"),
                ("web/x.rs", "a();\nlet f = Pii::clear_text;"),
            ]
            .map(|(file, text)| (String::from(file), String::from(text))),
        );
        let found: Vec<(String, usize)> =
            words(&rules, &files).into_iter().map(|b| (b.file, b.line)).collect();
        assert_eq!(found, [("web/x.rs".into(), 2), ("guard/old.rs".into(), 1)]);
        let planted = BTreeMap::from([("a.rs".to_string(), "fn f() { unsafe { g() } }".to_string())]);
        assert_eq!(words(WORDS, &planted).iter().filter(|b| b.file == "a.rs").count(), 1);
        let lint = BTreeMap::from([("a.rs".to_string(), "#![deny(unsafe_code)]".to_string())]);
        assert_eq!(words(WORDS, &lint).iter().filter(|b| b.file == "a.rs").count(), 0);
    }

    #[test]
    fn what_is_left_behind_and_what_is_too_long() {
        assert_eq!(lines(&tidy("x.rs", "fn f() {\n    todo!()\n}\n")), [2]);
        assert_eq!(lines(&tidy("x.rs", "#[cfg(test)] mod t { fn f() { dbg!(1); } }")), [1]);
        assert_eq!(tidy("x.rs", "// todo!()\nfn not_todo() { my_dbg!(1) }"), []);
        assert_eq!(tidy("x.rs", &"\n".repeat(LINES_MAX)), []);
        assert_eq!(tidy("x.rs", &"\n".repeat(LINES_MAX + 1)).len(), 1);
        let tests = format!("#[cfg(test)]\nmod tests {{{}}}", "\n".repeat(LINES_MAX));
        assert_eq!(tidy("x.rs", &tests), []);
    }

    #[test]
    fn modules_that_are_tests_by_their_declaration() {
        assert_eq!(
            test_modules("#[cfg(test)]\nmod tests;\n#[cfg(test)] mod inline { }\nmod real;"),
            ["tests"]
        );
    }
}
