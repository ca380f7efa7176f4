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
    /// Whether a damaged history was set aside since recordings were last taken in.
    #[serde(default)]
    history_was_lost: bool,
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

    /// Whether a history was set aside whose recordings have not been taken in since.
    pub(super) fn history_was_lost(&self) -> bool {
        self.read().history_was_lost
    }

    /// These are all there are, and every other recording was taken in.
    pub(super) fn settle(&self, stems: BTreeSet<String>) -> tawk_core::Result<()> {
        self.write(&Kept { stems: Some(stems), history_was_lost: false })
    }

    /// A history was set aside: its recordings belong to no dictation now, and not on purpose.
    pub(super) fn history_is_lost(&self) -> tawk_core::Result<()> {
        self.write(&Kept { history_was_lost: true, ..self.read() })
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
