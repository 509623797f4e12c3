// must not compile: an access cannot be copied; it proves admission at the door, not for later
// error: E0277

use urval::guard::access::{Access, Review};

fn keep(access: &Access<Review>) -> Access<Review> {
    <Access<Review> as Clone>::clone(access) //~ Clone
}

fn main() {
    let _ = keep;
}
