//! Files that only the user can read, replaced as a whole, and sentences for what a disk refuses.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use tawk_core::{Error, ErrorKind, Result};

/// The sentence for a file that could not be read or written. `doing` completes "Tawk cannot … PATH".
pub(crate) fn trouble(doing: &str, path: &Path, error: &io::Error) -> Error {
    let (why, next) = match error.kind() {
        io::ErrorKind::PermissionDenied => ("the access is denied".into(), "Correct the access rights and try again."),
        io::ErrorKind::StorageFull => ("the disk is full".into(), "Make room and try again."),
        io::ErrorKind::QuotaExceeded => ("your share of the disk is used up".into(), "Make room and try again."),
        io::ErrorKind::ReadOnlyFilesystem => ("the disk is read-only".into(), "Make it writable and try again."),
        io::ErrorKind::FileTooLarge => (
            "the file would grow beyond what is allowed".into(),
            "Raise the limit of the disk or of your account and try again.",
        ),
        io::ErrorKind::NotFound => ("it is not there".into(), "Check the path and try again."),
        io::ErrorKind::NotADirectory => {
            ("a file stands where a folder should be".into(), "Move that file away and try again.")
        }
        io::ErrorKind::IsADirectory => {
            ("a folder stands where a file should be".into(), "Move that folder away and try again.")
        }
        _ => (error.to_string(), "Check the disk and try again."),
    };
    Error::new(ErrorKind::Storage, format!("Tawk cannot {doing} {}: {why}. {next}", path.display()))
}

/// Makes the folder, and what is missing above it, with mode 0700. A folder that is there already keeps its
/// mode.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| trouble("make the folder", path, &error))
}

/// Makes the folder if need be and sees to it that it is a real folder that nobody else can enter. Fails
/// when the folder is open to others and belongs to another user, because only its owner may set its mode. On a disk that
/// is read-only, one that is private already will do.
pub(crate) fn make_private_folder(path: &Path) -> Result<()> {
    make_folder(path)?;
    let refuse = |error: io::Error| trouble("make private the folder", path, &error);
    let facts = fs::symlink_metadata(path).map_err(refuse)?;
    if !facts.is_dir() {
        return Err(refuse(io::ErrorKind::NotADirectory.into()));
    }
    if facts.permissions().mode() & 0o777 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(refuse)
}

/// Replaces the file at `path` by `bytes`, or leaves it untouched. The new file has mode 0600. Where `path` is a
/// symbolic link, the file that it points to is replaced and the link stays.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let refuse = |error: io::Error| trouble("write", &target, &error);
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".tawk-").tempfile_in(folder).map_err(refuse)?;
    file.write_all(bytes).map_err(refuse)?;
    file.as_file().sync_all().map_err(refuse)?;
    file.persist(&target).map_err(|error| refuse(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_do() {
        for (kind, next) in [
            (io::ErrorKind::PermissionDenied, "Correct the access rights"),
            (io::ErrorKind::StorageFull, "Make room"),
            (io::ErrorKind::ReadOnlyFilesystem, "Make it writable"),
            (io::ErrorKind::FileTooLarge, "Raise the limit"),
            (io::ErrorKind::Other, "Check the disk"),
        ] {
            let error = trouble("write", Path::new("/a/b"), &kind.into());
            assert_eq!(error.kind, ErrorKind::Storage);
            assert!(error.message.starts_with("Tawk cannot write /a/b: ") && error.message.contains(next), "{error}");
        }
    }

    #[test]
    fn a_replaced_file_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file may stay");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn a_folder_is_made_private() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        make_private_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        std::os::unix::fs::symlink(&path, root.path().join("link")).unwrap();
        assert_eq!(make_private_folder(&root.path().join("link")).unwrap_err().kind, ErrorKind::Storage);
        fs::write(root.path().join("file"), "").unwrap();
        assert_eq!(make_private_folder(&root.path().join("file/x")).unwrap_err().kind, ErrorKind::Storage);
    }
}
