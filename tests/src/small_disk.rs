//! Disks that fill up, and folders that cannot be written to any more.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A disk that can be filled at any moment, for what lies in one folder.
pub struct SmallDisk {
    folder: PathBuf,
    /// Whether it is a file system of its own. Only root may make one; otherwise the program itself is allowed no files
    /// that grow.
    is_mounted: bool,
}

impl SmallDisk {
    /// Puts an empty disk of so many megabytes in the place of `folder`, until this is dropped. Nobody may have files open
    /// there.
    #[track_caller]
    pub fn over(folder: &Path, megabytes: u32) -> Self {
        fs::create_dir_all(folder).expect("The folder can be made.");
        let size = format!("size={megabytes}m,mode=0700");
        let is_mounted = mount(&["-t", "tmpfs", "-o", &size, "tawk-test"], folder);
        if !is_mounted {
            println!(
                "  Nothing can be mounted here: a limit on the length of the app's files stands in for a full disk."
            );
        }
        Self { folder: folder.to_path_buf(), is_mounted }
    }

    /// Whether the disk is full for every program, and not only for the one that [`SmallDisk::fill`] names.
    pub fn is_full_for_all(&self) -> bool {
        self.is_mounted
    }

    /// What Tawk says of it when it is full.
    pub fn refusal(&self) -> &'static str {
        if self.is_mounted { "the disk is full" } else { "beyond what is allowed" }
    }

    /// Leaves no room, for the program `process` at least.
    #[track_caller]
    pub fn fill(&self, process: u32) {
        if !self.is_mounted {
            return limit_files(process, "1:");
        }
        let mut filler = File::options().append(true).create(true).open(self.filler()).expect("A file can be made.");
        // In pages, so that nothing is left where a large piece did not fit.
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Makes room again.
    #[track_caller]
    pub fn free(&self, process: u32) {
        if !self.is_mounted {
            return limit_files(process, "unlimited:");
        }
        let _ = fs::remove_file(self.filler());
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_mounted {
            unmount(&self.folder);
        }
    }
}

/// The soft limit alone, which its owner may raise again.
#[track_caller]
fn limit_files(process: u32, limit: &str) {
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &process.to_string(), &format!("--fsize={limit}")]);
    assert!(prlimit.status().is_ok_and(|status| status.success()), "prlimit refuses {limit} for {process}.");
}

/// A folder in which nothing can be made any more. What was open before can still be written.
pub struct ReadOnly {
    folder: PathBuf,
    is_mounted: bool,
}

impl ReadOnly {
    /// Makes it so until this is dropped. Where nothing can be mounted, a file stands in the folder's place.
    #[track_caller]
    pub fn over(folder: &Path) -> Self {
        let is_mounted = mount(&["--bind", &folder.display().to_string()], folder);
        let read_only = Self { folder: folder.to_path_buf(), is_mounted };
        if is_mounted {
            assert!(mount(&["-o", "remount,bind,ro"], folder), "{} cannot be made read-only.", folder.display());
        } else {
            println!("  Nothing can be mounted here: a file stands in the place of a folder that is read-only.");
            fs::rename(folder, read_only.aside()).expect("The folder can be moved.");
            fs::write(folder, "in the way").expect("A file can be made.");
        }
        read_only
    }

    /// Whether the folder itself is there, and can be read.
    pub fn can_be_read(&self) -> bool {
        self.is_mounted
    }

    fn aside(&self) -> PathBuf {
        self.folder.with_extension("aside")
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        if self.is_mounted {
            unmount(&self.folder);
        } else {
            let _ = fs::remove_file(&self.folder);
            let _ = fs::rename(self.aside(), &self.folder);
        }
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(at).stderr(Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}

/// Also while somebody has files open there.
fn unmount(at: &Path) {
    let _ = Command::new("umount").arg("-l").arg(at).status();
}
