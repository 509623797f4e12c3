// must not compile: what is searched for was checked against the ban on selecting on sensitive data
// error: E0451

use urval::pipeline::search::Query;

fn unchecked(text: &str) -> Query {
    Query {
        words: vec![text.to_owned()], //~ private
    }
}

fn main() {
    let _ = unchecked;
}
