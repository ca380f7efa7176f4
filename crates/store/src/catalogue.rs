//! The models that Tawk knows: names, sizes, checksums. The table is `models/catalogue.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The id of the model that comes with Tawk.
pub const DEMO: &str = "demo";

/// The whole catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The server, for instance `https://example.org`, without a slash at the end.
    pub origin: String,
    /// The path of a file on the server, with `{revision}` and `{file}` to fill in.
    pub path: String,
    /// The publisher's revision, which never changes.
    pub revision: String,
    /// The models, smallest first; the demo before all.
    #[serde(rename = "model")]
    pub entries: Vec<Entry>,
}

/// A model of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What settings and commands call it, for instance `base.en-q5_1`.
    pub id: String,
    /// What people read.
    pub name: String,
    /// The file's name, the same on the server and in the model folder.
    pub file: String,
    /// The file's length.
    pub bytes: u64,
    /// The file's SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// The weights' licence (SPDX).
    pub licence: String,
    /// What it hears.
    pub languages: Languages,
    /// How the weights are stored, for instance `Q5_1`.
    pub quantisation: String,
    /// From 0 (the demo) and 1 (tiny) to 5 (large).
    pub quality: u8,
    /// One of the steps that Tawk offers first.
    #[serde(default)]
    pub recommended: bool,
    /// The model that comes with Tawk: a test part with a small vocabulary, and nothing to fetch.
    #[serde(default)]
    pub demo: bool,
    /// A sentence that helps to choose; empty for most.
    #[serde(default)]
    pub hint: String,
}

/// What a model hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Languages {
    /// English only.
    #[serde(rename = "en")]
    English,
    /// Whisper's languages; detected, or chosen by code.
    #[serde(rename = "multi")]
    Multilingual,
}

impl Languages {
    /// Whether speech in `language` (a Whisper code; `None` when it is to be detected) can be recognised.
    pub fn hear(self, language: Option<&str>) -> bool {
        self == Languages::Multilingual || language.is_none_or(|code| code == "en")
    }
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    // The text is part of the program and a test reads it, so an empty catalogue is never seen.
    toml::from_str(include_str!("../../../models/catalogue.toml")).unwrap_or_default()
});

impl Catalogue {
    /// The catalogue that this program was built with.
    pub fn get() -> &'static Catalogue {
        &CATALOGUE
    }

    /// The entry with this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The models that Tawk offers first, from small and quick to large and good.
    pub fn recommended(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.recommended)
    }

    /// The path of the entry's file on the server, with the slash before it.
    pub fn path_of(&self, entry: &Entry) -> String {
        self.path.replace("{revision}", &self.revision).replace("{file}", &entry.file)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let catalogue: Catalogue = toml::from_str(include_str!("../../../models/catalogue.toml")).unwrap();
        assert_eq!(&catalogue, Catalogue::get());
        assert_eq!(catalogue.entries.len(), 24);
        assert!(catalogue.origin.starts_with("https://") && !catalogue.origin.ends_with('/'));
        assert!(catalogue.path.starts_with('/'));
        assert_eq!(catalogue.revision.len(), 40);
        let unique = |of: fn(&Entry) -> &str| catalogue.entries.iter().map(of).collect::<HashSet<_>>().len();
        for distinct in [unique(|e| &e.id), unique(|e| &e.name), unique(|e| &e.file), unique(|e| &e.sha256)] {
            assert_eq!(distinct, catalogue.entries.len());
        }
        for entry in &catalogue.entries {
            assert!(entry.bytes > 1_000_000, "{}", entry.id);
            assert_eq!(entry.sha256.len(), 64, "{}", entry.id);
            assert!(entry.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{}", entry.id);
            assert!(entry.file.starts_with("ggml-") && entry.file.ends_with(".bin") && !entry.file.contains('/'));
            let english = entry.id == DEMO || entry.id.contains(".en");
            assert_eq!(entry.languages == Languages::English, english, "{}", entry.id);
            assert_eq!(entry.demo, entry.id == DEMO);
            assert_eq!(entry.quality == 0, entry.demo);
            assert!(entry.demo || entry.file == format!("ggml-{}.bin", entry.id));
        }
    }

    #[test]
    fn the_recommended_ladder() {
        let ladder: Vec<_> = Catalogue::get().recommended().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ladder, ["base.en-q5_1", "small.en-q5_1", "large-v3-turbo-q5_0"]);
    }

    #[test]
    fn the_demo_entry_is_the_committed_file() {
        use sha2::{Digest as _, Sha256};
        let entry = Catalogue::get().entry(DEMO).unwrap();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(&entry.file);
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(bytes.len() as u64, entry.bytes);
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, entry.sha256);
    }

    #[test]
    fn a_files_path_holds_revision_and_name() {
        let catalogue = Catalogue::get();
        assert_eq!(
            catalogue.path_of(catalogue.entry("tiny-q5_1").unwrap()),
            "/ggerganov/whisper.cpp/resolve/5359861c739e955e79d9a303bcbc70fb988958b1/ggml-tiny-q5_1.bin"
        );
    }

    #[test]
    fn english_models_hear_english() {
        assert!(Languages::English.hear(None) && Languages::English.hear(Some("en")));
        assert!(!Languages::English.hear(Some("de")) && Languages::Multilingual.hear(Some("de")));
    }
}
