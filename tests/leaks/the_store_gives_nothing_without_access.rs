// must not compile: the store takes an access and no id beside it, and no key for a purpose without one
// error: E0308 E0271

use urval::guard::access::{Access, Actor, Ranking};
use urval::guard::vault::KeyKind;
use urval::store::Db;
use urval::store::applications::Field;
use urval::subject::id::ApplicationId;

async fn read(db: &Db, id: &ApplicationId, actor: &Actor, list: &Access<Ranking>) {
    let _ = db.envelope(id, Field::Known).await; //~ Access
    let _ = db.envelope(actor, Field::Known).await; //~ Access
    let _ = db.envelope(list, Field::Known).await; //~ ApplicationFacts
    let _ = db.subject_key(list, KeyKind::Identity).await; //~ ApplicationFacts
}

fn main() {
    let _ = read;
}
