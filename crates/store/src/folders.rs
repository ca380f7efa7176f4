//! Where Tawk keeps things.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use sha2::{Digest as _, Sha256};
use tawk_core::{Error, ErrorKind, Result};

use crate::digest::hexadecimal;
use crate::disk;

/// The longest path of a local socket in bytes: `sun_path` holds 104 on macOS (108 on Linux), and a zero ends it.
pub const MAX_SOCKET_PATH_BYTES: usize = 103;

/// The environment variable that puts the model files elsewhere.
pub const MODEL_FOLDER_VARIABLE: &str = "TAWK_MODEL_DIR";

/// The folders of one user's Tawk. All paths are absolute; nothing exists before [`Folders::create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// `settings.toml`.
    pub config: PathBuf,
    /// Everything that Tawk makes itself; the next three lie in it by default.
    pub data: PathBuf,
    /// Model files. `TAWK_MODEL_DIR` puts them elsewhere.
    pub models: PathBuf,
    /// Recordings that are being made or were kept.
    pub recordings: PathBuf,
    /// Log files.
    pub logs: PathBuf,
    /// The user's folder for sockets, where the system has one (`$XDG_RUNTIME_DIR/tawk`).
    runtime: Option<PathBuf>,
}

impl Folders {
    /// The folders of the user who runs this program: on Linux those of the XDG variables, on macOS
    /// `~/Library/Application Support/app.tawk.Tawk`.
    ///
    /// # Errors
    /// `Storage` when the user has no home folder.
    pub fn find() -> Result<Self> {
        let project = ProjectDirs::from("app", "tawk", "Tawk").ok_or_else(|| {
            Error::new(ErrorKind::Storage, "Tawk cannot find your home folder. Set HOME to it and try again.")
        })?;
        let mut folders = Self::beside(project.config_dir().into(), project.data_dir().into());
        folders.runtime = project.runtime_dir().map(Path::to_path_buf);
        Ok(folders.with_models(env::var_os(MODEL_FOLDER_VARIABLE)))
    }

    /// Folders inside `root`, for tests and for trying things out. No environment variable changes them.
    pub fn under(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self::beside(root.join("config"), root.join("data"))
    }

    fn beside(config: PathBuf, data: PathBuf) -> Self {
        Self {
            config,
            models: data.join("models"),
            recordings: data.join("recordings"),
            logs: data.join("logs"),
            data,
            runtime: None,
        }
    }

    fn with_models(mut self, elsewhere: Option<OsString>) -> Self {
        if let Some(path) = elsewhere.filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            self.models = std::path::absolute(&path).unwrap_or(path);
        }
        self
    }

    /// Makes all folders. Those of Tawk get mode 0700; a model folder of the user's own keeps its mode.
    ///
    /// # Errors
    /// `Storage` when a folder cannot be made.
    pub fn create(&self) -> Result<()> {
        for folder in [&self.config, &self.data, &self.recordings, &self.logs] {
            disk::make_private_folder(folder)?;
        }
        disk::make_folder(&self.models)
    }

    /// Writes a file into each folder and removes it again.
    ///
    /// # Errors
    /// `Storage` for the first folder that cannot be written to.
    pub fn check_writable(&self) -> Result<()> {
        for folder in [&self.config, &self.data, &self.models, &self.recordings, &self.logs] {
            tempfile::tempfile_in(folder).map_err(|error| disk::trouble("write to", folder, &error))?;
        }
        Ok(())
    }

    /// The settings file.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// Where the pictures lie that a desktop shows as Tawk's icon: beside the socket, mostly on no disk that could be full.
    ///
    /// # Errors
    /// As [`Folders::socket`].
    pub fn icons(&self) -> Result<PathBuf> {
        Ok(self.socket()?.with_extension("icons"))
    }

    /// The path of the control socket, in a folder that exists and that only the user can enter. Two programs with
    /// the same data folder get the same path; those with another home get another one.
    ///
    /// The runtime folder is taken if it can be used, then the data folder; where their paths are longer than
    /// [`MAX_SOCKET_PATH_BYTES`], a private folder in the folder for temporary files.
    ///
    /// # Errors
    /// `Storage` when no such folder can be made.
    pub fn socket(&self) -> Result<PathBuf> {
        let home = hexadecimal(&Sha256::digest(self.data.as_os_str().as_encoded_bytes())[..4]);
        let own = format!("tawk-{home}");
        let runtime = self.runtime.iter().filter(|runtime| runtime.parent().is_some_and(Path::is_dir));
        let candidates = runtime
            .map(|runtime| runtime.join(format!("{own}.sock")))
            .chain([self.data.join("run/tawk.sock"), env::temp_dir().join(&own).join("tawk.sock")]);
        let mut refusal = None;
        for socket in candidates.filter(|path| path.as_os_str().len() <= MAX_SOCKET_PATH_BYTES) {
            match socket.parent().map(disk::make_private_folder) {
                Some(Ok(())) => return Ok(socket),
                Some(Err(error)) => refusal = refusal.or(Some(error)),
                None => {}
            }
        }
        Err(refusal.unwrap_or_else(|| {
            Error::new(
                ErrorKind::Storage,
                "Tawk finds no place for its control socket, because the paths of your folders are too long. \
                 Set TMPDIR to a folder with a short path and try again.",
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_user_can_enter_the_folders() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::under(root.path());
        folders.create().unwrap();
        folders.create().unwrap();
        for folder in [&folders.config, &folders.data, &folders.models, &folders.recordings, &folders.logs] {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
    }

    #[test]
    fn a_model_folder_of_the_users_own_keeps_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("shared-models");
        fs::create_dir(&own).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        let folders = Folders::under(root.path()).with_models(Some(own.clone().into()));
        folders.create().unwrap();
        assert_eq!((folders.models.as_path(), mode(&own)), (own.as_path(), 0o755));
        assert_eq!(Folders::under("/r").with_models(Some("".into())), Folders::under("/r"));
    }

    #[test]
    fn a_file_in_the_way_is_a_storage_error() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("data"), "").unwrap();
        let error = Folders::under(root.path()).create().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Storage);
    }

    #[test]
    fn the_socket_is_in_a_private_folder_and_short_enough() {
        let root = tempfile::tempdir().unwrap();
        let mut folders = Folders::under(root.path());
        assert_eq!(folders.socket().unwrap(), folders.data.join("run/tawk.sock"));
        folders.runtime = Some(root.path().join("runtime"));
        let socket = folders.socket().unwrap();
        assert_eq!(socket.parent(), folders.runtime.as_deref());
        assert_eq!(mode(socket.parent().unwrap()), 0o700);
        assert_eq!(folders.socket().unwrap(), socket);

        let deep = Folders::under(root.path().join("x".repeat(120)));
        let socket = deep.socket().unwrap();
        assert!(socket.starts_with(env::temp_dir()) && socket.as_os_str().len() <= MAX_SOCKET_PATH_BYTES);
        assert_eq!(mode(socket.parent().unwrap()), 0o700);
        fs::remove_dir(socket.parent().unwrap()).unwrap();
    }

    #[test]
    fn an_unusable_runtime_folder_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        let mut folders = Folders::under(root.path());
        folders.runtime = Some(root.path().join("file/tawk"));
        assert_eq!(folders.socket().unwrap(), folders.data.join("run/tawk.sock"));
    }

    #[test]
    fn another_home_has_another_socket() {
        let root = tempfile::tempdir().unwrap();
        let sockets = ["a", "b"].map(|home| {
            let mut folders = Folders::under(root.path().join(home));
            folders.runtime = Some(root.path().join("runtime"));
            folders.socket().unwrap()
        });
        assert_ne!(sockets[0], sockets[1]);
    }
}
