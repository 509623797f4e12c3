//! What a provider says about itself (OpenID Connect Discovery 1.0 §3 and §4).

use serde::Deserialize;

use super::Distrust;
use super::address::Address;
use super::settings::Provider;

/// What of a provider's description is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where the browser is sent.
    pub authorization_endpoint: Address,
    /// Where codes are exchanged.
    pub token_endpoint: Address,
    /// Where the keys are.
    pub jwks_uri: Address,
    /// Where the person can end the session at the provider too.
    pub end_session_endpoint: Option<Address>,
    /// Whether the provider names itself in each answer (RFC 9207).
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    response_types_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Where a provider's description is.
    ///
    /// # Errors
    /// [`Distrust::Metadata`] when the address would be too long.
    pub fn address(provider: &Provider) -> Result<Address, Distrust> {
        let issuer = provider.issuer.as_str();
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        Address::read(&format!("{base}/.well-known/openid-configuration")).ok_or(Distrust::Metadata)
    }

    /// Reads a description.
    ///
    /// # Errors
    /// [`Distrust::Metadata`] when it is for another issuer, names an address that may not be called
    /// (an unencrypted one of a provider that is not on this machine), does not do the code flow, or
    /// says that it cannot do PKCE with SHA-256.
    pub fn read(bytes: &[u8], provider: &Provider) -> Result<Self, Distrust> {
        let document: Document = serde_json::from_slice(bytes).map_err(|_| Distrust::Metadata)?;
        let address = |text: &str| {
            let address = Address::read(text).ok_or(Distrust::Metadata)?;
            // An encrypted provider must not lead to an unencrypted address, not even on this machine.
            let weaker = provider.issuer.is_secure() && !address.is_secure();
            if weaker { Err(Distrust::Metadata) } else { Ok(address) }
        };
        let code = document.response_types_supported.iter().any(|kind| kind == "code");
        // Some providers do PKCE without saying so; one that lists its methods must list ours.
        let pkce = document
            .code_challenge_methods_supported
            .as_ref()
            .is_none_or(|methods| methods.iter().any(|method| method == "S256"));
        if document.issuer != provider.issuer.as_str() || !code || !pkce {
            return Err(Distrust::Metadata);
        }
        Ok(Self {
            authorization_endpoint: address(&document.authorization_endpoint)?,
            token_endpoint: address(&document.token_endpoint)?,
            jwks_uri: address(&document.jwks_uri)?,
            end_session_endpoint: document.end_session_endpoint.as_deref().map(address).transpose()?,
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::flow::tests::provider;
    use super::*;

    fn document() -> Value {
        json!({
            "issuer": "https://op.example",
            "authorization_endpoint": "https://op.example/auth",
            "token_endpoint": "https://tokens.op.example/token",
            "jwks_uri": "https://op.example/jwks",
            "end_session_endpoint": "https://op.example/end",
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
        })
    }

    #[test]
    fn a_description_of_another_issuer_or_with_a_weak_address_is_not_used() {
        let provider = provider("");
        let read = |document: &Value| Metadata::read(document.to_string().as_bytes(), &provider);
        let good = read(&document()).unwrap();
        assert!(!good.names_itself && good.end_session_endpoint.is_some());
        for (member, value) in [
            ("issuer", json!("https://op.example/")),
            ("issuer", json!("https://OP.example")),
            ("issuer", json!("https://other.example")),
            ("issuer", Value::Null),
            ("authorization_endpoint", json!("http://op.example/auth")),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("token_endpoint", json!("http://127.0.0.1/token")),
            ("token_endpoint", json!("https://a@op.example/token")),
            ("jwks_uri", json!("file:///etc/passwd")),
            ("end_session_endpoint", json!("http://op.example/end")),
            ("response_types_supported", json!(["id_token"])),
            ("code_challenge_methods_supported", json!(["plain"])),
            ("code_challenge_methods_supported", json!([])),
        ] {
            let mut changed = document();
            changed[member] = value.clone();
            assert_eq!(read(&changed), Err(Distrust::Metadata), "{member}: {value}");
        }
        let mut silent = document();
        silent.as_object_mut().unwrap().remove("code_challenge_methods_supported");
        silent.as_object_mut().unwrap().remove("end_session_endpoint");
        assert!(read(&silent).is_ok());
        let doubled = document().to_string().replacen('{', "{\"issuer\":\"https://op.example\",", 1);
        assert_eq!(Metadata::read(doubled.as_bytes(), &provider), Err(Distrust::Metadata));
        assert_eq!(
            Metadata::address(&provider).unwrap().as_str(),
            "https://op.example/.well-known/openid-configuration"
        );
    }
}
