//! The claims of an ID token (OpenID Connect Core 1.0 §2 and §3.1.3.7).

use serde::Deserialize;
use zeroize::Zeroizing;

use super::jose::{Keys, verified};
use super::settings::Provider;
use super::{Distrust, SKEW_SECONDS};
use crate::clock::Moment;

/// The longest subject (OpenID Connect Core 1.0 §2), in ASCII characters.
const SUBJECT_MAX: usize = 255;

/// Who a provider says that a person is: issuer and subject together, and nothing else of it. Some
/// Swedish brokers put the personnummer into the subject, so it has no `Display` and is stored only as
/// a keyed hash.
pub struct Identity {
    issuer: String,
    subject: Zeroizing<String>,
    /// Whether the provider counts two factors for this sign-in.
    pub strong: bool,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({}, redacted)", self.issuer)
    }
}

impl Identity {
    /// An identity as an administrator types it. `None` when no token could ever name it.
    #[must_use]
    pub fn typed(issuer: &str, subject: &str) -> Option<Self> {
        (super::Address::read(issuer).is_some() && subject_fits(subject)).then(|| Self {
            issuer: issuer.to_owned(),
            subject: Zeroizing::new(subject.to_owned()),
            strong: false,
        })
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Issuer and subject as one text that no other pair gives, for a keyed hash.
    #[must_use]
    pub(crate) fn key(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("oidc/{}/{}/{}", self.issuer.len(), self.issuer, *self.subject))
    }
}

fn subject_fits(subject: &str) -> bool {
    (1..=SUBJECT_MAX).contains(&subject.len()) && subject.is_ascii() && !subject.bytes().any(|b| b < b' ')
}

/// What a token must fit.
pub struct Expected<'a> {
    /// The provider that was asked.
    pub provider: &'a Provider,
    /// The nonce that was sent.
    pub nonce: &'a str,
    /// When the sign-in began.
    pub begun_at: Moment,
    /// Now.
    pub now: Moment,
}

#[derive(Deserialize)]
struct Answer {
    id_token: String,
}

/// The ID token in a token endpoint's answer. Everything else in it, the access token too, is dropped:
/// nothing is fetched in the person's name.
///
/// # Errors
/// [`Distrust::TokenAnswer`] when there is none.
pub fn from_answer(body: &[u8]) -> Result<Zeroizing<String>, Distrust> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| Distrust::TokenAnswer)?;
    Ok(Zeroizing::new(answer.id_token))
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: Seconds,
    iat: Seconds,
    nbf: Option<Seconds>,
    nonce: Option<String>,
    azp: Option<String>,
    acr: Option<String>,
    auth_time: Option<Seconds>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Seconds since 1970; a fraction is cut off.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "serde_json::Number")]
struct Seconds(i64);

impl TryFrom<serde_json::Number> for Seconds {
    type Error = &'static str;

    fn try_from(number: serde_json::Number) -> Result<Self, Self::Error> {
        // Year 9999; what is beyond cannot be compared without overflow.
        const MAX: f64 = 253_402_300_799.0;
        match number.as_f64() {
            Some(seconds) if (0.0..=MAX).contains(&seconds) => Ok(Self(seconds as i64)),
            _ => Err("not a time"),
        }
    }
}

/// Who the token says the person is, when it is signed by the provider, for us, for this sign-in, now,
/// and the person was identified as the settings ask.
///
/// # Errors
/// [`Distrust`]: the first thing that does not hold. [`Distrust::UnknownKey`] alone may be tried again
/// with newer keys.
pub fn identity(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Identity, Distrust> {
    let provider = expected.provider;
    let payload = Zeroizing::new(verified(token, keys, &provider.algorithms)?);
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| Distrust::Claims)?;
    if claims.iss != provider.issuer.as_str() {
        return Err(Distrust::Issuer);
    }
    let for_us = match &claims.aud {
        Audience::One(one) => *one == provider.client_id,
        // A token that others may use too is refused: whoever else holds it could bring it here.
        Audience::Many(many) => !many.is_empty() && many.iter().all(|one| *one == provider.client_id),
    };
    if !for_us || claims.azp.is_some_and(|party| party != provider.client_id) {
        return Err(Distrust::Audience);
    }
    let now = expected.now.0.div_euclid(1_000_000);
    if claims.exp.0 <= now - SKEW_SECONDS {
        return Err(Distrust::Expired);
    }
    let latest = now + SKEW_SECONDS;
    if claims.iat.0 > latest || claims.nbf.is_some_and(|from| from.0 > latest) {
        return Err(Distrust::Future);
    }
    if claims.iat.0 < expected.begun_at.0.div_euclid(1_000_000) - SKEW_SECONDS {
        return Err(Distrust::Stale);
    }
    if !claims.nonce.is_some_and(|nonce| same(&nonce, expected.nonce)) {
        return Err(Distrust::Nonce);
    }
    if let Some(max_age) = provider.max_age_seconds {
        let at = claims.auth_time.ok_or(Distrust::AuthenticationTime)?.0;
        if at > latest || at < now - max_age - SKEW_SECONDS {
            return Err(Distrust::AuthenticationTime);
        }
    }
    let acr = claims.acr.as_deref();
    if !provider.acr.is_empty() && !acr.is_some_and(|acr| provider.acr.iter().any(|one| one == acr)) {
        return Err(Distrust::AuthenticationClass);
    }
    let strong = acr.is_some_and(|acr| provider.acr_two_factors.iter().any(|one| one == acr));
    if !subject_fits(&claims.sub) {
        return Err(Distrust::Claims);
    }
    Ok(Identity { issuer: claims.iss, subject: Zeroizing::new(claims.sub), strong })
}

/// Compares without telling by time how much agrees.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0u8, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::flow::tests::provider;
    use super::super::jose::tests::{Signer, keys};
    use super::*;

    const NOW: i64 = 1_795_428_000;

    fn claims() -> Value {
        json!({ "iss": "https://op.example", "sub": "Anna/1", "aud": "urval&1", "exp": NOW + 300, "iat": NOW,
                "nonce": "n-1", "acr": "loa3", "auth_time": NOW - 60 })
    }

    fn judge(claims: &Value, settings: &str) -> Result<bool, Distrust> {
        let signer = Signer::new();
        let token = signer.sign(&json!({ "alg": "ES256", "kid": "a" }), claims);
        let expected = Expected {
            provider: &provider(settings),
            nonce: "n-1",
            begun_at: Moment((NOW - 20) * 1_000_000),
            now: Moment(NOW * 1_000_000 + 999_999),
        };
        identity(&token, &keys(&[signer.jwk("a")]), &expected).map(|identity| identity.strong)
    }

    #[test]
    fn each_claim_is_checked_and_each_fault_has_its_own_reason() {
        assert_eq!(judge(&claims(), ""), Ok(false));
        for (member, value, reason) in [
            ("iss", json!("https://op.example/"), Distrust::Issuer),
            ("iss", json!("https://other.example"), Distrust::Issuer),
            ("iss", Value::Null, Distrust::Claims),
            ("sub", json!(""), Distrust::Claims),
            ("sub", json!(7), Distrust::Claims),
            ("sub", json!("a".repeat(256)), Distrust::Claims),
            ("sub", json!("å"), Distrust::Claims),
            ("sub", json!("a\u{0}b"), Distrust::Claims),
            ("aud", json!("urval"), Distrust::Audience),
            ("aud", json!([]), Distrust::Audience),
            ("aud", json!(["urval&1", "other"]), Distrust::Audience),
            ("aud", json!({ "urval&1": 1 }), Distrust::Claims),
            ("azp", json!("other"), Distrust::Audience),
            ("exp", json!(NOW - 61), Distrust::Expired),
            ("exp", json!("soon"), Distrust::Claims),
            ("exp", json!(-1), Distrust::Claims),
            ("exp", json!(1e300), Distrust::Claims),
            ("exp", Value::Null, Distrust::Claims),
            ("iat", json!(NOW + 61), Distrust::Future),
            ("iat", json!(NOW - 81), Distrust::Stale),
            ("iat", Value::Null, Distrust::Claims),
            ("nbf", json!(NOW + 61), Distrust::Future),
            ("nonce", json!("n-2"), Distrust::Nonce),
            ("nonce", json!(""), Distrust::Nonce),
            ("nonce", Value::Null, Distrust::Nonce),
        ] {
            let mut changed = claims();
            changed[member] = value.clone();
            assert_eq!(judge(&changed, ""), Err(reason), "{member}: {value}");
        }
        for (member, value) in [
            ("aud", json!(["urval&1"])),
            ("azp", json!("urval&1")),
            ("exp", json!(NOW - 59)),
            ("exp", json!(NOW as f64 + 0.5)),
            ("iat", json!(NOW + 60)),
            ("iat", json!(NOW - 80)),
            ("nbf", json!(NOW)),
            ("acr", Value::Null),
            ("unknown", json!({})),
        ] {
            let mut changed = claims();
            changed[member] = value.clone();
            assert_eq!(judge(&changed, ""), Ok(false), "{member}: {value}");
        }
    }

    #[test]
    fn how_and_when_the_person_was_identified_counts_where_the_settings_ask_for_it() {
        let asked = "acr = [\"loa2\", \"loa3\"]\nacr_two_factors = [\"loa3\"]\nmax_age_minutes = 10";
        assert_eq!(judge(&claims(), asked), Ok(true), "two factors");
        let with = |member: &str, value: Value| {
            let mut changed = claims();
            changed[member] = value;
            judge(&changed, asked)
        };
        assert_eq!(with("acr", json!("loa2")), Ok(false), "enough, but one factor");
        for weak in [json!("loa1"), json!("LOA3"), json!("loa3 "), json!(""), Value::Null] {
            assert_eq!(with("acr", weak.clone()), Err(Distrust::AuthenticationClass), "{weak}");
        }
        assert_eq!(with("acr", json!(["loa3"])), Err(Distrust::Claims));
        assert_eq!(with("auth_time", json!(NOW - 660)), Ok(true));
        for late in [json!(NOW - 661), json!(NOW + 61), json!(0), Value::Null] {
            assert_eq!(with("auth_time", late.clone()), Err(Distrust::AuthenticationTime), "{late}");
        }
        // A class that was not asked for is never strong.
        assert_eq!(judge(&claims(), ""), Ok(false));
    }

    #[test]
    fn no_two_identities_share_a_key_and_none_is_shown() {
        let typed = |issuer, subject| Identity::typed(issuer, subject).unwrap();
        let all = [
            typed("https://a.example", "x"),
            typed("https://a.example", "X"),
            typed("https://a.example/", "x"),
            typed("https://a.example", "/x"),
            typed("https://a.example/x", "x"),
        ];
        let distinct: std::collections::BTreeSet<String> =
            all.iter().map(|one| one.key().to_string()).collect();
        assert_eq!(distinct.len(), all.len());
        assert!(!format!("{:?}", typed("https://a.example", "198001012386")).contains("1980"));
        assert!(Identity::typed("https://a.example", "").is_none());
        assert!(Identity::typed("not an address", "x").is_none());
    }

    #[test]
    fn an_answer_without_an_id_token_is_no_sign_in() {
        assert_eq!(
            from_answer(b"{\"id_token\":\"a.b.c\",\"access_token\":\"x\"}").unwrap().as_str(),
            "a.b.c"
        );
        for bad in [
            "",
            "{}",
            "{\"access_token\":\"x\"}",
            "{\"id_token\":7}",
            "[]",
            "{\"id_token\":\"a\",\"id_token\":\"b\"}",
        ] {
            assert_eq!(from_answer(bad.as_bytes()).err(), Some(Distrust::TokenAnswer), "{bad}");
        }
    }
}
