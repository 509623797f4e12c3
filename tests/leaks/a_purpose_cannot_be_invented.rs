// must not compile: a purpose cannot be invented outside the guard
// error: E0277

use urval::guard::access::{ApplicationFacts, Purpose};

enum Marketing {}

impl Purpose for Marketing { //~ Sealed
    type Target = ApplicationFacts;
    const NAME: &'static str = "marketing";
    const ACTION: &'static str = "review";
}

fn main() {}
