//! Requests by applicants: access, erasure, review without AI, withdrawal.

use crate::clock::Moment;
use crate::guard::access::{Access, Oversight, OwnData};

use super::{Db, StoreError, Tx};

statements! {
    PUT_REQUEST = "INSERT INTO rights_requests (id, application_id, kind, state, received_at, due_on) VALUES ($1, $2, $3, $4, $5, $6)";
    OWN_REQUESTS = "SELECT r.id, a.label, r.kind, r.state, r.received_at, r.due_on FROM rights_requests r JOIN applications a ON a.id = r.application_id WHERE r.application_id = $1 ORDER BY r.received_at, r.id";
    ALL_REQUESTS = "SELECT r.id, a.label, r.kind, r.state, r.received_at, r.due_on FROM rights_requests r JOIN applications a ON a.id = r.application_id ORDER BY r.received_at DESC, r.id LIMIT 500";
}

/// What an applicant asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightKind {
    /// A copy of everything (registerutdrag, GDPR Art. 15).
    Access,
    /// Erasure (Art. 17), which for a public record ends in a decision.
    Erasure,
    /// Review without AI (Art. 21).
    AiFree,
    /// Leave the selection.
    Withdrawal,
}

impl RightKind {
    /// The stored name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Erasure => "erasure",
            Self::AiFree => "ai_free",
            Self::Withdrawal => "withdrawal",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "access" => Some(Self::Access),
            "erasure" => Some(Self::Erasure),
            "ai_free" => Some(Self::AiFree),
            "withdrawal" => Some(Self::Withdrawal),
            _ => None,
        }
    }
}

/// A stored request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Case id.
    pub id: String,
    /// The application's label.
    pub label: String,
    /// What is asked for.
    pub kind: RightKind,
    /// `received` or `done`.
    pub state: String,
    /// When it came in.
    pub received_at: Moment,
    /// Last day to answer, `YYYY-MM-DD`.
    pub due_on: String,
}

type Row = (String, String, String, String, i64, String);

fn request(row: Row) -> Result<Request, StoreError> {
    let (id, label, kind, state, at, due_on) = row;
    let kind = RightKind::parse(&kind).ok_or(StoreError::Damaged("rights_requests.kind"))?;
    Ok(Request { id, label, kind, state, received_at: Moment(at), due_on })
}

impl Tx {
    /// Registers a request of the applicant that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_request(
        &mut self,
        access: &Access<OwnData>,
        id: &str,
        kind: RightKind,
        done: bool,
        due_on: &str,
    ) -> Result<(), StoreError> {
        let state = if done { "done" } else { "received" };
        in_tx!(self, c => sqlx::query(PUT_REQUEST).bind(id).bind(access.target().id.as_str()).bind(kind.code())
            .bind(state).bind(access.at().0).bind(due_on).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Db {
    /// The requests of the applicant that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn own_requests(&self, access: &Access<OwnData>) -> Result<Vec<Request>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, c => sqlx::query_as(OWN_REQUESTS)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        rows.into_iter().map(request).collect()
    }

    /// The newest requests of all, for the data-protection officer.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn all_requests(&self, _access: &Access<Oversight>) -> Result<Vec<Request>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, c => sqlx::query_as(ALL_REQUESTS).fetch_all(c).await)?;
        rows.into_iter().map(request).collect()
    }
}
