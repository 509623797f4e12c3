// must not compile: what a purpose may see is written in the guard and nowhere else
// error: E0117

use urval::guard::access::Screening;
use urval::guard::pii::{Identity, MaySee};

impl MaySee<Identity> for Screening {} //~ only traits defined in the current crate

fn main() {}
