// must not compile: a name cannot be logged
// error: E0277

use urval::guard::pii::{Identity, Pii};

fn main() {
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    println!("{name}"); //~ std::fmt::Display
}
