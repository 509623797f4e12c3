//! What anybody can ask: which recruitments there are, and to hand in an application.

use std::collections::BTreeMap;
use std::mem::take;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, Zeroizing};

use super::openapi::{Failing, Missing, ProblemBody, Unfit, WithBody};
use super::{Id, Sent, created, invalid};
use crate::casework::intake::{NOTICE_VERSION, Submission};
use crate::guard::pii::Pii;
use crate::pipeline::received::{Known, Received, Section, SectionKind};
use crate::subject::id::{PlacementId, RecruitmentId};
use crate::subject::profile::Question;
use crate::subject::words::{Lang, Text};
use crate::web::Web;
use crate::web::callers::Visitor;
use crate::web::form::one_kind_of_line_end;
use crate::web::problem::Problem;

/// Characters of one field about the applicant at most.
const FIELD_CHARS_MAX: usize = 300;
/// Web addresses of one applicant at most.
const LINKS_MAX: usize = 20;

/// One text in both languages.
#[derive(Serialize, ToSchema)]
pub struct TwoTexts {
    /// In Swedish.
    sv: String,
    /// In English.
    en: String,
}

impl From<&Text> for TwoTexts {
    fn from(text: &Text) -> Self {
        Self { sv: text.sv.clone(), en: text.en.clone() }
    }
}

/// A recruitment.
#[derive(Serialize, ToSchema)]
pub struct Recruitment {
    /// Its id.
    id: String,
    /// Its name.
    title: TwoTexts,
    /// Its case number (diarienummer).
    case_number: String,
    /// `open` or `closed`.
    state: String,
    /// Whether everything in it is made up.
    invented: bool,
    /// SHA-256 of the frozen profile (kravprofil).
    profile_digest: String,
    /// The version of the notice that an applicant must be shown before handing in.
    notice_version: &'static str,
    /// What every applicant is asked.
    questions: Vec<AskedQuestion>,
    /// The placements that can be chosen.
    placements: Vec<Offer>,
}

/// One question.
#[derive(Serialize, ToSchema)]
pub struct AskedQuestion {
    /// Its id, the key in `answers`.
    id: String,
    /// The question.
    text: TwoTexts,
}

/// One placement (placering).
#[derive(Serialize, ToSchema)]
pub struct Offer {
    /// Its id.
    id: String,
    /// Its id in the profile.
    slug: String,
    /// The organisation that recruits and decides.
    organisation: String,
    /// Its name.
    title: TwoTexts,
}

/// The language of the applicant's form.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Swedish.
    #[default]
    Sv,
    /// English.
    En,
}

/// An application. Whoever has protected identity sends nothing but `protected_identity`.
#[derive(Default, Deserialize, ToSchema, Zeroize)]
#[serde(deny_unknown_fields, default)]
pub struct NewApplication {
    /// Whether the applicant has protected identity (skyddade personuppgifter). With `true` nothing
    /// is stored, and the answer says where to turn instead.
    #[schema(required = true)]
    protected_identity: Option<bool>,
    /// The version of the notice that the applicant has been shown. Needed.
    notice_version: String,
    /// Full name, given names first. Needed.
    name: String,
    /// E-mail address. Needed.
    email: String,
    /// Telephone.
    phone: String,
    /// Street and number.
    street: String,
    /// Postcode.
    postcode: String,
    /// Town.
    town: String,
    /// The applicant's own addresses on the web.
    links: Vec<String>,
    /// Ids of the placements that are applied for; at least one.
    placements: Vec<String>,
    /// Personal letter.
    letter: String,
    /// CV.
    cv: String,
    /// Answers by the question's id, such as `F1`.
    #[zeroize(skip)]
    answers: BTreeMap<String, String>,
    /// The language that the applicant was spoken to in.
    #[zeroize(skip)]
    language: Language,
    /// Review by people only, without AI.
    ai_free: bool,
}

/// The receipt.
#[derive(Serialize, ToSchema)]
pub struct Acknowledged {
    /// The label that people and log use.
    #[schema(example = "K-7QF3M2")]
    label: String,
    /// The secret code, shown this once: only its keyed hash is stored.
    receipt_code: String,
    /// The log entry that stands for the application.
    entry: u64,
    /// The leak check held it: a person reads it before the model may.
    held: bool,
}

/// The recruitments, with their placements and questions. No personal data.
#[utoipa::path(
    get,
    path = "/api/v1/recruitments",
    tag = "applicants",
    responses((status = 200, description = "Every recruitment", body = [Recruitment]), Failing),
)]
pub async fn recruitments(_visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    let mut out = Vec::new();
    for row in web.app.rounds().await? {
        let (row, placements, profile) = web.app.round(&row.id).await?;
        out.push(Recruitment {
            id: row.id.to_string(),
            title: (&row.title).into(),
            case_number: row.case_number,
            state: row.state,
            invented: row.invented,
            profile_digest: row.profile_digest,
            notice_version: NOTICE_VERSION,
            questions: profile
                .profile()
                .questions
                .iter()
                .map(|question| AskedQuestion { id: question.id.clone(), text: (&question.text).into() })
                .collect(),
            placements: placements
                .iter()
                .map(|placement| Offer {
                    id: placement.id.to_string(),
                    slug: placement.slug.clone(),
                    organisation: placement.organisation.to_string(),
                    title: (&placement.title).into(),
                })
                .collect(),
        });
    }
    Ok(Json(out).into_response())
}

/// Hands in one application.
#[utoipa::path(
    post,
    path = "/api/v1/recruitments/{id}/applications",
    tag = "applicants",
    params(("id" = String, Path, description = "The recruitment's id")),
    request_body = NewApplication,
    responses(
        (status = 201, description = "Sealed, stored and logged", body = Acknowledged),
        (status = 409, description = "`notice-changed`: shown another notice; says which is in force",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`not-allowed`: it is closed; `other-site`; `token-missing`",
         body = ProblemBody, content_type = "application/problem+json"),
        WithBody, Missing, Unfit, Failing,
    ),
)]
pub async fn submit(
    visitor: Visitor,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<NewApplication>,
) -> Result<Response, Problem> {
    // Overwritten whichever way this ends.
    let sent = Zeroizing::new(sent);
    let recruitment = RecruitmentId::new(id);
    // Before anything else is looked at: whoever answers yes has nothing stored, not even a mistake.
    match sent.protected_identity {
        Some(false) => {}
        Some(true) => return Err(protected(&recruitment)),
        None => {
            return Err(invalid(
                "Fältet protected_identity saknas: true eller false.",
                "The field protected_identity is missing: true or false.",
            ));
        }
    }
    // A run of `screen` is a recruitment too, and nobody applies to one.
    if web.app.rounds().await?.iter().all(|round| round.id != recruitment) {
        return Err(Problem::not_found());
    }
    let (_, _, profile) = web.app.round(&recruitment).await?;
    if sent.notice_version != NOTICE_VERSION {
        return Err(notice_changed());
    }
    let submission = submission(sent, &profile.profile().questions)?;
    let receipt = web.app.submit(&visitor.actor, &recruitment, submission).await?;
    Ok(created(Acknowledged {
        label: receipt.label,
        receipt_code: receipt.receipt_code.to_string(),
        entry: receipt.entry,
        held: receipt.held,
    }))
}

fn submission(mut sent: Zeroizing<NewApplication>, questions: &[Question]) -> Result<Submission, Problem> {
    for (field, value) in [("name", &sent.name), ("email", &sent.email)] {
        if value.trim().is_empty() {
            return Err(invalid(
                &format!("Fältet {field} saknas."),
                &format!("The field {field} is missing."),
            ));
        }
    }
    if !is_address(sent.email.trim()) {
        return Err(invalid("email är ingen e-postadress.", "email is no e-mail address."));
    }
    let fields = [
        ("name", &sent.name),
        ("email", &sent.email),
        ("phone", &sent.phone),
        ("street", &sent.street),
        ("postcode", &sent.postcode),
        ("town", &sent.town),
    ];
    for (field, value) in fields.into_iter().chain(sent.links.iter().map(|link| ("links", link))) {
        if value.chars().count() > FIELD_CHARS_MAX || value.chars().any(char::is_control) {
            return Err(invalid(
                &format!("{field} är längre än {FIELD_CHARS_MAX} tecken eller har ett styrtecken i sig."),
                &format!("{field} is longer than {FIELD_CHARS_MAX} characters or holds a control character."),
            ));
        }
    }
    if sent.links.len() > LINKS_MAX {
        return Err(invalid(&format!("Högst {LINKS_MAX} länkar."), &format!("At most {LINKS_MAX} links.")));
    }
    // An answer to a question that was not asked would never be read.
    if sent.answers.keys().any(|id| questions.iter().all(|question| question.id != *id)) {
        return Err(invalid(
            "answers har svar på en fråga som inte ställs. GET /api/v1/recruitments har frågornas id.",
            "answers holds an answer to a question that is not asked. GET /api/v1/recruitments has the ids.",
        ));
    }
    let (mut answers, mut placements) = (take(&mut sent.answers), take(&mut sent.placements));
    let mut sections = Vec::new();
    let mut add = |kind, question: Option<String>, text: String| {
        if !text.trim().is_empty() {
            sections.push(Section { kind, question, text: Pii::new(one_kind_of_line_end(text)) });
        }
    };
    add(SectionKind::Letter, None, take(&mut sent.letter));
    add(SectionKind::Cv, None, take(&mut sent.cv));
    for question in questions {
        if let Some(answer) = answers.remove(&question.id) {
            add(SectionKind::Answer, Some(question.id.clone()), answer);
        }
    }
    // Chosen twice is chosen.
    placements.sort();
    placements.dedup();
    let trimmed = |text: &String| text.trim().to_owned();
    Ok(Submission {
        received: Received {
            known: Known {
                name: trimmed(&sent.name),
                email: trimmed(&sent.email),
                phone: trimmed(&sent.phone),
                street: trimmed(&sent.street),
                postcode: trimmed(&sent.postcode),
                town: trimmed(&sent.town),
                links: sent.links.iter().map(trimmed).filter(|link| !link.is_empty()).collect(),
                other: Vec::new(),
            },
            sections,
        },
        placements: placements.into_iter().map(PlacementId::new).collect(),
        language: match sent.language {
            Language::Sv => Lang::Sv,
            Language::En => Lang::En,
        },
        ai_free: sent.ai_free,
        label_seed: None,
        draft: None,
    })
}

/// Something on both sides of one `@`. Whether post arrives is seen when it is sent.
fn is_address(text: &str) -> bool {
    let mut sides = text.split('@');
    let side = |side: Option<&str>| side.is_some_and(|s| !s.is_empty() && !s.contains(char::is_whitespace));
    side(sides.next()) && side(sides.next()) && sides.next().is_none()
}

fn protected(recruitment: &RecruitmentId) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "protected-identity",
        (
            "Skicka ingen ansökan här",
            &format!(
                "Inget har sparats. Ring i stället: kontaktuppgifterna finns på /sok/{recruitment}/skyddad."
            ),
        ),
        (
            "Do not send an application here",
            &format!(
                "Nothing was stored. Telephone instead: the contact details are at /sok/{recruitment}/skyddad."
            ),
        ),
    )
}

fn notice_changed() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "notice-changed",
        (
            "Informationen till sökande har en annan version",
            &format!(
                "Visa version {NOTICE_VERSION} för den sökande och skicka den versionen. Inget har sparats."
            ),
        ),
        (
            "The notice to applicants has another version",
            &format!(
                "Show version {NOTICE_VERSION} to the applicant and send that version. Nothing was stored."
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions() -> Vec<Question> {
        let text = || Text { sv: "Varför?".into(), en: "Why?".into() };
        vec![Question { id: "F1".into(), text: text() }, Question { id: "F2".into(), text: text() }]
    }

    fn sent() -> NewApplication {
        NewApplication {
            protected_identity: Some(false),
            notice_version: NOTICE_VERSION.into(),
            name: " Tuva Påhittad ".into(),
            email: "tuva@example.org".into(),
            placements: vec!["p2".into(), "p1".into(), "p2".into()],
            cv: "Praktik\r\nStudier".into(),
            answers: BTreeMap::from([("F2".into(), "Två".into()), ("F1".into(), "Ett".into())]),
            ..NewApplication::default()
        }
    }

    #[test]
    fn parts_come_in_reading_order_and_nothing_is_lost() {
        let ready = submission(Zeroizing::new(sent()), &questions()).expect("complete");
        let parts: Vec<(SectionKind, Option<&str>, &str)> = ready
            .received
            .sections
            .iter()
            .map(|s| (s.kind, s.question.as_deref(), s.text.clear_text()))
            .collect();
        assert_eq!(
            parts,
            [
                (SectionKind::Cv, None, "Praktik\nStudier"),
                (SectionKind::Answer, Some("F1"), "Ett"),
                (SectionKind::Answer, Some("F2"), "Två"),
            ]
        );
        assert_eq!(ready.received.known.name, "Tuva Påhittad");
        let chosen: Vec<&str> = ready.placements.iter().map(PlacementId::as_str).collect();
        assert_eq!(chosen, ["p1", "p2"]);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_to_mend() {
        let refused = |change: fn(&mut NewApplication)| {
            let mut application = sent();
            change(&mut application);
            let problem = submission(Zeroizing::new(application), &questions()).err().expect("refused");
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
            problem.text(Lang::En).1.to_owned()
        };
        assert!(refused(|a| a.name = "  ".into()).contains("name"));
        assert!(refused(|a| a.email = "tuva".into()).contains("email"));
        assert!(refused(|a| a.email = "a@b@c".into()).contains("email"));
        assert!(refused(|a| a.phone = "0".repeat(301)).contains("phone"));
        assert!(refused(|a| a.town = "a\0b".into()).contains("town"));
        assert!(refused(|a| a.links = vec!["https://example.org".into(); 21]).contains("links"));
        let strange = refused(|a| {
            a.answers.insert("F9".into(), "hemlig mening".into());
        });
        assert!(strange.contains("answers") && !strange.contains("F9") && !strange.contains("hemlig"));
    }

    #[test]
    fn an_unknown_field_is_not_taken_in_silently() {
        let parse = |text: &str| serde_json::from_str::<NewApplication>(text);
        assert!(parse(r#"{"protected_identity": true}"#).is_ok());
        assert!(parse(r#"{"protected_identity": false, "personnummer": "1"}"#).is_err());
        assert!(parse(r#"{"protected_identity": "no"}"#).is_err());
    }
}
