//! How much of what applicants may write is found: sentences in two languages, frames that say the same
//! of any word, and revelations behind a merit that has to stay.

use super::*;

const TOLD: [&str; 2] = [include_str!("told.sv.txt"), include_str!("told.en.txt")];
const FRAMES: &str = include_str!("frames.txt");
const BESIDE: &str = include_str!("beside.txt");

/// A sentence without its marks, what must be found and what must stay.
fn unmarked(line: &str) -> (String, Vec<std::ops::Range<usize>>, Vec<std::ops::Range<usize>>) {
    let (mut text, mut gone, mut stays, mut from) = (String::new(), Vec::new(), Vec::new(), 0);
    for c in line.replace("\\n", "\n").chars() {
        match c {
            '{' | '<' => from = text.len(),
            '}' => gone.push(from..text.len()),
            '>' => stays.push(from..text.len()),
            c => text.push(c),
        }
    }
    (text, gone, stays)
}

/// What is wrong with the sentence, if anything.
fn wrong(line: &str) -> Option<String> {
    let (text, gone, stays) = unmarked(line);
    let hits = find(&text);
    let found = |place: &std::ops::Range<usize>| {
        place.clone().all(|byte| {
            text.as_bytes()[byte] == b' ' || hits.iter().any(|hit| hit.start <= byte && byte < hit.end)
        })
    };
    let touched = |place: &std::ops::Range<usize>| {
        hits.iter().any(|hit| hit.start < place.end && place.start < hit.end)
    };
    let left =
        gone.iter().find(|place| !found(place)).map(|place| format!("left {:?}", &text[place.clone()]));
    let lost =
        stays.iter().find(|place| touched(place)).map(|place| format!("lost {:?}", &text[place.clone()]));
    let nothing = (gone.is_empty() && !hits.is_empty()).then(|| format!("found {hits:?}"));
    left.or(lost).or(nothing).map(|what| format!("{text}\n    {what}"))
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The sections of a file of frames: the words and the frames.
fn sections(file: &'static str) -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    let mut out: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for line in lines(file) {
        if line.starts_with('[') {
            out.push((Vec::new(), Vec::new()));
        } else if let Some((words, frames)) = out.last_mut() {
            if words.is_empty() {
                words.extend(line.split('|'));
            } else {
                frames.push(line);
            }
        }
    }
    out
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_applicants_tell_is_found_and_their_merits_stay() {
    none(&TOLD.iter().flat_map(|table| lines(table)).filter_map(wrong).collect::<Vec<_>>());
    let silent = |table| lines(table).filter(|line| !line.contains('{')).count();
    let telling = |table| lines(table).filter(|line| line.contains('{')).count();
    assert!(TOLD.iter().all(|table| silent(table) > 150 && telling(table) > 400));
}

#[test]
fn a_frame_tells_the_same_of_every_word() {
    let mut wrongs = Vec::new();
    let mut read = 0;
    for (words, frames) in sections(FRAMES) {
        for frame in frames {
            for word in &words {
                let mut word = format!("{{{word}}}");
                if frame.starts_with('_') {
                    word = word[..1].to_owned()
                        + &word[1..].chars().take(1).collect::<String>().to_uppercase()
                        + &word[1..].chars().skip(1).collect::<String>();
                }
                read += 1;
                wrongs.extend(wrong(&frame.replacen('_', &word, 1)));
            }
        }
    }
    none(&wrongs);
    assert!(read > 2000, "{read}");
}

#[test]
fn a_merit_before_a_revelation_stays() {
    let mut wrongs = Vec::new();
    for (merits, ends) in sections(BESIDE) {
        for end in ends {
            for merit in &merits {
                let gap = if end.starts_with([',', '.']) { "" } else { " " };
                wrongs.extend(wrong(&format!("<{merit}>{gap}{end}")));
            }
        }
    }
    none(&wrongs);
}

#[test]
fn a_tool_with_the_letters_of_an_illness_is_none() {
    for tool in ["MS Office", "MS SQL", "MS Project", "MS Teams", "MS Access"] {
        assert_eq!(find(&format!("Jag kan {tool} och Excel.")), [], "{tool}");
        assert_eq!(find(&format!("I have {tool} skills.")), [], "{tool}");
    }
    assert_eq!(find("I have an MS in statistics from Lund."), []);
    assert_eq!(find("ST-läkare i psykiatri"), []);
    assert_eq!(find("Jag programmerar i C och C++, och min chef var Anders S."), []);
    assert_eq!(find("Jag har MS sedan 2014.").len(), 1);
    assert_eq!(find("I was diagnosed with MS in 2016.").len(), 1);
}

#[test]
fn a_client_of_the_prison_service_is_told_from_those_who_work_there() {
    for work in [
        "Kriminalvården, kriminalvårdare 2018–2020",
        "Jag är kriminalvårdare på anstalten Tidaholm.",
        "I worked as a probation officer.",
        "Jag undervisade intagna på anstalten.",
    ] {
        assert_eq!(find(work), [], "{work}");
    }
    for told in [
        "Jag är klient i kriminalvården.",
        "Jag har suttit på anstalt.",
        "I am on probation.",
        "Efter två år på anstalt läste jag in gymnasiet.",
    ] {
        assert_eq!(find(told).iter().map(|hit| hit.kind).collect::<Vec<_>>(), [Kind::Offence], "{told}");
    }
}

#[test]
fn who_lives_in_a_shelter_is_told_from_those_who_work_there() {
    for work in [
        "Jag arbetade på kvinnojouren i Lund.",
        "Volontär på kvinnojouren",
        "I ran a shelter for homeless men.",
        "Jag placerade kvinnor på skyddade boenden.",
        "I walked dogs at an animal shelter.",
    ] {
        assert_eq!(find(work), [], "{work}");
    }
    for told in [
        "Jag bor på kvinnojouren.",
        "I live in a women's shelter.",
        "Adress: hemlig",
        "Telefon: hemligt nummer",
        "Jag byggde en webbplats från det skyddade boende där jag bor.",
    ] {
        assert!(find(told).iter().any(|hit| hit.kind == Kind::ProtectedIdentity), "{told}");
    }
}
