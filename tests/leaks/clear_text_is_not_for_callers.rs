// must not compile: the clear text is for the vault and the pseudonymiser, not for callers
// error: E0624

use urval::guard::pii::{Identity, Pii};

fn main() {
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    let _ = name.clear_text(); //~ private
}
