//! Models as a face lists them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tawk_core::Result;
use tawk_core::settings::Settings;
use tawk_store::{Folders, Languages, ModelFolder, ModelState};

/// A model, from the catalogue or put into the folder by the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRow {
    /// What the setting `recognition.model` calls it.
    pub id: String,
    /// For people.
    pub name: String,
    /// The file's size.
    pub bytes: u64,
    /// `en` or `multi`.
    pub languages: String,
    /// `installed`, `missing`, `damaged` or `partial`.
    pub state: String,
    /// Whether it can be used now.
    pub installed: bool,
    /// Whether it knows only the demo vocabulary.
    pub demo: bool,
    /// Whether the next dictation uses it.
    pub current: bool,
    /// Whether it is a good choice for most people.
    pub recommended: bool,
    /// A word about it for people; may be empty.
    pub hint: String,
    /// Where it lies or would lie.
    pub path: String,
}

/// Every model of the catalogue and of the models folder.
///
/// # Errors
/// `Storage` when the folder cannot be read.
pub fn model_rows(folders: &Folders, settings: &Settings) -> Result<Vec<ModelRow>> {
    let folder = ModelFolder::new(folders);
    let current = folder.find_for(&settings.recognition.model, settings.language()).ok();
    let rows = folder.list()?.into_iter().map(|model| {
        let state = match model.state {
            ModelState::Installed | ModelState::BuiltIn => "installed",
            ModelState::Missing => "missing",
            ModelState::Damaged => "damaged",
            ModelState::Partial(_) => "partial",
        };
        let english = model.languages == Languages::English;
        ModelRow {
            installed: matches!(model.state, ModelState::Installed | ModelState::BuiltIn),
            state: state.into(),
            current: current.as_ref() == Some(&model.path),
            id: model.id,
            name: model.name,
            bytes: model.entry.map_or_else(|| size(&model.path), |entry| entry.bytes),
            languages: if english { "en" } else { "multi" }.into(),
            demo: model.entry.is_some_and(|entry| entry.demo),
            recommended: model.entry.is_some_and(|entry| entry.recommended),
            hint: model.entry.map(|entry| entry.hint.clone()).unwrap_or_default(),
            path: model.path.display().to_string(),
        }
    });
    Ok(rows.collect())
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}
