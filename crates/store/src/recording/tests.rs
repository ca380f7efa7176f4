use std::os::unix::fs::PermissionsExt as _;
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use super::*;

struct Home {
    _root: TempDir,
    recordings: Recordings,
}

impl Home {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let recordings = Recordings::at(root.path().join("recordings"));
        Self { _root: root, recordings }
    }

    fn start(&self, seconds: u64) -> Recording {
        self.recordings.start(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.recordings.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn ramp(samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (i % 200) as f32 / 100.0 - 1.0).collect()
}

fn read(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, SAMPLE_RATE, 16));
    reader.samples::<i16>().map(Result::unwrap).collect()
}

type Result<T> = std::result::Result<T, hound::Error>;

#[test]
fn a_delivered_recording_goes() {
    let home = Home::new();
    let mut recording = home.start(0);
    recording.append(&ramp(20_000)).unwrap();
    assert_eq!(home.names(), ["19700101T000000.000Z-unfinished.wav"]);
    recording.deliver().unwrap();
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn a_kept_recording_holds_every_sample_and_says_why() {
    let home = Home::new();
    for (second, reason) in KeepReason::ALL.into_iter().enumerate() {
        let mut recording = home.start(second as u64);
        let samples = ramp(12_345);
        for piece in samples.chunks(777) {
            recording.append(piece).unwrap();
        }
        assert_eq!(recording.samples(), 12_345);
        let path = recording.keep(reason).unwrap();
        let expected: Vec<i16> = samples.iter().map(|s| (s * 32_767.0).round() as i16).collect();
        assert_eq!(read(&path), expected);
        assert!(path.to_str().unwrap().ends_with(&format!("Z-{}.wav", reason.word())));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let leftovers = home.recordings.leftovers().unwrap();
    let reasons: Vec<_> = leftovers.iter().rev().map(|leftover| leftover.reason.unwrap()).collect();
    assert_eq!(reasons, KeepReason::ALL);
}

#[test]
fn after_a_kill_at_most_a_quarter_of_a_second_is_missing() {
    let home = Home::new();
    for (second, length) in [0, 1, 3_999, 4_000, 4_001, 50_123].into_iter().enumerate() {
        let mut recording = home.start(second as u64);
        for piece in ramp(length).chunks(160) {
            recording.append(piece).unwrap();
        }
        let path = recording.path().to_path_buf();
        std::mem::forget(recording); // nothing is flushed, as when the process is killed
        let there = read(&path).len();
        assert!(there <= length && length - there < SAMPLES_PER_FLUSH, "{there} of {length}");
    }
}

#[test]
fn a_recording_dropped_without_a_decision_stays_whole() {
    let home = Home::new();
    let mut recording = home.start(0);
    recording.append(&ramp(5_000)).unwrap();
    assert_eq!(home.recordings.leftovers().unwrap(), [], "it is being made");
    drop(recording);
    let leftovers = home.recordings.leftovers().unwrap();
    assert_eq!((leftovers.len(), leftovers[0].reason), (1, None));
    assert_eq!(leftovers[0].bytes, 44 + 2 * 5_000);
    assert_eq!(read(&leftovers[0].path).len(), 5_000);
}

#[test]
fn loud_and_broken_samples_are_clipped() {
    let home = Home::new();
    let mut recording = home.start(0);
    recording.append(&[2.0, -2.0, f32::NAN, f32::INFINITY]).unwrap();
    assert_eq!(read(&recording.keep(KeepReason::Failed).unwrap()), [i16::MAX, i16::MIN, 0, i16::MAX]);
}

#[test]
fn two_recordings_of_one_moment_have_two_names() {
    let home = Home::new();
    let (first, second) = (home.start(5), home.start(5));
    assert_ne!(first.path(), second.path());
    first.keep(KeepReason::Held).unwrap();
    second.keep(KeepReason::Held).unwrap();
    assert_eq!(home.recordings.leftovers().unwrap().len(), 2);
}

#[test]
fn old_and_many_recordings_are_pruned_and_nothing_else() {
    let home = Home::new();
    for second in 0..MOST_KEPT as u64 + 3 {
        home.start(second).keep(KeepReason::Cancelled).unwrap();
    }
    let active = home.start(1_000);
    for foreign in ["notes.wav", "a-cancelled.wav", "2025T-unknown.wav"] {
        fs::write(home.recordings.path().join(foreign), "").unwrap();
    }
    assert_eq!(home.recordings.prune(SystemTime::now()).unwrap(), 3);
    assert!(!home.names().contains(&"19700101T000002.000Z-cancelled.wav".to_owned()), "the oldest go");
    assert!(home.names().contains(&"19700101T000003.000Z-cancelled.wav".to_owned()));
    assert_eq!(home.recordings.prune(SystemTime::now() + LONGEST_KEPT + Duration::from_secs(60)).unwrap(), MOST_KEPT);
    assert_eq!(home.names().len(), 4);
    active.discard().unwrap();
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let full = || OpenOptions::new().read(true).write(true).open("/dev/full");
    let Ok(file) = full() else { return }; // only Linux has it
    let error = Recording::in_file(file, "/dev/full".into(), String::new()).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);

    let spec = WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let (file, lock) = (full().unwrap(), full().unwrap());
    let writer = WavWriter::new(BufWriter::new(file), spec).unwrap();
    let mut recording =
        Recording { path: "/dev/full".into(), stem: String::new(), writer, lock, samples: 0, unflushed: 0 };
    let error = recording.append(&ramp(8_000)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Storage);
    assert!(error.message.contains("the disk is full"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_a_storage_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let recordings = Recordings::at(root.path().join("file/recordings"));
    assert_eq!(recordings.start(UNIX_EPOCH).err().unwrap().kind, ErrorKind::Storage);
    assert_eq!(Recordings::at(root.path().join("none")).leftovers().unwrap(), []);
}
