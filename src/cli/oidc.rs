//! Reads `oidc.toml` of the data folder, with the secrets that it points to: the providers through which
//! staff may sign in. Read once, when the service starts.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::Failure;
use super::open::Folder;
use crate::casework::federation::providers::Providers;
use crate::guard::oidc::Settings;
use crate::guard::oidc::settings::SecretIn;
use crate::web::outbound::Outbound;

/// The file in the data folder.
pub const FILE: &str = "oidc.toml";

/// Bytes of the settings, of a secret or of certificates at most.
const BYTES_MAX: u64 = 256 * 1024;

/// The providers; none when there is no file.
///
/// # Errors
/// When a file can be read by other accounts, a setting cannot be used, or a secret is missing: the
/// service does not start with a door that is half made.
pub fn providers(folder: &Folder) -> Result<Providers<Outbound>, Failure> {
    let path = folder.root().join(FILE);
    if !path.exists() {
        return Ok(Providers::default());
    }
    let text = private(&path)?;
    let settings = Settings::parse(&text).map_err(|e| Failure(format!("`{}`: {e}", path.display())))?;
    let mut list = Vec::new();
    for provider in settings.providers {
        let ca = match &provider.ca_file {
            Some(name) => Some(read(&folder.root().join(name), false)?),
            None => None,
        };
        let wire = Outbound::new(ca.as_ref().map(|pem| pem.as_bytes()))
            .map_err(|e| Failure(format!("`ca_file` of provider `{}`: {e}", provider.id)))?;
        let secret = match &provider.secret_in {
            SecretIn::None => None,
            SecretIn::File(name) => Some(private(&folder.root().join(name))?),
            SecretIn::Environment(name) => Some(Zeroizing::new(std::env::var(name).map_err(|_| {
                Failure(format!(
                    "provider `{}`: the environment variable `{name}` with the client secret is not set",
                    provider.id
                ))
            })?)),
        };
        let provider = match secret {
            None => provider,
            Some(secret) => {
                let secret = Zeroizing::new(secret.trim_end_matches(['\r', '\n']).to_owned());
                if secret.is_empty() {
                    return Err(Failure(format!("provider `{}`: the client secret is empty", provider.id)));
                }
                provider.with_secret(secret)
            }
        };
        list.push((provider, wire));
    }
    Ok(Providers::new(list))
}

/// A file that only its owner may read.
fn private(path: &Path) -> Result<Zeroizing<String>, Failure> {
    read(path, true)
}

fn read(path: &Path, secret: bool) -> Result<Zeroizing<String>, Failure> {
    let failed = |e: std::io::Error| Failure(format!("cannot read `{}`: {e}", path.display()));
    let file = File::open(path).map_err(failed)?;
    // Of the file that is open, so that nothing can be put in its place in between.
    let about = file.metadata().map_err(failed)?;
    let mode = about.permissions().mode() & 0o7777;
    if secret && mode & 0o077 != 0 {
        return Err(Failure(format!(
            "`{path}` can be read by other accounts (mode {mode:o}): run `chmod 600 {path}`",
            path = path.display()
        )));
    }
    let mut text = Zeroizing::new(String::new());
    let length = file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if length as u64 > BYTES_MAX {
        return Err(Failure(format!("`{}` is longer than 256 KiB", path.display())));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SETTINGS: &str = "service = \"https://urval.example\"\n[[provider]]\nid = \"a\"\n\
        issuer = \"https://op.example\"\nclient_id = \"urval\"\nclient_secret_file = \"a.secret\"\n\
        organisations = [\"helsingborg\"]\nbutton_sv = \"A\"\nbutton_en = \"A\"\n";

    fn put(folder: &Folder, name: &str, text: &str, mode: u32) {
        let path = folder.root().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn settings_and_secret_are_read_only_when_nobody_else_can_read_them() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path()).unwrap();
        assert_eq!(providers(&folder).unwrap().settings().count(), 0, "no file, no provider");
        put(&folder, FILE, SETTINGS, 0o600);
        assert!(providers(&folder).err().unwrap().0.contains("a.secret"), "a missing secret stops the start");
        put(&folder, "a.secret", "hemlig\n", 0o600);
        let read = providers(&folder).unwrap();
        assert_eq!(read.settings().next().unwrap().secret(), Some("hemlig"));
        put(&folder, "a.secret", "\n", 0o600);
        assert!(providers(&folder).err().unwrap().0.contains("empty"));
        for (name, text) in [("a.secret", "hemlig"), (FILE, SETTINGS)] {
            for mode in [0o640, 0o604, 0o644] {
                put(&folder, "a.secret", "hemlig", 0o600);
                put(&folder, FILE, SETTINGS, 0o600);
                put(&folder, name, text, mode);
                let said = providers(&folder).err().expect("refused").0;
                assert!(said.contains("chmod 600") && !said.contains("hemlig"), "{said}");
            }
        }
    }

    #[test]
    fn a_secret_that_the_environment_lacks_and_authorities_without_a_certificate_stop_the_start() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path()).unwrap();
        let from = "client_secret_file = \"a.secret\"";
        put(&folder, FILE, &SETTINGS.replace(from, "client_secret_env = \"URVAL_NO_SUCH_VARIABLE\""), 0o600);
        assert!(providers(&folder).err().unwrap().0.contains("URVAL_NO_SUCH_VARIABLE"));
        put(&folder, FILE, &SETTINGS.replace(from, "ca_file = \"ca.pem\""), 0o600);
        put(&folder, "ca.pem", "nothing", 0o644);
        assert!(providers(&folder).err().unwrap().0.contains("ca_file"));
    }
}
