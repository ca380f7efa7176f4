//! A private home folder, with the environment that belongs to it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::guard;

/// A user's home with nothing in it. It is removed on drop.
pub struct Home {
    root: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    /// Makes an empty home in the folder for temporary files.
    #[track_caller]
    pub fn new() -> Self {
        // Sockets lie in it, whose paths must be short.
        let root = tempfile::Builder::new().prefix("tawk-").tempdir().expect("A temporary folder can be made.");
        guard::remove_at_end(root.path());
        let mut home = Self { root, variables: Vec::new() };
        let folders = [
            ("HOME", "home"),
            // Where they are by default: PulseAudio's clients look for its cookie there only.
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_STATE_HOME", "home/.local/state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
        ];
        for (variable, folder) in folders {
            let path = home.path(folder);
            fs::create_dir_all(&path).expect("A folder can be made in the temporary folder.");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("Its mode can be set.");
            home.set(variable, path.display());
        }
        home.set("LANG", "C.UTF-8");
        home
    }

    /// Sets a variable for every program started from now on.
    pub fn set(&mut self, variable: &str, value: impl std::fmt::Display) {
        self.unset(variable);
        self.variables.push((variable.into(), value.to_string()));
    }

    /// Removes a variable again.
    pub fn unset(&mut self, variable: &str) {
        self.variables.retain(|(name, _)| name != variable);
    }

    /// The value of a variable, if it is set.
    pub fn variable(&self, variable: &str) -> Option<&str> {
        self.variables.iter().find(|(name, _)| name == variable).map(|(_, value)| value.as_str())
    }

    /// A command that sees this home and nothing of the real user's environment but PATH.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("PATH", env::var_os("PATH").unwrap_or_default()).current_dir(self.root.path());
        command
    }

    /// A path in the home's folder.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(relative)
    }

    /// A path in Tawk's data folder.
    pub fn data(&self, relative: &str) -> PathBuf {
        self.path("home/.local/share/tawk").join(relative)
    }

    /// A path in Tawk's settings folder.
    pub fn config(&self, relative: &str) -> PathBuf {
        self.path("home/.config/tawk").join(relative)
    }

    /// Tawk's settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.config("settings.toml")
    }

    /// Writes Tawk's settings file.
    pub fn write_settings(&self, text: &str) {
        let file = self.settings_file();
        fs::create_dir_all(self.config("")).expect("The settings folder can be made.");
        fs::write(file, text).expect("The settings can be written.");
    }

    /// Has the user been through the first run, so that the app opens no window by itself. Settings that say something else
    /// about that, or cannot be read, stay as they are.
    pub fn be_no_newcomer(&self) {
        let text = self.settings_text();
        if text.parse::<toml::Table>().is_ok_and(|settings| !settings.contains_key("welcome")) {
            self.write_settings(&format!("{text}\n[welcome]\nstep = \"done\"\n"));
        }
    }

    /// What stands in Tawk's settings file; empty when there is none.
    pub fn settings_text(&self) -> String {
        fs::read_to_string(self.settings_file()).unwrap_or_default()
    }

    /// Tawk's recordings of what was not delivered, oldest first.
    pub fn recordings(&self) -> Vec<PathBuf> {
        self.sounds().into_iter().filter(|file| !is_delivered(file)).collect()
    }

    /// The recordings of delivered texts, which the history keeps, oldest first.
    pub fn delivered(&self) -> Vec<PathBuf> {
        self.sounds().into_iter().filter(|file| is_delivered(file)).collect()
    }

    fn sounds(&self) -> Vec<PathBuf> {
        files(&self.data("recordings")).into_iter().filter(|f| f.extension() == Some("wav".as_ref())).collect()
    }

    /// Everything in Tawk's log files.
    pub fn log(&self) -> String {
        let read =
            |path: &PathBuf| fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        files(&self.data("logs")).iter().map(read).collect()
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a file in the folder of recordings is there for the history alone.
pub fn is_delivered(file: &Path) -> bool {
    file.to_string_lossy().ends_with("-delivered.wav")
}

/// The files in `folder`, by name; none when there is no such folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
        .unwrap_or_default();
    files.sort();
    files
}
