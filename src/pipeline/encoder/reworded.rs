//! A passage whose words were changed so that they say the same: what a second reading is made of. It comes out of
//! a [`Passage`] and nothing else, so the encoder still sees no text that was not pseudonymised.

use zeroize::Zeroizing;

use super::{BatchError, Embedding, Encoder, Passage};
use crate::pipeline::variants::Wording;
use crate::subject::words::Lang;

/// A passage in other words. Overwritten on drop; it cannot be printed.
pub struct Reworded(Zeroizing<String>);

impl Passage<'_> {
    /// This passage in other words; `None` when nothing in it changes.
    #[must_use]
    pub fn reworded(&self, wording: Wording, lang: Lang) -> Option<Reworded> {
        wording.put(self.text, lang).map(Reworded)
    }
}

impl Reworded {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Reworded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reworded(redacted)")
    }
}

impl Encoder {
    /// The vectors of passages in other words, in their order.
    ///
    /// # Errors
    /// The first one, by its place, that cannot be embedded; no vectors then.
    pub fn embed_reworded(&self, passages: &[&Reworded]) -> Result<Vec<Embedding>, BatchError> {
        self.embed_windows(&passages.iter().map(|passage| passage.0.as_str()).collect::<Vec<_>>())
    }
}
