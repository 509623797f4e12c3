// compiles: what the promises allow

use urval::guard::access::{Access, Assess, Contact, Review, Screening};
use urval::guard::pii::{FreeText, Identity, Pii, PseudonymousText};
use urval::subject::profile::Profile;

fn page(name: &Pii<Identity>, text: &Pii<PseudonymousText>, contact: &Access<Contact>, review: &Access<Review>) -> String {
    maud::html! { h1 { (name.disclose(contact)) } p { (text.disclose(review)) } }.into_string()
}

fn model(text: &Pii<PseudonymousText>, screening: &Access<Screening>) {
    let _ = text.disclose(screening);
}

fn log(name: &Pii<FreeText>, assess: &Access<Assess>) {
    println!("{name:?} of {} bytes, {assess:?}", name.len());
}

fn main() {
    let _ = (page, model, log);
    let _ = Profile::freeze("");
}
