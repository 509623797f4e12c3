// must not compile: pseudonymised text is still personal data: it is neither printed nor written out
// error: E0277

use urval::pipeline::encoder::Embedding;
use urval::pipeline::pseudonymise::Pseudonymous;

fn spread(text: &Pseudonymous, meaning: &Embedding) {
    println!("{text}"); //~ std::fmt::Display
    let _ = serde_json::to_string(text); //~ Serialize
    let _ = serde_json::to_string(meaning); //~ Serialize
    println!("{meaning}"); //~ std::fmt::Display
}

fn main() {
    let _ = spread;
}
