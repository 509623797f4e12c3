//! The lot that decides who is in the control arm: a keyed hash of the application's id under the recruitment's seed.
//! Whoever has the seed can draw again and get the same; whoever has not cannot guess, and nobody can choose.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::subject::id::ApplicationId;

/// The secret of one recruitment's draw.
pub type Seed = [u8; 32];

/// The greatest share of a recruitment that may be drawn, in per cent.
pub const SHARE_MAX: u8 = 50;

/// What is written into the log when a share is set. It fixes the seed and does not tell it.
#[must_use]
pub fn commitment(seed: &Seed) -> String {
    hex::encode(Sha256::new().chain_update(b"urval/control-seed/1").chain_update(seed).finalize())
}

/// Whether the lot puts an application into the control arm.
#[must_use]
pub fn drawn(seed: &Seed, application: &ApplicationId, share: u8) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) else { return false };
    mac.update(b"urval/control-lot/1");
    mac.update(application.as_str().as_bytes());
    let hash = mac.finalize().into_bytes();
    let lot = hash.iter().take(8).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    lot * 100 < u128::from(share) << 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<ApplicationId> {
        (0..20_000).map(|n| ApplicationId::new(format!("{n:032x}"))).collect()
    }

    #[test]
    fn the_share_is_what_was_asked_for_and_a_greater_one_contains_a_smaller() {
        let all = ids();
        for share in [0, 1, 10, 25, 50] {
            let count = all.iter().filter(|id| drawn(&[7; 32], id, share)).count() as f64;
            let wanted = all.len() as f64 * f64::from(share) / 100.0;
            // Five standard deviations.
            let off = 5.0 * (wanted * (1.0 - f64::from(share) / 100.0)).sqrt();
            assert!((count - wanted).abs() <= off, "{share} %: {count} of {}", all.len());
        }
        assert!(all.iter().filter(|id| drawn(&[7; 32], id, 10)).all(|id| drawn(&[7; 32], id, 25)));
    }

    #[test]
    fn another_seed_is_another_draw_and_the_same_one_is_the_same() {
        let of = |seed: Seed| ids().iter().map(|id| drawn(&seed, id, 50)).collect::<Vec<bool>>();
        assert_eq!(of([7; 32]), of([7; 32]));
        let same = of([7; 32]).iter().zip(of([8; 32])).filter(|(a, b)| **a == *b).count();
        assert!((9_500..10_500).contains(&same), "{same} of 20000");
        assert_ne!(commitment(&[7; 32]), commitment(&[8; 32]));
    }
}
