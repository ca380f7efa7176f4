use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, UNIX_EPOCH};

use hound::{SampleFormat, WavSpec, WavWriter};
use tawk_core::SAMPLE_RATE;
use tempfile::TempDir;

use super::*;
use crate::journal::{self, Contents, RecognisedText};

pub(super) struct Home {
    _root: TempDir,
    pub(super) recordings: Recordings,
}

impl Home {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let recordings = Recordings::at(root.path().join("recordings"));
        Self { _root: root, recordings }
    }

    pub(super) fn start(&self, seconds: u64) -> Recording {
        self.recordings.start(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// A recording with so many samples on disk.
    pub(super) fn record(&self, seconds: u64, samples: usize) -> Recording {
        let mut recording = self.start(seconds);
        recording.append(0, &ramp(samples));
        recording.flush().unwrap();
        recording
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names = self.recordings.names().unwrap();
        names.sort();
        names
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.recordings.path()).unwrap();
        fs::write(self.recordings.path().join(name), bytes).unwrap();
    }
}

pub(super) fn ramp(samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (i % 200) as f32 / 100.0 - 1.0).collect()
}

fn as_written(samples: &[f32]) -> Vec<i16> {
    samples.iter().map(|s| (s * 32_767.0).round() as i16).collect()
}

pub(super) fn read(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, SAMPLE_RATE, 16));
    reader.samples::<i16>().map(std::result::Result::unwrap).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_delivered_recording_goes() {
    let home = Home::new();
    let recording = home.record(0, 20_000);
    assert_eq!(home.names(), ["19700101T000000.000Z-unfinished.journal"]);
    assert_eq!((mode(recording.path().unwrap()), mode(home.recordings.path())), (0o600, 0o700));
    recording.discard().unwrap();
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn what_was_never_flushed_leaves_nothing() {
    let home = Home::new();
    let mut recording = home.start(0);
    recording.append(0, &ramp(100));
    recording.discard().unwrap();
    assert!(!home.recordings.path().exists());
}

#[test]
fn a_kept_recording_holds_every_sample_and_says_why() {
    let home = Home::new();
    for (second, reason) in KeepReason::ALL.into_iter().enumerate() {
        let mut recording = home.start(second as u64);
        let samples = ramp(12_345);
        for piece in samples.chunks(777) {
            recording.append(recording.samples(), piece);
            recording.flush().unwrap();
        }
        assert_eq!(recording.samples(), 12_345);
        let path = recording.keep(reason).unwrap();
        assert_eq!(read(&path), as_written(&samples));
        assert!(path.to_str().unwrap().ends_with(&format!("Z-{}.wav", reason.word())));
        assert_eq!(mode(&path), 0o600);
    }
    let leftovers = home.recordings.leftovers().unwrap();
    let reasons: Vec<_> = leftovers.iter().rev().map(|leftover| leftover.reason.unwrap()).collect();
    assert_eq!(reasons, KeepReason::ALL);
    assert_eq!(home.names().len(), KeepReason::ALL.len(), "no journal and no part of a file stays");
}

#[test]
fn a_delivered_recording_can_be_kept_and_is_no_leftover() {
    let home = Home::new();
    let path = home.record(0, 100).seal(Fate::Delivered).unwrap();
    assert_eq!(home.names(), ["19700101T000000.000Z-delivered.wav"]);
    assert_eq!(read(&path).len(), 100);
    assert_eq!(home.recordings.leftovers().unwrap(), []);
}

#[test]
fn what_was_flushed_survives_the_end_of_the_process() {
    let home = Home::new();
    let mut recording = home.start(1);
    for piece in ramp(50_123).chunks(160) {
        recording.append(recording.samples(), piece);
        recording.flush().unwrap();
    }
    recording.append_text(&RecognisedText { start: 0, until: 30, text: "Said.".into() });
    recording.flush().unwrap();
    let bytes = fs::read(recording.path().unwrap()).unwrap();
    std::mem::forget(recording); // nothing is closed, as when the process is killed
    let contents = Contents::read(&bytes);
    assert_eq!(contents.samples, as_written(&ramp(50_123)));
    assert_eq!((contents.missing, contents.damaged, contents.fate), (0, 0, None));
    assert_eq!(contents.text_of(0, 30), Some("Said."));
}

#[test]
fn a_recording_dropped_without_a_decision_is_offered() {
    let home = Home::new();
    let mut recording = home.start(7);
    recording.set_microphone("Headset");
    recording.append(0, &ramp(5_000));
    recording.flush().unwrap();
    recording.set_app("Editor");
    recording.append(5_000, &ramp(3_000));
    recording.flush().unwrap();
    assert_eq!(home.recordings.leftovers().unwrap(), [], "it is being made");
    assert_eq!(home.recordings.count_unfinished().unwrap(), 0);
    assert!(home.recordings.unfinished().unwrap().is_empty());
    drop(recording);
    let leftovers = home.recordings.leftovers().unwrap();
    assert_eq!((leftovers.len(), leftovers[0].reason), (1, None));
    assert_eq!(home.recordings.count_unfinished().unwrap(), 1);

    let id = "19700101T000007.000Z";
    let found = home.recordings.find_unfinished(id).unwrap();
    assert_eq!(found.started, UNIX_EPOCH + Duration::from_secs(7));
    assert_eq!(found.length(), Duration::from_millis(500));
    let header = found.contents.header.clone().unwrap();
    assert_eq!((header.microphone.as_str(), header.app.as_str()), ("Headset", "Editor"));
    // Nobody else takes it meanwhile.
    assert_eq!(home.recordings.count_unfinished().unwrap(), 0);
    assert_eq!(home.recordings.find_unfinished(id).unwrap_err().kind, ErrorKind::NotFound);

    let path = found.keep(KeepReason::Held).unwrap();
    assert_eq!(read(&path).len(), 8_000);
    assert_eq!(home.names(), [format!("{id}-held.wav")]);
    assert_eq!(home.recordings.count_unfinished().unwrap(), 0);
    assert_eq!(home.recordings.discard(id).unwrap(), 1);
    assert_eq!(home.recordings.discard(id).unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn what_an_older_tawk_left_behind_is_offered_too() {
    let home = Home::new();
    home.write("20260101T000000.000Z-unfinished.wav", b"");
    let path = home.recordings.path().join("20260102T000000.000Z-unfinished.wav");
    let spec = WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::create(&path, spec).unwrap();
    (0..1_600).for_each(|i| writer.write_sample(i).unwrap());
    writer.flush().unwrap();
    writer.write_sample(7).unwrap();
    std::mem::forget(writer);
    assert_eq!(home.recordings.leftovers().unwrap().len(), 2);
    let found = home.recordings.unfinished().unwrap();
    assert_eq!(found.len(), 1, "an empty one is nothing to recover");
    assert_eq!((found[0].id.as_str(), found[0].contents.samples.len()), ("20260102T000000.000Z", 1_600));
}

#[test]
fn the_sound_of_an_older_tawk_is_read_without_its_header_too() {
    let home = Home::new();
    let said = as_written(&ramp(1_000));
    let kept = home.record(1, 1_000).keep(KeepReason::Held).unwrap();
    let whole = fs::read(&kept).unwrap();
    fs::remove_file(kept).unwrap();
    // Damaged in each of its parts, and one that was written before anything was heard.
    let spoiled = [(0, 0..4), (1, 12..16), (2, 20..24), (3, 0..44), (4, 40..44)];
    for (number, part) in spoiled.clone() {
        let mut bytes = whole.clone();
        bytes[part].fill(0);
        home.write(&format!("2026010{number}T000000.000Z-unfinished.wav"), &bytes);
    }
    home.write("20260109T000000.000Z-unfinished.wav", &whole[..44]);
    let finished = home.recordings.finish_interrupted().unwrap();
    assert_eq!((finished.kept, finished.notices.len(), home.names().len()), (0, 0, spoiled.len()));
    let found = home.recordings.unfinished().unwrap();
    assert!(found.len() == spoiled.len() && found.iter().all(|one| one.contents.samples == said));
}

#[test]
fn one_that_cannot_be_set_aside_does_not_stop_the_others() {
    let home = Home::new();
    let lost = |second: u32| format!("19700101T00000{second}.000Z-unfinished.journal");
    (1..=3).for_each(|second| home.write(&lost(second), b"no sound at all"));
    let in_the_way = home.recordings.path().join("19700101T000002.000Z-damaged.journal");
    fs::create_dir(&in_the_way).unwrap();
    home.write("19700101T000009.000Z.part", b"RIFF");
    let finished = home.recordings.finish_interrupted().unwrap();
    let notices: Vec<_> = finished.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices[1].starts_with("Tawk cannot set aside the recording"), "{notices:?}");
    let aside = |second: u32| format!("19700101T00000{second}.000Z-damaged.journal");
    assert_eq!(home.names(), [aside(1), aside(2), lost(2), aside(3)]);
    fs::remove_dir(in_the_way).unwrap();
    assert_eq!(home.recordings.finish_interrupted().unwrap().notices.len(), 1, "and later it is");
}

#[test]
fn what_was_decided_before_a_crash_is_done_at_the_next_start() {
    let home = Home::new();
    // The fate was written, the WAV file was not, or only in part.
    for (second, fate) in [(1, Fate::Kept(KeepReason::Cancelled)), (2, Fate::Delivered)] {
        let mut recording = home.record(second, 1_000);
        let path = recording.path().unwrap().to_path_buf();
        recording.append(1_000, &ramp(10));
        recording.flush().unwrap();
        drop(recording);
        let mut bytes = fs::read(&path).unwrap();
        journal::write_fate(fate, &mut bytes);
        fs::write(path, bytes).unwrap();
    }
    home.write("19700101T000001.000Z.part", b"RIFF");
    home.write("19700101T000009.000Z.part", b"RIFF");
    home.write("notes.part", b"mine");
    home.write("19700101T000003.000Z-unfinished.journal", b"no sound at all");
    home.write("19700101T000006.000Z-unfinished.journal", b"");
    let mut header = home.start(7);
    header.append(0, &[]);
    header.append_text(&RecognisedText { start: 0, until: 30, text: String::new() });
    header.flush().unwrap();
    assert!(header.path().is_some());
    drop(header);
    drop(home.record(4, 1_000));
    let live = home.record(5, 1_000);
    let finished = home.recordings.finish_interrupted().unwrap();
    assert_eq!((finished.kept, finished.notices.len()), (2, 1));
    assert!(finished.notices[0].message.contains("19700101T000003.000Z-damaged.journal"), "{}", finished.notices[0]);
    assert_eq!(
        home.names(),
        [
            "19700101T000001.000Z-cancelled.wav",
            "19700101T000002.000Z-delivered.wav",
            "19700101T000003.000Z-damaged.journal",
            "19700101T000004.000Z-unfinished.journal",
            "19700101T000005.000Z-unfinished.journal",
            "notes.part",
        ]
    );
    assert_eq!(read(&home.recordings.path().join("19700101T000001.000Z-cancelled.wav")).len(), 1_010);
    drop(live);
}

#[test]
fn loud_and_broken_samples_are_clipped() {
    let home = Home::new();
    let mut recording = home.start(0);
    recording.append(0, &[2.0, -2.0, f32::NAN, f32::INFINITY]);
    assert_eq!(read(&recording.keep(KeepReason::Failed).unwrap()), [i16::MAX, i16::MIN, 0, i16::MAX]);
}

#[test]
fn a_gap_in_what_was_heard_is_silence_of_its_length() {
    let home = Home::new();
    let mut recording = home.start(0);
    recording.append(0, &[0.5; 10]);
    recording.append(30, &[0.5; 10]);
    let kept = read(&recording.keep(KeepReason::Failed).unwrap());
    assert_eq!((kept.len(), kept[9], &kept[10..30], kept[30]), (40, 16_384, &[0; 20][..], 16_384));
}

#[test]
fn two_recordings_of_one_moment_have_two_names() {
    let home = Home::new();
    let (first, second) = (home.record(5, 1), home.record(5, 1));
    assert_ne!(first.path(), second.path());
    first.keep(KeepReason::Held).unwrap();
    second.keep(KeepReason::Held).unwrap();
    assert_eq!(home.recordings.leftovers().unwrap().len(), 2);
}

#[test]
fn a_clock_that_is_set_back_overwrites_nothing() {
    let home = Home::new();
    for hour in 1..=3 {
        home.record(hour * 3_600, 10).keep(KeepReason::Cancelled).unwrap();
    }
    // Back to the moment of the first: the names differ although what became of it does not.
    let again = home.record(3_600, 20);
    assert!(again.path().unwrap().ends_with("19700101T010000.000Z.2-unfinished.journal"));
    let again = again.keep(KeepReason::Cancelled).unwrap();
    assert_eq!((read(&again).len(), home.names().len()), (20, 4));
    // And before all of them.
    home.record(0, 30).keep(KeepReason::Held).unwrap();
    // Before 1970 there are names, too.
    let before = home.recordings.start(UNIX_EPOCH - Duration::from_secs(86_400));
    let mut before = before;
    before.append(0, &ramp(10));
    let kept = before.keep(KeepReason::Held).unwrap();
    assert!(kept.ends_with("19700101T000000.000Z.2-held.wav"), "{}", kept.display());
}

#[test]
fn a_kept_recording_is_renamed_and_removed() {
    let home = Home::new();
    let kept = home.record(1, 100).keep(KeepReason::Cancelled).unwrap();
    let renamed = home.recordings.rename(&kept, Fate::Delivered).unwrap().unwrap();
    assert_eq!(home.names(), ["19700101T000001.000Z-delivered.wav"]);
    assert_eq!(home.recordings.rename(&kept, Fate::Delivered).unwrap(), None, "gone in the meantime");
    home.recordings.remove(&renamed).unwrap();
    home.recordings.remove(&renamed).unwrap();
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn a_folder_that_was_removed_is_made_anew_with_all_that_was_heard() {
    let home = Home::new();
    let mut recording = home.record(1, 8_000);
    fs::remove_dir_all(home.recordings.path()).unwrap();
    recording.append(8_000, &ramp(4_000));
    assert!(recording.flush().unwrap(), "it says so");
    let bytes = fs::read(recording.path().unwrap()).unwrap();
    assert_eq!(Contents::read(&bytes).samples.len(), 12_000);
    assert!(!recording.flush().unwrap());
    // Nobody speaks any more when it is removed again.
    fs::remove_dir_all(home.recordings.path()).unwrap();
    assert_eq!(read(&recording.keep(KeepReason::Held).unwrap()).len(), 12_000);
}

#[test]
fn a_lock_that_somebody_had_at_first_is_taken_later() {
    let home = Home::new();
    let mut recording = home.start(1);
    recording.append(0, &ramp(100));
    recording.flush().unwrap();
    // As if somebody had looked at the journal in the moment in which it was made.
    recording.unlock();
    let others = File::open(recording.path().unwrap()).unwrap();
    others.try_lock().unwrap();
    recording.append(100, &ramp(100));
    recording.flush().unwrap();
    drop(others);
    recording.append(200, &ramp(100));
    recording.flush().unwrap();
    assert_eq!(home.recordings.count_unfinished().unwrap(), 0, "it is being made");
    assert!(home.recordings.unfinished().unwrap().is_empty());
    drop(recording);
    assert_eq!(home.recordings.count_unfinished().unwrap(), 1);
}

#[test]
fn a_journal_without_sound_that_is_not_empty_is_set_aside() {
    let home = Home::new();
    // One whose sound is damaged, and one that a newer Tawk wrote in its own way.
    let recording = home.record(1, 1_000);
    let path = recording.path().unwrap().to_path_buf();
    drop(recording);
    let mut damaged = fs::read(&path).unwrap();
    let sound = damaged.len() - 1_000;
    damaged[sound] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let mut newer = Vec::new();
    journal::write_fate(Fate::Kept(KeepReason::Cancelled), &mut newer);
    let word = newer.len() - "cancelled".len();
    // The word of a fate that this version does not have, with its checksum.
    let mut crc = crc32fast::Hasher::new();
    newer[word..].copy_from_slice(b"beamed-up");
    crc.update(&newer[4..9]);
    crc.update(&newer[13..]);
    newer[9..13].copy_from_slice(&crc.finalize().to_le_bytes());
    assert_eq!(Contents::read(&newer).damaged, 0);
    home.write("19700101T000002.000Z-unfinished.journal", &newer);
    assert!(home.recordings.unfinished().unwrap().is_empty());
    assert_eq!(home.recordings.finish_interrupted().unwrap().notices.len(), 2);
    let kept = |name: &str| fs::read(home.recordings.path().join(name)).unwrap();
    assert_eq!(kept("19700101T000001.000Z-damaged.journal"), damaged);
    assert_eq!(kept("19700101T000002.000Z-damaged.journal"), newer);
    assert_eq!(mode(&home.recordings.path().join("19700101T000001.000Z-damaged.journal")), 0o600);
    // It is offered no more, gives its name to no other, and can be removed.
    assert_eq!((home.recordings.count_unfinished().unwrap(), home.recordings.leftovers().unwrap().len()), (0, 0));
    let finished = home.recordings.finish_interrupted().unwrap();
    assert_eq!((finished.kept, finished.notices.len(), home.names().len()), (0, 0, 2));
    assert!(home.record(1, 10).path().unwrap().ends_with("19700101T000001.000Z.2-unfinished.journal"));
    assert_eq!(home.recordings.discard("19700101T000001.000Z").unwrap(), 1);
}

#[test]
fn what_the_disk_does_not_give_is_left_alone_and_told() {
    let home = Home::new();
    drop(home.record(1, 1_000));
    // A folder can be opened and not be read, on every system.
    let names = ["19700101T000002.000Z-unfinished.journal", "19700101T000003.000Z-unfinished.wav"];
    names.iter().for_each(|name| fs::create_dir(home.recordings.path().join(name)).unwrap());
    let found = home.recordings.left_behind().unwrap();
    assert_eq!((found.unfinished.len(), found.unreadable.len()), (1, 2));
    let told = &found.unreadable[1];
    assert!(told.kind == ErrorKind::Storage && told.message.contains(names[0]), "{told}");
    assert!(told.message.ends_with("The file stays as it is."), "{told}");
    drop(found);
    assert_eq!(home.recordings.find_unfinished("19700101T000002.000Z").unwrap_err().kind, ErrorKind::Storage);
    let finished = home.recordings.finish_interrupted().unwrap();
    assert_eq!((finished.kept, finished.notices.len()), (0, 2));
    assert_eq!(home.names().len(), 3);
}

#[test]
fn what_is_missing_is_said_in_words() {
    let home = Home::new();
    let shortfall = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let recording = home.record(1, 48_000);
        let path = recording.path().unwrap().to_path_buf();
        drop(recording);
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let found = home.recordings.unfinished().unwrap().remove(0);
        let shortfall = found.shortfall();
        found.discard().unwrap();
        shortfall
    };
    assert_eq!(shortfall(&|_| {}), None);
    assert_eq!(shortfall(&|bytes| bytes.truncate(bytes.len() - 7_000)), None, "a frame that was cut to nearly nothing");
    assert_eq!(shortfall(&|bytes| bytes[20_000] ^= 1).as_deref(), Some("0.3 s of it could not be read."));
    let third = |bytes: &mut Vec<u8>| bytes[32_000..64_000].fill(0);
    assert_eq!(shortfall(&third).as_deref(), Some("1.3 s of it could not be read."));
    let end = |bytes: &mut Vec<u8>| bytes[64_000..].fill(0);
    assert_eq!(shortfall(&end).as_deref(), Some("1.3 s of it could not be read."));
}
