//! Words that tell a person's sex: pronouns, titles, `som kvinna`, `lärarinna`, `damlag`. A noun for a
//! woman or a man counts only where somebody says it of himself or herself.

use super::lexicon::{self as class, GENDER_TEXT, PERSON_DEFINITE, PERSON_TEXT, TEAM_TEXT, TITLE_TEXT};
use super::token::{Shape, Words};
use super::{Found, Kind, family, rule};

/// What follows the name Hans rather than the pronoun.
const AFTER_A_NAME: &str = "\
    är har var hade heter kan vill ska jobbar arbetar arbetade kommer tar blir gör gjorde sa säger is \
    has";
const ARTICLES: &str = "en ett a an the den";
const BEING: &str = "vara varit being be been";
/// Verbs of what somebody is or became.
pub(super) const IS: &str = "är var varit blev blivit bli blir am was been m became become känner";
/// Words for the applicant.
pub(super) const I: &str = "jag mig i me själv myself";
/// Words between which and the noun no row of adjectives can stand.
const NO_ADJECTIVE: &str = "\
    som att för med av till från om mot i på när där har hade under efter utan vid åt hos bland mellan \
    då men eller den det jag vi hon han de man så inte why to of with for in on at by that who which but \
    or when where from not have has had we they it if than about gift";
/// What somebody calls himself or herself beside the noun.
const SELF_PRAISE: &str = "\
    ung driven glad social ansvarsfull positiv pigg engagerad nyfiken ambitiös utåtriktad målmedveten \
    noggrann lugn kreativ energisk trygg erfaren öppen stark självständig arbetsam årig vit svart \
    rasifierad äldre medelålders vuxen ensam svensk utländsk homosexuell heterosexuell liten invandrad \
    nyutexaminerad nyexaminerad vanlig young ambitious motivated dedicated working happy curious \
    outgoing creative responsible enthusiastic experienced old strong black white little small enda";
const ONLY: &str = "enda ende ensam ensamma första förste only first sole lone";

/// `han`, `hennes`, `her`; also `han/hon`, `he or she` and `(s)he`, which become one.
pub(super) fn pronoun(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if !is_pronoun(w, i) {
        return;
    }
    let text = w.text_of(entry);
    let mut place = w.place(i, i);
    // `s/he` and `(s)he`
    let s = i.wrapping_sub(1);
    if w.is(i, "he") && w.is(s, "s") && matches!(w.gap(i), "/" | ")") {
        place.first = s;
        place.start = w.start(s);
        if w.gap(i) == ")" {
            if !w.gap(s).ends_with('(') {
                return;
            }
            place.start -= 1;
        }
    }
    for _ in 0..2 {
        let next = place.last + 1;
        let slash = matches!(w.gap(next), "/" | " / ");
        let or = w.any(next, "eller or") && w.close(next) && w.close(next + 1);
        let second = if or { next + 1 } else { next };
        let same = w.entry(second).is_some_and(|e| e.classes & class::PRONOUN != 0 && w.text_of(e) == text);
        if !((slash || or) && same && w.ordinary(second)) {
            break;
        }
        place.last = second;
        place.end = w.end(second);
    }
    out.push(Found { place, kind: Kind::Sex, rule: rule::PRONOUN, text });
}

/// Whether the word is the pronoun and not the name Hans or Han, the bird or an abbreviation.
fn is_pronoun(w: &Words, i: usize) -> bool {
    let after_slash = w.gap(i).ends_with(['/', ')']);
    if w.hyphen_after(i) || w.hyphen_before(i) {
        return false;
    }
    match w.shape(i) {
        Some(Shape::Lower) => !(w.english && w.any(i, "hen hens")),
        Some(Shape::Capital) if w.any(i, "hans han hon hen hens") => {
            let name_follows = w.gap(i + 1) == " " && (w.capital(i + 1) || w.masked(i + 1));
            let opens = w.opens_sentence(i) || after_slash;
            if w.is(i, "hans") {
                let goes_on = w.gap(i + 1) == " " && i + 1 < w.len();
                let and = w.any(i + 1, "och and");
                let both = w.any(i + 2, "hennes hens min mitt mina våra deras");
                !w.english
                    && opens
                    && !name_follows
                    && goes_on
                    && !w.any(i + 1, AFTER_A_NAME)
                    && (!and || both)
            } else {
                !w.english && !name_follows && (opens || w.is(i, "hon"))
            }
        }
        Some(Shape::Capital) => !w.in_name(i),
        Some(Shape::Upper) => {
            let shouted = |j: usize| w.shape(j) == Some(Shape::Upper);
            w.in_capitals(i) || shouted(i + 1) && shouted(i.wrapping_sub(1)) && w.close(i) && w.close(i + 1)
        }
        _ => false,
    }
}

/// Whether the words before say that the noun at `i` is said of the applicant: `som en ung`, `jag är en`,
/// `as a`.
pub(super) fn of_oneself(w: &Words, i: usize) -> Option<Before> {
    let mut modifiers = 0;
    let mut praise = false;
    let mut at = i;
    loop {
        if at == 0 || !(w.close(at) || w.listed(at) && w.gap(at) != ":") {
            return None;
        }
        let p = at - 1;
        if w.any(p, "som as") {
            // With more between it is a relative clause: `de som återger`.
            if modifiers > 1 && !praise {
                return None;
            }
            return Some(Before { article: false, praise, modifiers, role: true });
        }
        if w.any(p, ARTICLES) {
            let q = p.wrapping_sub(1);
            let role = w.any(q, "som as");
            let definite = w.any(p, "the den") && !praise;
            let told = w.close(p) && !definite && (role || w.any(q, BEING) || is_mine(w, q));
            return told.then_some(Before { article: true, praise, modifiers, role });
        }
        if w.any(p, BEING) || is_mine(w, p) {
            return Some(Before { article: false, praise, modifiers, role: false });
        }
        let age = w.hyphen_before(at) || w.any(at, "år year years");
        if w.any(p, NO_ADJECTIVE) && !w.hyphen_before(at)
            || modifiers >= 6
            || w.masked(p)
            || w.digits(p) && !age
        {
            return None;
        }
        praise |= w.any(p, SELF_PRAISE) || w.any(p, ONLY) || w.has(p, class::GENDER);
        modifiers += 1;
        at = p;
    }
}

/// What stands between the applicant and the noun.
pub(super) struct Before {
    article: bool,
    praise: bool,
    modifiers: usize,
    /// `som`, `as`
    role: bool,
}

/// `jag är`, `är jag`, `I am`, `I'm` with its last word at `i`; an adverb may stand between.
pub(super) fn is_mine(w: &Words, i: usize) -> bool {
    let before = |n: usize| i.wrapping_sub(n);
    if w.any(i, IS) {
        return w.any(before(1), I)
            || w.any(before(2), I) && !w.gap(before(1)).contains('.') && !w.any(before(1), NO_ADJECTIVE)
            || w.any(before(1), "har have") && w.any(before(2), I)
            || w.any(i, "är am") && w.any(before(1), "och and")
            || w.any(before(1), "har have ve") && w.any(before(3), I);
    }
    w.any(i, "jag i") && w.any(before(1), IS)
}

/// `som kvinna`, `jag är en glad tjej`, `enda killen`, `as the only woman`.
pub(super) fn person(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if !w.ordinary(i) || w.hyphen_after(i) || w.in_name(i) {
        return;
    }
    let definite = entry.form == 1;
    let before = i.wrapping_sub(1);
    let boyfriend =
        w.any(i, "kille tjej") && w.any(before, "min mins") || w.any(i, "girl guy") && w.is(before, "my");
    if boyfriend && w.close(i) {
        family::push_partner(w, i, out);
        return;
    }
    let only = w.close(i)
        && (w.any(before, ONLY)
            || w.close(before) && w.any(before.wrapping_sub(1), ONLY) && !w.any(before, NO_ADJECTIVE));
    let told = if w.is(i, "man") {
        a_man(w, i)
    } else if definite {
        only
    } else {
        only && !w.is(i, "lady") || of_oneself(w, i).is_some() || opens_with_praise(w, i) || alone(w, i)
    };
    if told || !definite && praised_by_another(w, i) {
        let text = w.pick(if definite { PERSON_DEFINITE } else { PERSON_TEXT });
        out.push(Found { place: w.place(i, i), kind: Kind::Sex, rule: rule::PERSON, text });
    }
}

/// What a referee says: `en sådan kvinna`, `such a man`, `den envisaste kvinna jag har anställt`, `the best
/// woman for the job`.
fn praised_by_another(w: &Words, i: usize) -> bool {
    let (before, second) = (i.wrapping_sub(1), i.wrapping_sub(2));
    if i < 2 || !w.close(i) || !w.close(before) {
        return false;
    }
    let most = w.any(before, "bästa bäste best finest greatest")
        || w.word(before).is_some_and(|word| word.len() > 5 && word.ends_with("aste"));
    w.any(before, "sådan sån") && w.is(second, "en")
        || w.is(before, "a") && w.is(second, "such")
        || most && w.any(second, "den the")
}

/// `man` is a Swedish pronoun, and an English verb. It is the noun only with an article, an adjective of
/// persons, or where no pronoun can stand.
fn a_man(w: &Words, i: usize) -> bool {
    if opens_with_praise(w, i) || alone(w, i) {
        return true;
    }
    let before = i.wrapping_sub(1);
    let Some(told) = of_oneself(w, i) else {
        let the = w.any(before.wrapping_sub(1), "the den") && w.any(before, "only first ende");
        return the && w.close(i) && w.close(before);
    };
    if told.article || told.praise && told.modifiers <= 2 {
        return true;
    }
    if told.modifiers > 0 {
        return false;
    }
    let goes_on_as_noun = w.stops_after(i) || w.any(i + 1, "i på inom och som med bland in");
    if !told.role {
        // `jag är man`, `att vara man`; but not `då är man`.
        return goes_on_as_noun && !w.is(before, "är")
            || w.any(before, "är am") && is_mine(w, before) && goes_on_as_noun;
    }
    // `Som man i vården har jag`, `jag som man`; but not `som man gör`, `det som man i dag kallar`.
    if w.any(before.wrapping_sub(1), I) {
        return goes_on_as_noun;
    }
    let place = w.any(i + 1, "i på inom bland in och") || w.gap(i + 1).starts_with(',');
    let opens = w.opens_sentence(before);
    let mut at = i + 1;
    while place && at < i + 10 && at < w.len() && !w.opens_sentence(at) {
        if w.any(at, "jag mig min mitt mina") {
            return opens || w.gap(before).contains(',');
        }
        at += 1;
    }
    w.stops_after(i) && !w.gap(i + 1).starts_with('/') && (opens || w.gap(before) == " ")
}

/// `Ung driven tjej söker`, `24-årig man`: a sentence that opens with praise of oneself.
fn opens_with_praise(w: &Words, i: usize) -> bool {
    let mut at = i;
    let mut praised = 0;
    // `En ung man` is a client as often: with an article it takes more praise, or a wish.
    let wishes = w.is(i + 1, "som") && w.any(i + 2, "söker vill gillar älskar brinner trivs")
        || w.any(i + 1, "seeking looking söker");
    for _ in 0..7 {
        if praised > 0 && w.opens_sentence(at) {
            return true;
        }
        let article =
            at.checked_sub(1).filter(|a| w.any(*a, "en a an") && w.opens_sentence(*a) && w.close(at));
        if article.is_some() && praised > 0 {
            return praised > 1 || wishes;
        }
        if !(w.close(at) || w.listed(at)) {
            return false;
        }
        at -= 1;
        let age = w.digits(at) || w.any(at, "year years");
        if age {
            praised = praised.max(1);
        } else if w.any(at, SELF_PRAISE) {
            praised += usize::from(!w.is(at, "årig") || praised == 0);
        } else if !w.any(at, "och and") {
            return false;
        }
    }
    false
}

/// A line of its own, or one that goes on with the age: `Kvinna, 34 år`.
fn alone(w: &Words, i: usize) -> bool {
    w.opens_line(i)
        && (w.closes_line(i)
            || w.digits(i + 1) && matches!(w.gap(i + 1), " " | ", ") && w.any(i + 2, "år years yrs"))
}

/// `kvinnlig chef` said of oneself.
pub(super) fn gender(w: &Words, i: usize, out: &mut Vec<Found>) {
    let before = i.wrapping_sub(1);
    let told = w.ordinary(i)
        && (of_oneself(w, i).is_some() && !w.any(i, "kvinnliga manliga")
            || w.close(i) && w.any(before, ONLY)
            || alone(w, i))
        && !w.hyphen_before(i);
    if told {
        let text = w.pick(GENDER_TEXT);
        out.push(Found { place: w.place(i, i), kind: Kind::Sex, rule: rule::GENDER, text });
    }
}

/// `Herr`, `Mrs` before a name or before a place where one was.
pub(super) fn title(w: &Words, i: usize, out: &mut Vec<Found>) {
    let next = i + 1;
    let gap = w.gap(next);
    let written = match w.shape(i) {
        Some(Shape::Capital) => true,
        Some(Shape::Lower) => !w.any(i, "ms miss"),
        _ => false,
    };
    let name = w.masked(next) || matches!(w.shape(next), Some(Shape::Capital | Shape::Mixed));
    let pair = w.any(next, "and och or") && w.has(next + 1, class::TITLE) && w.capital(next + 1);
    if !written
        || !(matches!(gap, " " | ". ") && (name || pair) || gap == "/" && w.has(next, class::TITLE))
        || family::owner(w, i).is_some()
    {
        return;
    }
    let mut place = w.place(i, i);
    if gap == ". " {
        place.end += 1;
    }
    out.push(Found { place, kind: Kind::Sex, rule: rule::TITLE, text: w.pick(TITLE_TEXT) });
}

/// `lärarinna` and its twin.
pub(super) fn role(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    let before = i.wrapping_sub(1);
    let article = w.close(i)
        && (w.any(before, "som as")
            || w.any(before, "en a the") && w.any(i.wrapping_sub(2), "som as")
            || is_mine(w, before));
    // `värd` is an adjective and `host` a verb as well.
    if w.is(i, "steward") && w.any(before, "shop union") {
        return;
    }
    let noun = article && (w.stops_after(i) || w.any(i + 1, "för på i vid for at in of and och"));
    if w.ordinary(i) && !w.in_name(i) && !w.hyphen_after(i) && (entry.needs == class::Needs::Nothing || noun)
    {
        out.push(Found { place: w.place(i, i), kind: Kind::Sex, rule: rule::ROLE, text: w.text_of(entry) });
    }
}

/// `damlag`, `women's team`, and the age groups that a trainer has: `tränare för F12`.
pub(super) fn team(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if entry.classes & class::TEAM != 0 {
        if w.ordinary(i) && !w.hyphen_after(i) {
            out.push(Found {
                place: w.place(i, i),
                kind: Kind::Sex,
                rule: rule::TEAM,
                text: w.text_of(entry),
            });
        }
    } else if entry.classes & class::OWNER != 0 {
        owned_team(w, i, out);
    }
    if entry.classes & class::TRAINER != 0 && out.is_empty() {
        age_group(w, i, out);
    }
}

fn owned_team(w: &Words, i: usize, out: &mut Vec<Found>) {
    let mut at = i + 1;
    if w.is(at, "s") && matches!(w.gap(at), "'" | "’") {
        at += 1;
    } else if !matches!(w.gap(at), " " | "' " | "’ ") {
        return;
    }
    let mut last = None;
    for j in at..at + 4 {
        if !matches!(w.gap(j), " " | "' " | "’ ") || j >= w.len() {
            break;
        }
        if w.has(j, class::TEAM_NOUN) {
            last = Some(j);
        } else if !(w.any(j, "national junior senior youth first under local")
            || w.masked(j)
            || w.digits(j)
            || w.capital(j))
        {
            break;
        }
    }
    if let Some(last) = last
        && let Some(noun) = w.entry(last)
        && w.ordinary(i)
    {
        out.push(Found { place: w.place(i, last), kind: Kind::Sex, rule: rule::TEAM, text: w.text_of(noun) });
    }
}

fn age_group(w: &Words, i: usize, out: &mut Vec<Found>) {
    for j in i + 1..i + 7 {
        if j >= w.len() || !(w.close(j) || w.listed(j)) {
            return;
        }
        let coded = w.word(j).is_some_and(|code| {
            code.len() <= 5
                && code.strip_prefix(['F', 'P']).is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit()))
        });
        let coded = coded
            && (w.end(j) - w.start(j) > 1 || w.digits(j + 1) && matches!(w.gap(j + 1), "-" | "–" | " "));
        let named = w.any(j, "flickor pojkar tjejer killar damer herrar girls boys")
            && !w.any(i, "coach coachade coachat coached trained träna")
            && !w.any(j + 1, "och and")
            && !w.any(j.wrapping_sub(1), "och and");
        if coded || named {
            let mut last = j;
            if w.any(last + 1, "födda born") && w.digits(last + 2) {
                last += 2;
            }
            for _ in 0..2 {
                if w.digits(last + 1) && matches!(w.gap(last + 1), "-" | "–" | " " | " -" | "/") {
                    last += 1;
                }
            }
            if w.digits(last) && w.any(last + 1, "år year years") {
                last += 1;
            }
            let text = w.pick(TEAM_TEXT);
            out.push(Found { place: w.place(j, last), kind: Kind::Sex, rule: rule::TEAM, text });
            return;
        }
    }
}
