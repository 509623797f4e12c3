// must not compile: what was shown on a page does not become a string again
// error: E0616 E0624 E0308

use urval::guard::pii::Disclosed;

fn keep<'a>(shown: &'a Disclosed<'a>) -> Vec<&'a str> {
    let inner: &str = shown.0; //~ private
    let export: &str = shown.for_export(); //~ private
    let whole: &str = shown; //~ expected `&str`
    vec![inner, export, whole]
}

fn main() {
    let _ = keep;
}
