// must not compile: nobody but the pseudonymiser says of a text that it is pseudonymous
// error: E0277

use urval::guard::pii::{FreeText, Pii};
use urval::pipeline::encoder::Passage;
use urval::pipeline::pseudonymise::Pseudonymous;

fn claim(sent: Pii<FreeText>) {
    let _: Pseudonymous = String::from("Jag heter Alva Exempel.").into(); //~ From<
    let _: Pseudonymous = sent.into(); //~ From<
    let _ = serde_json::from_str::<Pseudonymous>("{}"); //~ Deserialize
    let _: Passage<'_> = "Jag heter Alva Exempel.".into(); //~ From<
}

fn main() {
    let _ = claim;
}
