//! Disks that are full, read-only, or not there.

use std::fs::OpenOptions;
use std::time::{Duration, UNIX_EPOCH};

use tawk_core::SAMPLE_RATE;

use super::tests::{Home, ramp, read};
use super::*;
use crate::journal::Contents;

#[test]
fn what_a_disk_refuses_waits_until_it_takes_it() {
    let home = Home::new();
    let mut recording = home.record(1, 8_000);
    let journal = recording.path().unwrap().to_path_buf();
    // A file where the folder was: nothing can be written.
    let folder = home.recordings.path();
    let aside = folder.with_file_name("aside");
    fs::rename(folder, &aside).unwrap();
    fs::remove_file(aside.join(journal.file_name().unwrap())).unwrap();
    fs::write(folder, "in the way").unwrap();
    for piece in 0..4 {
        recording.append(8_000 + piece * 1_000, &ramp(1_000));
        let error = recording.flush().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Storage);
        assert!(error.message.ends_with("try again."), "{error}");
    }
    fs::remove_file(folder).unwrap();
    assert!(recording.flush().unwrap());
    assert_eq!(Contents::read(&fs::read(&journal).unwrap()).samples.len(), 12_000);
    assert_eq!(read(&recording.keep(KeepReason::Held).unwrap()).len(), 12_000);
}

#[test]
fn what_could_not_be_kept_can_be_tried_again() {
    let home = Home::new();
    let mut recording = home.record(1, 8_000);
    recording.append(8_000, &ramp(4_000));
    let folder = home.recordings.path();
    let aside = folder.with_file_name("aside");
    fs::rename(folder, &aside).unwrap();
    fs::write(folder, "in the way").unwrap();
    let fate = Fate::Kept(KeepReason::Cancelled);
    for _ in 0..3 {
        assert_eq!(recording.seal(fate).unwrap_err().kind, ErrorKind::Storage);
    }
    fs::remove_file(folder).unwrap();
    fs::rename(&aside, folder).unwrap();
    assert_eq!(read(&recording.seal(fate).unwrap()).len(), 12_000);
    assert_eq!(home.names(), ["19700101T000001.000Z-cancelled.wav"]);
}

#[test]
fn a_read_only_folder_is_said_and_waited_for() {
    let home = Home::new();
    let mut recording = home.record(1, 8_000);
    let Some(disk) = ReadOnly::mount(home.recordings.path()) else {
        // Only root may mount. Then a file in place of the folder, which refuses as well.
        return what_a_disk_refuses_waits_until_it_takes_it();
    };
    // What is open stays open; a new file cannot be made.
    let error = recording.seal(Fate::Kept(KeepReason::Cancelled)).unwrap_err();
    assert!(error.message.contains("the disk is read-only"), "{error}");
    let mut other = home.start(2);
    other.append(0, &ramp(10));
    let error = other.flush().unwrap_err();
    assert!(error.message.contains("the disk is read-only"), "{error}");
    drop(disk);
    other.flush().unwrap();
    assert_eq!(read(&recording.seal(Fate::Kept(KeepReason::Cancelled)).unwrap()).len(), 8_000);
}

#[test]
fn what_cannot_be_removed_does_not_stop_the_others() {
    let home = Home::new();
    fs::create_dir_all(home.recordings.path()).unwrap();
    for second in 1..=3 {
        let path = home.recordings.path().join(format!("19700101T00000{second}.000Z-unfinished.journal"));
        fs::write(path, if second == 2 { "no sound at all" } else { "" }).unwrap();
    }
    // Only root may mount.
    let Some(disk) = ReadOnly::mount(home.recordings.path()) else { return };
    let told = home.recordings.finish_interrupted().unwrap().notices;
    assert!(told.len() == 3 && told.iter().all(|notice| notice.message.contains("the disk is read-only")), "{told:?}");
    drop(disk);
    assert_eq!(home.recordings.finish_interrupted().unwrap().notices.len(), 1);
    assert_eq!(home.names(), ["19700101T000002.000Z-damaged.journal"]);
}

#[test]
fn what_cannot_be_kept_at_all_is_a_storage_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let recordings = Recordings::at(root.path().join("file/recordings"));
    let mut recording = recordings.start(UNIX_EPOCH);
    recording.append(0, &ramp(10));
    assert_eq!(recording.flush().unwrap_err().kind, ErrorKind::Storage);
    assert_eq!(recording.keep(KeepReason::Failed).unwrap_err().kind, ErrorKind::Storage);
    assert_eq!(Recordings::at(root.path().join("none")).leftovers().unwrap(), []);
}

#[test]
fn a_disk_that_takes_nothing_costs_no_more_than_ten_minutes_of_memory() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let recordings = Recordings::at(root.path().join("file/recordings"));
    let mut recording = recordings.start(UNIX_EPOCH);
    let second = vec![0.1; SAMPLE_RATE as usize];
    for at in 0..700 {
        recording.append(at * u64::from(SAMPLE_RATE), &second);
    }
    assert!(recording.flush().is_err());
    assert!(recording.waiting() < 21_000_000, "{}", recording.waiting());
    assert_eq!(recording.samples(), 700 * u64::from(SAMPLE_RATE));
}

/// A disk of half a megabyte: a real file system that fills up.
#[test]
fn a_full_disk_is_said_and_survived() {
    let root = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(root.path()) else {
        // Only root may mount. Then a file that is always full.
        return refuses_everything();
    };
    let recordings = Recordings::at(root.path().join("recordings"));
    let mut recording = recordings.start(UNIX_EPOCH);
    let second = ramp(SAMPLE_RATE as usize);
    let mut refused = None;
    for at in 0..30 {
        recording.append(at * u64::from(SAMPLE_RATE), &second);
        refused = refused.or(recording.flush().err());
    }
    let refused = refused.expect("half a megabyte holds no 30 s");
    assert!(refused.kind == ErrorKind::Storage && refused.message.contains("the disk is full"), "{refused}");
    let journal = recording.path().unwrap().to_path_buf();
    let there = Contents::read(&fs::read(&journal).unwrap());
    assert!(there.samples.len() > 10 * SAMPLE_RATE as usize && there.missing == 0, "{there:?}");
    // It cannot be kept as a WAV file either; what is on the disk stays.
    let other = recordings.start(UNIX_EPOCH + Duration::from_secs(1));
    drop(other);
    let error = recording.keep(KeepReason::Held).unwrap_err();
    assert!(error.message.contains("the disk is full"), "{error}");
    let still = recordings.find_unfinished("19700101T000000.000Z").unwrap();
    assert!(still.contents.samples.len() >= there.samples.len());
    assert_eq!(recordings.names().unwrap().len(), 1, "no part of a file stays");
}

fn refuses_everything() {
    let Ok(mut full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    let error = io::Write::write_all(&mut full, b"x").unwrap_err();
    assert!(disk::trouble("write", Path::new("/dev/full"), &error).message.contains("the disk is full"));
}

struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=512k,mode=0700", "tawk-test"]).arg(at);
        let mounted = mount.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// A folder that is read-only for those who come to it now.
struct ReadOnly<'a>(&'a Path);

impl<'a> ReadOnly<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let run = |arguments: &[&str]| {
            let mut mount = std::process::Command::new("mount");
            let mount = mount.args(arguments).arg(at).stderr(std::process::Stdio::null());
            mount.status().is_ok_and(|status| status.success())
        };
        if !run(&["--bind", &at.display().to_string()]) {
            return None;
        }
        let mounted = Self(at);
        run(&["-o", "remount,bind,ro"]).then_some(mounted)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}
