//! Files of a log that lies elsewhere: in a folder, or at another host over HTTP. What comes is
//! bounded in size and time and never believed before a signature or a hash vouches for it.

use std::path::PathBuf;
use std::time::Duration;

use ureq::Agent;

use super::Failure;

/// The largest file of a log that is fetched: a bundle of 256 entries of 64 KiB.
const BYTES_MAX: u64 = 17 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a log lies.
pub enum Elsewhere {
    /// An export, or a mirror of one.
    Folder(PathBuf),
    /// A prefix such as `https://viken.example/logg`.
    Host(String, Agent),
}

impl Elsewhere {
    /// A prefix that begins with `http://` or `https://`, or else a folder.
    pub fn at(place: &str) -> Self {
        if place.starts_with("https://") || place.starts_with("http://") {
            Self::Host(place.trim_end_matches('/').to_owned(), agent())
        } else {
            Self::Folder(PathBuf::from(place))
        }
    }

    /// One file of the log.
    ///
    /// # Errors
    /// When it is not there, too large, or the host does not answer in time.
    pub fn get(&self, name: &str) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                std::fs::read(&path).map_err(|e| Failure(format!("cannot read `{}`: {e}", path.display())))
            }
            Self::Host(prefix, agent) => {
                let address = format!("{prefix}/{name}");
                let mut answer = agent
                    .get(&address)
                    .call()
                    .map_err(|e| Failure(format!("cannot fetch {address}: {e}")))?;
                if answer.status() != 200 {
                    return Err(Failure(format!("{address} answers {}", answer.status())));
                }
                answer
                    .body_mut()
                    .with_config()
                    .limit(BYTES_MAX)
                    .read_to_vec()
                    .map_err(|e| Failure(format!("cannot read {address}: {e}")))
            }
        }
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent()
}

/// Sends a request for a cosignature to a witness; gives the status and what it says.
///
/// # Errors
/// When the witness cannot be reached.
pub fn ask_witness(prefix: &str, body: &str) -> Result<(u16, String), Failure> {
    let address = format!("{}/add-checkpoint", prefix.trim_end_matches('/'));
    let mut answer = agent()
        .post(&address)
        .header("content-type", "text/plain; charset=utf-8")
        .send(body)
        .map_err(|e| Failure(format!("cannot reach the witness {address}: {e}")))?;
    let text = answer
        .body_mut()
        .with_config()
        .limit(64 * 1024)
        .read_to_string()
        .map_err(|e| Failure(format!("cannot read the answer of {address}: {e}")))?;
    Ok((answer.status().as_u16(), text))
}
