//! Parental leave and other times without work. What a caseworker writes of the leave or the
//! unemployment of clients stays.

use super::lexicon::{self as class, LEAVE_TEXT};
use super::token::Words;
use super::{Found, Kind, family, rule};

/// Before `leave`.
const LEAVES: &str = "\
    maternity paternity parental maternal paternal family childcare adoption mat pat carer caregiver \
    parenting nursing";
/// After a leave that somebody else took, or that was the subject of the work.
const OF_OTHERS: &str = "\
    kollega kollegor kollegas kollegan medarbetare chef personal lärare cover policy policies \
    replacement substitute temp payments benefit benefits administration rules applications ärenden \
    rights laws law";
const ABOUT: &str = "om kring rörande gällande about on regarding concerning";
const SUBJECTS: &str = "\
    handläggning hantering administration ansökningar beslut frågor regler ärenden rådgivning \
    information policy questions advice rules utredning statistik thesis essay study report research \
    handbook guide guidance manual leaflet brochure training course material book workshop presentation \
    article paper information seminar decisions";
/// Where the way of a career may be broken.
const CAREER: &str = "\
    karriären karriär studierna studier arbetslivet yrkeslivet cv cvt meritförteckningen anställningen \
    jobbet arbetet career studies employment resume résumé work resumé utbildningen working job";
/// Work that has the leave of others as its matter: whatever follows in the sentence is not one's own.
const WORK: &str = "\
    riktlinjer riktlinje regler regelverk rutin rutiner kostnad kostnaden kostnader kostnaderna statistik \
    kampanj kampanjen plan planen planerade planerat planerar planera vikarier vikarie vikariat bemannade \
    bemannat bemanna bemanning beräknade beräknat beräkna registrerade registrerat registrerar \
    registrera utredde utrett utreda jämförde jämfört sammanställde sammanställt administrerade \
    administrerat administrera handlade handlagt handlägga hanterade hanterat hantera policy rapport \
    rapporter undersökte undersökt uttag uttaget fördelning fördelningen kollegors kollegans \
    medarbetares medarbetarnas anställdas personalens chefers informerade informerat utbildade \
    uppsats avhandling artikel studie kunskap enkät enkäter ersättning ansökningar beslut föreläste \
    administered calculated cost costs planned plan cover covered trained compared registered drafted \
    report policy policies rules rule use managers managed processed essay thesis study researched \
    employees staff wrote analysed analyzed payroll guidance guidelines survey statistics advised \
    handled recorded frågor ledighetsansökningar questions";
/// Who stands in for somebody on leave.
const REPLACED: &str =
    "ersatte ersatt vikarierade vikarierat täckte vikarie replaced covered temp substitute";
/// Before one's own leave.
const ONES_OWN: &str = "min mina egen vår på under efter från tog tagit ta my own on from after during took";

/// Whether the leave is the matter of somebody's work: `kostnaden för föräldraledighet`.
fn matter_of_work(w: &Words, i: usize) -> bool {
    let before = i.wrapping_sub(1);
    let own = w.close(i) && w.any(before, ONES_OWN);
    if own && w.any(before, "min mina my") {
        return false;
    }
    let mut at = i;
    for _ in 0..9 {
        if at == 0 || w.opens_sentence(at) || w.masked(at) {
            return false;
        }
        at -= 1;
        if w.any(at, REPLACED) || !own && w.any(at, WORK) {
            return true;
        }
    }
    false
}

/// Before a word that tells a time without work, where it is one's own.
const IN_MY_LIFE: &str = "\
    är var varit blev blivit bli blir gick gått som nu närvarande tids månaders års perioder period min \
    egen am was been became being my currently of while m aktivt numera ofrivilligt";

fn push(w: &Words, first: usize, last: usize, rule: &'static str, out: &mut Vec<Found>) {
    let text = w.pick(LEAVE_TEXT);
    out.push(Found { place: w.place(first, last), kind: Kind::Leave, rule, text });
}

/// Times away that begin with the word or are told by it.
pub(super) fn find(w: &Words, i: usize, out: &mut Vec<Found>) {
    if w.hyphen_before(i) && !w.has(i, class::LEAVE) {
        return;
    }
    if w.has(i, class::LEAVE) {
        leave(w, i, out);
    } else if w.has(i, class::GAP) {
        without_work(w, i, out);
    } else if let Some((first, last, rule)) = phrase(w, i) {
        push(w, first, last, rule, out);
    }
}

/// `föräldraledig`, `vab`; but not `ärenden om föräldraledighet` or `en föräldraledig kollega`.
fn leave(w: &Words, i: usize, out: &mut Vec<Found>) {
    if !w.ordinary(i) && !w.any(i, "vab") || w.hyphen_after(i) || w.hyphen_before(i) {
        return;
    }
    let before = i.wrapping_sub(1);
    // `kollegors föräldraledighet` is not told by the adjective, `föräldraledig`.
    let noun = w.any(i, "vab föräldradagar föräldradagarna") || ends_as_noun(w, i);
    let work = noun && matter_of_work(w, i);
    let subject = work
        || w.close(i)
            && (w.any(before, ABOUT) || w.is(before, "av") && w.any(before.wrapping_sub(1), SUBJECTS));
    let others = w.close(i + 1) && w.any(i + 1, OF_OTHERS);
    let replaced = w.close(i)
        && w.any(before, "för åt")
        && w.any(before.wrapping_sub(1), "vikarie vikarierade vikariat vikarierat");
    // A leave of absence is also a matter of the personnel office.
    let office = w.any(i, "tjänstledighet tjänstledigheten")
        && !w.opens_line(i)
        && !w.any(before, "min under efter egen en på")
        && !w.digits(before);
    if !subject && !others && !replaced && !office {
        push(w, i, i, rule::LEAVE, out);
    }
}

/// `föräldraledighet`, `pappaledigheten`.
fn ends_as_noun(w: &Words, i: usize) -> bool {
    w.word(i)
        .is_some_and(|word| ["ledighet", "ledigheten", "ledigheter"].iter().any(|end| word.ends_with(end)))
}

/// `jag var arbetslös`, `2023–2024 Arbetssökande`; but not `stöd till arbetssökande`.
fn without_work(w: &Words, i: usize, out: &mut Vec<Found>) {
    if !w.ordinary(i) || w.hyphen_after(i) {
        return;
    }
    let before = i.wrapping_sub(1);
    let next = i + 1;
    let noun = w.any(i, "arbetslöshet arbetslösheten unemployment");
    let own = if noun {
        w.close(i) && w.any(before, "tids månaders års min egen my")
            || w.any(before, "av of")
                && w.any(before.wrapping_sub(1), "period perioder tid periods time spell year months månader")
    } else {
        let plural_noun = w.close(next)
            && w.any(next, "youth people ungdomar unga personer vuxna kvinnor män individuals clients");
        let verb = w.close(i) && w.any(before, IN_MY_LIFE);
        // `är arbetssökande som` of others: the subject tells.
        let third = w.any(before.wrapping_sub(1), "som de dem who they deltagare")
            && !w.any(before, "som")
            && !w.any(before.wrapping_sub(2), "jag i");
        let third = third || w.is(before, "som") && w.any(next, "kan har ska är får måste behöver vill");
        let dated = w.opens_line(i)
            || (w.digits(before) || w.any(before, "nuvarande idag present now dato"))
                && w.gap(i).chars().all(|c| matches!(c, ' ' | '\t' | ':' | '-' | '–' | ','));
        (verb && !third || dated) && !plural_noun
    };
    if own {
        push(w, i, i, rule::GAP, out);
    }
}

fn phrase(w: &Words, i: usize) -> Option<(usize, usize, &'static str)> {
    let next = i + 1;
    let before = i.wrapping_sub(1);
    let close = |n: usize| (next..next + n).all(|j| w.close(j));
    if w.any(i, "hemma home") {
        let with = w.any(next, "med with") && close(2);
        let last = family::children_from(w, next + 1).filter(|_| with)?;
        let at = w.is(i, "home") && w.is(before, "at") && w.close(i);
        let stayed = "was been am m stay stayed staying being be";
        if w.is(i, "home") && !at && !w.any(before, stayed) {
            return None;
        }
        return Some((if at { before } else { i }, last, rule::LEAVE));
    }
    if w.is(i, "leave") {
        let carers = w.is(before, "s") && w.any(before.wrapping_sub(1), "carer caregiver");
        let first = if carers { before.checked_sub(1)? } else { before };
        let kind = w.close(i) && (carers || w.any(first, LEAVES));
        let subject = w.close(first)
            && (w.any(first.wrapping_sub(1), "about on regarding concerning")
                && w.any(first.wrapping_sub(2), SUBJECTS));
        let subject = subject || matter_of_work(w, first);
        return (kind && !subject && !(w.close(next) && w.any(next, OF_OTHERS))).then_some((
            first,
            i,
            rule::LEAVE,
        ));
    }
    if w.is(i, "vård") {
        let sick = if w.any(next + 1, "sjukt sjuka") { next + 2 } else { next + 1 };
        let duty = w.any(before, "om och för inom");
        return (w.is(next, "av") && w.is(sick, "barn") && close(sick - i) && !duty).then_some((
            i,
            sick,
            rule::LEAVE,
        ));
    }
    if w.is(i, "stay") {
        // `stay-at-home mum`
        let joined = w.is(next, "at") && w.is(next + 1, "home");
        let parent =
            joined && w.close(i + 3) && (w.has(i + 3, class::PARENT) || w.any(i + 3, "parent wife husband"));
        return parent.then_some((i, i + 3, rule::LEAVE));
    }
    if w.any(i, "career employment cv") {
        let own = w.any(next, "break breaks gap gaps pause interruption");
        return (own && matches!(w.gap(next), " " | "-" | "\n")).then_some((i, next, rule::GAP));
    }
    if w.is(i, "gap") && w.any(next, "year years") && matches!(w.gap(next), " " | "-") {
        return Some((i, next, rule::GAP));
    }
    if w.any(i, "gap gaps break breaks uppehåll uppehållet lucka luckor glapp glappet hål paus") {
        let mut at = next;
        if !(w.any(at, "i in from från mellan") && w.close(at)) {
            return None;
        }
        at += 1;
        if w.any(at, "min mitt mina my the") && w.close(at) {
            at += 1;
        }
        let cv = w.close(at) && w.any(at, CAREER);
        let at_last = if w.any(at, "cv") && w.is(at + 1, "t") && matches!(w.gap(at + 1), ":" | "-") {
            at + 1
        } else {
            at
        };
        return cv.then_some((i, at_last, rule::GAP));
    }
    if w.is(i, "time") {
        // `time off to raise my son`, `time off with my kids`
        let off = w.is(next, "off") && close(2);
        let why = w.any(next + 1, "to with for");
        let from = if w.any(next + 2, "raise raising care be") { next + 3 } else { next + 2 };
        let from = if w.any(from, "for with") { from + 1 } else { from };
        let last = family::children_from(w, from).or_else(|| {
            (w.any(from, "family") || w.any(from, "my a") && w.any(from + 1, "family"))
                .then_some(if w.is(from, "family") { from } else { from + 1 })
        });
        return if off && why { last.map(|last| (i, last, rule::LEAVE)) } else { None };
    }
    if w.any(i, "between mellan") {
        let mine = w.any(before, "am was been m currently är var varit") || w.opens_line(i);
        let ends =
            w.stops_after(next) || w.digits(next + 1) || w.any(next + 1, "in i for since sedan while and");
        return (w.any(next, "jobs jobb") && w.close(next) && mine && ends).then_some((i, next, rule::GAP));
    }
    if w.is(i, "year") {
        let off = w.is(next, "off") && w.close(next);
        let took = w.any(before, "a one") && w.any(before.wrapping_sub(1), "took take taking taken");
        return (off && took && w.close(i)).then_some((before, next, rule::GAP));
    }
    if w.is(i, "ledigt") {
        // `tog ett år ledigt`
        let year = w.any(before, "år halvår termin") && w.any(before.wrapping_sub(1), "ett en");
        return (year && w.close(i) && w.close(before)).then_some((before.wrapping_sub(1), i, rule::GAP));
    }
    None
}
