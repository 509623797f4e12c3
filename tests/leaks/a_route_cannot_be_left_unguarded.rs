// must not compile: a page for staff or applicants asks who is calling, and an open one says why it is open
// error: E0277 E0631 E0061

use axum::http::Method;
use urval::web::callers::{Staff, Visitor};
use urval::web::routes::Routes;

async fn anybody(_visitor: Visitor) -> String {
    String::new()
}

async fn nobody() -> String {
    String::new()
}

async fn staff(_staff: Staff) -> String {
    String::new()
}

fn main() {
    let _ = Routes::default().staff(Method::GET, "/arbete", anybody); //~ callers::Staff
    let _ = Routes::default().staff(Method::GET, "/arbete", nobody); //~ callers::Staff
    let _ = Routes::default().applicant(Method::GET, "/min-ansokan/sida", staff); //~ callers::Applicant
    let _ = Routes::default().open(Method::GET, "/", anybody); //~ argument
}
