use std::fmt::Write as _;

use jiff::civil::date;
use proptest::prelude::*;
use regex::Regex;

use super::*;

fn frame() -> Frame {
    Frame { today: date(2026, 9, 15), starts: Some(date(2027, 1, 11)) }
}

fn masked_in(text: &str, english: bool, frame: &Frame) -> String {
    let mut out = String::new();
    let mut at = 0;
    for hit in find(text, english, frame) {
        out.push_str(&text[at..hit.start]);
        out.push_str(&hit.text);
        at = hit.end;
    }
    out + &text[at..]
}

fn sv(text: &str) -> String {
    masked_in(text, false, &frame())
}

fn en(text: &str) -> String {
    masked_in(text, true, &frame())
}

fn all_become(english: bool, cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (text, expected) in cases {
        let out = masked_in(text, english, &frame());
        if out != *expected {
            let _ = writeln!(wrong, "{text:?}\n   became {out:?}\n   not    {expected:?}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn all_stay(cases: &[&str]) {
    let same: Vec<(&str, &str)> = cases.iter().map(|text| (*text, *text)).collect();
    all_become(false, &same);
    all_become(true, &same);
}

#[test]
fn a_range_becomes_its_length() {
    all_become(
        false,
        &[
            ("2019–2021", "[2 år]"),
            ("2019-2021 Kock", "[2 år] Kock"),
            ("2019 — 2021", "[2 år]"),
            ("2019 -2021", "[2 år]"),
            ("2019- 2021", "[2 år]"),
            ("2019  –  2021", "[2 år]"),
            ("2019–\n2021", "[2 år]"),
            ("2019 -- 2021", "[2 år]"),
            ("2019 -> 2021", "[2 år]"),
            ("2019..2021", "[2 år]"),
            ("(2019-2021)", "([2 år])"),
            ("2O19 — 2O21", "[2 år]"),
            ("20l9–202I", "[2 år]"),
            ("2 0 1 9 – 2 0 2 1", "[2 år]"),
            ("2019–21", "[2 år]"),
            ("2019-21 säljare", "[2 år] säljare"),
            ("1998–02", "[4 år]"),
            ("2019–2019", "[under 1 år]"),
            ("aug 2019 – jun 2021", "[1 år 11 mån]"),
            ("Aug. 2019 – Juni 2021", "[1 år 11 mån]"),
            ("aug 19 – jun 21", "[1 år 11 mån]"),
            ("aug-19 – jun-21", "[1 år 11 mån]"),
            ("2019-08 – 2021-06", "[1 år 11 mån]"),
            ("2019-08-2021-06", "[1 år 11 mån]"),
            ("2019–08 – 2021–06", "[1 år 11 mån]"),
            ("2019 - 08 - 2021 - 06", "[1 år 11 mån]"),
            ("2019.08 - 2021.06", "[1 år 11 mån]"),
            ("2019/08–2021/06", "[1 år 11 mån]"),
            ("08/2019-06/2021", "[1 år 11 mån]"),
            ("8/2019 – 6/2021", "[1 år 11 mån]"),
            ("2019 augusti – 2021 juni", "[1 år 11 mån]"),
            ("1 augusti 2019 till 30 juni 2021", "[1 år 11 mån]"),
            ("fr.o.m. 1 augusti 2019 t.o.m. 30 juni 2021", "[1 år 11 mån]"),
            ("den 1 augusti 2019 till och med den 30 juni 2021", "[1 år 11 mån]"),
            ("1/8 2019 – 30/6 2021", "[1 år 11 mån]"),
            ("01/08/2019–30/06/2021", "[1 år 11 mån]"),
            ("1.8.2019–30.6.2021", "[1 år 11 mån]"),
            ("2019-08-01–2021-06-30", "[1 år 11 mån]"),
            ("2019-08-15 – 2019-09-14", "[1 mån]"),
            ("20190101–20191231", "[1 år]"),
            ("mars 2019 - mars 2019", "[under 1 år]"),
            ("mars 2019 – april 2019", "[2 mån]"),
            ("HT19–VT21", "[2 år]"),
            ("ht 2019 - vt 2021", "[2 år]"),
            ("HT19/VT20", "[1 år]"),
            ("ht-19 – vt-21", "[2 år]"),
            ("HT19–HT19", "[under 1 år]"),
            ("höstterminen 2019 till vårterminen 2021", "[2 år]"),
            ("hösten 2019 till våren 2021", "[2 år]"),
            ("hosten 2019 till varen 2021", "[2 år]"),
            ("vintern 2019/20", "[under 1 år]"),
            ("vintern 2019–2020", "[under 1 år]"),
            ("våren–hösten 2019", "[1 år]"),
            ("Q3 2019 – Q1 2020", "[9 mån]"),
            ("maj–augusti 2019", "[4 mån]"),
            ("maj till augusti 2019", "[4 mån]"),
            ("november–februari 2020", "[4 mån]"),
            ("mellan maj och augusti 2019", "[4 mån]"),
            ("14–18 maj 2018", "[under 1 mån]"),
            ("14 maj – 18 juni 2018", "[1 mån]"),
            ("2019/2020", "[1 år]"),
            ("2019/20", "[1 år]"),
            ("läsåret 2019/20", "läsåret [1 år]"),
            ("läsåret 19/20", "läsåret [1 år]"),
            ("säsongerna 2017/18–2019/20", "säsongerna [3 år]"),
            ("åren 19–21", "åren [2 år]"),
            ("mellan 2019 och 2021 var jag där", "[2 år] var jag där"),
            ("mellan åren 2019 och 2021", "[2 år]"),
            ("under åren 2019–2021", "under [2 år]"),
            ("från 2019 till 2021", "[2 år]"),
            ("från 2019 fram till 2021", "[2 år]"),
            ("från -19 till -21", "[2 år]"),
            ("’19–’21", "[2 år]"),
            ("sedan 2019 till 2021", "[2 år]"),
            ("2019 t o m 2021", "[2 år]"),
            ("2019till2021", "[2 år]"),
            ("från början av 2019 till slutet av 2021", "[2 år]"),
            ("Somrar 2022–2025 Bygghandel", "Somrar [3 år] Bygghandel"),
            ("2015–2018 kandidatexamen", "[3 år] kandidatexamen"),
            ("Kandidatexamen 2015–2018, Lund", "Kandidatexamen [3 år], Lund"),
            ("2021–2019", "[2 år]"),
            ("i tre år 2019–2021", "i tre år [2 år]"),
            ("Tjänstledig 190801–200630", "Tjänstledig [11 mån]"),
            ("201809–202106", "[2 år 10 mån]"),
            ("2010–2015–2018", "[5 år]–[tid]"),
            ("CV_2019-2021.pdf", "CV_[2 år].pdf"),
        ],
    );
    all_become(
        true,
        &[
            ("2019–2021", "[2 years]"),
            ("2020–2021 nurse", "[1 year] nurse"),
            ("2019–2019", "[under 1 year]"),
            ("Aug 2019 – Jun 2021", "[1 year 11 months]"),
            ("Aug 2019 to Sep 2020", "[1 year 2 months]"),
            ("Sept 2020 – Sept 2021", "[1 year 1 month]"),
            ("August–September 2019", "[2 months]"),
            ("between March 2018 and May 2019", "[1 year 3 months]"),
            ("from March 2017 until December 2019", "[2 years 10 months]"),
            ("from 1 March 2017 through 31 May 2017", "[3 months]"),
            ("March 1, 2017 – May 31, 2017", "[3 months]"),
            ("May 14–18, 2018", "[under 1 month]"),
            ("June 3 – July 5, 2019", "[1 month]"),
            ("the 1st of May 2018 to the 31st of July 2018", "[3 months]"),
            ("autumn term 2019 – spring term 2021", "[2 years]"),
            ("fall 2019 to spring 2020", "[1 year]"),
            ("the academic year 2019/20", "the academic year [1 year]"),
            ("from 2019 up to 2021", "[2 years]"),
            ("in the years 2019–2021", "in [2 years]"),
            ("09/2019 – 06/2021", "[1 year 10 months]"),
            ("BSc in Economics, 2018–2021", "BSc in Economics, [3 years]"),
        ],
    );
}

#[test]
fn what_goes_on_is_told_until_the_day_applications_are_counted_from() {
    all_become(
        false,
        &[
            ("2020–", "[6 år, pågår]"),
            ("2020 –", "[6 år, pågår]"),
            ("2020- Souschef", "[6 år, pågår] Souschef"),
            ("2020–Kock", "[6 år, pågår]Kock"),
            ("(2020–)", "([6 år, pågår])"),
            ("2020–\n2018–2020 Kock", "[6 år, pågår]\n[2 år] Kock"),
            ("2020–nu", "[6 år, pågår]"),
            ("2020 – pågående", "[6 år, pågår]"),
            ("2020 - idag", "[6 år, pågår]"),
            ("2020 – i dag", "[6 år, pågår]"),
            ("2020 – tills vidare", "[6 år, pågår]"),
            ("2022-01-01 – t.v.", "[4 år 9 mån, pågår]"),
            ("2020 till dags dato", "[6 år, pågår]"),
            ("2020 till nu", "[6 år, pågår]"),
            ("sedan 2020", "[6 år, pågår]"),
            ("Sedan 2021 är jag ordförande", "[5 år, pågår] är jag ordförande"),
            ("sen -20 jobbar jag", "[6 år, pågår] jobbar jag"),
            ("sedan hösten 2020", "[6 år 3 mån, pågår]"),
            ("sedan den 1 januari 2025", "[1 år 9 mån, pågår]"),
            ("sedan omkring 2019", "[7 år, pågår]"),
            ("sedan slutet av 2019", "[7 år, pågår]"),
            ("från 2020 och framåt", "[6 år, pågår]"),
            ("från och med 2020", "[6 år, pågår]"),
            ("fr.o.m. 2020", "[6 år, pågår]"),
            ("fr o m aug 2020", "[6 år 2 mån, pågår]"),
            ("pågående sedan maj 2021", "[5 år 5 mån, pågår]"),
            ("2026–", "[under 1 år, pågår]"),
            ("april 2026–", "[6 mån, pågår]"),
            ("2026-09-10 –", "[under 1 mån, pågår]"),
            ("VT2024–", "[2 år 9 mån, pågår]"),
            ("sedan 2028", "sedan [tid]"),
            ("2019 – Kock", "[tid] – Kock"),
            ("sedan 2019 års reform", "sedan [tid] års reform"),
        ],
    );
    all_become(
        true,
        &[
            ("since May 2021", "[5 years 5 months, ongoing]"),
            ("since 2025", "[1 year, ongoing]"),
            ("Since early 2019", "[7 years, ongoing]"),
            ("since mid-2019", "[7 years, ongoing]"),
            ("ongoing since 2020", "[6 years, ongoing]"),
            ("2020–present", "[6 years, ongoing]"),
            ("2020 to date", "[6 years, ongoing]"),
            ("from 2020 onwards", "[6 years, ongoing]"),
            ("from March 2020 until now", "[6 years 7 months, ongoing]"),
            ("06/2024 - present", "[2 years 4 months, ongoing]"),
            ("2025-02 until now", "[1 year 8 months, ongoing]"),
            ("2026-", "[under 1 year, ongoing]"),
        ],
    );
}

#[test]
fn a_date_or_year_that_is_no_range_becomes_a_time() {
    all_become(
        false,
        &[
            ("under 2019", "under [tid]"),
            ("under år 2019", "under [tid]"),
            ("sommaren 2020", "[tid]"),
            ("i maj 2018", "i [tid]"),
            ("14 maj 2018", "[tid]"),
            ("den 14:e maj 2018", "[tid]"),
            ("2018-05-14", "[tid]"),
            ("2018.05.14", "[tid]"),
            ("20180514", "[tid]"),
            ("14/5 2018", "[tid]"),
            ("14/5-2018", "[tid]"),
            ("14/5-18", "[tid]"),
            ("14.5.2018", "[tid]"),
            ("05/2018", "[tid]"),
            ("2018-05", "[tid]"),
            ("sommaren -19", "[tid]"),
            ("sommaren ’19", "[tid]"),
            ("vt25", "[tid]"),
            ("VT 2025", "[tid]"),
            ("hösten 2021 och 2022", "[tid] och [tid]"),
            ("sommarjobb 2023, 2024", "sommarjobb [tid], [tid]"),
            ("2016 Diskare och lärling", "[tid] Diskare och lärling"),
            ("UHR 2021.", "UHR [tid]."),
            ("2019 års budget", "[tid] års budget"),
            ("2019-modell", "[tid]-modell"),
            ("i slutet av 2019", "i slutet av [tid]"),
            ("En rapport från 2020", "En rapport från [tid]"),
            ("på 90-talet", "på [tid]"),
            ("på 1990-talet", "på [tid]"),
            ("80- och 90-talet", "[tid]"),
            ("80/90-talet", "[tid]"),
            ("i början av nittiotalet", "i början av [tid]"),
            ("sedan början av 1990-talet", "sedan början av [tid]"),
            ("vid millennieskiftet", "vid [tid]"),
            ("Examensarbete, 2024", "Examensarbete, [tid]"),
            ("CV_2019.pdf", "CV_[tid].pdf"),
        ],
    );
    all_become(
        true,
        &[
            ("In the spring of 2022 I moved", "In [time] I moved"),
            ("in May 2018", "in [time]"),
            ("on 14 May 2018", "on [time]"),
            ("May 14, 2018", "[time]"),
            ("on Sept. 10, 2002", "on [time]"),
            ("the 70's and 80's", "[time] and [time]"),
            ("05/14/2018", "[time]"),
            ("in the summer of ’19", "in [time]"),
            ("the nineties", "[time]"),
            ("in the 1980s", "in [time]"),
            ("houses from the '90s", "houses from [time]"),
            ("1980s", "[time]"),
            ("the 2014 campaign", "the [time] campaign"),
            ("Master's thesis plan, mid-2019", "Master's thesis plan, mid-[completed]"),
        ],
    );
}

#[test]
fn the_date_of_a_degree_becomes_whether_it_is_there() {
    all_become(
        false,
        &[
            ("Examen 2019", "Examen [klar]"),
            ("Examensår: 2019", "Examensår: [klar]"),
            ("tog examen i juni 2025", "tog examen i [klar]"),
            ("utexaminerad 2018", "utexaminerad [klar]"),
            ("avlade sin examen 2018-06-01", "avlade sin examen [klar]"),
            (
                "Kandidatexamen i miljö (180 hp), Lunds universitet, 2021",
                "Kandidatexamen i miljö (180 hp), Lunds universitet, [klar]",
            ),
            ("civilingenjörsexamen, KTH, 2020", "civilingenjörsexamen, KTH, [klar]"),
            ("Sjuksköterskeexamen, Högskolan, 2010", "Sjuksköterskeexamen, Högskolan, [klar]"),
            ("studenten 2015", "studenten [klar]"),
            ("gymnasieexamen, juni 2015", "gymnasieexamen, [klar]"),
            ("2019: Kandidatexamen", "[klar]: Kandidatexamen"),
            (
                "Magister offentlig ekonomi, Poznań, 2019. UHR 2021.",
                "Magister offentlig ekonomi, Poznań, [klar]. UHR [tid].",
            ),
            ("(kandidat, juni 2026)", "(kandidat, [klar])"),
            ("examina 2018 och 2020", "examina [klar] och [klar]"),
            ("tog examen 2018 och började arbeta 2019", "tog examen [klar] och började arbeta [tid]"),
            (
                "Efter examen började jag arbeta på ett bolag 2019",
                "Efter examen började jag arbeta på ett bolag [tid]",
            ),
            ("är klar filosofie kandidat sedan 2025", "är klar filosofie kandidat [klar]"),
            ("klar juni 2026", "klar [klar]"),
            ("klar december 2026", "klar [klar före tillträde]"),
            (
                "Ämneslärarexamen, Malmö universitet, klar 2027-01",
                "Ämneslärarexamen, Malmö universitet, klar [klar före tillträde]",
            ),
            (
                "Jag blev klar ämneslärare i idrott, Malmö universitet, januari 2027",
                "Jag blev klar ämneslärare i idrott, Malmö universitet, [klar före tillträde]",
            ),
            ("beräknas klar juni 2027", "beräknas klar [oklart]"),
            ("Beräknad examen: 2026", "Beräknad examen: [klar före tillträde]"),
            ("examen VT27", "examen [oklart]"),
            ("examen 2027-01-10", "examen [klar före tillträde]"),
            ("examen 2027-01-12", "examen [oklart]"),
            ("Examen 2028", "Examen [oklart]"),
            ("Jag kommer från Lund och tog examen 2026", "Jag kommer från Lund och tog examen [klar]"),
            ("Jag ska ta examen 2026", "Jag ska ta examen [klar före tillträde]"),
            ("Sommarjobb 2019, examen 2020", "Sommarjobb [tid], examen [klar]"),
        ],
    );
    all_become(
        true,
        &[
            ("graduated in 2020", "graduated in [completed]"),
            ("Graduation: May 2027", "Graduation: [unclear]"),
            ("Class of 2015", "Class of [completed]"),
            ("Class of ’15", "Class of [completed]"),
            ("BSc Service Management, Lund, 2020", "BSc Service Management, Lund, [completed]"),
            ("M.Sc. Social Work 2020", "M.Sc. Social Work [completed]"),
            ("University degree, bachelor level, 2022", "University degree, bachelor level, [completed]"),
            ("diploma (2018)", "diploma ([completed])"),
            ("B.A. in History (2012)", "B.A. in History ([completed])"),
            ("MA History, 2012", "MA History, [completed]"),
            ("Expected December 2026", "Expected [completed before start]"),
            ("expected graduation June 2027", "expected graduation [unclear]"),
            ("In 2024 I took my bachelor's in media", "In [completed] I took my bachelor's in media"),
            ("Scrum master 2019", "Scrum master [time]"),
            ("degree June 2026", "degree [completed]"),
        ],
    );
    let open = Frame { starts: None, ..frame() };
    assert_eq!(masked_in("Examen december 2026", false, &open), "Examen [oklart]");
    assert_eq!(masked_in("Degree 2020", true, &open), "Degree [completed]");
}

#[test]
fn the_applicants_age_goes() {
    all_become(
        false,
        &[
            ("jag är 24 år", "jag är [ålder]"),
            ("Jag heter \u{1}\u{1}, är 24 år och", "Jag heter \u{1}\u{1}, är [ålder] och"),
            ("jag heter \u{1}\u{1} o är 24 bast..", "jag heter \u{1}\u{1} o är [ålder].."),
            ("Pr-ansvarig i klubben. 24 vårar. Kör bil", "Pr-ansvarig i klubben. [ålder]. Kör bil"),
            ("Är 24 och bor i byn", "Är [ålder] och bor i byn"),
            ("Profil\n24 år, noggrann", "Profil\n[ålder], noggrann"),
            ("i allmännyttan. 24 år. Bor nära", "i allmännyttan. [ålder]. Bor nära"),
            ("Om mig: 24 år. Spelar cello", "Om mig: [ålder]. Spelar cello"),
            (
                "Jag är statsvetare och sekreterare, 24 år, och",
                "Jag är statsvetare och sekreterare, [ålder], och",
            ),
            ("Ålder ........... 24", "[ålder]"),
            ("Jag är 24.", "Jag är [ålder]."),
            ("Jag är 25, utbildad på", "Jag är [ålder], utbildad på"),
            ("Nu är jag 24 och bor i Lund", "Nu är jag [ålder] och bor i Lund"),
            ("jag ar 24 ar gammal", "jag ar [ålder]"),
            ("24 år gammal", "[ålder]"),
            ("tjugofyra år gammal", "[ålder]"),
            ("24-årig student", "[ålder] student"),
            ("24-årig ekonom", "[ålder] ekonom"),
            ("24 - årig ekonom", "[ålder] ekonom"),
            ("En 24-åring med driv", "En [ålder] med driv"),
            ("24åring", "[ålder]"),
            ("tjugofyraåring", "[ålder]"),
            ("femtioårig kock", "[ålder] kock"),
            ("fyllde 30", "fyllde [ålder]"),
            ("När jag fyllde 30 år", "När jag fyllde [ålder]"),
            ("fyller 40 i maj", "fyller [ålder] i maj"),
            ("i 20-årsåldern", "i [ålder]"),
            ("i trettioårsåldern", "i [ålder]"),
            ("i 25–30-årsåldern", "i [ålder]"),
            ("som 18-åring", "som [ålder]"),
            ("vid 17 års ålder", "vid [ålder]"),
            ("vid arton års ålder", "vid [ålder]"),
            ("sen jag var 15", "sen jag var [ålder]"),
            ("när jag var sju, bakom", "när jag var [ålder], bakom"),
            ("när jag var 23 år.", "när jag var [ålder]."),
            ("Ålder: 24 år", "[ålder]"),
            ("i en ålder av 24", "i en [ålder]"),
            ("årgång 1998", "årgång [ålder]"),
            ("årgång -98", "årgång [ålder]"),
            ("född -98", "född [ålder]"),
            ("född 1998", "född [ålder]"),
            ("f. 1998", "f. [ålder]"),
            ("född den 14 maj 1998", "född [ålder]"),
            ("född i Lund 1998", "född i Lund [ålder]"),
            ("en riktig 90-talist", "en riktig [ålder]"),
            ("nittiotalist", "[ålder]"),
            ("född på 90-talet", "född på [ålder]"),
            ("Jag är ung och driven", "Jag är [ålder] och driven"),
            ("Ung, nyfiken och driven", "[ålder], nyfiken och driven"),
            ("som ung kvinna", "som [ålder] kvinna"),
            ("som yngst i gruppen", "som [ålder] i gruppen"),
            ("den yngsta i styrelsen", "den [ålder] i styrelsen"),
            ("trots min ålder", "trots [ålder]"),
            ("min ringa ålder", "[ålder]"),
            ("vid ung ålder", "vid [ålder]"),
            ("Jag är pensionär.", "Jag är [ålder]."),
            ("Jag är snart 30", "Jag är snart [ålder]"),
            ("snart 30, och nyfiken", "snart [ålder], och nyfiken"),
            ("nyexaminerad civilingenjör", "[ålder] civilingenjör"),
            ("nyligen examinerad", "[ålder]"),
            ("som tonåring", "som [ålder]"),
            ("i min ungdom", "i [ålder]"),
            ("Är 27 år, bor i Lund", "Är [ålder], bor i Lund"),
            ("Jag heter Sara och är trettiotvå år.", "Jag heter Sara och är [ålder]."),
            ("Trots att jag bara är 22 har jag", "Trots att jag bara är [ålder] har jag"),
            ("Kvinna, 32 år", "Kvinna, [ålder]"),
            ("fyller 25 till våren", "fyller [ålder] till våren"),
            ("\u{1}\u{1}\u{1}, 24 år, Lund", "\u{1}\u{1}\u{1}, [ålder], Lund"),
        ],
    );
    all_become(
        true,
        &[
            ("I am 24 years old", "I am [age]"),
            (
                "I am \u{1}\u{1}, urban planner, 24, of the town",
                "I am \u{1}\u{1}, urban planner, [age], of the town",
            ),
            ("Backend developer, 24, leaving fintech", "Backend developer, [age], leaving fintech"),
            ("Somebody who is 24, files early", "Somebody who is [age], files early"),
            ("As 24 going on seventy.", "As [age] going on seventy."),
            ("a building services engineer, aged 24, with", "a building services engineer, [age], with"),
            ("I'm 24 and curious", "I'm [age] and curious"),
            ("24 years old", "[age]"),
            ("twenty-four years old", "[age]"),
            ("a 24-year-old economist", "a [age] economist"),
            ("a twenty-four-year-old economist", "a [age] economist"),
            ("24 years of age", "[age]"),
            ("aged 24", "[age]"),
            ("Age: 24", "[age]"),
            ("at the age of 19", "at [age]"),
            ("at the age of nine", "at [age]"),
            ("from the age of sixteen", "from [age]"),
            ("since I was fifteen", "since I was [age]"),
            ("I was twenty-three, I had", "I was [age], I had"),
            ("turned 30", "turned [age]"),
            ("The summer I turned nineteen, we cycled", "The summer I turned [age], we cycled"),
            ("in my thirties", "in my [age]"),
            ("in my early 30s", "in my [age]"),
            ("in my mid-twenties", "in my [age]"),
            ("a highly motivated young professional", "a highly motivated young professional"),
            ("I am a highly motivated young professional", "I am a highly motivated [age] professional"),
            ("when I was young", "when I was [age]"),
            ("the youngest member", "the [age] member"),
            ("my age", "[age]"),
            ("at my relatively young age", "at [age]"),
            ("at a young age", "at a [age]"),
            ("a recent graduate", "a [age]"),
            ("a recent computer science graduate", "a [age] computer science graduate"),
            ("newly graduated engineer", "[age] engineer"),
            ("I am retired.", "I am [age]."),
            ("as a teenager", "as a [age]"),
            ("born in '98", "born in [age]"),
            ("Born 13 February 1996", "Born [age]"),
            ("alone at sixteen", "alone at [age]"),
            ("at 24 I became a manager", "at [age] I became a manager"),
            ("as a 45 year old career changer", "as a [age] career changer"),
            ("digital native", "[age]"),
        ],
    );
}

#[test]
fn the_ages_of_others_and_lengths_of_experience_stay() {
    all_stay(&[
        "barn i åldern 3–5 år",
        "Statistik, 30, Malmö",
        "Erfarenhet: 20 år",
        "Jag har arbetat där länge, 20 år, och",
        "rum 12, 48, 51 och 60",
        "Vi var i kontakt med familjer, 48, 52",
        "ungdomar i åldern 16–25",
        "elever i årskurs 7–9",
        "åk 4–6",
        "3-åringar",
        "för 16-åringar",
        "en 3-årig utbildning",
        "treårigt program",
        "20-årig erfarenhet",
        "children aged 6 to 9",
        "children aged 6 and 7",
        "adults aged 65 and over",
        "children under the age of 12",
        "unga vuxna",
        "arbete med unga",
        "Planrådet för unga",
        "en ung kvinna i kris",
        "Ung Företagsamhet",
        "Unga Örnar",
        "young people",
        "stöttade en ung brukare",
        "a group of young offenders",
        "Mark Young",
        "de yngsta barnen",
        "min yngsta dotter",
        "yngre elever",
        "arbete med äldre",
        "äldre personer",
        "pensionärer",
        "hjälpte en pensionär med bredbandet",
        "one retired lady",
        "nine-year-olds",
        "handledde nyexaminerade",
        "recent graduates",
        "the new graduate programme",
        "5 års erfarenhet",
        "arbetat i 3 år",
        "har arbetat i snart 20 år",
        "Jag var tre år på fabriken",
        "i tio år",
        "two years of experience",
        "for 24 years",
        "24 years of experience",
        "my 24 years in care",
        "Fotbollstränare, flickor 11 år",
        "Vi var sex: två utvecklare",
        "jag är 1 av 24",
        "I am 100% sure",
        "jag är 50 % klar",
        "fyllde 30 platser",
        "Min son fyller 16 i juli",
        "ungdomar som fyller 18",
        "den äldsta organisationen i landet",
        "barn från 3 års ålder",
        "sexton personer",
        "junior ekonom",
        "senior adviser",
    ]);
}

#[test]
fn money_counts_laws_standards_products_and_numbers_stay() {
    all_stay(&[
        "2000 kr",
        "2 019 invånare",
        "budget på 2020 tkr",
        "1 900 elever",
        "2000 elever",
        "drygt 2000 sålda biljetter",
        "more than 2000 sold tickets",
        "lön 2000–2050 kr",
        "2019 %",
        "$2019",
        "kl. 20.15",
        "kl 2015",
        "kl. 19–21",
        "19:30–20:15",
        "180 hp",
        "7,5 hp",
        "Agenda 2030",
        "SFS 2018:218",
        "(2010:800)",
        "miljöbalken (1998:808)",
        "prop. 2017/18:170",
        "SOU 2025:101",
        "dnr 2019/123",
        "ISO 27001:2022",
        "ISO 9001:2015",
        "GDPR 2016/679",
        "AI Act 2024/1689",
        "(EU) 2019/1937",
        "direktiv 2014/24/EU",
        "nr 765/2008",
        "Windows 2019",
        "SQL Server 2019",
        "Office 2016",
        "Excel 2016",
        "Visual Studio 2019",
        "Vision 2035",
        "Horisont 2020",
        "Horizon 2020",
        "24/7",
        "support 24/7 2 dagar",
        "version 2019.3",
        "v2019",
        "070-2019 1998",
        "+46 70 1998 2019",
        "042-10 20 19",
        "19980514-1234",
        "980514-1234",
        "254 51",
        "1920 x 1080",
        "1920x1080",
        "sida 2019",
        "rum 2019",
        "id: 20190",
        "i maj",
        "It may rain",
        "planeten Mars",
        "maj–augusti",
        "ett 90-tal elever",
        "1800-talet",
        "30s",
        "COVID-19",
        "-19 grader",
        "Lgr11",
        "3,5 av 5",
        "2019abc",
        "pi 3.1415",
        "sedan dess",
        "sedan flera år",
        "från start till mål",
        "mellan tummen och pekfingret",
    ]);
}

#[test]
fn a_place_replaced_already_is_left_alone() {
    assert_eq!(sv("\u{1}\u{1}\u{1}2019 och \u{1}\u{1}"), "\u{1}\u{1}\u{1}2019 och \u{1}\u{1}");
    assert_eq!(sv("\u{1}\u{1} 2019 \u{1}\u{1}"), "\u{1}\u{1} [tid] \u{1}\u{1}");
    assert_eq!(sv("2019 \u{1}\u{1} 2021"), "[tid] \u{1}\u{1} [tid]");
    assert_eq!(sv("[6 år, pågår] [ålder] [klar] [tid]"), "[6 år, pågår] [ålder] [klar] [tid]");
    assert_eq!(en("[6 years, ongoing] [age] [time]"), "[6 years, ongoing] [age] [time]");
}

#[test]
fn an_application_whose_years_are_shifted_is_the_same_text() {
    let text = |shift: i32| {
        let y = |year: i32| (year + shift).to_string();
        let s = |year: i32| format!("{:02}", (year + shift) % 100);
        format!(
            "Jag är född {} och tog studenten {} på Norra skolan. Jag läste juridik HT{}–VT{} och jobbade \
             somrarna {}–{} på ett lager. Våren {} flyttade jag till Umeå, där jag var vikarie \
             aug {} – jun {}.\n\n\
             ERFARENHET\n{}–{} Handläggare, en kommun\n{}-03 – {}-11 Assistent\n{}/{} Utbytesår\n\
             UTBILDNING\nKandidatexamen i statsvetenskap, {}\nKurs i Excel 2016, {}\nKörkort {}\n",
            y(1994),
            y(2013),
            s(2013),
            s(2016),
            y(2010),
            y(2012),
            y(2017),
            y(2017),
            y(2018),
            y(2018),
            y(2022),
            y(2016),
            y(2016),
            y(2015),
            s(2016),
            y(2016),
            y(2020),
            y(2012),
        )
    };
    let expected = "Jag är född [ålder] och tog studenten [klar] på Norra skolan. Jag läste juridik \
        [3 år] och jobbade somrarna [2 år] på ett lager. [tid] flyttade jag till Umeå, där jag var vikarie [11 mån].\n\n\
        ERFARENHET\n[4 år] Handläggare, en kommun\n[9 mån] Assistent\n[1 år] Utbytesår\n\
        UTBILDNING\nKandidatexamen i statsvetenskap, [klar]\nKurs i Excel 2016, [tid]\nKörkort [tid]\n";
    for shift in -15..=4 {
        assert_eq!(sv(&text(shift)), expected, "{shift}");
    }
}

#[test]
fn a_hit_says_what_it_is() {
    let hits = find("Examen 2019, kock 2020–2021 och 2022, jag är 24 år", false, &frame());
    let told: Vec<_> = hits.iter().map(|hit| (hit.kind, hit.rule, hit.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (Kind::Degree, "time.degree", "[klar]"),
            (Kind::Duration, "time.range", "[1 år]"),
            (Kind::Year, "time.year", "[tid]"),
            (Kind::Age, "time.age", "[ålder]"),
        ]
    );
}

/// How a closed range can be written, with its years in `{0}` and `{1}` and their last two digits in
/// `{2}` and `{3}`.
const RANGES: [&str; 34] = [
    "{0}–{1}",
    "{0}-{1} Kock",
    "{0} — {1}",
    "aug {0} – jun {1}",
    "Aug. {0} - Juni {1}",
    "{0}-08 – {1}-06",
    "{0}–08 – {1}–06",
    "08/{0}-06/{1}",
    "8/{0} – 6/{1}",
    "1 augusti {0} till 30 juni {1}",
    "den 29 februari {0} – 1 mars {1}",
    "{0}-02-28–{1}-02-29",
    "1/8 {0} – 30/6 {1}",
    "14.5.{0}–3.6.{1}",
    "{0}0215–{1}1231",
    "HT{2}–VT{3}",
    "ht {0} - vt {1}",
    "höstterminen {0} till vårterminen {1}",
    "hösten {0} till våren {1}",
    "hösten -{2} till våren -{3}",
    "between March {0} and May {1}",
    "mellan {0} och {1}",
    "under åren {0}–{1}",
    "from {0} to {1}",
    "fr.o.m. {0} t.o.m. {1}",
    "från -{2} till -{3}",
    "{0}–{3}",
    "aug {2} – jun {3}",
    "Aug {0} through Sept {1}",
    "March 1, {0} – May 31, {1}",
    "sommaren {0} – vintern {1}",
    "Q3 {0} – Q1 {1}",
    "{0} augusti – {1} juni",
    "säljare ({0}–{1}), Lund",
];

fn written(form: &str, first: i32, last: i32) -> String {
    form.replace("{0}", &first.to_string())
        .replace("{1}", &last.to_string())
        .replace("{2}", &format!("{:02}", first % 100))
        .replace("{3}", &format!("{:02}", last % 100))
}

/// Words and marks of which texts are made that look like what this module reads.
fn scraps() -> impl Strategy<Value = String> {
    let words: Vec<String> = include_str!("words.txt")
        .lines()
        .flat_map(|l| l.split_once(':').unwrap().1.split(' '))
        .map(str::to_owned)
        .collect();
    let numbers = prop_oneof![
        (1890u32..2110).prop_map(|n| n.to_string()),
        (0u32..100).prop_map(|n| format!("{n:02}")),
        (0u32..13).prop_map(|n| n.to_string()),
        Just("20190514".to_owned()),
        Just("070".to_owned()),
        Just("1234".to_owned()),
        Just("2 0 1 9".to_owned()),
        Just("2O19".to_owned()),
    ];
    let marks = prop::sample::select(vec![
        "-",
        "–",
        " – ",
        "/",
        ":",
        ".",
        ",",
        " ",
        "  ",
        "\n",
        "'",
        "’",
        "(",
        ")",
        "[",
        "]",
        "%",
        "+",
        "\u{1}\u{1}",
        "I",
        "Kock",
        "tårta",
        "_",
        "x",
        "t.o.m.",
        "fr.o.m.",
        "[tid]",
        "[6 år, pågår]",
        "th",
        "s",
        "-åring",
        "-talet",
        "-",
    ]);
    let piece = prop_oneof![
        3 => prop::sample::select(words),
        4 => numbers,
        4 => marks.prop_map(str::to_owned),
    ];
    prop::collection::vec((piece, prop_oneof![Just(" "), Just(" "), Just("")]), 0..14)
        .prop_map(|all| all.into_iter().fold(String::new(), |out, (piece, gap)| out + &piece + gap))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn shifting_all_years_of_closed_ranges_changes_nothing(
        entries in prop::collection::vec((0..RANGES.len(), 1985i32..2024, 0i32..12), 1..6),
        shift in prop::sample::select(vec![-15, 20]),
        english in any::<bool>(),
        gap in prop::sample::select(vec!["\n", " hos oss, ", " Kock\n", ". Sedan ", "; "]),
    ) {
        let text = |shift: i32| {
            let all: Vec<String> =
                entries
                    .iter()
                    .map(|(form, first, length)| written(RANGES[*form], first + shift, first + length + shift))
                    .collect();
            all.join(gap)
        };
        let (before, after) = (text(0), text(shift));
        let masked = masked_in(&before, english, &frame());
        prop_assert_eq!(&masked, &masked_in(&after, english, &frame()), "{} / {}", before, after);
        prop_assert!(!Regex::new(r"(?:19|20)\d\d").unwrap().is_match(&masked), "{}", masked);
    }

    #[test]
    fn shifting_single_dates_changes_nothing(
        forms in prop::collection::vec(prop::sample::select(vec![
            "under {0}", "sommaren {0}", "i maj {0}", "14 maj {0}", "{0}-05-14", "{0}-05", "14/5 {0}",
            "{0}: kock",
            "May 14, {0}", "in the summer of {0}", "vt{2}", "Badvakt {0}, glasskiosk {0}", "född {0}",
            "årgång {0}", "{0} års",
        ]), 1..6),
        year in 1985i32..2015,
        shift in prop::sample::select(vec![-15, 20]),
    ) {
        let text = |year| forms.iter().map(|form| written(form, year, year)).collect::<Vec<_>>().join(" x\n");
        prop_assert_eq!(sv(&text(year)), sv(&text(year + shift)));
    }

    #[test]
    fn a_second_pass_finds_nothing_new(text in scraps(), english in any::<bool>()) {
        let once = masked_in(&text, english, &frame());
        let again = find(&once, english, &frame());
        prop_assert!(again.is_empty(), "{:?}\n{:?}\n{:?}", text, once, again);
    }

    #[test]
    fn every_replacement_is_one_that_the_pattern_knows(text in scraps(), english in any::<bool>()) {
        let pattern = Regex::new(&format!("^(?:{PLACEHOLDERS})$")).unwrap();
        for hit in find(&text, english, &frame()) {
            prop_assert!(pattern.is_match(&hit.text), "{}", hit.text);
            prop_assert!(RULES.contains(&hit.rule), "{}", hit.rule);
        }
    }

    #[test]
    fn no_text_stops_it_and_places_are_in_order_and_apart(
        text in prop_oneof![any::<String>(), scraps(), "[0-9a-zåäö \\-–./:\\x01\n]{0,60}"],
        english in any::<bool>(),
    ) {
        let mut at = 0;
        for hit in find(&text, english, &frame()) {
            prop_assert!(at <= hit.start && hit.start < hit.end, "{:?}", hit);
            let place = text.get(hit.start..hit.end);
            prop_assert!(place.is_some_and(|place| !place.contains('\u{1}')), "{:?}", hit);
            at = hit.end;
        }
    }
}
