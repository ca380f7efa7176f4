//! Taking away what Tawk has left on the disk.
//!
//! Tawk's own folders are emptied whole, so that nothing is forgotten that a later version puts there. Links are not
//! followed: what lies elsewhere may be somebody else's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::folders::Folders;

/// The file that keeps Tawk single. It goes last, when Tawk has ended.
pub const LOCK: &str = "tawk.lock";

/// What became of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// What was removed, one thing a line.
    pub removed: Vec<String>,
    /// What was left on purpose: sentences that say how it is removed.
    pub left: Vec<String>,
    /// What could not be removed: sentences.
    pub failed: Vec<String>,
}

/// Removes what `folders` hold, and `elsewhere`; the model files only if `models`. The lock file stays; see
/// [`erase_rest`].
pub fn erase(folders: &Folders, models: bool, elsewhere: &[PathBuf]) -> Erased {
    let mut erased = Erased::default();
    for path in things(folders) {
        if folders.models.starts_with(&path) && !models {
            let files = count(&path);
            if files > 0 {
                erased.left.push(format!(
                    "The models ({}) in {} were left. To remove them as well: tawk erase --models.",
                    counted(files),
                    path.display()
                ));
            }
        } else {
            erased.remove(name_of(&path, folders), &path);
        }
    }
    let own_models = folders.models.starts_with(&folders.data);
    if models && !own_models && count(&folders.models) > 0 {
        erased.left.push(format!(
            "The models in {} were left: you chose that folder, and it may hold files of others. Remove them yourself.",
            folders.models.display()
        ));
    }
    for path in elsewhere {
        erased.remove("What the system kept for Tawk", path);
    }
    erased
}

/// Removes the lock file and the folders, once Tawk has ended, with whatever was written at its end. Models stay or go
/// as before. Says nothing.
pub fn erase_rest(folders: &Folders, models: bool, elsewhere: &[PathBuf]) {
    erase(folders, models, elsewhere);
    let _ = fs::remove_file(folders.data.join(LOCK));
    if let Ok(icons) = folders.icons() {
        let _ = fs::remove_dir_all(icons);
    }
    let socket = folders.socket().ok();
    let runtime = socket.as_deref().and_then(Path::parent);
    // Folders that are not empty stay.
    for folder in [Some(folders.config.as_path()), Some(&folders.data), runtime].into_iter().flatten() {
        let _ = fs::remove_dir(folder);
    }
    let _ = fs::remove_dir(&folders.data);
}

/// What lies in Tawk's own folders, the lock file left out, in the order of names.
fn things(folders: &Folders) -> Vec<PathBuf> {
    let mut roots = vec![&folders.config, &folders.data];
    // On macOS they are one.
    roots.dedup();
    let mut things: Vec<_> = roots
        .into_iter()
        .filter_map(|root| fs::read_dir(root).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.file_name().is_some_and(|name| name != LOCK))
        .collect();
    things.sort();
    things
}

fn name_of(path: &Path, folders: &Folders) -> &'static str {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.as_ref() {
        _ if path == folders.recordings => "Recordings",
        _ if path == folders.logs => "Logs",
        _ if path == folders.models => "Models",
        _ if path == folders.settings() => "Settings",
        name if name.starts_with("history") => "History",
        _ => "Files of Tawk's own",
    }
}

impl Erased {
    fn remove(&mut self, name: &str, path: &Path) {
        let Ok(facts) = fs::symlink_metadata(path) else { return };
        if facts.is_symlink() {
            let leads_to = fs::read_link(path).unwrap_or_default();
            return match fs::remove_file(path) {
                Ok(()) => self.failed.push(format!(
                    "{name}: {} was a link, and only the link was removed. What it led to, {}, is still there: remove it \
                     yourself.",
                    path.display(),
                    leads_to.display()
                )),
                Err(error) => self.failed.push(disk::trouble("remove", path, &error).message),
            };
        }
        let (files, removed) =
            if facts.is_dir() { (Some(count(path)), fs::remove_dir_all(path)) } else { (None, fs::remove_file(path)) };
        match removed {
            Ok(()) => match files {
                // An empty folder is not worth a word.
                Some(0) => {}
                Some(files) => self.removed.push(format!("{name} ({}): {}", counted(files), path.display())),
                None => self.removed.push(format!("{name}: {}", path.display())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.failed.push(disk::trouble("remove", path, &error).message),
        }
    }
}

fn counted(files: usize) -> String {
    if files == 1 { "1 file".into() } else { format!("{files} files") }
}

/// The number of files in a folder and below it.
fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.file_type().is_ok_and(|kind| kind.is_dir()) { count(&entry.path()) } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn filled() -> (tempfile::TempDir, Folders) {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::under(root.path());
        folders.create().unwrap();
        fs::write(folders.settings(), "a").unwrap();
        for file in
            ["recordings/1.wav", "recordings/2.wav", "logs/a.log", "models/m.bin", "history.db", "history.db-wal", LOCK]
        {
            fs::write(folders.data.join(file), "a").unwrap();
        }
        fs::create_dir_all(folders.data.join("webview/deep")).unwrap();
        fs::write(folders.data.join("webview/deep/x"), "a").unwrap();
        (root, folders)
    }

    #[test]
    fn everything_goes_but_the_models() {
        let (_root, folders) = filled();
        let erased = erase(&folders, false, &[]);
        assert_eq!(erased.failed, Vec::<String>::new());
        let names: Vec<_> = erased.removed.iter().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(
            names,
            ["Settings", "History", "History", "Logs (1 file)", "Recordings (2 files)", "Files of Tawk's own (1 file)"]
        );
        assert!(erased.left[0].contains("1 file") && erased.left[0].contains("--models"), "{:?}", erased.left);
        let rest: Vec<_> = fs::read_dir(&folders.data).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(rest.len(), 2, "models and lock: {rest:?}");
        assert_eq!(fs::read_dir(&folders.config).unwrap().count(), 0);

        erase_rest(&folders, false, &[]);
        assert!(!folders.config.exists() && folders.data.join("models/m.bin").is_file());
        assert!(!folders.data.join(LOCK).exists());
    }

    #[test]
    fn with_the_models_nothing_is_left() {
        let (root, folders) = filled();
        let erased = erase(&folders, true, &[]);
        assert!(erased.removed.iter().any(|line| line.starts_with("Models (1 file)")), "{:?}", erased.removed);
        assert_eq!((erased.left, erased.failed), (Vec::new(), Vec::new()));
        erase_rest(&folders, true, &[]);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        // Nothing there is no fault.
        assert_eq!(erase(&folders, true, &[]), Erased::default());
    }

    #[test]
    fn on_a_mac_settings_and_data_share_a_folder() {
        let (_root, mut folders) = filled();
        folders.config.clone_from(&folders.data);
        fs::write(folders.settings(), "a").unwrap();
        let erased = erase(&folders, false, &[]);
        assert_eq!(erased.removed.iter().filter(|line| line.starts_with("Settings")).count(), 1);
        assert!(folders.models.join("m.bin").is_file());
    }

    #[test]
    fn what_lies_elsewhere_is_removed_only_where_it_is_the_systems() {
        let (root, mut folders) = filled();
        let own = root.path().join("own-models");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("mine.bin"), "a").unwrap();
        folders.models.clone_from(&own);
        let cache = root.path().join("cache");
        fs::write(&cache, "a").unwrap();
        let erased = erase(&folders, true, &[cache.clone(), root.path().join("nothing")]);
        assert!(own.join("mine.bin").is_file() && !cache.exists());
        assert!(erased.left[0].contains("own-models"), "{:?}", erased.left);
        assert!(erased.removed.iter().any(|line| line.starts_with("What the system kept")), "{:?}", erased.removed);
    }

    #[test]
    fn a_link_is_removed_and_what_it_leads_to_is_told() {
        let (root, folders) = filled();
        let other = root.path().join("other-disk");
        fs::rename(&folders.recordings, &other).unwrap();
        symlink(&other, &folders.recordings).unwrap();
        let erased = erase(&folders, false, &[]);
        assert!(other.join("1.wav").is_file() && !folders.recordings.exists());
        assert_eq!(erased.failed.len(), 1);
        assert!(erased.failed[0].contains("other-disk") && erased.failed[0].ends_with('.'), "{:?}", erased.failed);
    }

    #[test]
    fn what_cannot_be_removed_is_told() {
        let (_root, folders) = filled();
        // Not even root may remove this, where it is there.
        let immovable = PathBuf::from("/proc/self/stat");
        let erased = erase(&folders, false, std::slice::from_ref(&immovable));
        assert_eq!(erased.failed.len(), usize::from(immovable.exists()));
        assert!(erased.failed.iter().all(|sentence| sentence.starts_with("Tawk cannot remove")), "{:?}", erased.failed);
        assert!(!folders.recordings.exists(), "the rest goes all the same");
    }
}
