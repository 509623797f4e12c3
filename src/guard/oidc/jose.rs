//! Signed tokens and public keys (RFC 7515, 7517, 7518, 8037; practice after RFC 8725).
//!
//! The arithmetic is `ring`'s. Here is only what stands around it: which bytes are signed, which key
//! may verify them, and what is refused unseen. The algorithm is never chosen by the token: it must be
//! one that the settings name *and* the one that the key is for. Unsigned tokens and those with a
//! shared secret (`none`, `HS256`) cannot be named at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

use super::Distrust;

/// The longest token, in bytes: an ID token with only `openid` asked for has about 1,000.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// The most keys that a provider may have.
const KEYS_MAX: usize = 100;

/// An algorithm that an ID token may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA over P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA-PSS with SHA-256, keys of 2,048 bits or more.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSA PKCS #1 v1.5 with SHA-256, keys of 2,048 bits or more: for providers that have nothing newer.
    #[serde(rename = "RS256")]
    Rs256,
}

impl Algorithm {
    const ALL: [Algorithm; 5] = [Self::Es256, Self::Es384, Self::EdDsa, Self::Ps256, Self::Rs256];

    /// The registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

#[derive(Clone)]
enum Material {
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    /// The one algorithm that the provider says the key is for.
    algorithm: Option<String>,
    material: Material,
}

impl Key {
    fn is_for(&self, algorithm: Algorithm) -> bool {
        let kind = matches!(
            (&self.material, algorithm),
            (Material::P256(_), Algorithm::Es256)
                | (Material::P384(_), Algorithm::Es384)
                | (Material::Ed25519(_), Algorithm::EdDsa)
                | (Material::Rsa { .. }, Algorithm::Ps256 | Algorithm::Rs256)
        );
        kind && self.algorithm.as_deref().is_none_or(|named| named == algorithm.name())
    }

    fn verifies(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm) {
            (Material::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            (Material::P384(point), Algorithm::Es384) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(signed, signature).is_ok()
            }
            (Material::Ed25519(point), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, point).verify(signed, signature).is_ok()
            }
            (Material::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, signed, signature).is_ok()
            }
            (Material::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// A provider's public keys.
#[derive(Clone)]
pub struct Keys(Vec<Key>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    kid: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

/// An uncompressed point (SEC 1 §2.3.3) from its two coordinates, each of the curve's full length.
fn point(jwk: &Jwk, length: usize) -> Option<Vec<u8>> {
    let (x, y) = (bytes(jwk.x.as_ref())?, bytes(jwk.y.as_ref())?);
    if x.len() != length || y.len() != length {
        return None;
    }
    let mut out = vec![4];
    out.extend(x);
    out.extend(y);
    Some(out)
}

fn material(jwk: &Jwk) -> Option<Material> {
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("EC", Some("P-256")) => Some(Material::P256(point(jwk, 32)?)),
        ("EC", Some("P-384")) => Some(Material::P384(point(jwk, 48)?)),
        ("OKP", Some("Ed25519")) => bytes(jwk.x.as_ref()).filter(|x| x.len() == 32).map(Material::Ed25519),
        ("RSA", _) => Some(Material::Rsa { n: bytes(jwk.n.as_ref())?, e: bytes(jwk.e.as_ref())? }),
        // A shared secret ("oct") is no public key; the rest is not known here.
        _ => None,
    }
}

impl Keys {
    /// Reads a key set. Keys that are for something else, or of a kind not known here, are left out.
    ///
    /// # Errors
    /// [`Distrust::Keys`] when it is no key set, or has more than 100 keys.
    pub fn read(text: &[u8]) -> Result<Self, Distrust> {
        let set: Jwks = serde_json::from_slice(text).map_err(|_| Distrust::Keys)?;
        if set.keys.len() > KEYS_MAX {
            return Err(Distrust::Keys);
        }
        let usable = set.keys.into_iter().filter_map(|value| {
            let jwk: Jwk = serde_json::from_value(value).ok()?;
            let signs = jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
                && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
            if !signs {
                return None;
            }
            let material = material(&jwk)?;
            Some(Key { kid: jwk.kid, algorithm: jwk.alg, material })
        });
        Ok(Self(usable.collect()))
    }

    /// The one key that a token names, or the only one that fits when it names none.
    fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<&Key, Distrust> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.is_for(algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(Distrust::UnknownKey),
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

/// The payload of a signed token, when its signature is good.
///
/// # Errors
/// [`Distrust::UnknownKey`] when no key fits, so that the caller may ask for the keys again; any other
/// refusal is final.
pub fn verified(token: &str, keys: &Keys, allowed: &[Algorithm]) -> Result<Vec<u8>, Distrust> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Distrust::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Distrust::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Distrust::Malformed)?;
    // Strict base64url: no padding, no stray bits, no further dot.
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Distrust::Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Distrust::Malformed)?;
    let algorithm = Algorithm::parse(&header.alg).filter(|algorithm| allowed.contains(algorithm));
    let algorithm = algorithm.ok_or(Distrust::Algorithm)?;
    if header.crit.is_some() {
        return Err(Distrust::Critical);
    }
    // An access token must not pass for an ID token (RFC 8725 §3.11).
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(Distrust::Malformed);
    }
    let key = keys.find(header.kid.as_deref(), algorithm)?;
    if !key.verifies(algorithm, signed.as_bytes(), &decode(signature)?) {
        return Err(Distrust::Signature);
    }
    decode(payload)
}

#[cfg(test)]
pub(super) mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
    use serde_json::{Value, json};

    use super::*;

    pub(in crate::guard::oidc) fn b64(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(in crate::guard::oidc) struct Signer(EcdsaKeyPair);

    impl Signer {
        pub(in crate::guard::oidc) fn new() -> Self {
            let random = SystemRandom::new();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
        }
        pub(in crate::guard::oidc) fn jwk(&self, kid: &str) -> Value {
            let point = self.0.public_key().as_ref();
            json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": b64(&point[1..33]), "y": b64(&point[33..]) })
        }
        pub(in crate::guard::oidc) fn sign(&self, header: &Value, payload: &Value) -> String {
            let signed = format!("{}.{}", b64(header.to_string()), b64(payload.to_string()));
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", b64(signature))
        }
    }

    pub(in crate::guard::oidc) fn keys(list: &[Value]) -> Keys {
        Keys::read(json!({ "keys": list }).to_string().as_bytes()).unwrap()
    }

    const ALLOWED: &[Algorithm] = &[Algorithm::Es256];

    #[test]
    fn the_published_example_of_es256_verifies_and_no_changed_bit_of_it_does() {
        // RFC 7515, appendix A.3.
        let jwk = json!({ "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                     cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8IS\
                     lSApmWQxfKTUJqPP3-Kg6NU1Q";
        let keys = keys(&[jwk]);
        let payload = verified(token, &keys, ALLOWED).unwrap();
        assert!(payload.starts_with(b"{\"iss\":\"joe\""));
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut changed = token.as_bytes().to_vec();
                changed[at] ^= 1 << bit;
                if let Ok(changed) = String::from_utf8(changed) {
                    assert!(verified(&changed, &keys, ALLOWED).is_err(), "byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn the_published_example_of_rs256_verifies() {
        // RFC 7515, appendix A.2.
        let jwk = json!({ "kty": "RSA", "e": "AQAB", "n":
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
             T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
             dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
             GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" });
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                     cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZ\
                     mh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyW\
                     zO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc\
                     6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQG\
                     e77Rw";
        let keys = keys(&[jwk]);
        assert!(verified(token, &keys, &[Algorithm::Rs256]).is_ok());
        assert_eq!(
            verified(token, &keys, ALLOWED),
            Err(Distrust::Algorithm),
            "only when the settings name it"
        );
    }

    #[test]
    fn ed25519_tokens_verify_when_they_are_allowed() {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key()) });
        let signed = format!("{}.{}", b64("{\"alg\":\"EdDSA\"}"), b64("{}"));
        let token = format!("{signed}.{}", b64(pair.sign(signed.as_bytes())));
        assert_eq!(verified(&token, &keys(&[jwk]), &[Algorithm::EdDsa]).unwrap(), b"{}");
    }

    #[test]
    fn a_token_without_signature_or_signed_with_the_public_key_as_a_secret_is_refused() {
        let signer = Signer::new();
        let jwk = signer.jwk("a");
        let all = Algorithm::ALL;
        for alg in ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "es256", "ES256K", "RS1"] {
            let signed = format!("{}.{}", b64(json!({ "alg": alg, "kid": "a" }).to_string()), b64("{}"));
            let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, jwk.to_string().as_bytes());
            for signature in [String::new(), b64(ring::hmac::sign(&secret, signed.as_bytes()))] {
                let token = format!("{signed}.{signature}");
                assert_eq!(
                    verified(&token, &keys(std::slice::from_ref(&jwk)), &all),
                    Err(Distrust::Algorithm),
                    "{alg}"
                );
            }
        }
    }

    #[test]
    fn the_key_decides_and_not_the_token() {
        let (signer, other) = (Signer::new(), Signer::new());
        let header = json!({ "alg": "ES256", "kid": "a" });
        let token = signer.sign(&header, &json!({}));
        let with = |list: &[Value]| verified(&token, &keys(list), ALLOWED).map(|_| ());
        assert_eq!(with(&[signer.jwk("a"), other.jwk("b")]), Ok(()));
        assert_eq!(with(&[signer.jwk("b")]), Err(Distrust::UnknownKey));
        assert_eq!(with(&[]), Err(Distrust::UnknownKey));
        assert_eq!(with(&[signer.jwk("a"), other.jwk("a")]), Err(Distrust::UnknownKey), "which of the two?");
        assert_eq!(with(&[other.jwk("a")]), Err(Distrust::Signature));
        for (member, value) in [
            ("use", json!("enc")),
            ("key_ops", json!(["sign"])),
            ("alg", json!("RS256")),
            ("kty", json!("oct")),
            ("crv", json!("P-384")),
            ("x", json!("AA")),
            ("kty", json!(7)),
        ] {
            let mut jwk = signer.jwk("a");
            jwk[member] = value.clone();
            assert_eq!(with(&[jwk]), Err(Distrust::UnknownKey), "{member}: {value}");
        }
        // Keys inside the token are never looked at.
        let own =
            json!({ "alg": "ES256", "kid": "a", "jwk": other.jwk("a"), "jku": "https://evil.example/jwks" });
        assert_eq!(
            verified(&other.sign(&own, &json!({})), &keys(&[signer.jwk("a")]), ALLOWED),
            Err(Distrust::Signature)
        );
        // Without a name the only fitting key is taken, and none of two.
        let nameless = signer.sign(&json!({ "alg": "ES256" }), &json!({}));
        assert!(verified(&nameless, &keys(&[signer.jwk("a")]), ALLOWED).is_ok());
        assert_eq!(
            verified(&nameless, &keys(&[signer.jwk("a"), other.jwk("b")]), ALLOWED),
            Err(Distrust::UnknownKey)
        );
    }

    #[test]
    fn what_is_not_exactly_a_compact_signed_token_is_refused() {
        let signer = Signer::new();
        let keys = keys(&[signer.jwk("a")]);
        let refused = |header: Value| verified(&signer.sign(&header, &json!({})), &keys, ALLOWED);
        assert_eq!(
            refused(json!({ "alg": "ES256", "crit": ["b64"], "b64": false })),
            Err(Distrust::Critical)
        );
        assert_eq!(refused(json!({ "alg": "ES256", "crit": [] })), Err(Distrust::Critical));
        assert_eq!(refused(json!({ "alg": "ES256", "typ": "at+jwt" })), Err(Distrust::Malformed));
        assert_eq!(refused(json!({ "kid": "a" })), Err(Distrust::Malformed));
        assert_eq!(refused(json!({ "alg": ["ES256"] })), Err(Distrust::Malformed));
        assert_eq!(refused(json!([])), Err(Distrust::Malformed));
        let token = signer.sign(&json!({ "alg": "ES256", "typ": "JWT" }), &json!({}));
        assert!(verified(&token, &keys, ALLOWED).is_ok());
        for bad in [
            String::new(),
            ".".into(),
            "..".into(),
            format!("{token}="),
            format!("{token}.{token}"),
            format!(".{token}"),
            format!(" {token}"),
            token.replace('.', ""),
            token.rsplit_once('.').unwrap().0.to_owned(),
            "a".repeat(TOKEN_BYTES_MAX + 1),
        ] {
            assert!(verified(&bad, &keys, ALLOWED).is_err(), "{bad:.80}");
        }
        let doubled = format!("{}.{}", b64("{\"alg\":\"none\",\"alg\":\"ES256\"}"), b64("{}"));
        assert_eq!(verified(&format!("{doubled}.AA"), &keys, ALLOWED), Err(Distrust::Malformed));
    }
}
