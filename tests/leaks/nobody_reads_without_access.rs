// must not compile: nobody reads without an access
// error: E0061 E0308

use urval::guard::access::Actor;
use urval::guard::pii::{Identity, Pii};

fn page(name: &Pii<Identity>, actor: &Actor) {
    let _ = name.disclose(); //~ argument
    let _ = name.disclose(actor); //~ Access
}

fn main() {
    let _ = page;
}
