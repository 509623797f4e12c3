// must not compile: a name is not taken where a string is wanted
// error: E0308 E0614 E0277 E0616

use urval::guard::pii::{Identity, Pii};

fn shout(text: &str) -> String {
    text.to_uppercase()
}

fn main() {
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    shout(&name); //~ expected `&str`
    let _ = *name; //~ cannot be dereferenced
    let _: String = name.into(); //~ From<
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    let _ = &name.text; //~ private
}
