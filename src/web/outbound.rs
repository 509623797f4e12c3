//! The way out: the only place where the service calls somebody else, and it calls the providers that
//! the settings name and nobody else. No proxy of the environment, no redirect, no compressed body;
//! ten seconds for everything and 256 KiB for an answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::casework::federation::providers::{Answered, Silent, Wire};
use crate::guard::oidc::Address;
use crate::guard::oidc::flow::Exchange;

/// Seconds for one call, from the name look-up to the last byte.
pub const CALL_SECONDS_MAX: u64 = 10;
/// Bytes of an answer at most. A description has about 5,000, ten keys about 10,000.
pub const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Calls to one provider at once; more wait, so that a slow provider does not take all threads.
const CALLS_MAX: usize = 8;

/// The certificate authorities of a provider cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the file holds no certificate in PEM form")]
pub struct NoCertificate;

/// The way to one provider.
pub struct Outbound {
    agent: Agent,
    doors: Arc<Semaphore>,
}

impl Outbound {
    /// A way to a provider that one of the authorities in `ca_pem` vouches for, or one of the public
    /// ones when none are given.
    ///
    /// # Errors
    /// When there is no certificate in `ca_pem`.
    pub fn new(ca_pem: Option<&[u8]>) -> Result<Self, NoCertificate> {
        let roots = match ca_pem {
            None => RootCerts::WebPki,
            Some(pem) => {
                let mut own = Vec::new();
                for item in parse_pem(pem) {
                    if let PemItem::Certificate(certificate) = item.map_err(|_| NoCertificate)? {
                        own.push(certificate);
                    }
                }
                if own.is_empty() {
                    return Err(NoCertificate);
                }
                RootCerts::new_with_certs(&own)
            }
        };
        let agent = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            // By default the environment would choose one: the client's secret goes to nobody else.
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A connection each: on one that was kept, a code could be sent into the void.
            .max_idle_connections(0)
            .timeout_global(Some(Duration::from_secs(CALL_SECONDS_MAX)))
            .user_agent("urval")
            .build()
            .new_agent();
        Ok(Self { agent, doors: Arc::new(Semaphore::new(CALLS_MAX)) })
    }

    async fn call(
        &self,
        work: impl FnOnce(&Agent) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> + Send + 'static,
    ) -> Result<Answered, Silent> {
        let permit = Arc::clone(&self.doors).acquire_owned();
        let wait = Duration::from_secs(CALL_SECONDS_MAX);
        let permit = tokio::time::timeout(wait, permit).await.map_err(|_| Silent)?.map_err(|_| Silent)?;
        let agent = self.agent.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Given back when the call ends, also when nobody waits for it any longer.
            let _permit = permit;
            let mut response = work(&agent)?;
            let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
            Ok::<_, ureq::Error>((response.status().as_u16(), body))
        });
        match done.await {
            Ok(Ok((200, body))) => Ok(Answered::Yes(body)),
            Ok(Ok(_)) => Ok(Answered::No),
            Ok(Err(error)) => {
                // The error names hosts and limits; bodies and headers are not in it.
                tracing::warn!(%error, "a provider gave no usable answer");
                Err(Silent)
            }
            Err(_) => Err(Silent),
        }
    }
}

impl Wire for Outbound {
    async fn get(&self, address: &Address) -> Result<Answered, Silent> {
        let address = address.as_str().to_owned();
        self.call(move |agent| agent.get(&address).header("accept", "application/json").call()).await
    }

    async fn exchange(&self, address: &Address, exchange: Exchange) -> Result<Answered, Silent> {
        let address = address.as_str().to_owned();
        self.call(move |agent| {
            let mut request = agent
                .post(&address)
                .header("accept", "application/json")
                .header("content-type", "application/x-www-form-urlencoded");
            if let Some(value) = &exchange.authorization {
                request = request.header("authorization", value.as_str());
            }
            request.send(exchange.body.as_str())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_of_the_environment_and_no_redirect_is_ever_used() {
        let out = Outbound::new(None).unwrap();
        let config = out.agent.config();
        assert!(config.proxy().is_none());
        assert_eq!(config.max_redirects(), 0);
        assert!(!config.tls_config().disable_verification());
        assert_eq!(config.timeouts().global, Some(Duration::from_secs(CALL_SECONDS_MAX)));
    }

    #[test]
    fn a_file_without_a_certificate_is_no_file_of_authorities() {
        assert!(Outbound::new(Some(b"")).is_err());
        assert!(
            Outbound::new(Some(b"-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n"))
                .is_err()
        );
    }
}
