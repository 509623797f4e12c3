// must not compile: what was shown on a page cannot be written as JSON
// error: E0277

use urval::guard::pii::Disclosed;

fn send(shown: &Disclosed<'_>) {
    let _ = serde_json::to_string(shown); //~ Serialize
}

fn main() {
    let _ = send;
}
