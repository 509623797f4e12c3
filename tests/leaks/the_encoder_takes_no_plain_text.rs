// must not compile: the model reads passages of pseudonymised text, and no string
// error: E0277 E0624

use urval::guard::pii::{FreeText, Pii};
use urval::pipeline::encoder::{CriterionText, Encoder, Readable};

fn read(encoder: &Encoder, sent: &Pii<FreeText>) {
    let _ = encoder.embed(&"Jag heter Alva Exempel."); //~ Readable
    let _ = encoder.embed(&String::from("Jag heter Alva Exempel.")); //~ Readable
    let _ = encoder.embed(sent); //~ Readable
    let _ = CriterionText::of("Jag heter Alva Exempel."); //~ private
}

struct Letter(String);

impl Readable for Letter { //~ Sealed
    fn text(&self) -> &str {
        &self.0
    }
}

fn main() {
    let _ = read;
}
