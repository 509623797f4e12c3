// must not compile: what was shown on a page cannot be formatted, and so not logged
// error: E0277

use urval::guard::pii::Disclosed;

fn log(shown: &Disclosed<'_>) {
    println!("{shown}"); //~ std::fmt::Display
    println!("{shown:?}"); //~ Debug
}

fn main() {
    let _ = log;
}
