// must not compile: a name cannot be copied, so that overwriting it on drop leaves none behind
// error: E0599

use urval::guard::pii::{Identity, Pii};

fn main() {
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    let _second: Pii<Identity> = name.clone(); //~ clone
}
