// must not compile: no score, level or machine's assessment becomes a decision, nor opens the way to one
// error: E0277 E0308

use urval::casework::Placement;
use urval::casework::decision::{Decision, Outcome};
use urval::guard::access::{Access, Review, Screening};
use urval::guard::pii::{Pii, StaffNote};
use urval::pipeline::score::Assessment;
use urval::subject::level::{Level, Total};

fn from_numbers(level: Level, total: Total, found: Assessment) {
    let _: Outcome = level.into(); //~ From<Level>
    let _: Outcome = total.into(); //~ From<Total>
    let _: Outcome = found.into(); //~ From<Assessment>
}

fn by_the_machine(scored: &Access<Screening>, placement: &Placement, reason: Pii<StaffNote>) {
    let _ = Decision::by(scored, placement, Outcome::NotProceed, reason); //~ Access<Decide>
}

fn by_a_reader(read: &Access<Review>, placement: &Placement, reason: Pii<StaffNote>) {
    let _ = Decision::by(read, placement, Outcome::NotProceed, reason); //~ Access<Decide>
}

fn main() {
    let _ = (from_numbers, by_the_machine, by_a_reader);
}
