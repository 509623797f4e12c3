//! What is believed of an organisation's OpenID Connect provider, and why.
//!
//! Staff may sign in through their own organisation. This folder holds everything about it that
//! needs neither network nor database: the settings ([`settings`]), where the browser is sent and
//! what it may bring back ([`flow`]), what a provider says about itself ([`metadata`]), signatures
//! ([`jose`]) and the claims of an ID token ([`token`]). `casework::federation` puts them in order.
//!
//! Nothing here guesses: a member that is missing, doubled, of another type or not on a list refuses
//! the sign-in, and every refusal is a [`Distrust`] with a code for the log. A refusal never repeats
//! what the provider or the browser said.
//!
//! Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, 7515, 7517, 7518, 7636 (PKCE), 8725
//! (JWT practice), 9207 (`iss` in the answer), 9700 (OAuth security practice).

pub mod address;
pub mod flow;
pub mod jose;
pub mod metadata;
pub mod settings;
pub mod token;

pub use address::Address;
pub use settings::{Provider, Settings, SettingsError};

/// Seconds by which a provider's clock may differ from ours.
pub const SKEW_SECONDS: i64 = 60;

macro_rules! distrusts {
    ($($(#[$doc:meta])* $name:ident = $code:literal / $text:literal),* $(,)?) => {
        /// Why a sign-in through a provider was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum Distrust { $($(#[$doc])* #[error($text)] $name),* }

        impl Distrust {
            /// Every reason.
            pub const ALL: &'static [Distrust] = &[$(Distrust::$name),*];

            /// The name in the log.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

distrusts! {
    // -- what the browser brought
    /// A parameter of the answer is missing, doubled or too long.
    Parameters = "parameters" / "the answer's parameters are missing, doubled or too long",
    /// The state is unknown, used, too old, or was begun in another browser or with another provider.
    State = "state" / "this browser began no such sign-in, or it was used or is too old",
    /// The answer names another issuer than the one that was asked (RFC 9207), or none.
    AnswerIssuer = "answer_issuer" / "the answer does not come from the provider that was asked",
    /// The provider says no, or the person did.
    ProviderSaidNo = "provider_said_no" / "the provider refused the sign-in",
    // -- the provider itself
    /// The provider does not answer in time, or with too much.
    Unreachable = "unreachable" / "the provider does not answer as it should",
    /// What the provider says about itself cannot be used.
    Metadata = "metadata" / "the provider's description of itself cannot be used",
    /// The provider's keys cannot be read.
    Keys = "keys" / "the provider's keys cannot be read",
    /// The provider does not exchange the code.
    CodeRefused = "code_refused" / "the provider does not take the code",
    /// The answer to the code holds no ID token.
    TokenAnswer = "token_answer" / "the provider's answer to the code holds no id token",
    // -- the ID token
    /// The token is no signed token in the compact form.
    Malformed = "malformed" / "the id token is not in the compact form",
    /// The token is not signed, or with an algorithm that the settings do not name.
    Algorithm = "algorithm" / "the id token is signed with an algorithm that is not allowed",
    /// The token asks for an extension that is not known here.
    Critical = "critical" / "the id token asks for an unknown extension",
    /// No key of the provider's fits.
    UnknownKey = "unknown_key" / "the id token names no key of the provider's",
    /// The signature is false.
    Signature = "signature" / "the id token's signature is false",
    /// A claim that must be there is missing or of another type.
    Claims = "claims" / "a claim of the id token is missing or of another type",
    /// The token is from another issuer.
    Issuer = "issuer" / "the id token is from another issuer",
    /// The token is for somebody else, or for others too.
    Audience = "audience" / "the id token is for another client, or for others too",
    /// The token's time is over.
    Expired = "expired" / "the id token's time is over",
    /// The token is from the future.
    Future = "future" / "the id token is from the future",
    /// The token is older than the sign-in.
    Stale = "stale" / "the id token is older than this sign-in",
    /// The token was made for another sign-in.
    Nonce = "nonce" / "the id token belongs to another sign-in",
    /// The person was identified in a way that is not enough.
    AuthenticationClass = "acr" / "the provider did not identify the person as strongly as is asked for",
    /// The person was identified too long ago, or it is not said when.
    AuthenticationTime = "auth_time" / "the provider identified the person too long ago",
    // -- our own side
    /// The identity's account is closed or has no membership now in an organisation of the provider's.
    NoMembership = "no_membership" / "the account is closed or has no valid membership",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<&str> = Distrust::ALL.iter().map(|d| d.code()).collect();
        assert_eq!(codes.len(), Distrust::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
