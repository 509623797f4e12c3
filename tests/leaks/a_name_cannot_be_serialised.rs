// must not compile: a name cannot be written as JSON
// error: E0277

use urval::guard::pii::{Identity, Pii};

fn main() {
    let name: Pii<Identity> = Pii::new("Alva Exempel".into());
    let _ = serde_json::to_string(&name); //~ Serialize
}
