//! The promises of this folder: tables of sentences in two languages, and properties.

use super::*;

const TABLES: [&str; 2] = [include_str!("cases.sv.txt"), include_str!("cases.en.txt")];

/// A sentence without its marks, and the places they mark.
fn unmarked(line: &str) -> (String, Vec<(usize, usize, Kind)>) {
    let line = line.replace("\\n", "\n").replace("\\x01", "\x01");
    let (mut text, mut places, mut rest) = (String::new(), Vec::new(), line.as_str());
    while let Some((before, marked)) = rest.split_once('{') {
        text.push_str(before);
        let (marked, after) = marked.split_once('}').expect("a closed mark");
        let (name, words) = marked.split_once(':').expect("a kind before the colon");
        let kind = Kind::ALL.into_iter().find(|kind| kind.rule().strip_prefix("special.") == Some(name));
        places.push((text.len(), text.len() + words.len(), kind.expect("a known kind")));
        text.push_str(words);
        rest = after;
    }
    text.push_str(rest);
    (text, places)
}

fn shown(text: &str, places: &[(usize, usize, Kind)]) -> Vec<String> {
    places.iter().map(|(start, end, kind)| format!("{kind:?} “{}”", &text[*start..*end])).collect()
}

fn found(text: &str) -> Vec<(usize, usize, Kind)> {
    find(text).iter().map(|hit| (hit.start, hit.end, hit.kind)).collect()
}

/// The text with every place cut out.
fn without(text: &str) -> String {
    let (mut out, mut at) = (String::new(), 0);
    for hit in find(text) {
        out.push_str(&text[at..hit.start]);
        out.push('□');
        at = hit.end;
    }
    out + &text[at..]
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn every_marked_stretch_is_found_and_nothing_else() {
    let mut wrong = Vec::new();
    let (mut telling, mut silent) = ([0, 0], [0, 0]);
    for (language, table) in TABLES.iter().enumerate() {
        for line in lines(table) {
            let (text, expected) = unmarked(line);
            let count = if expected.is_empty() { &mut silent } else { &mut telling };
            count[language] += 1;
            let found = found(&text);
            if found != expected {
                let (wanted, got) = (shown(&text, &expected), shown(&text, &found));
                wrong.push(format!("{text}\n    wanted {wanted:?}\n    found  {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(telling[0] >= 240 && telling[1] >= 120, "{telling:?}");
    assert!(silent[0] >= 180 && silent[1] >= 80, "{silent:?}");
}

#[test]
fn a_role_reads_the_same_whatever_organisation_it_was_in() {
    let swedish = [
        "S:t Nicolai kyrka",
        "Islamiska föreningen",
        "Vision avdelning Klippan",
        "Klippans roddklubb",
        "Moderaterna i Klippan",
        "RFSL Helsingborg",
        "Hörselskadades förening",
        "Islamiska kulturföreningen i Malmö",
        "Malmö synagoga",
        "Mariakyrkan",
        "IF Metall avdelning 28",
        "Ängelholms FF",
        "SSU Klippan",
        "Kurdiska kvinnoföreningen i Landskrona",
        "IOGT-NTO Landskrona",
        "hemvärnet",
        "Attention Nordvästra Skåne",
        "KFUM Ängelholm",
        "Syrisk-ortodoxa kyrkan i Landskrona",
        "Miljöpartiet de gröna Helsingborg",
    ];
    for name in swedish {
        let told = format!("Kassör i {name}");
        assert_eq!(without(&told), "Kassör i □", "{name}");
        let told = format!("Kassör i {name} 2019–2021, budget på 200 000 kr");
        assert_eq!(without(&told), "Kassör i □ 2019–2021, budget på 200 000 kr", "{name}");
        let told = format!("Under tre år var jag kassör i {name} och höll i budgeten.");
        assert_eq!(without(&told), "Under tre år var jag kassör i □ och höll i budgeten.", "{name}");
        let told = format!("2019–2021  Kassör, {name}\nExcel, SQL");
        assert_eq!(without(&told), "2019–2021  Kassör, □\nExcel, SQL", "{name}");
    }
    let english = [
        "the Islamic Cultural Association in Malmö",
        "Klippan Rowing Club",
        "the Church of Sweden in Lund",
        "RFSL Helsingborg",
        "the Moderate Party in Klippan",
        "Vision branch Klippan",
        "the Lund Muslim Students' Association",
        "St Nicholas Church in Lund",
        "the Deaf Association in Lund",
        "Malmö FF",
    ];
    for name in english {
        let told = format!("Treasurer of {name}, 2019–2021");
        assert_eq!(without(&told), "Treasurer of □, 2019–2021", "{name}");
        let told = format!("I was treasurer of {name} for two years.");
        assert_eq!(without(&told), "I was treasurer of □ for two years.", "{name}");
    }
}

#[test]
fn a_duty_about_protected_persons_is_no_status() {
    for duty in [
        "Jag handlade ärenden om skyddade personuppgifter.",
        "Rutiner för sekretessmarkering",
        "Ansvarig för hantering av skyddade personuppgifter i skolan",
        "Jag arbetade med barn som har skyddade personuppgifter.",
        "Utbildade personal i skyddad identitet och skyddad folkbokföring",
        "I administered cases of protected identity.",
        "Training in protected personal data, one day",
    ] {
        assert_eq!(found(duty), [], "{duty}");
    }
}

#[test]
fn a_protected_identity_is_found_however_it_is_told() {
    for told in [
        "Jag har skyddade personuppgifter",
        "Personuppgifter: skyddade personuppgifter",
        "Skyddad identitet",
        "jag lever med sekretessmarkering",
        "Mina uppgifter är sekretessmarkerade",
        "Min adress är hemlig",
        "Jag är kvarskriven i en annan kommun",
        "Jag fick fingerade personuppgifter 2016",
        "Jag arbetar gärna heltid men har skyddade personuppgifter",
        "Jag vill inte synas på webben eftersom jag har skyddad identitet",
        "I have protected personal data",
        "My identity is protected",
        "I have a secret number because of threats",
    ] {
        let kinds: Vec<Kind> = find(told).iter().map(|hit| hit.kind).collect();
        assert_eq!(kinds, [Kind::ProtectedIdentity], "{told}");
    }
}

#[test]
fn a_merit_in_the_same_sentence_stays() {
    for (told, left) in [
        ("Jag har ADHD och har därför lärt mig planera noga.", "□ och har därför lärt mig planera noga."),
        ("Jag är muslim, och ledde tre projekt 2020.", "□, och ledde tre projekt 2020."),
        ("Trots min dyslexi skrev jag hundra sidor.", "□ skrev jag hundra sidor."),
        ("Jag läste SQL under min sjukskrivning.", "Jag läste SQL □."),
        ("Jag är född i Syrien där jag ledde ett bygge.", "□ där jag ledde ett bygge."),
        ("I am deaf but I have led ten meetings a week.", "□ but I have led ten meetings a week."),
        ("As a Muslim, I organised a food bank.", "□, I organised a food bank."),
    ] {
        assert_eq!(without(told), left);
    }
}

#[test]
fn a_clean_record_is_nothing() {
    for clean in [
        "Utdrag ur belastningsregistret kan visas upp.",
        "Jag är ostraffad.",
        "Jag har aldrig varit dömd.",
        "I have no criminal record.",
        "I have never been convicted.",
    ] {
        assert_eq!(found(clean), [], "{clean}");
    }
}

#[test]
fn what_is_said_outright_is_sure_and_what_is_guessed_is_not() {
    for told in ["Jag har autism.", "Jag är kristen.", "I was born in Iran.", "Kassör i SSU"] {
        assert!(find(told).iter().all(|hit| hit.sure) && !find(told).is_empty(), "{told}");
    }
    for told in ["Min son har autism.", "Jag är uppvuxen i Viken.", "Psykisk sjukdom har präglat mitt liv."]
    {
        assert!(find(told).iter().all(|hit| !hit.sure) && !find(told).is_empty(), "{told}");
    }
}

#[test]
fn what_was_taken_out_before_is_never_part_of_a_place() {
    for text in [
        "Jag \x01\x01\x01 har ADHD och bor i \x01\x01.",
        "\x01\x01\x01 är muslim och \x01\x01 är döv",
        "Kassör i \x01\x01\x01\x01 kyrka i \x01\x01",
        "\x01\x01s kyrka, Kassör i Moderaterna i \x01\x01\x01",
        "Jag är född i \x01\x01\x01, Syrien",
    ] {
        for (start, end, _) in found(text) {
            assert!(!text[start..end].contains('\x01'), "{text:?}");
            assert!(!text[..start].ends_with('\x01') && !text[end..].starts_with('\x01'), "{text:?}");
        }
    }
    assert_eq!(found("Jag \x01\x01\x01 har ADHD.").len(), 1);
    assert_eq!(without("Kassör i Moderaterna i \x01\x01"), "Kassör i □ i \x01\x01");
}

#[test]
fn a_text_that_lost_its_marks_or_broke_its_lines_tells_the_same() {
    for (told, kind) in [
        ("Jag ar fodd i Iran.", Kind::Ethnicity),
        ("Jag har en horselnedsattning.", Kind::Health),
        ("Jag är sjuk-\nskriven.", Kind::Health),
        ("Jag har\nADHD.", Kind::Health),
        ("JAG ÄR MUSLIM", Kind::Belief),
        ("jag är muslim", Kind::Belief),
        ("• Jag har autism", Kind::Health),
    ] {
        assert_eq!(find(told).iter().map(|hit| hit.kind).collect::<Vec<_>>(), [kind], "{told}");
    }
}

#[test]
fn the_rules_have_the_names_of_the_kinds() {
    for kind in Kind::ALL {
        assert!(kind.rule().starts_with("special."));
    }
}

#[test]
fn a_text_without_any_end_is_read_in_linear_time() {
    for piece in
        ["jag har adhd och i Iran Klippans kyrka av född ", "islamiska Kyrka ", "a-", "min ", "(", "och "]
    {
        let begun = std::time::Instant::now();
        find(&piece.repeat(2_000_000 / piece.len()));
        assert!(begun.elapsed().as_secs() < 10, "{piece}");
    }
}

/// Words that meet each other in odd orders.
fn salad() -> impl proptest::strategy::Strategy<Value = String> {
    let words = [
        "jag",
        "I",
        "har",
        "är",
        "min",
        "ADHD",
        "muslim",
        "född",
        "i",
        "från",
        "Iran",
        "Malmö",
        "kyrkan",
        "SSU",
        "Vision",
        "och",
        ",",
        ".",
        "\n",
        "\x01\x01",
        "(",
        ")",
        ":",
        "-",
        "–",
        "på grund av",
        "sjukskriven",
        "modersmål",
        "svensk",
        "medborgare",
        "diakon",
        "(S)",
        "ledamot",
        "elever",
        "med",
        "som",
        "2019",
        "skyddade personuppgifter",
        "IF",
        "of",
        "the",
        "å",
        "•",
        "é",
        "ADHD-",
        "ß",
        "İ",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40)
        .prop_map(|words| words.join(" "))
}

use proptest::strategy::Strategy;

fn holds(text: &str) {
    let hits = find(text);
    let mut last = 0;
    for hit in hits {
        assert!(hit.start >= last && hit.start < hit.end, "{hit:?} in {text:?}");
        let inside = text.get(hit.start..hit.end);
        assert!(inside.is_some_and(|inside| !inside.contains('\x01')), "{hit:?} in {text:?}");
        assert!(
            !text[..hit.start].ends_with('\x01') && !text[hit.end..].starts_with('\x01'),
            "{hit:?} in {text:?}"
        );
        assert!(hit.rule.starts_with("special."));
        last = hit.end;
    }
}

#[test]
fn a_place_is_cut_around_what_was_replaced_before() {
    for text in [
        "svensk min \u{1}\u{1} modersmål jag",
        "svensk min x\u{1}\u{1}y modersmål jag",
        "svensk \u{1}\u{1}modersmål",
    ] {
        holds(text);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        failure_persistence: None, ..proptest::prelude::ProptestConfig::default()
    })]

    #[test]
    fn no_text_makes_it_panic_and_every_place_is_valid(
        text in "\\PC{0,80}|[\\x00-\\x{2100}]{0,60}|([jagIhariADHD född.,:()\\-\\n\\x01]|ä|å){0,60}"
    ) {
        holds(&text);
    }

    #[test]
    fn words_in_any_order_give_valid_places(text in salad()) {
        holds(&text);
        holds(&text.replace(' ', ""));
    }
}
