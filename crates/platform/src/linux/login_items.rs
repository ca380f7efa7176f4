//! Starting at login: an entry in the user's autostart folder, which every Linux desktop heeds.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use tawk_core::login_item::{self, Entry, LoginItem};
use tawk_core::ports::LoginItems;
use tawk_core::{Error, ErrorKind, Result};

/// The app's program, beside the command of the same build.
const APP: &str = "tawk-app";

/// The user's autostart folder.
pub(crate) struct SystemLoginItems;

impl SystemLoginItems {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl LoginItems for SystemLoginItems {
    fn state(&self) -> LoginItem {
        let Ok(path) = entry_path() else { return LoginItem::Unknown };
        match fs::read_to_string(path) {
            Ok(text) => state_of(&Entry::read(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => LoginItem::Off,
            Err(_) => LoginItem::Unknown,
        }
    }

    fn set(&self, on: bool) -> Result<LoginItem> {
        let path = entry_path()?;
        if on {
            write(&path, &app()?)?;
        } else {
            remove(&path)?;
        }
        Ok(self.state())
    }

    fn open_settings(&self) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "This system asks for no agreement to start a program at login."))
    }
}

fn state_of(entry: &Entry) -> LoginItem {
    match entry.is_enabled {
        false => LoginItem::Off,
        true if is_program(&entry.program) => LoginItem::On,
        true => LoginItem::NotFound,
    }
}

/// A name without a folder is looked for where the desktop would look.
fn is_program(program: &str) -> bool {
    if program.is_empty() || Path::new(program).is_absolute() {
        return Path::new(program).is_file();
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// `$XDG_CONFIG_HOME/autostart/tawk.desktop`; a variable that is not absolute does not count, says the specification.
fn entry_path() -> Result<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
    config.map(|config| config.join("autostart").join(login_item::NAME)).ok_or_else(|| {
        Error::new(ErrorKind::Storage, "Tawk cannot find your home folder. Set HOME to it and try again.")
    })
}

/// The app's program: this one, or the one beside it when this is the command.
fn app() -> Result<String> {
    let here = env::current_exe().ok().filter(|program| program.is_file());
    let app = here.as_deref().and_then(Path::parent).map(|folder| folder.join(APP)).filter(|app| app.is_file());
    let app = app.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            "The Tawk app is not in the folder of this program, so nothing could be started at login. Install both \
             programs in one folder, start them from there, and try again.",
        )
    })?;
    app.into_os_string().into_string().map_err(|path| {
        let message =
            format!("No autostart entry can name the program {}. Move Tawk to another folder.", path.display());
        Error::new(ErrorKind::Unsupported, message)
    })
}

fn write(path: &Path, program: &str) -> Result<()> {
    let text = login_item::text(program)?;
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        // Beside the entry and then in its place, so that a full disk leaves no half of it. Desktops read only *.desktop.
        let new = path.with_extension("new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, path)).inspect_err(|_| drop(fs::remove_file(&new)))
    });
    written.map_err(|error| refused("written", path, &error))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused("removed", path, &error)),
        _ => Ok(()),
    }
}

fn refused(what: &str, path: &Path, error: &io::Error) -> Error {
    let message =
        format!("The autostart entry {} cannot be {what}: {error}. Correct its folder's access.", path.display());
    Error::new(ErrorKind::Storage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("tawk-login-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn an_entry_is_written_read_and_removed() {
        let folder = folder("written");
        let path = folder.join("autostart").join(login_item::NAME);
        remove(&path).unwrap();
        write(&path, "/bin/sh").unwrap();
        write(&path, "/bin/sh").unwrap();
        assert_eq!(state_of(&Entry::read(&fs::read_to_string(&path).unwrap())), LoginItem::On);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        remove(&path).unwrap();
        assert!(!path.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_in_the_way_is_told() {
        let folder = folder("in-the-way");
        let path = folder.join(login_item::NAME);
        fs::create_dir_all(&path).unwrap();
        for error in [write(&path, "/bin/sh").unwrap_err(), remove(&path).unwrap_err()] {
            assert_eq!(error.kind, ErrorKind::Storage);
            assert!(error.message.ends_with('.'), "{}", error.message);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_state_is_what_the_desktop_would_do() {
        let entry = |program: &str, is_enabled| Entry { program: program.into(), is_enabled };
        assert_eq!(state_of(&entry("/bin/sh", true)), LoginItem::On);
        assert_eq!(state_of(&entry("sh", true)), LoginItem::On);
        assert_eq!(state_of(&entry("/bin/sh", false)), LoginItem::Off);
        assert_eq!(state_of(&entry("/nowhere/tawk-app", true)), LoginItem::NotFound);
        assert_eq!(state_of(&entry("", true)), LoginItem::NotFound);
    }

    #[test]
    fn the_app_is_looked_for_beside_this_program() {
        // A test's program lies in target/debug/deps, the app's in the folder above.
        assert_eq!(app().unwrap_err().kind, ErrorKind::NotFound);
    }
}
