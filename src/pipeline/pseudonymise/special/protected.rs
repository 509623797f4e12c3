//! Whether the applicant says that her own identity or home is protected. The look errs on the side of
//! a status: a missed one may cost her safety. Work with the protected data of others is a duty.

use super::about::{FAR, Told};
use super::lexicon::class;
use super::sentence::Sentence;
use super::subject::{Subject, subject};

/// Whether the applicant says that her own identity is protected. The look errs on the side of a
/// status: a missed one may cost her safety.
pub(super) fn protected(sentence: &Sentence, at: usize) -> Option<Told> {
    let s = sentence;
    let mut clause = s.at(at).clause;
    let speaks = class::SELF | class::MY | class::HAVE | class::BE | class::SEEK;
    if clause > 0 && s.at(clause).is(class::AND) && !s.any(clause, at, speaks) {
        // "jag utredde sekretess och skyddade uppgifter"
        clause = s.before(clause).clause;
    }
    let work = class::DUTY | class::TOPIC | class::OTHER | class::NEGOTIATION;
    let told = |from: usize, sure| Some(Told { from, to: at, phrase: false, sure });
    let near = clause.max(at.saturating_sub(FAR));
    if let Some(seeker) = (near..at).find(|at| s.at(*at).is(class::SELF))
        && s.any(near, at, class::SEEK)
        && !s.any(near, at, class::TOPIC | class::OTHER)
    {
        return told(seeker, true);
    }
    // "det skyddade boende där jag bor"
    let lives = (at + 1..at + 5).any(|at| s.at(at).is(class::NOMINATIVE) && s.at(at + 1).is(class::DWELL));
    if lives && !s.any(near, at, class::TOPIC | class::OTHER) {
        return told(at, true);
    }
    if s.at(at).is(class::SHELTER) {
        let dwells = s.any(near, at, class::SELF) && s.any(near, at, class::DWELL);
        return (dwells && !s.any(near, at, work)).then(|| told(near, true))?;
    }
    // "jag ledde projektet under skyddad identitet"
    let under = if s.before(at).is(class::FILL) { at.saturating_sub(1) } else { at };
    if s.before(under).is(class::WHEN | class::UNDER)
        && s.own
        && !s.any(near, at, class::TOPIC | class::OTHER)
    {
        return Some(Told { from: under - 1, to: at, phrase: true, sure: true });
    }
    if s.before(at).is(class::AGAINST) {
        return None;
    }
    let mut back = at;
    while back > clause && at - back < FAR {
        back -= 1;
        let unit = s.at(back);
        if unit.is(class::MY) && at - back <= 3 {
            return told(back, true);
        }
        if unit.is(class::FAMILY) && s.before(back).is(class::MY) {
            return told(back - 1, false);
        }
        if unit.is(class::SELF) {
            // "beslutade jag om kvarskrivning"
            return if s.before(back).is(work) { None } else { told(back, true) };
        }
        if unit.is(class::SEEK) && s.own {
            return told(back, true);
        }
        if unit.is(class::HAVE | class::BE) {
            match subject(s, back) {
                Subject::Own(from) | Subject::Family(from) => return told(from.min(back), true),
                Subject::Other => return None,
                Subject::We(_) | Subject::Thing(_) | Subject::Nobody | Subject::Unknown => {}
            }
        }
        if unit.is(work) && !unit.is(class::FILL) {
            return None;
        }
    }
    let end = s.clause_end(at).min(at + 8);
    let governed = s.any(clause.max(at.saturating_sub(FAR)), end, work);
    if governed || s.at(at + 1).joined() && at + 1 < end && !s.own && !s.at(at + 1).known {
        return None;
    }
    (s.own || !s.any(0, s.len(), work)).then(|| told(at, true))?
}
