//! The settings for signing in through organisations' providers, as text: `oidc.toml` in the data
//! folder. Every member is checked here, so that a wrong one stops the start and not a sign-in.
//!
//! The secret is never in this file: it is in another file or in the environment, and comes in with
//! [`Provider::with_secret`].

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::address::Address;
use super::jose::Algorithm;
use crate::subject::id::OrganisationId;
use crate::subject::words::Text;

/// What stands between the service's address and a provider's id in the address that the provider
/// sends people back to. One address a provider: an answer that one provider gives cannot be taken
/// for another's (RFC 9700 §4.4.2).
pub const WAY_BACK: &str = "/logga-in/via/";

/// Minutes since the person was identified that may be asked for at most: a working day and a bit.
pub const MAX_AGE_MINUTES_MAX: i64 = 12 * 60;

/// The settings cannot be used; the service does not start. Holds names of settings, no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML, or a member that is not known.
    #[error("the sign-in settings cannot be read: {0}")]
    Toml(String),
    /// A member that cannot be used.
    #[error("`{name}` of provider `{provider}`: {what}")]
    Member {
        /// The provider's id, or its number when the id itself is wrong.
        provider: String,
        /// The member.
        name: &'static str,
        /// What is wrong and what it must be.
        what: &'static str,
    },
    /// The address of the service.
    #[error("`service` must be the service's own address, such as `https://urval.example`, without a path")]
    Service,
    /// There is no provider.
    #[error("no `[[provider]]` is named; remove the file to do without")]
    Nobody,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: String,
    #[serde(default)]
    provider: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    issuer: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    client_secret_env: Option<String>,
    #[serde(default)]
    client_authentication: Method,
    organisations: Vec<String>,
    button_sv: String,
    button_en: String,
    #[serde(default = "default_algorithms")]
    algorithms: Vec<Algorithm>,
    #[serde(default)]
    acr: Vec<String>,
    #[serde(default)]
    acr_two_factors: Vec<String>,
    max_age_minutes: Option<i64>,
    ca_file: Option<PathBuf>,
}

fn default_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::Es256]
}

/// How the service proves to the provider that it is the client (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the body.
    Post,
}

/// Where the client secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretIn {
    /// A file, relative to the data folder; only its owner may read it.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// There is none: the client is public and rests on PKCE alone.
    None,
}

/// One organisation's provider.
#[derive(Clone)]
pub struct Provider {
    /// Short name in addresses and log.
    pub id: String,
    /// The issuer, exactly as the provider writes it.
    pub issuer: Address,
    /// Our name at the provider.
    pub client_id: String,
    /// How the secret is sent.
    pub method: Method,
    /// Where the secret is.
    pub secret_in: SecretIn,
    /// A file of certificate authorities that alone may vouch for the provider, relative to the data
    /// folder; without it the public ones do.
    pub ca_file: Option<PathBuf>,
    /// The organisations whose memberships open through this provider.
    pub organisations: Vec<OrganisationId>,
    /// What stands on the button.
    pub button: Text,
    /// The algorithms that an ID token may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// The classes of identification (`acr`) of which the provider must state one; empty when any will do.
    pub acr: Vec<String>,
    /// Of them, those that count as two factors.
    pub acr_two_factors: Vec<String>,
    /// Seconds since the person was identified, at most.
    pub max_age_seconds: Option<i64>,
    /// Where the provider sends people back to.
    pub redirect_uri: String,
    secret: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({}, {})", self.id, self.issuer.as_str())
    }
}

impl Provider {
    /// The provider with the client secret that was read.
    #[must_use]
    pub fn with_secret(mut self, secret: Zeroizing<String>) -> Self {
        self.secret = Some(secret);
        self
    }

    /// The client secret.
    pub(crate) fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.as_str())
    }
}

/// All providers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// In the order of their buttons.
    pub providers: Vec<Provider>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingsError`]: names the member and what it must be.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        // The parser's message can quote a line; nothing secret belongs in this file.
        let file: File = toml::from_str(text).map_err(|e| SettingsError::Toml(e.message().to_owned()))?;
        let service = Address::read(&file.service).ok_or(SettingsError::Service)?;
        let (_, host) = service.as_str().split_once("://").ok_or(SettingsError::Service)?;
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains(['/', '?']) {
            return Err(SettingsError::Service);
        }
        let base = service.as_str().trim_end_matches('/').to_owned();
        if file.provider.is_empty() {
            return Err(SettingsError::Nobody);
        }
        let mut ids = BTreeSet::new();
        let mut clients = BTreeSet::new();
        let mut providers = Vec::new();
        for (number, entry) in file.provider.into_iter().enumerate() {
            let provider = provider(entry, number + 1, &base)?;
            let wrong = |name, what| SettingsError::Member { provider: provider.id.clone(), name, what };
            if !ids.insert(provider.id.clone()) {
                return Err(wrong("id", "another provider has it already"));
            }
            if !clients.insert((provider.issuer.as_str().to_owned(), provider.client_id.clone())) {
                return Err(wrong("client_id", "another provider has the same issuer and client"));
            }
            providers.push(provider);
        }
        Ok(Self { providers })
    }
}

fn provider(entry: Entry, number: usize, service: &str) -> Result<Provider, SettingsError> {
    let id_fits = (1..=32).contains(&entry.id.len())
        && entry.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let label = if id_fits { entry.id.clone() } else { format!("number {number}") };
    let wrong = |name, what| SettingsError::Member { provider: label.clone(), name, what };
    if !id_fits {
        return Err(wrong("id", "1 to 32 of the characters a-z, 0-9 and -"));
    }
    let issuer = Address::read(&entry.issuer)
        .filter(|issuer| !issuer.as_str().contains('?'))
        .ok_or_else(|| wrong("issuer", "an https address without query (http only on this machine)"))?;
    let visible = |text: &str| (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if !visible(&entry.client_id) {
        return Err(wrong("client_id", "1 to 255 visible ASCII characters"));
    }
    let secret_in = match (entry.client_secret_file, entry.client_secret_env) {
        (None, None) => SecretIn::None,
        (Some(path), None) => SecretIn::File(path),
        (None, Some(name)) => SecretIn::Environment(name),
        (Some(_), Some(_)) => {
            return Err(wrong("client_secret_env", "give either this or `client_secret_file`"));
        }
    };
    if entry.organisations.is_empty() || entry.organisations.iter().any(String::is_empty) {
        return Err(wrong("organisations", "the ids of the organisations whose staff it identifies"));
    }
    for (name, text) in [("button_sv", &entry.button_sv), ("button_en", &entry.button_en)] {
        if text.trim().is_empty() || text.chars().count() > 80 {
            return Err(wrong(name, "the text of the button, at most 80 characters"));
        }
    }
    if entry.algorithms.is_empty() {
        return Err(wrong("algorithms", "at least one of ES256, ES384, EdDSA, PS256, RS256"));
    }
    // They are sent as one text with spaces between.
    if entry.acr.iter().any(|acr| !visible(acr)) {
        return Err(wrong("acr", "each 1 to 255 visible ASCII characters"));
    }
    if entry.acr_two_factors.iter().any(|acr| !entry.acr.contains(acr)) {
        return Err(wrong("acr_two_factors", "each must stand in `acr` too"));
    }
    if entry.max_age_minutes.is_some_and(|minutes| !(1..=MAX_AGE_MINUTES_MAX).contains(&minutes)) {
        return Err(wrong("max_age_minutes", "1 to 720"));
    }
    Ok(Provider {
        redirect_uri: format!("{service}{WAY_BACK}{}/svar", entry.id),
        id: entry.id,
        issuer,
        client_id: entry.client_id,
        method: entry.client_authentication,
        secret_in,
        ca_file: entry.ca_file,
        organisations: entry.organisations.into_iter().map(OrganisationId::new).collect(),
        button: Text { sv: entry.button_sv, en: entry.button_en },
        algorithms: entry.algorithms,
        acr: entry.acr,
        acr_two_factors: entry.acr_two_factors,
        max_age_seconds: entry.max_age_minutes.map(|minutes| minutes * 60),
        secret: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
service = "https://urval.example"
[[provider]]
id = "helsingborg"
issuer = "https://login.example.org/tenant"
client_id = "urval"
client_secret_file = "oidc-helsingborg.secret"
organisations = ["helsingborg", "landskrona"]
button_sv = "Logga in med Helsingborgs stad"
button_en = "Sign in with Helsingborgs stad"
acr = ["http://id.elegnamnden.se/loa/1.0/loa3", "loa2"]
acr_two_factors = ["http://id.elegnamnden.se/loa/1.0/loa3"]
max_age_minutes = 30
"#;

    #[test]
    fn every_member_is_read_and_the_secret_never_shown() {
        let settings = Settings::parse(GOOD).unwrap();
        let one = settings.providers.into_iter().next().unwrap().with_secret(Zeroizing::new("hemlig".into()));
        assert_eq!(one.redirect_uri, "https://urval.example/logga-in/via/helsingborg/svar");
        assert_eq!(one.algorithms, [Algorithm::Es256], "the strict default");
        assert_eq!(one.max_age_seconds, Some(1800));
        assert_eq!(one.organisations.len(), 2);
        assert_eq!(one.secret(), Some("hemlig"));
        assert!(!format!("{one:?}").contains("hemlig"));
    }

    #[test]
    fn a_setting_that_would_open_a_door_stops_the_start() {
        for (from, to, said) in [
            ("https://urval.example\"", "https://urval.example/x\"", "service"),
            ("https://urval.example\"", "http://urval.example\"", "service"),
            ("https://login.example.org/tenant", "http://login.example.org", "issuer"),
            ("https://login.example.org/tenant", "https://login.example.org/?a=1", "issuer"),
            ("id = \"helsingborg\"\nissuer", "id = \"../x\"\nissuer", "number 1"),
            ("\"urval\"", "\"\"", "client_id"),
            ("[\"helsingborg\", \"landskrona\"]", "[]", "organisations"),
            ("Logga in med Helsingborgs stad", "  ", "button_sv"),
            ("max_age_minutes = 30", "max_age_minutes = 0", "max_age_minutes"),
            ("max_age_minutes = 30", "algorithms = []", "algorithms"),
            ("max_age_minutes = 30", "algorithms = [\"none\"]", "none"),
            ("max_age_minutes = 30", "algorithms = [\"HS256\"]", "HS256"),
            ("max_age_minutes = 30", "client_secret = \"x\"", "client_secret"),
            ("max_age_minutes = 30", "client_secret_env = \"X\"", "client_secret_env"),
            ("acr_two_factors = [\"http", "acr_two_factors = [\"loa9\", \"http", "acr_two_factors"),
            ("\"loa2\"", "\"loa 2\"", "acr"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let text = GOOD.replacen(from, to, 1);
            let error = Settings::parse(&text).expect_err(to).to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
        assert!(matches!(Settings::parse("service = \"https://a.example\""), Err(SettingsError::Nobody)));
        let twice = format!("{GOOD}{}", GOOD.split_once("urval.example\"").unwrap().1);
        assert!(Settings::parse(&twice).unwrap_err().to_string().contains("already"));
    }
}
