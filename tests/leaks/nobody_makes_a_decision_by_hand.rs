// must not compile: a decision is made by its one constructor, from an admitted person and a reason
// error: E0451

use urval::casework::decision::{Decision, Outcome};
use urval::guard::access::{Access, Decide};
use urval::guard::pii::{Pii, StaffNote};
use urval::subject::id::PlacementId;

fn decide<'a>(access: &'a Access<Decide>, placement: PlacementId, reason: Pii<StaffNote>) -> Decision<'a> {
    Decision {
        access, //~ private
        placement, //~ private
        outcome: Outcome::NotProceed, //~ private
        reason, //~ private
    }
}

fn main() {
    let _ = decide;
}
