//! Erasing an application for good (gallring, GDPR Art. 17), and answering a request for it with a no.
//!
//! ```text
//! 1  asked: the gate says yes, the entry and the tombstone are written        one transaction
//! 2  listed: one line in the list of erasures, outside every backup           one file, synced
//! 3  the keys of identity and content are destroyed                           one transaction
//! 4  the sealed details of the log's entries about the person are deleted     found with the tag key
//! 5  the tag key is destroyed: no two entries can be linked any more          one transaction
//! 6  every row goes, a shell stays, the entry that is the receipt is written  one transaction
//! 7  what was deleted is taken out of the files, too
//! ```
//!
//! Each step may run again. A crash after the first leaves a tombstone that is not finished, and the next start
//! goes on from it; before the first nothing has happened. From step 3 on nothing that the person wrote can be
//! read, whatever else is left. An entry that somebody else's request writes between 4 and 5 keeps its sealed
//! details as bytes that no key opens.

use serde_json::json;

use super::review::long_enough;
use super::{App, CaseError, Conflict, Invalid, place};
use crate::guard::access::{Access, Act, Actor, Answering, Disposal, Erase, Job, OwnData, SystemFacts};
use crate::guard::audit::Leaf;
use crate::guard::erasures::{ErasureList, ListError, Listed, Tombstone, mark};
use crate::guard::pii::{Disclosed, Pii, StaffNote};
use crate::guard::vault::{DataKey, KeyKind, Place};
use crate::store::erasure::{Erasing, Shell};
use crate::subject::id::{ApplicationId, SubjectId};

pub use crate::store::erasure::WaitingRequest;

/// Why an application may be erased. The code stays in the log when everything else is gone, so it is one of a
/// closed list and no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The applicant asked, and nothing requires the record to be kept (Art. 17.1).
    Request,
    /// Its time for disposal has come (gallringsfrist).
    Expired,
    /// It came to the wrong place and is of minor importance (ringa betydelse).
    Misdirected,
    /// It was processed unlawfully (Art. 17.1 d).
    Unlawful,
    /// It is invented: a test or a demonstration.
    Invented,
}

impl Ground {
    /// Every ground, the commonest first.
    pub const ALL: [Ground; 5] =
        [Self::Request, Self::Expired, Self::Misdirected, Self::Unlawful, Self::Invented];

    /// The stored name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Expired => "expired",
            Self::Misdirected => "misdirected",
            Self::Unlawful => "unlawful",
            Self::Invented => "invented",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }
}

/// A finished erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The number of the log entry that is the applicant's receipt.
    pub entry: u64,
    /// Whether the files, too, are rid of what was deleted. `false`: a reader held it up; ciphertext without a
    /// key waits in them for the next erasure or start.
    pub out_of_the_files: bool,
}

/// What settling found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Listed erasures whose person was in the database again.
    pub again: u64,
    /// Erasures that a crash had interrupted.
    pub finished: u64,
    /// Tombstones that the list did not hold.
    pub listed: u64,
    /// Lines of the list that are not believed.
    pub damaged: u64,
    /// Finished erasures whose receipt's number a crash had kept from being noted.
    pub numbered: u64,
}

/// An answer, for the applicant.
pub struct OwnAnswer {
    /// The request's id.
    pub request: String,
    /// Whether it was refused.
    pub refused: bool,
    /// Why.
    pub reason: Option<Pii<StaffNote>>,
    /// When.
    pub answered_at: crate::clock::Moment,
}

impl OwnAnswer {
    /// The reason, for the applicant's own page.
    #[must_use]
    pub fn reason<'a>(&'a self, access: &Access<OwnData>) -> Option<Disclosed<'a>> {
        self.reason.as_ref().map(|reason| reason.disclose(access))
    }
}

/// The longest reason: some thousand letters, short enough for a log entry to hold it.
const REASON_BYTES_MAX: usize = 8000;
/// Entries of the log that are looked through at a time.
const PAGE: u32 = 1000;

/// Whether a reason says something and fits into an entry.
fn fit(reason: &Pii<StaffNote>) -> Result<(), CaseError> {
    if !long_enough(reason) {
        return Err(CaseError::Invalid(Invalid::NoReason));
    }
    if reason.len() > REASON_BYTES_MAX {
        return Err(CaseError::Invalid(Invalid::TooLong));
    }
    Ok(())
}

fn answer_place(request: &str) -> String {
    format!("rights_answers.reason/{request}")
}

impl App {
    /// Says where the list of erasures is. Without it nothing is erased.
    pub fn keep_erasures_in(&self, list: std::path::PathBuf) {
        let _ = self.erasures.set(ErasureList::at(list));
    }

    fn erasure_list(&self) -> Result<&ErasureList, CaseError> {
        Ok(self.erasures.get().ok_or(ListError::None)?)
    }

    /// Copies what is listed into another list, such as one on another disk. Gives how many it holds then.
    ///
    /// # Errors
    /// When either cannot be read or written.
    pub fn copy_erasures(&self, to: &ErasureList) -> Result<u64, CaseError> {
        let listed = self.erasure_list()?.read(&self.vault)?;
        to.add(&self.vault, &listed.erasures)?;
        Ok(to.read(&self.vault)?.erasures.len() as u64)
    }

    /// Takes what another list holds into this installation's own, and says how many of its lines are not
    /// believed.
    ///
    /// # Errors
    /// When either cannot be read or written.
    pub fn take_erasures(&self, from: &ErasureList) -> Result<u64, CaseError> {
        let listed = from.read(&self.vault)?;
        self.erasure_list()?.add(&self.vault, &listed.erasures)?;
        Ok(listed.damaged)
    }

    /// The requests for erasure that wait.
    ///
    /// # Errors
    /// When the gate refuses.
    pub async fn erasures_waiting(&self, actor: &Actor) -> Result<Vec<WaitingRequest>, CaseError> {
        let access = self.admit::<Disposal>(actor, SystemFacts, Act::new("erasures.listed")).await?;
        Ok(self.db.waiting_erasures(&access).await?)
    }

    /// Erases what a request is about, and answers it so.
    ///
    /// # Errors
    /// When the gate refuses (a legal hold), the request was answered already, or there is no reason.
    pub async fn grant_erasure(
        &self,
        actor: &Actor,
        request: &str,
        ground: Ground,
        reason: &Pii<StaffNote>,
    ) -> Result<Erased, CaseError> {
        let application = self.requested(request).await?;
        self.erase_now(actor, &application, Some(request), ground, reason).await
    }

    /// The application that a request is about. Whether the request still waits is only told to whom the
    /// policies let answer it, unless the application is gone for everybody.
    async fn requested(&self, request: &str) -> Result<ApplicationId, CaseError> {
        let (application, waits) = self.db.erasure_request(request).await?;
        if !waits && self.db.application_facts(&application).await.is_err() {
            return Err(CaseError::Conflict(Conflict::AlreadyDecided));
        }
        Ok(application)
    }

    /// Erases one application, without a request.
    ///
    /// # Errors
    /// When the gate refuses (a legal hold) or there is no reason.
    pub async fn erase(
        &self,
        actor: &Actor,
        application: &ApplicationId,
        ground: Ground,
        reason: &Pii<StaffNote>,
    ) -> Result<Erased, CaseError> {
        self.erase_now(actor, application, None, ground, reason).await
    }

    /// The application with a label, when there is exactly one.
    ///
    /// # Errors
    /// When there is none, or several recruitments have one.
    pub async fn application_labelled(&self, label: &str) -> Result<ApplicationId, CaseError> {
        let mut found = self.db.by_label_anywhere(&label.trim().to_uppercase()).await?;
        match (found.pop(), found.pop()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => {
                Err(CaseError::NotFound("one application: several recruitments have this label"))
            }
            _ => Err(CaseError::NotFound("application")),
        }
    }

    async fn erase_now(
        &self,
        actor: &Actor,
        application: &ApplicationId,
        request: Option<&str>,
        ground: Ground,
        reason: &Pii<StaffNote>,
    ) -> Result<Erased, CaseError> {
        self.erasure_list()?;
        let facts = self.db.application_facts(application).await?;
        fit(reason)?;
        // The reason goes with the person's keys; the ground stays. When the gate refuses, both stay.
        let detail = json!({ "ground": ground.code(), "reason": reason.clear_text() });
        let act = Act::new("application.erasure_begun").detail(detail);
        let (access, mut tx) = self.admit_to_change::<Erase>(actor, facts, act).await?;
        let staff = access.staff().map(|member| member.staff.clone());
        if let Some(request) = request
            && !tx.grant_request(&access, request, staff.as_ref()).await?
        {
            return Err(CaseError::Conflict(Conflict::AlreadyDecided));
        }
        let mark = mark(&self.vault, &access.target().subject);
        let erasing = tx.begin_erasure(&access, mark, ground.code()).await?;
        tx.commit().await?;
        let finished = self.finish_erasure(actor, &erasing).await?;
        let out_of_the_files = self.db.forget_deleted().await?;
        let entry = match finished {
            Some(entry) => entry,
            // Another process finished it in the meantime.
            None => self.db.erasure_entry(&mark).await?.ok_or(CaseError::Interrupted)?,
        };
        Ok(Erased { entry, out_of_the_files })
    }

    /// Steps 2 to 6. `None` when another process was first with the last.
    async fn finish_erasure(&self, actor: &Actor, erasing: &Erasing) -> Result<Option<u64>, CaseError> {
        self.erasure_list()?.add(&self.vault, &[erasing.tombstone()])?;
        let mut tx = self.db.begin().await?;
        tx.destroy_keys(erasing, &[KeyKind::Identity, KeyKind::Content]).await?;
        tx.commit().await?;
        self.drop_details_of(erasing).await?;
        let mut tx = self.db.begin().await?;
        tx.destroy_keys(erasing, &KeyKind::ALL).await?;
        tx.commit().await?;
        self.leave_shell(actor, erasing).await
    }

    /// Step 4. Without the tag key the details are found by nobody and opened by nobody: then this step is over.
    async fn drop_details_of(&self, erasing: &Erasing) -> Result<(), CaseError> {
        let Some(wrapped) = self.db.tag_key_for_erasure(erasing).await? else { return Ok(()) };
        let Ok(key) = self.vault.unwrap_key(erasing.subject(), KeyKind::Tag, &wrapped) else {
            tracing::warn!(
                "the tag key of an application that is erased does not open; its log details stay sealed"
            );
            return Ok(());
        };
        let mut from = 0;
        loop {
            let page = self.db.leaves_for_erasure(erasing, from, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = last + 1;
            let theirs: Vec<u64> =
                page.iter().filter(|(_, bytes)| self.is_about(&key, bytes)).map(|(seq, _)| *seq).collect();
            if !theirs.is_empty() {
                let mut tx = self.db.begin().await?;
                tx.drop_details(erasing, &theirs).await?;
                tx.commit().await?;
            }
        }
    }

    /// Whether an entry is about the person whose tag key this is. A leaf that cannot be read is about nobody.
    fn is_about(&self, key: &DataKey, leaf: &[u8]) -> bool {
        Leaf::parse(leaf).is_ok_and(|leaf| {
            leaf.entry.subject_tag == Some(self.vault.subject_tag(key, leaf.event.as_bytes()))
        })
    }

    /// Step 6, tried again when a request that was already under way wrote one more row in between.
    async fn leave_shell(&self, actor: &Actor, erasing: &Erasing) -> Result<Option<u64>, CaseError> {
        const TRIES: u32 = 5;
        let mut tried = 0;
        loop {
            tried += 1;
            match self.try_to_leave_shell(actor, erasing).await {
                Err(CaseError::Store(_)) if tried < TRIES => {}
                other => return other,
            }
        }
    }

    async fn try_to_leave_shell(&self, actor: &Actor, erasing: &Erasing) -> Result<Option<u64>, CaseError> {
        let shell = Shell {
            application: ApplicationId::new(self.chance.uuid()?),
            subject: SubjectId::new(self.chance.uuid()?),
            label: format!("raderad-{}", hex::encode(self.chance.bytes::<6>()?)),
            no_receipt: self.chance.bytes::<32>()?,
        };
        let mut tx = self.db.begin().await?;
        if !tx.leave_shell(erasing, &shell, self.clock.now()).await? {
            return Ok(None);
        }
        // About no person: the entry must be readable when the person's keys are gone.
        let detail = json!({ "ground": erasing.ground() });
        let kept = self.note(&mut tx, actor, "retention", "application.erased", &SystemFacts, detail).await?;
        tx.note_erasure_event(erasing, kept.event).await?;
        let entry = tx.commit().await?.entry().ok_or(CaseError::Journal)?;
        // A crash here leaves the erasure finished and its entry known by its id: the next start notes the number.
        self.db.set_erasure_entry(&erasing.tombstone().mark, entry).await?;
        Ok(Some(entry))
    }

    /// Answers a request for erasure with a no. The applicant reads the reason, and how to appeal, on the own
    /// page (avslag med överklagandehänvisning).
    ///
    /// # Errors
    /// When the gate refuses, the request was answered already, or the reason is too short or too long.
    pub async fn refuse_erasure(
        &self,
        actor: &Actor,
        request: &str,
        reason: &Pii<StaffNote>,
    ) -> Result<(), CaseError> {
        let application = self.requested(request).await?;
        let facts = self.db.application_facts(&application).await?;
        fit(reason)?;
        let act = Act::new("erasure.refused").detail(json!({ "request": request }));
        let (access, mut tx) = self.admit_to_change::<Answering>(actor, facts, act).await?;
        let key = self.key(&access, KeyKind::Tag).await?;
        let field = answer_place(request);
        let at = Place { field: &field, ..place(access.target(), "") };
        let sealed = self.vault.seal_pii(&key, &at, reason)?;
        let staff = access.staff().map(|member| member.staff.clone());
        if !tx.answer_request(&access, request, staff.as_ref(), &sealed).await? {
            return Err(CaseError::Conflict(Conflict::AlreadyDecided));
        }
        tx.commit().await?;
        Ok(())
    }

    /// The answers to the applicant's own requests for erasure.
    ///
    /// # Errors
    /// When a reason cannot be opened.
    pub(super) async fn own_answers(&self, access: &Access<OwnData>) -> Result<Vec<OwnAnswer>, CaseError> {
        let rows = self.db.own_answers(access).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.key(access, KeyKind::Tag).await?;
        rows.into_iter()
            .map(|row| {
                let field = answer_place(&row.request);
                let at = Place { field: &field, ..place(access.target(), "") };
                let reason = match &row.reason {
                    Some(sealed) => Some(self.vault.open_pii(&key, &at, sealed)?),
                    None => None,
                };
                let refused = row.outcome == "refused";
                Ok(OwnAnswer { request: row.request, refused, reason, answered_at: row.answered_at })
            })
            .collect()
    }

    // ---- after a crash or a restore -----------------------------------------------------------------

    /// Brings list and database together before anything is served: erases again who is listed and there again,
    /// finishes what was interrupted, and lists what the list does not hold.
    ///
    /// # Errors
    /// When the list cannot be read or written, or an erasure cannot be finished: then nothing may be served.
    pub async fn settle_erasures(&self) -> Result<Settled, CaseError> {
        let list = self.erasure_list()?;
        let Listed { erasures, damaged } = list.read(&self.vault)?;
        let listed = list.add(&self.vault, &self.db.tombstones().await?)?;
        // Before anybody is erased again, which is a receipt of its own.
        let numbered = self.db.set_erasure_entries().await?;
        let mut settled = Settled { listed, damaged, numbered, ..Settled::default() };
        settled.again = self.erase_listed(&erasures).await?;
        let actor = Actor::Job(Job::Retention);
        for erasing in self.db.unfinished_erasures().await? {
            if self.finish_erasure(&actor, &erasing).await?.is_some() {
                settled.finished += 1;
            }
        }
        if settled.finished > 0 {
            self.db.forget_deleted().await?;
        }
        Ok(settled)
    }

    /// Writes the tombstones of those who are listed and in the database again.
    async fn erase_listed(&self, erasures: &[Tombstone]) -> Result<u64, CaseError> {
        if erasures.is_empty() {
            return Ok(0);
        }
        let marks: std::collections::BTreeMap<[u8; 32], &Tombstone> =
            erasures.iter().map(|one| (one.mark, one)).collect();
        let mut back = Vec::new();
        for (application, subject) in self.db.living_subjects().await? {
            if let Some(one) = marks.get(&mark(&self.vault, &subject)) {
                back.push((*one, application, subject));
            }
        }
        if back.is_empty() {
            return Ok(0);
        }
        let act = Act::new("erasures.replayed").detail(json!({ "count": back.len() }));
        let (access, mut tx) =
            self.admit_to_change::<Disposal>(&Actor::Job(Job::Retention), SystemFacts, act).await?;
        for (one, application, subject) in &back {
            tx.erase_again(&access, one, application, subject).await?;
        }
        tx.commit().await?;
        Ok(back.len() as u64)
    }
}
