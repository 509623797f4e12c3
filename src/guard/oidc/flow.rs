//! Where the browser is sent, and what it may bring back (OpenID Connect Core 1.0 §3.1.2, RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Distrust;
use super::metadata::Metadata;
use super::settings::{Method, Provider};

/// The longest value of one parameter of an answer, in bytes.
const VALUE_BYTES_MAX: usize = 4096;

/// The secrets of one sign-in.
pub struct Secrets {
    /// Ties the answer to the browser. It travels in addresses.
    pub state: String,
    /// Ties the ID token to this sign-in.
    pub nonce: Zeroizing<String>,
    /// Ties the code to this service (PKCE): only its hash is sent with the browser.
    pub verifier: Zeroizing<String>,
}

/// The address at the provider that begins a sign-in. Only `openid` is asked for: no name, no e-mail
/// address.
#[must_use]
pub fn ask(provider: &Provider, metadata: &Metadata, secrets: &Secrets) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(secrets.verifier.as_bytes()));
    let acr = provider.acr.join(" ");
    let max_age = provider.max_age_seconds.map(|seconds| seconds.to_string());
    let mut pairs = vec![
        ("response_type", "code"),
        ("scope", "openid"),
        ("client_id", provider.client_id.as_str()),
        ("redirect_uri", provider.redirect_uri.as_str()),
        ("state", secrets.state.as_str()),
        ("nonce", secrets.nonce.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    if !acr.is_empty() {
        pairs.push(("acr_values", &acr));
    }
    if let Some(max_age) = &max_age {
        pairs.push(("max_age", max_age));
    }
    metadata.authorization_endpoint.with_parameters(pairs)
}

/// What a browser brought back, before anything of it is believed.
#[derive(Debug)]
pub struct Answer {
    /// The state, to find the sign-in by.
    pub state: String,
    iss: Option<String>,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Code(Zeroizing<String>),
    Error,
}

impl Answer {
    /// Reads the query of the address that the browser came back with.
    ///
    /// # Errors
    /// [`Distrust::Parameters`] when one of the parameters that matter is doubled or too long, the state is
    /// missing, or there are both or neither of code and error. Others are ignored, as the standard says.
    pub fn read(query: &str) -> Result<Self, Distrust> {
        let (mut state, mut code, mut error, mut iss) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                "iss" => &mut iss,
                _ => continue,
            };
            if place.is_some() || value.is_empty() || value.len() > VALUE_BYTES_MAX {
                return Err(Distrust::Parameters);
            }
            *place = Some(Zeroizing::new(value.into_owned()));
        }
        let outcome = match (code, error) {
            (Some(code), None) => Outcome::Code(code),
            (None, Some(_)) => Outcome::Error,
            _ => return Err(Distrust::Parameters),
        };
        let state = state.ok_or(Distrust::Parameters)?.to_string();
        Ok(Self { state, iss: iss.map(|iss| iss.to_string()), outcome })
    }

    /// The code, when the answer comes from the provider that was asked and is a yes.
    ///
    /// # Errors
    /// [`Distrust::AnswerIssuer`] for another issuer, or for none where the provider says that it names
    /// itself (RFC 9207); this comes before the provider's own no, which may be forged.
    pub fn code(self, provider: &Provider, metadata: &Metadata) -> Result<Zeroizing<String>, Distrust> {
        match &self.iss {
            Some(iss) if iss != provider.issuer.as_str() => return Err(Distrust::AnswerIssuer),
            None if metadata.names_itself => return Err(Distrust::AnswerIssuer),
            _ => {}
        }
        match self.outcome {
            Outcome::Code(code) => Ok(code),
            Outcome::Error => Err(Distrust::ProviderSaidNo),
        }
    }
}

/// What is sent to the provider's token endpoint.
pub struct Exchange {
    /// The value of the `Authorization` header, when the secret goes there.
    pub authorization: Option<Zeroizing<String>>,
    /// The body, form-encoded.
    pub body: Zeroizing<String>,
}

/// The request that exchanges a code for an ID token.
#[must_use]
pub fn exchange(provider: &Provider, code: &str, verifier: &str) -> Exchange {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code");
    form.append_pair("code", code);
    form.append_pair("redirect_uri", &provider.redirect_uri);
    form.append_pair("code_verifier", verifier);
    let authorization = match (provider.secret(), provider.method) {
        (Some(secret), Method::Basic) => Some(basic(&provider.client_id, secret)),
        (Some(secret), Method::Post) => {
            form.append_pair("client_id", &provider.client_id);
            form.append_pair("client_secret", secret);
            None
        }
        (None, _) => {
            form.append_pair("client_id", &provider.client_id);
            None
        }
    };
    Exchange { authorization, body: Zeroizing::new(form.finish()) }
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
fn basic(client: &str, secret: &str) -> Zeroizing<String> {
    let encoded = |text: &str| -> Zeroizing<String> {
        Zeroizing::new(form_urlencoded::byte_serialize(text.as_bytes()).collect())
    };
    let both = Zeroizing::new(format!("{}:{}", *encoded(client), *encoded(secret)));
    let inner = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(both.as_bytes()));
    Zeroizing::new(format!("Basic {}", *inner))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::guard::oidc::Settings;

    pub(in crate::guard::oidc) fn provider(more: &str) -> Provider {
        let text = format!(
            "service = \"https://urval.example\"\n[[provider]]\nid = \"a\"\nissuer = \"https://op.example\"\n\
             client_id = \"urval&1\"\norganisations = [\"helsingborg\"]\nbutton_sv = \"A\"\nbutton_en = \"A\"\n{more}"
        );
        Settings::parse(&text).unwrap().providers.remove(0)
    }

    pub(in crate::guard::oidc) fn metadata(provider: &Provider, names_itself: bool) -> Metadata {
        let text = serde_json::json!({
            "issuer": provider.issuer.as_str(),
            "authorization_endpoint": "https://op.example/auth?tenant=1",
            "token_endpoint": "https://op.example/token",
            "jwks_uri": "https://op.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": names_itself,
        });
        Metadata::read(text.to_string().as_bytes(), provider).unwrap()
    }

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier_and_the_verifier_stays_here() {
        let provider = provider("max_age_minutes = 5\nacr = [\"loa3\", \"loa4\"]");
        let secrets = Secrets {
            state: "s".into(),
            nonce: Zeroizing::new("n".into()),
            // The example of RFC 7636, appendix B.
            verifier: Zeroizing::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into()),
        };
        let to = ask(&provider, &metadata(&provider, false), &secrets);
        assert!(to.starts_with("https://op.example/auth?tenant=1&response_type=code&scope=openid&"), "{to}");
        assert!(to.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"), "{to}");
        assert!(to.contains("code_challenge_method=S256") && to.contains("max_age=300"), "{to}");
        assert!(to.contains("acr_values=loa3+loa4") && !to.contains("dBjftJeZ"), "{to}");
    }

    #[test]
    fn an_answer_with_missing_doubled_or_contrary_parameters_is_not_read() {
        for bad in [
            "",
            "code=a",
            "state=b",
            "code=a&state=",
            "code=&state=b",
            "code=a&code=a&state=b",
            "code=a&state=b&state=b",
            "code=a&state=b&state=c",
            "code=a&error=access_denied&state=b",
            "code=a&state=b&iss=https://op.example&iss=https://op.example",
            "error=a&error=b&state=c",
            "state=b&iss=https://op.example",
        ] {
            assert_eq!(Answer::read(bad).err(), Some(Distrust::Parameters), "{bad}");
        }
        let long = format!("code={}&state=b", "a".repeat(VALUE_BYTES_MAX + 1));
        assert_eq!(Answer::read(&long).err(), Some(Distrust::Parameters));
        assert_eq!(Answer::read("code=a&state=b&session_state=1&session_state=2").unwrap().state, "b");
    }

    #[test]
    fn the_issuer_of_an_answer_is_asked_for_before_anything_else() {
        let provider = provider("");
        for (query, named, expected) in [
            ("code=a&state=b", false, Ok("a")),
            ("code=a&state=b", true, Err(Distrust::AnswerIssuer)),
            ("error=x&state=b", true, Err(Distrust::AnswerIssuer)),
            ("code=a&state=b&iss=https%3A%2F%2Fop.example", true, Ok("a")),
            ("code=a&state=b&iss=https%3A%2F%2Fop.example%2F", true, Err(Distrust::AnswerIssuer)),
            ("code=a&state=b&iss=https%3A%2F%2Fother.example", false, Err(Distrust::AnswerIssuer)),
            ("error=access_denied&state=b", false, Err(Distrust::ProviderSaidNo)),
        ] {
            let code = Answer::read(query).unwrap().code(&provider, &metadata(&provider, named));
            assert_eq!(code.as_ref().map(|code| code.as_str()), expected.as_ref().copied(), "{query}");
        }
    }

    #[test]
    fn the_secret_goes_where_the_settings_say_and_nowhere_else() {
        let provider = provider("");
        let public = exchange(&provider, "c&d", "v");
        assert!(public.authorization.is_none() && public.body.contains("client_id=urval%261"));
        assert!(public.body.contains("code=c%26d"));
        let secret = || Zeroizing::new("å:b".to_owned());
        let header = exchange(&provider.clone().with_secret(secret()), "c", "v");
        // "urval%261:%C3%A5%3Ab"
        assert_eq!(header.authorization.unwrap().as_str(), "Basic dXJ2YWwlMjYxOiVDMyVBNSUzQWI=");
        assert!(!header.body.contains("secret") && !header.body.contains("client_id"));
        let mut post = provider.with_secret(secret());
        post.method = Method::Post;
        let body = exchange(&post, "c", "v");
        assert!(body.authorization.is_none() && body.body.contains("client_secret=%C3%A5%3Ab"));
    }
}
