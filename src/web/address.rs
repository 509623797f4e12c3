//! From which network somebody calls, for the counts of failed attempts. Behind a proxy the caller's
//! address stands in `X-Forwarded-For`, where anybody can write: only what a trusted proxy added is
//! believed, and without a trusted proxy nothing of it is.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::Web;
use crate::casework::accounts::Network;

/// Addresses of proxies that may say who called them: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyRange {
    base: IpAddr,
    bits: u8,
}

/// Not an address or a range of addresses.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address and no range of addresses such as 10.0.0.0/8")]
pub struct NoRange(String);

impl FromStr for ProxyRange {
    type Err = NoRange;

    fn from_str(text: &str) -> Result<Self, NoRange> {
        let wrong = || NoRange(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { base, bits })
    }
}

impl ProxyRange {
    fn holds(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// The caller's network, as far as the door knows.
#[derive(Clone, Debug)]
pub struct CalledFrom(pub Network);

impl FromRequestParts<Web> for CalledFrom {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self(match peer {
            Some(peer) => network(caller(peer, &parts.headers, &web.trusted_proxies)),
            None => Network::unknown(),
        }))
    }
}

/// The address of the caller: the socket's, or the last one in `X-Forwarded-For` that is no trusted
/// proxy's when a trusted proxy is at the socket. What cannot be read ends the search.
fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[ProxyRange]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.holds(address));
    let mut last = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or("?")).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(last) {
            return last;
        }
        let Some(address) = hop_address(hop.trim()) else { return last };
        last = address;
    }
    last
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn hop_address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().ok();
    plain.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip())).map(|a| a.to_canonical())
}

/// The /24 or /64: what one household or office has, and as far as a guesser moves for nothing.
fn network(address: IpAddr) -> Network {
    match address.to_canonical() {
        IpAddr::V4(address) => Network::new(format!("4/{:06x}", address.to_bits() >> 8)),
        IpAddr::V6(address) => Network::new(format!("6/{:016x}", address.to_bits() >> 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        let trusted: Vec<ProxyRange> = trusted.iter().map(|text| text.parse().expect("a range")).collect();
        caller(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_header_is_not_believed() {
        assert_eq!(seen("192.0.2.7", &["198.51.100.1"], &[]), "192.0.2.7");
        assert_eq!(seen("192.0.2.7", &["198.51.100.1"], &["10.0.0.0/8"]), "192.0.2.7");
    }

    #[test]
    fn behind_a_trusted_proxy_it_is_the_last_address_that_is_no_proxy() {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48"];
        assert_eq!(seen("10.1.2.3", &["198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["203.0.113.9, 198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["203.0.113.9", "198.51.100.1, 10.9.9.9"], &trusted), "198.51.100.1");
        assert_eq!(seen("2001:db8:1::5", &["2001:db8:7::1"], &trusted), "2001:db8:7::1");
        assert_eq!(seen("::ffff:10.1.2.3", &["198.51.100.1:4711"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["[2001:db8:7::1]:443"], &trusted), "2001:db8:7::1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_search() {
        let trusted = ["10.0.0.0/8"];
        for odd in ["", "unknown", "198.51.100.1, hidden", "198.51.100.1, 10.0.0.1, _x"] {
            let found = seen("10.1.2.3", &[odd], &trusted);
            assert!(found.starts_with("10."), "{odd:?}: {found}");
        }
        assert_eq!(seen("10.1.2.3", &[], &trusted), "10.1.2.3");
        assert_eq!(seen("10.1.2.3", &["10.0.0.1"], &trusted), "10.0.0.1");
    }

    #[test]
    fn a_network_is_a_24_or_a_64() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("192.0.2.1"), of("192.0.2.254"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.9"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    }

    #[test]
    fn ranges_are_read_strictly() {
        for good in ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.7", "::/0", "2001:db8::/32"] {
            assert!(good.parse::<ProxyRange>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "10/8", "::/129", "proxy.example", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(bad.parse::<ProxyRange>().is_err(), "{bad}");
        }
        let all: ProxyRange = "0.0.0.0/0".parse().expect("a range");
        assert!(all.holds("203.0.113.9".parse().expect("an address")));
        assert!(!all.holds("::1".parse().expect("an address")));
    }
}
