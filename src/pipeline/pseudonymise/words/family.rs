//! Kin, partners, children, civil status and the class of the home somebody comes from. The text that
//! stands instead is the same for every sex, so that a partner of the same sex is a partner.

use super::lexicon::{self as class, FAMILY_GENITIVE, FAMILY_TEXT, Needs, PARTNER_TEXT, RELATIVE_TEXT};
use super::token::{Place, Shape, Words};
use super::{Found, Kind, rule, sex};

const POSSESSIVES_SV: &str = "\
    min mitt mina din ditt dina sin sitt sina hans hennes hens deras vår vårt våra er ert era dess";
const POSSESSIVES_EN: &str = "my your his her their our";
const OWN: &str = "min mitt mina vår vårt våra my our";
/// Adjectives between a possessive or a number and kin.
const OF_KIN: &str = "\
    äldre yngre äldsta yngsta gamla gammal lilla lille liten små stora store vuxna vuxen kära käre egen \
    egna eget ex före detta fd nuvarande blivande nyblivna älskade gemensamma gemensamt biologiska \
    underbara fina två tre fyra enda ende avlidna avlidne döva nyfödda nyfödd older elder oldest eldest \
    younger youngest little big late dear own former future small young grown adult beloved wonderful \
    utflugna elderly gamle up only first newborn born lovely new första andra second sjuka sjuk sjuke dementa dement handikappade \
    funktionshindrade multisjuka disabled sick ill autistic blind deaf";
const HAVE: &str = "har hade haft have had has having ve väntar got expecting raised uppfostrat fostrat";
/// After children whose age tells when something was: `när barnen var små`.
const WERE_SMALL: &str = "var är föddes blev började flyttade were are was started";
const GET: &str = "fick fått får få skaffade skaffat skaffa adopterade adopterat";
const BECOME: &str = "\
    bli blev blivit blir become became becoming vara varit being be nybliven blivande stolt proud";
const OF: &str = "till åt of to";
const AND: &str = "och and med with samt plus";
/// Nouns that make a word of kin part of another thing: `sister company`.
const NO_KIN_BEFORE: &str = "\
    company companies organisation organization organisations school project city site tongue tongues language \
    nature ship board earth node brand station union day";
/// Adverbs between `jag är` and a civil status.
const HOW_MARRIED: &str = "\
    lyckligt ny numera nu sedan också även inte redan länge nyligen happily currently now still recently \
    newly not a en";

/// The index of the possessive before the word: `min äldre`, `hans`. Swedish words that English has too
/// need a Swedish one.
pub(super) fn owner(w: &Words, i: usize) -> Option<usize> {
    let english = w.entry(i).is_some_and(|e| e.english);
    let mut at = i;
    for _ in 0..4 {
        if !(w.close(at) || w.gap(at) == "-") {
            return None;
        }
        at = at.checked_sub(1)?;
        let both = w.any(i, "son sons partner partners pojke pojkar sambo fru");
        // In an English text these are other words: `the ER makes`, `a new era`.
        let no_english = !w.english || !w.any(at, "er era sin din dess");
        if w.any(at, POSSESSIVES_SV) && (!english || both || !w.english) && no_english
            || w.any(at, POSSESSIVES_EN) && (english || both)
        {
            return Some(at);
        }
        if !w.any(at, OF_KIN) {
            return None;
        }
    }
    None
}

/// A phrase of children from the word `i` on, `mina två barn`, `three kids`: the index of its last word.
pub(super) fn children_from(w: &Words, i: usize) -> Option<usize> {
    let mut at = i;
    let mut told = false;
    for _ in 0..5 {
        if w.has(at, class::CHILD) && (told || w.any(at, "barn barnen kids children sonen dottern")) {
            return Some(ages(w, at));
        }
        if at > i && !w.close(at) {
            return None;
        }
        if w.number(at) || w.any(at, OWN) {
            told = true;
        } else if !w.any(at, OF_KIN) && !w.any(at, "the sina sitt sjuk sjukt sick fantastiska friska") {
            return None;
        }
        at += 1;
        if !w.close(at) && w.gap(at) != "-" {
            return None;
        }
    }
    None
}

/// `3 och 5 år gamla` after children: the index of the last word with it.
fn ages(w: &Words, last: usize) -> usize {
    let next = last + 1;
    let (first, unit_needed) = if w.is(next, "i") && w.any(next + 1, "åldern åldrarna ålder") {
        (next + 2, false)
    } else if w.any(next, "på aged ages") && w.close(next) {
        (next + 1, false)
    } else if w.parted_by(next, ",") || w.parted_by(next, "(") {
        (next, true)
    } else {
        return last;
    };
    let mut end = None;
    for at in first..first + 8 {
        if w.number(at) && !w.any(at, "a an en ett") && (at == first || w.close(at) || w.listed(at)) {
            end = Some(at);
        } else if !w.any(at, "och and till to resp respektive") {
            break;
        }
    }
    let Some(mut end) = end else { return last };
    let unit = w.close(end + 1) && w.any(end + 1, "år years månader months åringar");
    if !unit && unit_needed {
        return last;
    }
    if unit {
        end += 1;
        if w.close(end + 1) && w.any(end + 1, "gamla gammal old") {
            end += 1;
        }
    }
    end
}

/// The end of `till två`, `of three girls` after a parent: the index of its last word.
fn parent_of(w: &Words, i: usize) -> Option<usize> {
    let of = i + 1;
    if !(w.close(of) && w.any(of, OF) && w.close(of + 1)) {
        return None;
    }
    children_from(w, of + 1)
        .or_else(|| w.number(of + 1).then_some(of + 1).filter(|last| !w.any(*last, "en ett a an the")))
}

fn push(out: &mut Vec<Found>, place: Place, rule: &'static str, text: &'static str) {
    out.push(Found { place, kind: Kind::Family, rule, text });
}

fn push_family(w: &Words, place: Place, rule: &'static str, out: &mut Vec<Found>) {
    push(out, place, rule, w.pick(FAMILY_TEXT));
}

/// The word at `i` as the partner.
pub(super) fn push_partner(w: &Words, i: usize, out: &mut Vec<Found>) {
    push(out, w.place(i, i), rule::PARTNER, w.pick(PARTNER_TEXT));
}

/// Whether the word is part of a name or of another thing.
fn no_kin(w: &Words, i: usize) -> bool {
    let definite_plural = w.entry(i).is_some_and(|e| e.form == 3);
    !w.ordinary(i)
        || w.hyphen_after(i)
        || named_like_kin(w, i)
        || w.close(i + 1) && w.any(i + 1, NO_KIN_BEFORE)
        || w.any(i, "maken makan") && w.is(i + 1, "till")
        || w.gap(i + 1).starts_with(['\'', '’']) && w.is(i + 1, "s") && w.is(i + 2, "day")
        || w.shape(i) == Some(Shape::Capital) && w.is(i + 1, "dag")
        // `Bröderna Karlsson`, `Mamma Mia`
        || w.shape(i) == Some(Shape::Capital)
            && w.gap(i + 1) == " "
            && (definite_plural && (w.capital(i + 1) || w.masked(i + 1))
                || w.any(i, "bror mother father") && w.capital(i + 1)
                || w.is(i + 1, "mia"))
}

/// `Big Sisters`; but not `Aunt Berit`.
fn named_like_kin(w: &Words, i: usize) -> bool {
    let plural = w.entry(i).is_some_and(|e| e.form > 1);
    let after_capital = w.gap(i) == " " && w.capital(i.wrapping_sub(1));
    w.in_name(i) && (plural || after_capital && !w.opens_sentence(i.wrapping_sub(1)))
}

/// `mother-in-law`: the index of its last word.
fn in_law(w: &Words, i: usize) -> Option<usize> {
    let joined = |j: usize| matches!(w.gap(j), "-" | " ");
    (joined(i + 1) && w.is(i + 1, "in") && joined(i + 2) && w.any(i + 2, "law laws")).then_some(i + 2)
}

/// `min mamma`, `hennes far`; of oneself (`som mamma till två`) it is the family.
pub(super) fn parent(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if let Some(last) = in_law(w, i) {
        return push(out, w.place(i, last), rule::KIN, w.pick(RELATIVE_TEXT));
    }
    if no_kin(w, i) {
        return;
    }
    let owned = owner(w, i).is_some();
    let children = parent_of(w, i);
    let singular = entry.form == 0;
    let goes_on = w.stops_after(i) || w.any(i + 1, "i och till på med har vet som to and of who with myself");
    // `parent` and `förälder` are clients too, and things that hold other things.
    let told = sex::of_oneself(w, i).is_some() || became(w, i) || alone_at_home(w, i);
    let mine = singular && !owned && told && (entry.needs != Needs::Oneself || goes_on);
    let ambiguous = w.any(i, "far mor moder fader");
    if mine && (!ambiguous || children.is_some() || became(w, i) && !w.any(i.wrapping_sub(1), "be being"))
        || !owned && singular && children.is_some()
    {
        push_family(w, w.place(i, children.unwrap_or(i)), rule::CHILDREN, out);
    } else if entry.needs == Needs::Nothing
        || w.english && w.is(i, "mom")
        || entry.needs == Needs::Company && (owned || beside_parent(w, i))
    {
        push(out, w.place(i, i), rule::KIN, w.text_of(entry));
    }
}

/// `blev pappa`, `becoming a mother`.
fn became(w: &Words, i: usize) -> bool {
    let before = i.wrapping_sub(1);
    let article = w.close(before) && w.any(before, "a en") && w.any(before.wrapping_sub(1), BECOME);
    let plain = w.any(before, BECOME) && !w.any(i, "parent");
    w.close(i) && (plain || article)
}

/// `heltidsmamma` in two words, `full-time dad`.
fn alone_at_home(w: &Words, i: usize) -> bool {
    w.any(i.wrapping_sub(1), "time") && w.gap(i.wrapping_sub(1)) == "-" && w.close(i)
}

/// `mor och far`: each makes the other one kin.
fn beside_parent(w: &Words, i: usize) -> bool {
    let parent = |j: usize| w.has(j, class::PARENT) && !w.any(j, "förälder parent");
    let listed = w.parted_by(i + 1, ",") && parent(i + 1) || w.parted_by(i, ",") && parent(i.wrapping_sub(1));
    let told = w.close(i + 1)
        && w.any(i + 1, "är var hade har jobbade arbetade kom dog drev körde hette lärde sa brukade");
    let after = w.close(i + 1) && w.any(i + 1, "och eller") && w.close(i + 2) && parent(i + 2);
    let before = w.close(i) && w.any(i.wrapping_sub(1), "och eller") && parent(i.wrapping_sub(2));
    let article = w.close(i) && w.is(i.wrapping_sub(1), "en");
    (after || before || article || listed || told) && w.any(i, "mor far")
}

/// Brothers, sisters and remoter kin.
pub(super) fn kin(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if let Some(last) = in_law(w, i) {
        push(out, w.place(i, last), rule::KIN, w.pick(RELATIVE_TEXT));
    } else if !no_kin(w, i) && (entry.needs == Needs::Nothing || owner(w, i).is_some()) {
        push(out, w.place(i, i), rule::KIN, w.text_of(entry));
    }
}

/// `min fru`, `my husband`, `med man och barn`.
pub(super) fn partner(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if no_kin(w, i) && !(w.ordinary(i) && w.gap(i + 1).starts_with('\'')) {
        return;
    }
    let owner = owner(w, i);
    let told = match entry.needs {
        Needs::Nothing => true,
        _ if w.any(i, "partner partners") => {
            owner.is_some_and(|o| w.any(o, "min mins my")) && !w.any(i + 1, "in i på company")
        }
        _ if shares_leave(w, i) => true,
        _ if w.any(i, "man mans") => owner.is_some_and(|o| !w.any(o, "vår vårt er våra")),
        _ => {
            owner.is_some()
                || w.close(i) && w.masked(i.wrapping_sub(1)) && w.any(i, "fru hustru maka make") && !w.english
        }
    };
    let with = w.close(i) && w.any(i.wrapping_sub(1), "med with");
    let and = w.close(i + 1) && w.any(i + 1, "och and samt") && w.close(i + 2);
    let children = children_from(w, i + 2).filter(|_| and && (with || told && owner.is_some()));
    if told || children.is_some() || with && w.any(i, "sambo särbo") {
        push(out, w.place(i, i), rule::PARTNER, w.text_of(entry));
        if let Some(last) = children {
            push_family(w, w.place(i + 2, last), rule::CHILDREN, out);
        }
    }
}

/// `fru tar första halvåret`: without an owner, and still the applicant's partner.
fn shares_leave(w: &Words, i: usize) -> bool {
    w.any(i, "fru man hustru maka make sambo")
        && w.any(i + 1, "tar tog")
        && w.any(i + 2, "första andra resten hälften halva ledigheten ledigt föräldraledigt")
}

/// `tvåbarnsmor`: its own family, whoever says it.
pub(super) fn family(w: &Words, i: usize, out: &mut Vec<Found>) {
    if w.ordinary(i) && !w.hyphen_after(i) {
        push_family(w, w.place(i, i), rule::CHILDREN, out);
    }
}

/// `min son`, `mina döttrar`, `jag har två barn`.
pub(super) fn child(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some(entry) = w.entry(i) else { return };
    if let Some(last) = in_law(w, i) {
        return push(out, w.place(i, last), rule::KIN, w.pick(RELATIVE_TEXT));
    }
    if no_kin(w, i) && !(w.ordinary(i) && w.gap(i + 1).starts_with('\'')) {
        return;
    }
    let genitive = w.word(i).is_some_and(|word| word.ends_with('s') && !entry.english) && !w.any(i, "bebis");
    let text = w.pick(if genitive { FAMILY_GENITIVE } else { FAMILY_TEXT });
    if let Some(first) = own_children(w, i) {
        let last = if genitive { i } else { ages(w, i) };
        return push(out, w.place(first, last), rule::CHILDREN, text);
    }
    let offspring = w.any(i, "son dotter daughter");
    let of = w.close(i + 1) && w.any(i + 1, "till of");
    let told = offspring
        && (sex::of_oneself(w, i).is_some_and(|_| of || w.stops_after(i))
            || of && (w.opens_sentence(i) || offspring_by_age(w, i)));
    if told || entry.needs == Needs::Nothing {
        push(out, w.place(i, i), rule::CHILDREN, text);
    }
}

/// `As the eldest daughter of`, `I am the son of`.
fn offspring_by_age(w: &Words, i: usize) -> bool {
    let mut at = i;
    for _ in 0..3 {
        if !w.close(at) {
            return false;
        }
        at -= 1;
        if w.any(at, "the a den") {
            let before = at.wrapping_sub(1);
            return w.close(at) && (w.any(before, "as som") || sex::is_mine(w, before));
        }
        if !w.any(at, OF_KIN) {
            return false;
        }
    }
    false
}

/// The first word of `mina två barn` or of the `två barn` that somebody says to have.
fn own_children(w: &Words, i: usize) -> Option<usize> {
    let swedish_only = w.any(i, "barn barnen pojke pojkar");
    let mut at = i;
    let mut counted = false;
    for _ in 0..5 {
        if !(w.close(at) || w.gap(at) == "-") {
            return None;
        }
        let p = at.checked_sub(1)?;
        if w.any(p, OWN) {
            let english = w.any(p, "my our");
            // `våra barn och unga` are those of the municipality.
            let everybodys = w.any(p, "våra our vår vårt")
                && at == i
                && w.any(i, "barn barns children kids pojkar flickor boys girls");
            let mates = w.any(i, "girl boy");
            let others = everybodys || mates || english && swedish_only;
            return (!others).then_some(p);
        }
        let inverted = w.any(p, "jag vi") && w.any(p.wrapping_sub(1), HAVE);
        if w.any(p, HAVE) || inverted {
            let of_somebody = p.wrapping_sub(1);
            let mine = inverted
                || w.any(of_somebody, "jag vi i we och and själv också även also after efter")
                || w.opens_sentence(p)
                || w.any(p, "raised uppfostrat fostrat") && w.any(of_somebody, "have ve har jag")
                || w.gap(p).contains([',', '\'', '’']);
            let bare = w
                .any(i, "barn barnbarn småbarn tvillingar bonusbarn children kids grandchildren twins")
                && w.any(of_somebody, "jag i själv after efter");
            let ends = w.stops_after(i)
                || w.any(i + 1, "during under while medan before innan early tidigt and och i")
                    && !w.any(i + 2, "min mitt my the a en");
            return (mine && (counted || bare && ends)).then_some(at);
        }
        let got_inverted = w.any(p, "jag vi") && w.any(p.wrapping_sub(1), GET);
        if w.any(p, GET) || got_inverted {
            let mine = got_inverted || (1..4).any(|n| w.any(p.wrapping_sub(n), "jag vi fru man sambo ha"));
            return (mine && (counted || w.is(i, "barn"))).then_some(at);
        }
        // `Trots två små barn läste jag`, `Between work and two kids I run`
        let between = w.any(p, "och and")
            && (2..4).any(|n| w.any(p.wrapping_sub(n), "mellan between") && w.opens_sentence(p - n));
        if counted && (between || w.any(p, "trots despite") && w.opens_sentence(p)) {
            return Some(at);
        }
        if w.any(p, "med with") {
            let who = p.wrapping_sub(1);
            let told = w.any(who, "ensam ensamstående bor lever alone live living hemma singel")
                || w.has(who, class::STATUS);
            // `Med två barn har jag lärt mig`, `With small children at home`
            let opens = w.opens_sentence(p) && !w.any(i + 1, "i på in from från som who");
            let home = w.any(i + 1, "hemma") || w.is(i + 1, "at") && w.is(i + 2, "home");
            return (told && counted || opens && (counted || home)).then_some(at);
        }
        // `när barnen var små`
        let when = w.any(p, "när when medan while sedan since") && w.any(i, "barnen kids children");
        if when && at == i && w.any(i + 1, WERE_SMALL) && w.any(i + 2, "små skolan small little young school")
        {
            return Some(i);
        }
        // `mina döttrar och en son`; the first may stand replaced already.
        let first = p.wrapping_sub(1);
        if w.any(p, "och and samt") && (w.masked(first) || w.has(first, class::CHILD)) {
            return (counted && !w.any(i, "pojkar flickor boys girls")).then_some(at);
        }
        if w.number(p) {
            counted = true;
        } else if !w.any(p, OF_KIN) {
            return None;
        }
        at = p;
    }
    None
}

/// `jag är gift`, `gift med två barn`, a line of its own.
pub(super) fn status(w: &Words, i: usize, out: &mut Vec<Found>) {
    if !w.ordinary(i) || w.hyphen_after(i) || w.hyphen_before(i) || w.in_name(i) {
        return;
    }
    let next = i + 1;
    let lone_parent = w.any(i, "ensamstående single divorced frånskild widowed gift married")
        && w.close(next)
        && w.has(next, class::PARENT)
        && w.entry(next).is_some_and(|e| e.form < 2)
        && (!w.is(next, "parent") || w.stops_after(next) || w.any(next + 1, "of to with and who since"));
    if lone_parent {
        let last = parent_of(w, next).unwrap_or(next);
        return push_family(w, w.place(i, last), rule::STATUS, out);
    }
    if w.any(i, "skilsmässa skilsmässan äktenskap divorce marriage") {
        // `min skilsmässa`, `Efter skilsmässan flyttade jag`; but not `barns behov vid skilsmässor`.
        let own = owner(w, i).is_some_and(|at| w.any(at, OWN))
            || w.close(i)
                && w.any(i.wrapping_sub(1), "efter after")
                && (w.opens_sentence(i - 1) || w.any(i.wrapping_sub(2), "jag mig i me"));
        if own {
            push_family(w, w.place(i, i), rule::STATUS, out);
        }
        return;
    }
    let last = with_family(w, i).or_else(|| wedded_to(w, i));
    let engaged = w.is(i, "engaged");
    let single = w.is(i, "single");
    let adjective_ends = !single || w.stops_after(i) || w.any(next, "and but with since at och men");
    let told = !engaged
        && adjective_ends
        && (said_of_oneself(w, i) && !w.any(next, "från from")
            || w.opens_line(i) && (w.closes_line(i) || w.gap(next).starts_with(','))
            || w.close(i) && w.is(i.wrapping_sub(1), "som") && !w.any(i, "gift single"));
    if told || last.is_some() && (!engaged || wedded_to(w, i).is_some()) {
        let mut first = i;
        while first > 0 && w.close(first) && w.any(first - 1, "lyckligt happily nyligen recently newly") {
            first -= 1;
        }
        push_family(w, w.place(first, last.unwrap_or(i)), rule::STATUS, out);
    }
}

/// `gift, två barn`, `sambo med två barn`: the index of the last word.
fn with_family(w: &Words, i: usize) -> Option<usize> {
    let next = i + 1;
    let joined = w.any(next, AND) && w.close(next) && w.close(next + 1);
    let from = if joined {
        next + 1
    } else if w.parted_by(next, ",") {
        next
    } else {
        return None;
    };
    let from = if w.any(from, "har have") && w.close(from + 1) { from + 1 } else { from };
    (w.number(from) || w.any(from, OWN) || w.has(from, class::CHILD) && w.any(i, "gift married"))
        .then(|| children_from(w, from))
        .flatten()
}

/// `gift med en kvinna`, `married to my husband`: the index of the last word.
fn wedded_to(w: &Words, i: usize) -> Option<usize> {
    let with = i + 1;
    let who = with + 1;
    if !(w.close(with) && w.any(with, "med to with") && w.close(who)) {
        return None;
    }
    let person = |j: usize| w.has(j, class::PERSON | class::PARTNER);
    if w.any(who, "en a min my mitt sin") && w.close(who + 1) {
        if person(who + 1) {
            return Some(who + 1);
        }
        if person(who + 2) && w.close(who + 2) {
            return Some(who + 2);
        }
    }
    // The name of whom somebody is married to stands replaced, or is found by another module.
    (w.masked(who) || w.shape(who) == Some(Shape::Capital)).then_some(with).filter(|_| !w.is(i, "single"))
}

/// `jag är lyckligt gift`, `32 år och gift`.
fn said_of_oneself(w: &Words, i: usize) -> bool {
    let mut at = i;
    for _ in 0..4 {
        if !w.close(at) {
            break;
        }
        let p = at.wrapping_sub(1);
        if w.any(p, "är var blev blivit varit bli am was m been lever got get became") {
            let who = p.wrapping_sub(1);
            return sex::is_mine(w, p)
                || w.any(who, "jag i")
                || w.any(who, "och and")
                || w.any(p, "lever got") && w.any(who, "jag i")
                || w.opens_sentence(p);
        }
        if w.any(p, "jag i") {
            return w.any(p.wrapping_sub(1), sex::IS);
        }
        if !w.any(p, HOW_MARRIED) {
            break;
        }
        at = p;
    }
    // After the age: `34 år, gift`, `34 år och gift`.
    let and = w.close(i) && w.any(i.wrapping_sub(1), "och and");
    let age = if and { i.wrapping_sub(2) } else { i.wrapping_sub(1) };
    (and || w.parted_by(i, ",")) && w.any(age, "år old years årig gammal")
        || and && w.masked(age) && !w.any(i, "single engaged")
}

/// The class of the home: `arbetarfamilj`, `working-class background`, `första i min familj`.
pub(super) fn background(w: &Words, i: usize, out: &mut Vec<Found>) {
    let next = i + 1;
    if w.any(i, "första först förste first") {
        let inside = w.close(next)
            && w.any(next, "i in of")
            && (w.any(next + 1, "min my vår our") && w.any(next + 2, "familj släkt family")
                || w.any(next + 1, "familjen släkten"));
        if inside && w.close(next + 1) {
            let last = if w.any(next + 1, "familjen släkten") { next + 1 } else { next + 2 };
            push_family(w, w.place(i, last), rule::CLASS, out);
        } else if w.is(i, "first")
            && w.gap(next) == "-"
            && w.is(next, "generation")
            && w.any(next + 1, "student academic graduate university college")
        {
            push_family(w, w.place(i, next), rule::CLASS, out);
        }
    } else if w.any(i, "working middle upper") {
        if matches!(w.gap(next), "-" | " ")
            && w.is(next, "class")
            && w.close(next + 1)
            && w.any(next + 1, "family background home household parents upbringing")
        {
            push_family(w, w.place(i, next + 1), rule::CLASS, out);
        }
    } else if w.is(i, "fattigdom") {
        if w.any(i.wrapping_sub(1), "i") && w.any(i.wrapping_sub(2), "upp uppvuxen uppväxt") {
            push_family(w, w.place(i, i), rule::CLASS, out);
        }
    } else if w.ordinary(i) {
        let duty = w.close(i) && w.any(i.wrapping_sub(1), "om kring");
        if !duty {
            push_family(w, w.place(i, i), rule::CLASS, out);
        }
    }
}

/// Parted by `|`.
const LABELS: &str = "civilstånd|civilstatus|familj|familjesituation|familjeförhållanden|familjeförhållande|\
    familjestatus|barn|antal barn|marital status|civil status|family|family status|children|kids|\
    relationship status";

/// A labelled line: `Civilstånd: gift, två barn`.
pub(super) fn labelled(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some((label, first, last)) = label_and_value(w, i) else { return };
    if !LABELS.split('|').any(|known| known == label) {
        return;
    }
    let personal = |j: usize| {
        w.number(j)
            || w.has(j, class::STATUS | class::CHILD | class::PARTNER | class::FAMILY)
            || w.any(j, "nej ja inga none yes ensam alone")
    };
    let counted = !label.contains("barn") && label != "children" && label != "kids" || personal(first);
    if counted && (first..=last.min(first + 5)).any(personal) {
        for (from, to) in unmasked(w, first, last) {
            push_family(w, w.place(from, to), rule::STATUS, out);
        }
    }
}

/// The longest label that is looked at, in bytes.
const LABEL_BYTES_MAX: usize = 40;

/// The label at the head of a line in lower case, and the first and last word of its value.
pub(super) fn label_and_value(w: &Words, i: usize) -> Option<(String, usize, usize)> {
    if !w.opens_line(i) || w.masked(i) {
        return None;
    }
    let value = (i + 1..i + 4).find(|j| {
        let gap = w.gap(*j);
        gap.starts_with(':') || gap.starts_with(" :") || gap.starts_with('\t') || gap.starts_with("  ")
    })?;
    if value >= w.len() || w.gap(value).contains('\n') {
        return None;
    }
    if (i..value).any(|j| w.masked(j)) || w.end(value - 1) - w.start(i) > LABEL_BYTES_MAX {
        return None;
    }
    let label = w.text.get(w.start(i)..w.end(value - 1))?.to_lowercase();
    let mut last = value;
    while last + 1 < w.len()
        && last < value + 24
        && !w.gap(last + 1).contains(['\n', '|', ';', '•', '\t', '·'])
        && !w.gap(last + 1).contains("   ")
    {
        last += 1;
    }
    Some((label, value, last))
}

/// The runs of words that are not replaced yet.
pub(super) fn unmasked(w: &Words, first: usize, last: usize) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for i in (first..=last).filter(|i| !w.masked(*i)) {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == i => run.1 = i,
            _ => runs.push((i, i)),
        }
    }
    runs
}
