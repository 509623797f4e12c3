// must not compile: criteria are frozen by their digest, and not put together by hand
// error: E0451

use urval::subject::profile::{FrozenProfile, Profile};

fn freeze(profile: Profile) -> FrozenProfile {
    FrozenProfile {
        profile, //~ private
        digest: String::new(), //~ private
        toml: String::new(), //~ private
    }
}

fn main() {
    let _ = freeze;
}
