//! How passwords are kept and checked: argon2id with OWASP's parameters, in memory of its own.
//!
//! The 19 MiB that a check fills are made once and used again. Asked of the allocator each time, a check of
//! one account took a tenth longer than another's for as long as a process lived, or did not: as far as could
//! be seen it hung on what was allocated before, and that depends on whether the login exists. Being few they
//! also bound what a flood of attempts can take: the others wait.

use std::sync::{Mutex, OnceLock};

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::super::CaseError;
use super::password::composed;

/// Checks at the same time: each fills a core and 19 MiB.
const AT_ONCE: usize = 4;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
static BENCHES: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// OWASP's parameters for argon2id: 19 MiB, two passes, one lane.
fn params() -> Params {
    Params::new(19 * 1024, 2, 1, None).unwrap_or_default()
}

/// Hashes a password for storage (argon2id, own salt).
///
/// # Errors
/// When there is no randomness.
pub fn hash_password(password: &str) -> Result<String, CaseError> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
        .hash_password(composed(password).as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| CaseError::Damaged("password"))
}

/// Takes memory that is already there, does the work, cleans it and puts it back. A panic in the work
/// drops the memory; the next check makes its own.
fn on_bench<T>(blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
    let kept = BENCHES.lock().ok().and_then(|mut benches| benches.pop());
    let mut bench = kept.unwrap_or_default();
    bench.resize(blocks, Block::new());
    let done = work(&mut bench);
    // What the last password left behind.
    bench.fill(Block::new());
    if let Ok(mut benches) = BENCHES.lock()
        && benches.len() < AT_ONCE
    {
        benches.push(bench);
    }
    done
}

fn password_fits(password: &str, stored: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else { return false };
    let (Ok(params), Some(salt), Some(expected)) = (Params::try_from(&hash), &hash.salt, &hash.hash) else {
        return false;
    };
    let known = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    let blocks = params.block_count();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut made = Zeroizing::new(vec![0; expected.as_bytes().len()]);
    let password = composed(password);
    let filled = on_bench(blocks, |bench| {
        argon.hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), &mut made, bench)
    });
    // `Output` compares in constant time.
    known && filled.is_ok() && Output::new(&made).is_ok_and(|made| made == *expected)
}

/// Checks a password away from the threads that answer. Without a stored hash the same work is done on
/// one that no password fits.
pub(super) async fn fits(password: &str, stored: Option<String>) -> Result<bool, CaseError> {
    let password = Zeroizing::new(password.to_owned());
    let turn = TURNS.acquire().await.map_err(|_| CaseError::Interrupted)?;
    tokio::task::spawn_blocking(move || {
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| nobody().to_owned());
        let fits = password_fits(&password, &hash) && known;
        drop(turn);
        fits
    })
    .await
    .map_err(|_| CaseError::Interrupted)
}

/// A hash that no password fits, so that an unknown login takes as long as a wrong password.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash_password("no account has this password").unwrap_or_default())
}

/// Makes the hash that no password fits before anybody asks, so that the first unknown login after a
/// start takes no longer than the next.
pub(super) fn warm() {
    let _ = nobody();
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;

    use super::*;

    #[test]
    fn what_fits_is_what_the_library_says_fits_also_under_other_parameters() {
        let weaker = Params::new(64, 3, 2, Some(24)).expect("parameters");
        for params in [params(), weaker, params()] {
            let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let stored = argon.hash_password("Åsa går över ån".as_bytes()).expect("a hash").to_string();
            for (typed, is) in
                [("Åsa går över ån", true), ("A\u{30a}sa ga\u{30a}r över a\u{30a}n", true), ("åsa", false)]
            {
                assert_eq!(password_fits(typed, &stored), is, "{typed}");
            }
            let hash = PasswordHash::new(&stored).expect("a hash");
            assert!(argon.verify_password("Åsa går över ån".as_bytes(), &hash).is_ok());
        }
    }

    #[test]
    fn a_damaged_hash_fits_nothing() {
        let stored = hash_password("ett långt lösenord").expect("a hash");
        for damaged in
            ["", "x", &stored[..40], &stored.replace("argon2id", "argon2i"), &stored.replace("v=19", "v=16")]
        {
            assert!(!password_fits("ett långt lösenord", damaged), "{damaged}");
        }
    }

    #[test]
    fn nothing_of_a_password_stays_in_the_memory_that_is_kept() {
        assert!(!password_fits("ett långt lösenord", nobody()));
        let seen =
            on_bench(8, |bench| bench.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        assert!(seen);
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_password() {
        let stored = hash_password("blåbärssylt på gröt").expect("a hash");
        assert!(password_fits("bla\u{30a}ba\u{308}rssylt pa\u{30a} gro\u{308}t", &stored));
        assert!(!password_fits("blabarssylt pa grot", &stored));
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    }
}
