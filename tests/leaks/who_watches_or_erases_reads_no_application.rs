// must not compile: setting a hold, erasing, watching and asking show nothing of the application
// error: E0277

use urval::guard::access::{Access, AskEmergency, DeclareConflict, Erase, Hold, Matters, OverseeEmergency};
use urval::guard::pii::{FreeText, Identity, Pii, PseudonymousText};

fn erase(text: &Pii<PseudonymousText>, access: &Access<Erase>) {
    let _ = text.disclose(access); //~ MaySee
}

fn hold(sent: &Pii<FreeText>, access: &Access<Hold>) {
    let _ = sent.disclose(access); //~ MaySee
}

fn watch(name: &Pii<Identity>, one: &Access<OverseeEmergency>, all: &Access<Matters>) {
    let _ = name.disclose(one); //~ MaySee
    let _ = name.disclose(all); //~ MaySee
}

fn ask(name: &Pii<Identity>, ask: &Access<AskEmergency>, declare: &Access<DeclareConflict>) {
    let _ = name.disclose(ask); //~ MaySee
    let _ = name.disclose(declare); //~ MaySee
}

fn main() {
    let _ = (erase, hold, watch, ask);
}
