//! Pay that somebody asks for or earned: the words and the amount become one. Work with other people's
//! pay stays.

use super::lexicon::PAY_TEXT;
use super::token::{Shape, Words};
use super::{Found, Kind, rule};

/// Words that are about one's own pay in any sentence.
const CLAIMS: &str = "\
    löneanspråk löneanspråket löneanspråken lönekrav lönekravet löneönskemål löneförväntning \
    löneförväntningar önskelön löneanspråks";
/// Before pay that is one's own.
const OWN: &str = "\
    min mitt nuvarande tidigare nuv önskad önskat begärd senaste förväntad ungefärlig my current present \
    expected desired previous last requested minimum annual monthly";
/// After `salary`.
const WISHES: &str = "\
    expectation expectations requirement requirements claim claims history demand demands range wish \
    request";
const LINKS: &str = "\
    är var på om ligger låg ca cirka omkring runt mellan till från kring minst idag just nu för \
    närvarande i dag is are was of about around approximately between and och approx roughly at least \
    bör ligga borde vara ska should be would start jag for gärna en";
const CURRENCIES: &str = "kr kronor sek tkr k euro eur usd gbp dollars ksek kkr";
const PER: &str = "\
    mån månad månaden per i year month a timme timmen tim år året brutto netto hour before tax";
const TERMS: &str = "\
    enligt efter överenskommelse avtal kollektivavtal förhandlingsbart förhandlingsbar negotiable \
    according agreement marknadsmässig marknadsmässigt diskuteras gärna open flexible";

/// Pay that begins with the word or with the words before it.
pub(super) fn find(w: &Words, i: usize, out: &mut Vec<Found>) {
    if w.hyphen_after(i) || w.hyphen_before(i) {
        return;
    }
    if w.any(i, "begär önskar ligger ha ask asking looking like want") {
        return asked(w, i, out);
    }
    let mut first = i;
    let mut owned = false;
    for _ in 0..3 {
        let p = first.wrapping_sub(1);
        if !(w.close(first) && w.any(p, OWN)) {
            break;
        }
        owned |= !w.any(p, "annual monthly last minimum senaste");
        // The possessive itself tells nothing and keeps the sentence whole.
        if w.any(p, "min mitt my") {
            break;
        }
        first = p;
    }
    let wish = w.close(i + 1) && w.any(i + 1, WISHES);
    let named = if wish { i + 1 } else { i };
    if let Some(from) = amount_before(w, i) {
        let text = w.pick(PAY_TEXT);
        return out.push(Found { place: w.place(from, i), kind: Kind::Pay, rule: rule::PAY, text });
    }
    let amount = amount_after(w, named);
    // Compensation is a field of work, a salary expectation is one's own.
    let common = w.any(i, "compensation remuneration wage wages salaries lönen pay income ersättning");
    if w.any(i, "pay ersättning") && !owned || w.any(i, "earn earning earned tjänar tjänade") && !i_earn(w, i)
    {
        return;
    }
    let mine = w.any(first.wrapping_sub(1), "min mitt my");
    let claim = w.any(i, CLAIMS) || wish && (!common || mine || owned);
    let told = claim || amount.is_some() || owned && first < i && (!common || mine);
    if told {
        let last = amount.or_else(|| terms_after(w, named)).unwrap_or(named);
        let text = w.pick(PAY_TEXT);
        out.push(Found { place: w.place(first, last), kind: Kind::Pay, rule: rule::PAY, text });
    }
}

/// `jag begär 38 500 kronor i månaden`: an amount a month or an hour that one asks for or has.
fn asked(w: &Words, i: usize, out: &mut Vec<Found>) {
    let before = i.wrapping_sub(1);
    let mine = (1..5).any(|n| w.any(i.wrapping_sub(n), "jag i och and m")) || w.is(i + 1, "jag");
    let wished = if w.is(i, "ha") {
        w.any(before, "vill gärna skulle jag")
    } else if w.is(i, "like") {
        w.is(before, "would")
    } else {
        !w.any(i, "looking ask asking") || w.is(i + 1, "for")
    };
    if !mine || !wished {
        return;
    }
    let Some(last) = amount_after(w, i) else { return };
    let first = (i + 1..=last).find(|at| w.digits(*at) || w.any(*at, CURRENCIES));
    let paid = "mån månad månaden month timme timmen tim hour";
    let by_time = (i + 1..=last + 2).any(|at| w.any(at, paid) && (w.close(at) || w.gap(at) == "/"));
    if let Some(first) = first.filter(|_| by_time) {
        let text = w.pick(PAY_TEXT);
        out.push(Found { place: w.place(first, last), kind: Kind::Pay, rule: rule::PAY, text });
    }
}

/// `I currently earn`, `tjänar jag`; but not what a project earned.
fn i_earn(w: &Words, i: usize) -> bool {
    let i_or_jag = "jag i am";
    (1..3).any(|n| w.any(i.wrapping_sub(n), i_or_jag)) || w.is(i + 1, "jag")
}

/// `34 000 kr i lön`: the index of the first word of the amount.
fn amount_before(w: &Words, i: usize) -> Option<usize> {
    let link = i.checked_sub(1)?;
    if !(w.any(link, "i in brutto") && w.close(i)) {
        return None;
    }
    let mut at = link;
    let mut digits = 0;
    while at > 0
        && at + 8 > link
        && w.close(at)
        && (w.digits(at - 1) || w.any(at - 1, CURRENCIES) || w.any(at - 1, PER))
    {
        at -= 1;
        digits += if w.digits(at) { w.end(at) - w.start(at) } else { 0 };
    }
    (digits >= 5).then_some(at)
}

/// The last word of the amount after the word at `i`, over `är`, `ligger på`, a colon.
fn amount_after(w: &Words, i: usize) -> Option<usize> {
    let mut last = None;
    let mut at = i + 1;
    while at < w.len() && at < i + 18 && in_amount(w.gap(at)) && !w.masked(at) {
        let digits = w.digits(at);
        let unit = w.any(at, CURRENCIES) || last.is_some() && w.any(at, PER);
        // `k` and `kr` may be grown together with the digits.
        if digits {
            last = Some(at);
        } else if unit {
            last = last.map(|_| at);
        } else if !(w.any(at, LINKS) || last.is_none() && w.shape(at) == Some(Shape::Upper)) {
            break;
        }
        at += 1;
    }
    let last = last?;
    // A year alone, `lön 2019`, is no amount.
    let text = w.text.get(w.end(i)..w.end(last))?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let money =
        (i + 1..=last).any(|j| w.any(j, CURRENCIES)) || text.contains(['€', '$', '£']) || text.contains(":-");
    (digits >= 5 || digits >= 2 && money).then(|| back_to_unit(w, i, last))
}

/// Trailing `i`, `a` and `per` without a unit after them are not part of the amount.
fn back_to_unit(w: &Words, i: usize, last: usize) -> usize {
    let mut last = last;
    while last > i + 1 && w.any(last, "i a per before") {
        last -= 1;
    }
    last
}

fn in_amount(gap: &str) -> bool {
    gap.len() <= 6
        && !gap.contains('\n')
        && !gap.contains(". ")
        && gap.chars().all(|c| {
            matches!(
                c,
                ' ' | ':'
                    | '.'
                    | ','
                    | '-'
                    | '–'
                    | '/'
                    | '€'
                    | '$'
                    | '£'
                    | '='
                    | '~'
                    | '\t'
                    | '\''
                    | '+'
                    | '('
                    | ')'
            )
        })
}

/// `enligt överenskommelse`, `is negotiable` after a claim.
fn terms_after(w: &Words, i: usize) -> Option<usize> {
    let mut last = None;
    let mut at = i + 1;
    while at < i + 6 && at < w.len() && (w.close(at) || matches!(w.gap(at), ": " | ":" | " - " | " – ")) {
        if w.any(at, TERMS) {
            last = Some(at);
        } else if !w.any(at, "är is are och to kan") {
            break;
        }
        at += 1;
    }
    last
}
