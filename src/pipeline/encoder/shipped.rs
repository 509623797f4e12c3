//! The model that travels with the repository, compiled into the program: nothing is fetched, and no file
//! beside the program can take its place.

/// The bytes of one of its files.
pub(super) fn file(model: &str, name: &str) -> Option<&'static [u8]> {
    if model != "urval-bilingual" {
        return None;
    }
    match name {
        "config.json" => Some(include_bytes!("../../../models/urval-bilingual/config.json")),
        "tokenizer.json" => Some(include_bytes!("../../../models/urval-bilingual/tokenizer.json")),
        "model.safetensors" => Some(include_bytes!("../../../models/urval-bilingual/model.safetensors")),
        _ => None,
    }
}
