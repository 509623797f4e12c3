// must not compile: a name cannot be compared, so that nobody finds a person by guessing
// error: E0369

use urval::guard::pii::{Identity, Pii};

fn main() {
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    let guess: Pii<Identity> = Pii::new("Alva Exempel".into());
    let _ = name == guess; //~ ==
}
