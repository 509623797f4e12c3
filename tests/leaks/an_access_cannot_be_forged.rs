// must not compile: only the gate makes an access, after the policy said yes and the log has it
// error: E0451 E0599 E0560

use urval::guard::access::{Access, Actor, ApplicationFacts, Review};
use urval::guard::audit::Receipt;
use urval::clock::Moment;

fn forge(target: ApplicationFacts, actor: Actor, receipt: Receipt, at: Moment) -> Access<Review> {
    Access {
        target, //~ private
        actor, //~ private
        receipt, //~ private
        at, //~ private
    }
}


fn main() {
    let _ = forge;
}
