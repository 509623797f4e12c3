//! Words that tell with which language somebody grew up: they become the level `flytande`, as that level
//! itself does beside a language. The names of languages stay, and so does work with mother tongues.

use super::lexicon::{self as class, FLUENT_TEXT, LANGUAGE_TEXT};
use super::token::{Shape, Words};
use super::{Found, Kind, rule};

const OWN: &str = "mitt min my mina";
/// Before `i modersmål`, the school subject.
const TEACHING: &str = "undervisning undervisningen lärare studiehandledning stöd undervisade undervisar \
    kurs betyg handledning pedagog";
const LEVEL_NOUNS: &str = "\
    speaker tongue language proficiency fluency level command competence like skills speaking";

/// Work with the languages of others.
const WORK: &str = "\
    skrev skrivit rapport rekryterade rekryterat anställde anställt kartlade kartlagt ordnade samordnade \
    samordnat undervisade undervisat material information tolkar böcker planerade tog undersökte uppsats \
    utredde testade wrote report recruited hired mapped organised organized arranged coordinated taught \
    materials books translated pupils elever elevers barns barnens barn personer föräldrar deltagare medarbetare kunder patienter invånare \
    språkstöd people pupils children parents staff customers patients";
/// Texts in a language that is good, whoever wrote them.
const TEXTS: &str = "texterna texter översatte översatt translated skrivna written guidance broschyr manual";
const OF_AN_ACCENT: &str = "\
    viss lätt utländsk utländska svag stark tydlig liten hörbar en ett utan någon min a an foreign slight \
    strong heavy faint noticeable thick little my";

fn push(w: &Words, first: usize, last: usize, out: &mut Vec<Found>) {
    // `är inte mitt modersmål` says nothing of how well somebody speaks.
    let denied = w.denied(first) || w.is(first, "non");
    let text = w.pick(if denied { LANGUAGE_TEXT } else { FLUENT_TEXT });
    out.push(Found { place: w.place(first, last), kind: Kind::Language, rule: rule::LANGUAGE, text });
}

/// Something that tells that a language is not the first one.
fn push_language(w: &Words, first: usize, last: usize, out: &mut Vec<Found>) {
    let text = w.pick(LANGUAGE_TEXT);
    out.push(Found { place: w.place(first, last), kind: Kind::Language, rule: rule::LANGUAGE, text });
}

/// Whether the name of a language stands within `reach` words on the same line.
fn near_language(w: &Words, i: usize, reach: usize) -> bool {
    let code = |j: usize| w.shape(j) == Some(Shape::Upper) && w.any(j, "sv en de fr es ar fi pl so fa");
    let language = |j: usize| w.has(j, class::LANGUAGE) || code(j);
    let mut at = i;
    for _ in 0..reach {
        if at == 0 || !(w.listed(at) || w.close(at)) {
            break;
        }
        at -= 1;
        if language(at) {
            return true;
        }
    }
    at = i;
    for _ in 0..reach {
        at += 1;
        if !(w.listed(at) || w.close(at)) {
            break;
        }
        if language(at) {
            return true;
        }
    }
    false
}

/// The language of birth that the word tells or begins to tell.
pub(super) fn find(w: &Words, i: usize, out: &mut Vec<Found>) {
    if w.hyphen_before(i) && !w.any(i.wrapping_sub(1), "near fully non") {
        return;
    }
    let swedish = "modersmål modersmålet modersmåls förstaspråk förstaspråket hemspråk hemspråket";
    if w.any(i, swedish) {
        mother_tongue(w, i, i, out);
    } else if w.is(i, "mother") || w.is(i, "first") {
        let noun = if w.is(i, "mother") { "tongue tongues" } else { "language languages" };
        if matches!(w.gap(i + 1), " " | "-" | "\n") && w.any(i + 1, noun) {
            mother_tongue(w, i, i + 1, out);
        }
    } else if w.any(i, "bryter brytning accent") {
        accent(w, i, out);
    } else if w.any(i, "andraspråk second") {
        let last = if w.is(i, "second") { i + 1 } else { i };
        let language = last == i || w.is(last, "language") && w.close(last);
        if language && w.close(i) && w.any(i.wrapping_sub(1), OWN) {
            push_language(w, i - 1, last, out);
        }
    } else if w.any(i, "modersmålsnivå modersmålskompetens") {
        let on = w.close(i) && w.any(i.wrapping_sub(1), "på med");
        push(w, if on { i - 1 } else { i }, i, out);
    } else if w.any(i, "modersmålstalare infödd") {
        born_speaker(w, i, out);
    } else if w.any(i, "native natively") {
        native(w, i, out);
    } else if w.any(i, "flytande fluent fluently") {
        let text = (2..7).any(|n| w.any(i.wrapping_sub(n), TEXTS)) && w.any(i.wrapping_sub(1), "på into in");
        if near_language(w, i, 3) && !w.hyphen_after(i) && !text {
            let inside = w.close(i + 1) && w.any(i + 1, "i in") && w.has(i + 2, class::LANGUAGE);
            push(w, i, if inside { i + 1 } else { i }, out);
        }
    } else if w.any(i, "uppvuxen uppväxt upp grew raised") {
        grown_up_with(w, i, out);
    } else {
        bilingual(w, i, out);
    }
}

/// `som modersmål`, `mitt modersmål är`, `svenska (modersmål)`; but not the school subject.
fn mother_tongue(w: &Words, i: usize, last: usize, out: &mut Vec<Found>) {
    let before = |n: usize| i.wrapping_sub(n);
    let own = w.close(i) && w.any(before(1), OWN);
    let label = w.opens_line(i) && w.gap(last + 1).starts_with(':');
    let near = near_language(w, i, 4) || near_language(w, last, 4);
    let taught = "i på om ämnet för";
    let lesson = w.close(i) && w.any(before(1), taught) && w.any(before(2), TEACHING)
        || w.close(last + 1)
            && w.any(last + 1, "teaching teacher teachers lessons classes instruction tuition")
        || !own && !label && of_others(w, i);
    if lesson || !own && !label && !near || w.hyphen_after(last) {
        return;
    }
    let article = w.close(i) && w.any(before(1), "a the ett") && w.any(before(2), "as som");
    let mut first = if own || article { before(1) } else { i };
    if w.close(first) && w.any(first.wrapping_sub(1), "som as på") {
        first -= 1;
    }
    let is = w.close(last + 1) && w.any(last + 1, "är is") && w.close(last + 2);
    let last = if is && w.has(last + 2, class::LANGUAGE) { last + 1 } else { last };
    push(w, first, last, out);
}

/// `elevernas modersmål`, `the pupils' mother tongues`, and those of the people of whom a sentence tells.
fn of_others(w: &Words, i: usize) -> bool {
    let before = i.wrapping_sub(1);
    let genitive = w.close(i) && (w.is(before, "s") || w.any(before, "deras sina their"))
        || w.gap(i).starts_with(['\'', '’'])
        || w.word(before).is_some_and(|word| w.close(i) && word.len() > 4 && word.ends_with(['s', 'S']));
    let mut at = i;
    for _ in 0..9 {
        if genitive || at == 0 || w.opens_sentence(at) {
            break;
        }
        at -= 1;
        if w.any(at, WORK) {
            return true;
        }
    }
    genitive
}

/// `bryter lite`, `med utländsk brytning`, `a slight accent`; but not `bryter ny mark`.
fn accent(w: &Words, i: usize, out: &mut Vec<Found>) {
    let (before, next) = (i.wrapping_sub(1), i + 1);
    if w.is(i, "bryter") {
        let slightly = w.close(next) && w.any(next, "lite lätt något svagt fortfarande ibland knappt");
        let on = w.close(next) && w.is(next, "på") && w.has(next + 1, class::LANGUAGE);
        if slightly || on || w.stops_after(i) && near_language(w, i, 6) {
            let last = if on {
                next + 1
            } else if slightly {
                next
            } else {
                i
            };
            push_language(w, i, last, out);
        }
        return;
    }
    let mut first = i;
    while first > 0 && w.close(first) && w.any(first - 1, OF_AN_ACCENT) {
        first -= 1;
    }
    let described = first < i || w.has(before, class::LANGUAGE) && w.close(i);
    let heard = w.any(first.wrapping_sub(1), "med utan har med with without have has got speak");
    if described && (heard || w.any(first.wrapping_sub(1), OWN)) && !w.hyphen_after(i) && w.ordinary(i) {
        push_language(w, first, i, out);
    }
}

/// `modersmålstalare`, `infödd talare`.
fn born_speaker(w: &Words, i: usize, out: &mut Vec<Found>) {
    let last = if w.is(i, "infödd") {
        if !(w.close(i + 1) && w.any(i + 1, "talare")) {
            return;
        }
        i + 1
    } else {
        i
    };
    article_and_of(w, i, last, out);
}

/// Takes in the article before and the `of` after a speaker: `a native speaker of`.
fn article_and_of(w: &Words, i: usize, last: usize, out: &mut Vec<Found>) {
    let i = if i > 0 && w.gap(i) == "-" && w.is(i - 1, "non") { i - 1 } else { i };
    let article = w.close(i) && w.any(i.wrapping_sub(1), "a an en");
    let of = w.close(last + 1) && w.any(last + 1, "of av in i") && w.has(last + 2, class::LANGUAGE);
    push(w, if article { i - 1 } else { i }, if of { last + 1 } else { last }, out);
}

/// `native English`, `native speaker of`; but not `cloud native`, `React Native`.
fn native(w: &Words, i: usize, out: &mut Vec<Found>) {
    let next = i + 1;
    let joined = matches!(w.gap(next), " " | "-" | "\n");
    if joined && w.has(next, class::LANGUAGE) && w.has(next + 1, class::NATIVE) {
        return push(w, i, i, out);
    }
    if joined && w.has(next, class::LANGUAGE) && w.is(next + 1, "speaker") && w.close(next + 1) {
        // `native English speaker` is as long as `fluent English speaker`.
        return push(w, i, i, out);
    }
    if joined && w.any(next, LEVEL_NOUNS) {
        let certain = w.is(next, "speaker")
            || w.any(next, "tongue language")
                && (w.close(i) && w.any(i.wrapping_sub(1), OWN) || w.opens_line(i));
        if certain || near_language(w, next, 3) || near_language(w, i, 3) {
            return article_and_of(w, i, next, out);
        }
    }
    let in_language = w.close(next) && w.is(next, "in") && w.has(next + 1, class::LANGUAGE);
    if in_language {
        return push(w, i, next, out);
    }
    let others = w.any(next + 1, "speakers");
    let beside = joined && w.has(next, class::LANGUAGE) && !others
        || w.listed(i) && w.has(i.wrapping_sub(1), class::LANGUAGE);
    if beside && w.shape(i) != Some(Shape::Mixed) {
        push(w, i, i, out);
    }
}

/// `uppvuxen med arabiska`, `grew up speaking Kurdish`.
fn grown_up_with(w: &Words, i: usize, out: &mut Vec<Found>) {
    let (first, mut at) = if w.is(i, "upp") {
        if !(w.close(i) && w.any(i.wrapping_sub(1), "växte växt vuxit")) {
            return;
        }
        (i - 1, i + 1)
    } else if w.is(i, "grew") {
        if !w.is(i + 1, "up") {
            return;
        }
        (i, i + 2)
    } else {
        (i, i + 1)
    };
    if w.any(at, "tvåspråkig bilingual bilingually tvåspråkigt") && w.close(at) {
        at += 1;
        if !(w.any(at, "med with in") && w.close(at)) {
            return push(w, first, at - 1, out);
        }
    }
    if w.close(at) && w.any(at, "med with speaking") && w.close(at + 1) {
        let mut to = at;
        while to < at + 3 && w.any(to + 1, "både both två two språk languages") {
            to += 1;
        }
        if w.has(to + 1, class::LANGUAGE) || w.any(to, "språk languages") {
            push(w, first, to, out);
        }
    }
}

/// `tvåspråkig`, said of oneself or beside a language; but not a bilingual school.
fn bilingual(w: &Words, i: usize, out: &mut Vec<Found>) {
    let before = i.wrapping_sub(1);
    let mine = w.close(i) && w.any(before, "är am m som helt fully being");
    let after = w.stops_after(i) || w.any(i + 1, "i in med with och and uppvuxen svenska");
    if !after || !(mine || near_language(w, i, 3)) {
        return;
    }
    let mut last = i;
    if w.any(last + 1, "uppvuxen uppväxt") && w.close(last + 1) {
        last += 1;
    }
    if w.any(last + 1, "med with i in") && w.close(last + 1) && w.has(last + 2, class::LANGUAGE) {
        last += 1;
    }
    push(w, i, last, out);
}
