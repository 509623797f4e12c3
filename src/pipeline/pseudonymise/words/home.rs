//! Places where somebody lives, grew up, comes from or moved between. Where clients live, and where an
//! organisation has its seat, stays.

use super::lexicon::{self as class, PLACE_TEXT};
use super::token::{Shape, Words};
use super::{Found, Kind, family, rule, sex};

/// Between the verb and the preposition: `bor sedan 2019 med min familj i`.
const FILLERS: &str = "\
    jag vi familjen min hela familj med numera nu sedan fortfarande själv även också just för närvarande \
    idag dag livet mitt delvis tillfälligt hemma och upp uppvuxen bosatt bor ursprungligen egentligen \
    hit tillbaka ensam år åren som barn liten centralt strax permanent dagligen currently now still \
    together my family and raised bred up back here presently happily originally alone daily permanently \
    the ihop tillsammans kvar gärna kan en mina by a grandparents";
const WHERE: &str = "i på utanför nära vid kring runt in on outside near at around of norr söder";
/// Words that describe a place of home without naming it.
const DESCRIBING: &str = "\
    en ett liten litet lilla mindre stor stort större lugn lugnt fattig fattigt utsatt utsatta rik \
    mångkulturell den det gamla norra södra östra västra centrala mellersta inre yttre utanför nära \
    strax om mellan närheten av söder norr öster väster a an the small big little poor rural remote \
    quiet northern southern eastern western central outside near of i på in on segregated";
/// Nouns of such places, which tell of class where no name follows.
const SORTS: &str = "\
    by byn stad staden stan förort förorten förorter villaförort villaområde samhälle samhället ort \
    orten gård gården bondgård bondgården lantgård landet landsbygden skärgården miljonprogram \
    miljonprogrammet miljonprogramsområde arbetarstadsdel arbetarkvarter bruksort bruksorten \
    radhusområde radhus villa kommun kommunen ö ön stadsdel område hyreshus lägenhet hyreslägenhet \
    utanförskapsområde barnhem glesbygd glesbygden storstad småstad storstaden village town city suburb \
    suburbs farm countryside estate neighbourhood neighborhood";
/// Lower-case words that belong to the name before them: `Svalövs kommun`.
const TAILS: &str = "\
    kommun län stad centrum innerstad socken skärgård municipality county area region city kommuns \
    tätort";
/// Capitalised words that are no places, and what somebody moves besides a home.
const NO_PLACES: &str = "\
    january february march april may june july august september october november december monday tuesday \
    wednesday thursday friday saturday sunday windows linux excel word oracle sap jira aws azure teams \
    google office access java python sql microsoft github gitlab sharepoint outlook docker kubernetes \
    react i jag english swedish svenska engelska visma unix wordpress angular salesforce ladok scrum \
    agile c";
/// Before a verb of living where clients live.
const CLIENTS: &str = "\
    som de dom ni du folk människor invånare ungdomar barn äldre personer elever familjer who that they \
    people residents children students you";
const I: &str = "jag vi i we familj familjen family mig själv me";

/// Nouns for the place itself.
const NOUNS: &str = "hemort hemorten hemstad hemkommun hemkommunen hembygd hemby bostadsort bostadsorten \
    födelseort födelsestad barndomsort uppväxtort hometown";

/// How a trigger goes on.
struct Way {
    /// The first word after the trigger.
    from: usize,
    prepositions: &'static str,
    /// Whether a second place follows, `från X till Y`.
    and_to: bool,
    /// Whether other words may stand before the preposition.
    filled: bool,
    /// Whether a name may be written in small letters.
    small: bool,
}

impl Way {
    fn living(from: usize) -> Self {
        Self { from, prepositions: WHERE, and_to: false, filled: true, small: true }
    }

    fn coming(from: usize) -> Self {
        Self { from, prepositions: "från from", and_to: false, filled: true, small: false }
    }

    fn moving(from: usize) -> Self {
        let prepositions = "från from till to mellan between";
        Self { from, prepositions, and_to: true, filled: true, small: false }
    }

    /// The preposition stands before `from` already.
    fn at(from: usize) -> Self {
        Self { from, prepositions: "", and_to: false, filled: false, small: false }
    }
}

/// The places after the word, or none.
pub(super) fn find(w: &Words, i: usize, out: &mut Vec<Found>) {
    if w.hyphen_after(i) || w.hyphen_before(i) || w.masked(i) {
        return;
    }
    let Some(way) = way(w, i) else { return };
    let mut at = way.from;
    let mut preposition = None;
    if way.prepositions.is_empty() {
        preposition = Some(at.wrapping_sub(1));
    }
    for _ in 0..8 {
        if preposition.is_some() || at >= w.len() || !w.close(at) {
            break;
        }
        if w.any(at, way.prepositions) {
            preposition = Some(at);
        } else if !(way.filled && (w.any(at, FILLERS) || w.digits(at) || w.masked(at))) {
            return;
        }
        at += 1;
    }
    let Some(preposition) = preposition else { return };
    let described = !w.any(preposition, "at of runt");
    let Some(end) = place(w, at, described, &way, out) else { return };
    if !way.and_to {
        return;
    }
    // `från X till Y`, `mellan X och Y`
    let link = end + 1;
    let second = w.any(link, "till to") && w.any(preposition, "från from")
        || w.any(link, "från from") && w.any(preposition, "till to")
        || w.any(link, "och and") && w.any(preposition, "mellan between");
    if second && w.close(link) {
        place(w, link + 1, true, &way, out);
    }
}

/// Whether the word opens a place of home, and how it goes on.
fn way(w: &Words, i: usize) -> Option<Way> {
    let next = i + 1;
    let before = i.wrapping_sub(1);
    let clients = w.close(i)
        && w.any(before, CLIENTS)
        && !(w.any(before, "som who") && w.any(i.wrapping_sub(2), "jag mig i me"));
    let told = w.close(i) && w.any(before, I)
        || w.any(before, "och and also har have ve currently now still was been were numera")
        || w.opens_sentence(i)
        || w.gap(i).contains(',')
        || w.any(next, "jag vi") && w.close(next);
    if w.any(i, "bor bodde bott bo") {
        let name = w.is(i, "bo") && w.shape(i) != Some(Shape::Lower);
        return (!clients && !name).then(|| Way::living(next));
    }
    if w.any(i, "bosatt folkbokförd folkbokfört mantalsskriven uppvuxen född") {
        return (!clients).then(|| Way::living(next));
    }
    if w.any(i, "uppväxt uppväxten barndom barndomen childhood upbringing") {
        // `barns uppväxt i utsatta områden` is work.
        let own = w.any(before, "min my är och under hela en som and a om")
            || w.opens_sentence(i)
            || w.any(i, "uppväxten barndomen");
        return (own && w.any(next, WHERE)).then(|| Way { filled: false, ..Way::living(next) });
    }
    if w.any(i, "boende skriven") {
        let mine = sex::is_mine(w, before)
            || w.gap(i).contains(',') && w.is(i, "boende")
            || w.is(i, "boende") && (w.opens_sentence(i) || w.any(before, "och"));
        return (mine && w.any(next, "i på utanför")).then(|| Way { filled: false, ..Way::living(next) });
    }
    if w.is(i, "upp") {
        let grew = w.any(before, "växte växt vuxit växa") && w.close(i);
        let inverted = w.any(before, "jag vi") && w.any(i.wrapping_sub(2), "växte");
        return (grew || inverted).then(|| Way::living(next));
    }
    if w.any(i, "grew grow growing") {
        return (w.is(next, "up") && !clients).then(|| Way { filled: false, ..Way::living(next + 1) });
    }
    if w.any(i, "live lives lived living reside resides resided residing") {
        let third = w.any(before, "he she") || w.masked(before);
        return (told && !clients || third && w.close(i)).then(|| Way::living(next));
    }
    if w.any(i, "resident based raised born") {
        let mine = w.opens_sentence(i)
            || w.gap(i).contains(',')
            || sex::is_mine(w, before)
            || w.any(before, "and but currently now permanent i")
            || w.any(before, "was were") && !w.is(i, "based");
        let directly = w.any(next, "in outside near of") || w.any(next, "and on by") && !w.is(i, "based");
        return (mine && directly).then(|| Way::living(next));
    }
    movement(w, i, clients).or_else(|| origin(w, i))
}

/// Moving and commuting.
fn movement(w: &Words, i: usize, clients: bool) -> Option<Way> {
    let next = i + 1;
    if w.any(i, "pendlar pendlade pendla pendlat commute commutes commuted commuting") {
        return (!clients).then(|| Way::moving(next));
    }
    if w.any(i, "flyttade flyttat flyttar flytta flytten moved move moving relocated relocating") {
        // `flyttade servrarna` is work: the mover is the applicant or the family.
        let mover = (1..5)
            .take_while(|n| w.close(i + 1 - n) || w.listed(i + 1 - n))
            .any(|n| w.any(i.wrapping_sub(n), I) || w.any(i.wrapping_sub(n), "föräldrar parents min my"));
        let mover = mover || w.any(next, I) || w.is(i, "flytten");
        let told = w.opens_sentence(i) && w.any(i, "flyttade moved relocated flyttat");
        let mover = mover || told && w.any(next, "från till from to hit");
        return (mover && !clients).then(|| Way::moving(next));
    }
    if w.any(i, "kom kommit came come") && !clients {
        let mine = (1..4).take_while(|n| w.close(i + 1 - n)).any(|n| w.any(i.wrapping_sub(n), I))
            || w.any(next, "jag vi familjen");
        return mine.then(|| Way::moving(next));
    }
    None
}

/// Where somebody comes from, and the words for a home.
fn origin(w: &Words, i: usize) -> Option<Way> {
    let next = i + 1;
    let before = i.wrapping_sub(1);
    if w.any(i, "rötter roots") {
        return w.any(next, "i in från").then(|| Way::at(next + 1));
    }
    if w.is(i, "kommer") {
        let mine = w.any(before, "jag själv vi och föräldrar familj släkt")
            || w.has(before, class::PARENT | class::SIBLING | class::RELATIVE | class::PARTNER)
            || w.any(next, "jag själv vi")
            || w.opens_sentence(i);
        return mine.then(|| Way::coming(next));
    }
    if w.any(i, "ursprungligen originally hail hails") {
        return w.any(next, "från from").then(|| Way::coming(next));
    }
    if w.is(i, "from") {
        let kin = w.any(i.wrapping_sub(2), "parents family") || w.has(i.wrapping_sub(2), class::PARENT);
        let mine = sex::is_mine(w, before)
            || w.any(before, "come comes") && (kin || w.any(i.wrapping_sub(2), "i we"))
            || w.any(before, "is are") && kin;
        return mine.then(|| Way::at(next));
    }
    if w.any(i, NOUNS) {
        let from = if w.any(next, "är is var was of i in") && w.close(next) { next + 1 } else { next };
        let joined = w.close(from) || matches!(w.gap(from), ", " | ": " | ":" | " – ");
        return joined.then(|| Way::at(from));
    }
    None
}

/// Takes the words of a place from `at` on, and gives the index of its last word.
fn place(w: &Words, at: usize, described: bool, way: &Way, out: &mut Vec<Found>) -> Option<usize> {
    let last = last_of_place(w, at, described, way)?;
    let telling = |j: &usize| is_name(w, *j) || w.any(*j, SORTS) || w.any(*j, TAILS) || at == last;
    for (from, to) in family::unmasked(w, at, last) {
        // What describes a place stands before it; words that link two places are none.
        let from = if from == at { Some(from) } else { (from..=to).find(telling) };
        let to = (at..=to).rev().find(telling);
        if let (Some(from), Some(to)) = (from, to)
            && from <= to
        {
            let text = w.pick(PLACE_TEXT);
            out.push(Found { place: w.place(from, to), kind: Kind::Home, rule: rule::HOME, text });
        }
    }
    Some(last)
}

fn last_of_place(w: &Words, at: usize, described: bool, way: &Way) -> Option<usize> {
    if !w.close(at) && !way.prepositions.is_empty() {
        return None;
    }
    let mut last = None;
    let mut named = false;
    let mut unknown = 0;
    let mut i = at;
    while i < w.len().min(at + 14) {
        if i > at && !(w.close(i) && !w.gap(i).contains('\n') || w.gap(i) == "-") {
            let listed = listed_place(w, i).filter(|_| named);
            if listed.is_none() {
                break;
            }
            last = listed;
            i = listed.unwrap_or(i) + 1;
            continue;
        }
        // A name beside a place that is replaced already is another one, and perhaps no place.
        let apart = i == at || !w.masked(i - 1) || w.masked(i);
        if (is_name(w, i) || w.masked(i)) && apart {
            named |= !w.masked(i);
            last = Some(i);
        } else if last.is_some() && w.any(i, TAILS) || described && w.any(i, SORTS) {
            last = Some(i);
        } else if let Some(last) = last {
            if !links_places(w, i, last) {
                break;
            }
        } else if described && unknown < 2 && i > at && w.any(at, "en ett a an") && is_common(w, i) {
            // `i en tvåa i Lund`: counts only if a name follows.
            unknown += 1;
        } else if !(described && w.any(i, DESCRIBING)) {
            return (described && way.small && i == at && is_small_name(w, i)).then_some(i);
        }
        i += 1;
    }
    last
}

fn is_name(w: &Words, i: usize) -> bool {
    w.capital(i) && !w.any(i, NO_PLACES) && !stops(w, i)
}

/// `, Skåne.` after a place, `, Italien och Grekland`: the index of its last word.
fn listed_place(w: &Words, i: usize) -> Option<usize> {
    if w.gap(i) != ", " || !is_name(w, i) {
        return None;
    }
    if w.any(i + 1, "och and") && is_name(w, i + 2) && w.close(i + 1) && w.close(i + 2) {
        return Some(i + 2);
    }
    (w.stops_after(i) && !w.gap(i + 1).contains(':')).then_some(i)
}

/// `Rosengård i Malmö`, `en by utanför Kramfors`, but not `Lund i en lägenhet`.
fn links_places(w: &Words, i: usize, last: usize) -> bool {
    if !w
        .any(i, "i på utanför nära in on outside near of av norr söder om strax vid norra södra östra västra")
    {
        return false;
    }
    let next = (i + 1..i + 4).find(|j| !w.any(*j, "om i på utanför nära of norra södra östra västra the"));
    last + 1 < i || next.is_some_and(|j| is_name(w, j) && w.close(j))
}

/// A word that may stand in the description of a home.
fn is_common(w: &Words, i: usize) -> bool {
    w.shape(i) == Some(Shape::Lower)
        && !w.any(i, DESCRIBING)
        && !w.any(i, "och and men but som where där with med för since sedan när")
}

/// A name in small letters, alone before a mark of punctuation.
fn is_small_name(w: &Words, i: usize) -> bool {
    w.shape(i) == Some(Shape::Lower)
        && w.entry(i).is_none()
        && w.end(i) - w.start(i) > 2
        && (w.stops_after(i) || w.any(i + 1, "och men and but sedan since"))
        && !w.any(i, "dag min mig oss vad hemmet huset")
}

/// In a line of capitals every word is a capital one: a known word ends the name.
fn stops(w: &Words, i: usize) -> bool {
    w.in_capitals(i) && (w.entry(i).is_some() || w.any(i, FILLERS) || w.any(i, WHERE))
}

/// Parted by `|`.
const LABELS: &str = "hemort|hemstad|hemkommun|bostadsort|bostad|födelseort|födelseland|födelsestad|\
    uppväxtort|nationalitet|medborgarskap|ursprungsland|hometown|home town|birthplace|place of birth|\
    country of birth|nationality|citizenship|place of residence|residence|country of origin|\
    bor|bosatt|bor i|lives in";

/// A labelled line: `Hemort: Lund`.
pub(super) fn labelled(w: &Words, i: usize, out: &mut Vec<Found>) {
    let Some((label, first, last)) = family::label_and_value(w, i) else { return };
    if !LABELS.split('|').any(|known| known == label) || w.has(first, class::LABEL) || last > first + 5 {
        return;
    }
    let text = w.pick(PLACE_TEXT);
    for (from, to) in family::unmasked(w, first, last) {
        out.push(Found { place: w.place(from, to), kind: Kind::Home, rule: rule::HOME, text });
    }
}
