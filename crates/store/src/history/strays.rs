//! Which recordings belong to no dictation on purpose: those that were kept while the history was off, or that were left when
//! everything in it was deleted. A small file beside the history names them, so that all others without a dictation can be
//! taken in, whatever the clock said when they were made.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::disk;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Stems of recordings; `None` before anything was noted.
    #[serde(default)]
    stems: Option<BTreeSet<String>>,
    /// Stems of the recordings that were there when a damaged history was set aside and that have not been taken in since.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    lost: BTreeSet<String>,
}

/// The file that names them.
#[derive(Debug)]
pub(super) struct Strays {
    path: PathBuf,
}

impl Strays {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether anything was noted at all.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// The stems; `None` when nothing was noted yet, or it cannot be read.
    pub(super) fn stems(&self) -> Option<BTreeSet<String>> {
        self.read().stems
    }

    /// The stems of what may have belonged to a history that was set aside and has not been taken in since.
    pub(super) fn lost(&self) -> BTreeSet<String> {
        self.read().lost
    }

    /// These are all there are, and every other recording was taken in, but for those of a history that was lost.
    pub(super) fn settle(&self, stems: BTreeSet<String>, lost: BTreeSet<String>) -> tawk_core::Result<()> {
        self.write(&Kept { stems: Some(stems), lost })
    }

    /// A history was set aside: `there` are the recordings that were there. They belong to no dictation now, and those that did
    /// before not on purpose.
    pub(super) fn history_is_lost(&self, there: impl Iterator<Item = String>) -> tawk_core::Result<()> {
        let Kept { stems, mut lost } = self.read();
        lost.extend(there.filter(|stem| !stems.as_ref().is_some_and(|stems| stems.contains(stem))));
        self.write(&Kept { stems, lost })
    }

    fn read(&self) -> Kept {
        fs::read(&self.path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn write(&self, kept: &Kept) -> tawk_core::Result<()> {
        if self.exists() && *kept == self.read() {
            return Ok(());
        }
        disk::replace(&self.path, &serde_json::to_vec(kept).unwrap_or_default())
    }
}
