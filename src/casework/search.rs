//! A reader searches for words in what he or she has read.
//!
//! Who marks finds only applications that he or she has marked blind; who decides, and does not mark, those that he
//! or she has opened. So a search finds again and selects nobody unread, and the result has the reader's own
//! shuffle: an order by relevance would be a second ranking, without a profile.
//!
//! The log has an entry for the search, one for each application whose text was searched, and one with the
//! number found. Nothing is released before all of them are durable; a crash in between leaves entries of a search
//! that showed nothing. The words themselves stand in no entry: the first one holds their salted digest, so that
//! whoever may open the log's details can test a word and read none.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::ranking::place_in_shuffle;
use super::review::disclosed;
use super::{App, CaseError, Invalid};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Refusal, Review, Search};
use crate::guard::pii::Disclosed;
use crate::pipeline::pseudonymise::Pseudonymous;
use crate::pipeline::search::{QUERY_CHARS_MAX, Query, RefusedQuery, normal_query};
use crate::store::recruitments::Placement;
use crate::subject::id::{ApplicationId, PlacementId};
use crate::subject::role::Role;

/// The answer to a search.
pub struct SearchView {
    /// The placement.
    pub placement: Placement,
    /// Whether anything was asked for.
    pub asked: bool,
    /// How many applications were searched: those that this reader has read.
    pub searched: usize,
    /// Those with every word, in this reader's own shuffle.
    pub found: Vec<SearchHit>,
}

/// One application with the words.
pub struct SearchHit {
    access: Access<Review>,
    text: Pseudonymous,
    passages: Vec<Range<usize>>,
}

impl SearchHit {
    /// Which.
    #[must_use]
    pub fn id(&self) -> &ApplicationId {
        &self.access.target().id
    }

    /// The label that people see.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.access.target().label
    }

    /// The passages with the words, in the order of the text, with their first byte.
    #[must_use]
    pub fn passages(&self) -> Vec<(usize, Disclosed<'_>)> {
        let shown = |place: &Range<usize>| {
            let words = self.text.text().get(place.clone())?;
            Some((place.start, disclosed(&self.access, words)))
        };
        self.passages.iter().filter_map(shown).collect()
    }
}

impl App {
    /// Searches what a member of staff has read of one placement. Without words it only says that one may.
    ///
    /// # Errors
    /// [`CaseError::SearchRefused`] when the words would select people on sensitive data: the refusal is in the
    /// log then. [`CaseError::Invalid`] over the limit. Otherwise when the gate refuses or something cannot be read.
    pub async fn search(
        &self,
        actor: &Actor,
        placement: &PlacementId,
        text: &str,
    ) -> Result<SearchView, CaseError> {
        let facts = self.db.placement_facts(placement).await?;
        let reader = match actor {
            Actor::Staff(member) => member.staff.to_string(),
            _ => "nobody".to_owned(),
        };
        let seed = self.shuffle_seed(placement, &reader);
        let too_long = text.chars().count() > QUERY_CHARS_MAX;
        let query = if too_long { Query::admit("") } else { Query::admit(text) };
        let query = match query {
            Ok(query) => query,
            Err(refused) => return Err(self.refuse_search(actor, placement, text, refused).await),
        };
        let act = if query.is_empty() {
            Act::new("search.form_shown")
        } else {
            let (digest, salt) = self.query_digest(text)?;
            Act::new("search.asked")
                .detail(json!({ "query": digest, "salt": salt, "refused": false, "shuffle": seed }))
        };
        let access = self.admit::<Search>(actor, facts, act).await?;
        if too_long {
            return Err(CaseError::Invalid(Invalid::QueryTooLong));
        }
        let row = self.db.placement(placement).await?;
        let mut view =
            SearchView { placement: row, asked: !query.is_empty(), searched: 0, found: Vec::new() };
        if !view.asked {
            return Ok(view);
        }
        let admitted = self.admit_to_read(actor, &access, &seed).await?;
        view.searched = admitted.len();
        for access in admitted {
            let Some(text) = self.pseudonymous(&access).await? else { continue };
            let passages = query.passages(&text);
            if !passages.is_empty() {
                view.found.push(SearchHit { access, text, passages });
            }
        }
        let mut tx = self.db.begin().await?;
        let counts = json!({
            "asked": access.event().to_string(), "searched": view.searched, "found": view.found.len(),
        });
        self.note(&mut tx, actor, "search", "search.answered", access.target(), counts).await?;
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        Ok(view)
    }

    /// Puts the refusal in the log, by the policy that forbids such a search, and says why.
    async fn refuse_search(
        &self,
        actor: &Actor,
        placement: &PlacementId,
        text: &str,
        refused: RefusedQuery,
    ) -> CaseError {
        let asked = async {
            let facts = self.db.placement_facts(placement).await?;
            let (digest, salt) = self.query_digest(text)?;
            let act = Act::new("search.asked").sensitive(true).detail(json!({
                "query": digest, "salt": salt, "refused": true, "ground": refused.ground.code(),
            }));
            self.admit::<Search>(actor, facts, act).await
        };
        match asked.await {
            Ok(_) | Err(CaseError::Refused(Refusal::Denied { .. })) => CaseError::SearchRefused(refused),
            Err(other) => other,
        }
    }

    /// SHA-256 over a salt of this search alone, a zero byte and the words without case and marks.
    fn query_digest(&self, text: &str) -> Result<(String, String), CaseError> {
        let salt = hex::encode(self.chance.bytes::<16>()?);
        let digest =
            Sha256::new().chain_update(&salt).chain_update([0]).chain_update(normal_query(text)).finalize();
        Ok((hex::encode(digest), salt))
    }

    /// Admits the reader to each application that he or she has read, one by one and in one transaction: the
    /// entries are durable when this returns. Who is partial in one, or finds it withdrawn, is not admitted to it.
    async fn admit_to_read(
        &self,
        actor: &Actor,
        search: &Access<Search>,
        seed: &str,
    ) -> Result<Vec<Access<Review>>, CaseError> {
        let Some(member) = search.staff() else { return Ok(Vec::new()) };
        let read = if member.role == Role::HiringManager {
            self.db.opened_by(search, &member.staff).await?
        } else {
            self.db.revealed_to(search, &member.staff).await?
        };
        let mut ids: Vec<ApplicationId> = read.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        ids.sort_by_key(|id| place_in_shuffle(seed, id));
        let mut targets: Vec<ApplicationFacts> = Vec::new();
        for id in ids {
            let facts = self.db.application_facts(&id).await?;
            let gone = matches!(facts.state.as_str(), "withdrawn" | "erased");
            if !gone && !facts.conflicts.contains(&member.staff) {
                targets.push(facts);
            }
        }
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let mut admitted = Vec::new();
        let mut tx = self.db.begin().await?;
        for facts in targets {
            let act = Act::new("application.searched").detail(json!({ "asked": search.event().to_string() }));
            match self.gate.admit::<Review, _>(&mut tx, &self.vault, actor, facts, act).await {
                Ok(access) => admitted.push(access),
                // Declared or withdrawn since the facts were read: the refusal is kept, the text is not opened.
                Err(Refusal::Denied { .. }) => {}
                Err(failed @ Refusal::Journal(_)) => return Err(failed.into()),
            }
        }
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        Ok(admitted)
    }
}
