// must not compile: the side-by-side list shows no text, and no access to it opens one
// error: E0277

use urval::guard::access::{Access, Ranking, Review};
use urval::guard::pii::{Identity, Pii, PseudonymousText};

fn read(name: &Pii<Identity>, text: &Pii<PseudonymousText>, list: &Access<Ranking>, review: &Access<Review>) {
    let _ = text.disclose(list); //~ MaySee
    let _ = name.disclose(review); //~ MaySee
}

fn main() {
    let _ = read;
}
