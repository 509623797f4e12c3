//! Addresses that the service calls or sends a browser to. Only `https`, or `http` on this very
//! machine; narrower than the standard allows, so that two readers of one address cannot disagree
//! about its host.

/// The longest address, in bytes.
const BYTES_MAX: usize = 2048;

/// An address that may be called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    /// Reads an address. `None` unless it is `https` with a host (or `http` with a loopback host), of
    /// visible ASCII, without user name, backslash or fragment.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}#".contains(&b));
        if !plain || text.len() > BYTES_MAX {
            return None;
        }
        let (secure, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://")?),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, _) = rest.split_at_checked(end)?;
        let (host, port) = match authority.strip_prefix('[') {
            Some(inside) => {
                let (host, after) = inside.split_once(']')?;
                let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
                if !host.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.') {
                    return None;
                }
                (host, port)
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if port.is_some_and(|port| port.parse::<u16>().is_err() || !port.bytes().all(|b| b.is_ascii_digit()))
        {
            return None;
        }
        let v6 = authority.starts_with('[');
        let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        if host.is_empty() || (!v6 && !named) {
            return None;
        }
        // Not what merely resolves to this machine: a name server elsewhere could answer that.
        let here = matches!(host, "127.0.0.1" | "localhost") || (v6 && host == "::1");
        (secure || here).then(|| Self(text.to_owned()))
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the way there is encrypted.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The address with more parameters, each encoded; those that it has stay.
    #[must_use]
    pub fn with_parameters<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        let mark = match self.0.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, before)) if before.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{mark}{}", self.0, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_or_local_addresses_with_one_plain_host_are_taken() {
        for good in [
            "https://login.example.org",
            "https://login.example.org:8443/a/b?tenant=1",
            "https://login.example.org?x=1",
            "http://127.0.0.1:4000/oidc",
            "http://localhost/x",
            "http://[::1]:80/",
            "https://[2001:db8::1]/",
        ] {
            assert_eq!(Address::read(good).map(|a| a.as_str().to_owned()).as_deref(), Some(good));
        }
        for bad in [
            "",
            "login.example.org",
            "http://login.example.org",
            "http://127.0.0.1.example.org/",
            "http://127.0.0.2/",
            "http://localhost.example.org/",
            "https://",
            "https:///x",
            "https://user@login.example.org/",
            "http://127.0.0.1:80@example.org/",
            "https://login.example.org\\@127.0.0.1/",
            "https://login.example.org/#a",
            "https://login.example.org/a b",
            "https://login.example.org/\n",
            "https://lögin.example.org/",
            "https://login.example.org:port/",
            "https://login.example.org:+80/",
            "https://login.example.org:99999/",
            "https://[::1",
            "https://[::1]x/",
            "HTTPS://login.example.org",
            "ftp://127.0.0.1/",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert_eq!(Address::read(bad), None, "{bad:?}");
        }
        assert_eq!(Address::read(&format!("https://a.example/{}", "x".repeat(3000))), None);
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        let with = |text: &str| Address::read(text).unwrap().with_parameters([("a", "1 2"), ("b", "&=å")]);
        assert_eq!(with("https://a.example/x"), "https://a.example/x?a=1+2&b=%26%3D%C3%A5");
        assert_eq!(with("https://a.example/x?t=1"), "https://a.example/x?t=1&a=1+2&b=%26%3D%C3%A5");
        assert_eq!(with("https://a.example/x?"), "https://a.example/x?a=1+2&b=%26%3D%C3%A5");
        assert_eq!(with("https://a.example/x?t=1&"), "https://a.example/x?t=1&a=1+2&b=%26%3D%C3%A5");
    }
}
