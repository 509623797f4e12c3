//! The page on which somebody says that he or she is partial (anmäler jäv). It shows the application's label and
//! nothing else of it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::work::known_id;
use crate::guard::pii::Pii;
use crate::subject::id::ApplicationId;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

type IdPath = Result<Path<String>, PathRejection>;

/// Asks whether the reader is partial.
///
/// # Errors
/// "No such page" for an unknown application; otherwise when the gate or the database refuses.
pub async fn form(staff: Staff, State(web): State<Web>, application: IdPath) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let access = web.app.conflict_form(&staff.actor, &id).await?;
    let lang = staff.view.lang;
    let title =
        format!("{} {}", t(lang, "Anmäl jäv i ansökan", "Declare a conflict in"), access.target().label);
    let body = html! {
        p.crumbs { a href="/arbete" { (t(lang, "Placeringar", "Placements")) } }
        h1 { (title) }
        p.lead { (t(lang,
            "Du är jävig om du eller någon närstående berörs, om du har fört talan i saken eller om något annat \
             rubbar förtroendet för din opartiskhet. Anmäl det genast (18 § förvaltningslagen).",
            "You are partial if you or somebody close to you is concerned, if you have acted in the matter, or if \
             anything else shakes the trust in your impartiality. Say so at once (förvaltningslagen section 18).")) }
        p.measure { (t(lang,
            "När du har anmält det ser du inte längre ansökan, i vilken roll du än loggar in. Bara projektledaren kan \
             häva en anmälan, när den gjordes av misstag.",
            "Once declared you no longer see the application, in whatever role you log in. Only the programme lead \
             can lift a declaration, when it was made by mistake.")) }
        form.card method="post" action={ "/arbete/ansokningar/" (id) "/jav" } {
            input type="hidden" name="token" value=(staff.view.form_token);
            div.field {
                label for="anteckning" {
                    (t(lang, "Anteckning (behövs inte)", "Note (not needed)"))
                }
                p.hint id="rad-anteckning" { (t(lang,
                    "Sparas krypterad. Projektledaren och dataskyddsombudet kan läsa den. Nämn inte den sökande vid \
                     namn.",
                    "Stored encrypted. The programme lead and the data-protection officer can read it. Do not name \
                     the applicant.")) }
                textarea.short id="anteckning" name="note" rows="3" aria-describedby="rad-anteckning" { "\n" }
            }
            button type="submit" { (t(lang, "Anmäl jäv", "Declare the conflict")) }
        }
    };
    Ok(layout::page(&web, &staff.view, &title, body))
}

/// Stores the declaration. It takes effect at the next request.
///
/// # Errors
/// As [`form`].
pub async fn declare(
    staff: Staff,
    State(web): State<Web>,
    application: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    web.app.declare_conflict(&staff.actor, &id, Pii::new(form.get("note").to_owned())).await?;
    Ok(Redirect::to("/arbete").into_response())
}
