// must not compile: the model's access does not show who the applicant is, nor what was sent
// error: E0277

use urval::guard::access::{Access, Screening};
use urval::guard::pii::{FreeText, Identity, Pii};

fn read(name: &Pii<Identity>, sent: &Pii<FreeText>, access: &Access<Screening>) {
    let _ = name.disclose(access); //~ MaySee
    let _ = sent.disclose(access); //~ MaySee
}

fn main() {
    let _ = read;
}
