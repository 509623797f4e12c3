// must not compile: pseudonymised text is not put together from parts
// error: E0451

use urval::pipeline::pseudonymise::Pseudonymous;

fn put_together() -> Pseudonymous {
    Pseudonymous { text: todo!(), sections: todo!(), spans: todo!() } //~ private
}

fn main() {
    let _ = put_together;
}
