//! This host as a witness of other municipalities' logs: what a request for a cosignature is answered.

use super::App;
use crate::guard::audit::cosign::Cosigner;
use crate::guard::audit::note::Vkey;
use crate::guard::audit::witness::{Denied, Request, Witness};

/// A witness with its key and the logs that it watches.
#[derive(Debug)]
pub struct Watch {
    /// Where it keeps the newest heads.
    pub witness: Witness,
    /// With what it cosigns.
    pub cosigner: Cosigner,
    /// Which logs it watches.
    pub logs: Vec<Vkey>,
}

/// What a request is answered, as C2SP `tlog-witness` tells it apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The signature line.
    Cosigned(String),
    /// The head that is kept has this size.
    OtherSize(u64),
    /// A status (400, 403, 404, 409, 422, 500) with the reason.
    Refused(u16, String),
}

impl App {
    /// Makes this host a witness. Only the first call counts.
    pub fn watch(&self, watch: Watch) {
        let _ = self.watch.set(std::sync::Arc::new(watch));
    }

    /// Answers a request for a cosignature. It asks no policy and writes no entry: a head of another log
    /// is no personal data, and what was cosigned is kept by the witness itself.
    pub async fn cosign(&self, body: Vec<u8>) -> Answer {
        let Some(watch) = self.watch.get().cloned() else {
            return Answer::Refused(404, "this host watches no log".into());
        };
        let at = u64::try_from(self.now().0 / 1_000_000).unwrap_or(0);
        let judged = tokio::task::spawn_blocking(move || {
            let request = Request::parse(&body)?;
            watch.witness.cosign(&watch.cosigner, &watch.logs, &request, at)
        });
        match judged.await {
            Ok(judged) => answer(judged),
            Err(_) => Answer::Refused(500, "the work was interrupted; try again".into()),
        }
    }
}

fn answer(judged: Result<String, Denied>) -> Answer {
    let error = match judged {
        Ok(line) => return Answer::Cosigned(line),
        Err(Denied::OtherSize(size)) => return Answer::OtherSize(size),
        Err(error) => error,
    };
    match &error {
        Denied::Malformed(_) => Answer::Refused(400, error.to_string()),
        Denied::UnknownLog => Answer::Refused(404, error.to_string()),
        Denied::Unsigned(_) => Answer::Refused(403, error.to_string()),
        Denied::Inconsistent(_) => Answer::Refused(422, error.to_string()),
        Denied::Forked { size, .. } => {
            tracing::error!(%error, "a watched log contradicts itself");
            Answer::Refused(
                409,
                format!("the log is forked: two signed heads of {size} entries contradict each other"),
            )
        }
        Denied::OtherSize(_) | Denied::RolledBack { .. } | Denied::Io { .. } | Denied::Damaged(_) => {
            tracing::error!(%error, "the witness cannot answer");
            Answer::Refused(500, "the witness cannot answer now; nothing was cosigned".into())
        }
    }
}
