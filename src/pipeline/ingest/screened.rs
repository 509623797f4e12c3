//! The result of a screening (`urval-screen/1`, docs/formats.md), read again: levels and bands, and none of the quotes.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::level::Level;
use crate::subject::profile::FrozenProfile;

const FORMAT: &str = "urval-screen/1";

/// What a screening found. Keys that are not needed here are passed over.
#[derive(Debug, Deserialize)]
pub struct Screened {
    format: String,
    profile: ScreenedProfile,
    /// Whether it was made of invented data, in evaluation mode.
    pub evaluation: bool,
    /// The text model.
    pub model: ScreenedModel,
    /// The version of the scoring method.
    pub method: String,
    /// Bands by placement.
    pub placements: Vec<ScreenedPlacement>,
    /// What the model read.
    pub applications: Vec<ScreenedApplication>,
    /// Ids of applications that a person had to read first.
    pub held: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct ScreenedProfile {
    sha256: String,
}

/// The text model of a screening.
#[derive(Debug, Deserialize)]
pub struct ScreenedModel {
    /// Levels compare only where it is equal.
    pub fingerprint: String,
}

/// One placement's bands.
#[derive(Debug, Deserialize)]
pub struct ScreenedPlacement {
    /// Its id in the profile; `alla` when the profile has none.
    pub id: PlacementId,
    /// Ids of applications, best band first.
    pub bands: Vec<Vec<String>>,
}

/// One application's levels.
#[derive(Debug, Deserialize)]
pub struct ScreenedApplication {
    /// Its pseudonym.
    pub id: String,
    /// Criterion by criterion.
    pub criteria: Vec<ScreenedCriterion>,
}

/// One criterion's level.
#[derive(Debug, Deserialize)]
pub struct ScreenedCriterion {
    /// Which.
    pub id: CriterionId,
    level: Option<f64>,
}

impl ScreenedCriterion {
    /// The level; `None` when the AI support may not assess the criterion.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.level.and_then(Level::checked)
    }
}

/// A result of screening cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScreenedError {
    /// Not JSON with these keys.
    #[error("line {line}, column {column}: this is no result of `urval screen --json`; give that file")]
    NotThisFormat {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Another format or version.
    #[error("its `format` is not `{FORMAT}`; make it again with this version of `urval screen --json`")]
    OtherFormat,
    /// Made with another profile.
    #[error("it was made with another requirement profile (sha256 {found}); give that one, or screen again")]
    OtherProfile {
        /// The SHA-256 of the profile that it was made with, if it is one.
        found: String,
    },
    /// Its parts contradict each other.
    #[error("application no. {number}: {what}; make the file again with `urval screen --json`")]
    Broken {
        /// Which one in `applications`, from 1.
        number: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A band names an application that is not there.
    #[error(
        "a band of placement no. {number} names an application that is not in `applications`; make the file again \
         with `urval screen --json`"
    )]
    StrangeBand {
        /// Which one in `placements`, from 1.
        number: usize,
    },
}

/// Reads a result and checks that it is of this profile and whole.
///
/// # Errors
/// [`ScreenedError`], which quotes nothing from the file but a digest.
pub fn read_screened(bytes: &[u8], profile: &FrozenProfile) -> Result<Screened, ScreenedError> {
    let read: Screened = serde_json::from_slice(bytes)
        .map_err(|error| ScreenedError::NotThisFormat { line: error.line(), column: error.column() })?;
    if read.format != FORMAT {
        return Err(ScreenedError::OtherFormat);
    }
    if read.profile.sha256 != profile.digest() {
        let found = read.profile.sha256.chars().filter(char::is_ascii_hexdigit).take(64).collect();
        return Err(ScreenedError::OtherProfile { found });
    }
    let mut ids = BTreeSet::new();
    for (number, application) in (1..).zip(&read.applications) {
        let broken = |what| Err(ScreenedError::Broken { number, what });
        if !ids.insert(application.id.as_str()) {
            return broken("its id stands twice");
        }
        if application.criteria.iter().filter_map(|c| c.level).any(|level| !(0.0..=1.0).contains(&level)) {
            return broken("a level is not from 0 to 1");
        }
        if application.criteria.iter().any(|c| profile.profile().criterion(&c.id).is_none()) {
            return broken("a criterion is not in the profile");
        }
        if read.placements_of(&application.id).next().is_none() {
            return broken("it is in no band");
        }
    }
    for (number, placement) in (1..).zip(&read.placements) {
        if placement.bands.iter().flatten().any(|id| !ids.contains(id.as_str())) {
            return Err(ScreenedError::StrangeBand { number });
        }
    }
    Ok(read)
}

impl Screened {
    /// The application with this id, if the model read it.
    #[must_use]
    pub fn application(&self, id: &str) -> Option<&ScreenedApplication> {
        self.applications.iter().find(|application| application.id == id)
    }

    /// The placements that an application is for.
    pub fn placements_of(&self, id: &str) -> impl Iterator<Item = &ScreenedPlacement> {
        self.placements.iter().filter(move |placement| placement.band_of(id).is_some())
    }

    /// Ids of the applications that are among the first `top_bands` bands of no placement, sorted: whom a sample of
    /// the lower bands is drawn from.
    #[must_use]
    pub fn below(&self, top_bands: usize) -> Vec<&str> {
        let low =
            |id: &str| self.placements_of(id).all(|p| p.band_of(id).is_some_and(|band| band > top_bands));
        let mut ids: Vec<&str> = self
            .applications
            .iter()
            .map(|application| application.id.as_str())
            .filter(|id| low(id))
            .collect();
        ids.sort_unstable();
        ids
    }
}

impl ScreenedPlacement {
    /// An application's band, from 1, the best; `None` when it is not for this placement.
    #[must_use]
    pub fn band_of(&self, id: &str) -> Option<usize> {
        (1..)
            .zip(&self.bands)
            .find(|(_, band)| band.iter().any(|member| member == id))
            .map(|(number, _)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::profile::Profile;
    use serde_json::{Value, json};

    fn profile() -> FrozenProfile {
        let text = "format = \"urval-kravprofil/1\"\nid = \"p\"\nversion = 1\ntitle = \"p\"\n[[criterion]]\nid = \"K1\"\n\
                    kind = \"must_have\"\nai = \"list\"\nlabel = \"x\"\ndescription = \"x\"\n";
        Profile::freeze(text).expect("a profile")
    }

    fn result() -> Value {
        let application =
            |id: &str| json!({ "id": id, "criteria": [{ "id": "K1", "level": null, "new": 1 }] });
        json!({
            "format": "urval-screen/1", "evaluation": true, "profile": { "sha256": profile().digest() },
            "model": { "name": "m", "fingerprint": "m@1" }, "method": "urval-score/1",
            "placements": [
                { "id": "one", "title": "One", "bands": [["K-A"], ["K-B", "K-C"]] },
                { "id": "two", "title": "Two", "bands": [["K-B"], [], ["K-C"]] },
            ],
            "applications": [application("K-A"), application("K-B"), application("K-C")],
            "held": ["K-D"],
        })
    }

    fn read(value: &Value) -> Result<Screened, ScreenedError> {
        read_screened(value.to_string().as_bytes(), &profile())
    }

    #[test]
    fn bands_are_found_and_who_is_below_the_top_ones() {
        let read = read(&result()).expect("a result");
        assert_eq!(read.placements_of("K-A").count(), 1);
        assert_eq!(read.placements[1].band_of("K-C"), Some(3));
        assert_eq!((read.below(1), read.below(0).len()), (vec!["K-C"], 3));
        assert!(read.application("K-D").is_none() && read.application("K-B").is_some());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut value = result();
            change(&mut value);
            read(&value).map(|_| ()).expect_err("refused").to_string()
        };
        assert!(refused(&|v| v["format"] = "urval-screen/2".into()).contains("urval-screen/1"));
        assert!(refused(&|v| v["profile"]["sha256"] = "ab<i>".into()).contains("(sha256 ab)"));
        assert!(
            refused(&|v| v["applications"][1]["id"] = "K-A".into()).contains("no. 2: its id stands twice")
        );
        assert!(refused(&|v| v["applications"][0]["criteria"][0]["level"] = 1.5.into()).contains("0 to 1"));
        assert!(
            refused(&|v| v["applications"][0]["criteria"][0]["id"] = "K9".into())
                .contains("not in the profile")
        );
        assert!(refused(&|v| v["placements"][0]["bands"] = json!([])).contains("no. 1: it is in no band"));
        assert!(refused(&|v| v["placements"][1]["bands"][1] = json!(["K-X"])).contains("placement no. 2"));
        assert!(refused(&|v| v["held"] = 1.into()).contains("column"));
    }
}
