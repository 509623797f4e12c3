// must not compile: only the gate makes an access, after the policy said yes and the log has it
// error: E0451 E0599 E0560

use urval::guard::access::{Access, Actor, ApplicationFacts, Review};
use urval::guard::audit::Kept;
use urval::clock::Moment;

fn forge(target: ApplicationFacts, actor: Actor, kept: Kept, at: Moment) -> Access<Review> {
    Access {
        target, //~ private
        actor, //~ private
        kept, //~ private
        at, //~ private
    }
}


fn main() {
    let _ = forge;
}
