//! The fake microphones themselves.

use std::time::Instant;

use super::*;

const LONG: Duration = Duration::from_secs(5);

#[test]
fn hears_what_is_fed_and_only_while_open() {
    let microphones = FakeMicrophones::default();
    assert_eq!(microphones.feed(DEFAULT_ID, &[0.5]), 0);
    let mut stream = microphones.open(&MicrophoneChoice::SystemDefault).unwrap();
    assert_eq!(stream.captured_until(), None);
    assert_eq!(microphones.feed(DEFAULT_ID, &[0.1, 0.2, 0.3]), 1);
    let mut heard = Vec::new();
    assert_eq!(stream.read(&mut heard, LONG), Ok(3));
    assert_eq!(heard, [0.1, 0.2, 0.3]);
    assert!(stream.captured_until().unwrap() <= Instant::now());
    assert_eq!(stream.read(&mut heard, Duration::from_millis(1)), Ok(0));
    assert_eq!((microphones.open_streams(), microphones.times_opened()), (1, 1));
    drop(stream);
    assert_eq!(microphones.open_streams(), 0);
}

#[test]
fn frames_stay_whole() {
    let microphones = FakeMicrophones::default();
    microphones.connect("fake:stereo", "Stereo", StreamFormat { rate: 44_100, channels: 2 });
    let mut stream = microphones.open(&MicrophoneChoice::Id("fake:stereo".into())).unwrap();
    assert_eq!(stream.format(), StreamFormat { rate: 44_100, channels: 2 });
    microphones.feed("fake:stereo", &[0.1, 0.2, 0.3]);
    let mut heard = Vec::new();
    assert_eq!(stream.read(&mut heard, LONG), Ok(1));
    microphones.feed("fake:stereo", &[0.4]);
    assert_eq!(stream.read(&mut heard, LONG), Ok(1));
    assert_eq!(heard, [0.1, 0.2, 0.3, 0.4]);
}

#[test]
fn feeding_wakes_a_waiting_reader() {
    let microphones = FakeMicrophones::default();
    let other_end = microphones.clone();
    let reader = std::thread::spawn(move || {
        let mut stream = other_end.open(&MicrophoneChoice::SystemDefault).unwrap();
        let start = Instant::now();
        (stream.read(&mut Vec::new(), LONG), start.elapsed())
    });
    while microphones.feed(DEFAULT_ID, &[0.0; 4]) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let (frames, took) = reader.join().unwrap();
    assert_eq!(frames, Ok(4));
    assert!(took < LONG / 2, "{took:?}");
}

#[test]
fn unparking_ends_a_wait_without_sound() {
    let microphones = FakeMicrophones::default();
    let reader = std::thread::spawn(move || {
        let mut stream = microphones.open(&MicrophoneChoice::SystemDefault).unwrap();
        let start = Instant::now();
        (stream.read(&mut Vec::new(), LONG), start.elapsed())
    });
    while !reader.is_finished() {
        reader.thread().unpark();
        std::thread::sleep(Duration::from_millis(1));
    }
    let (frames, took) = reader.join().unwrap();
    assert_eq!(frames, Ok(0));
    assert!(took < LONG / 2, "{took:?}");
}

#[test]
fn recordings_play_in_real_time_and_end_in_silence() {
    let microphones = FakeMicrophones::default();
    let format = StreamFormat { rate: 8_000, channels: 1 };
    microphones.connect("fake:room", "Room", format);
    microphones.play_on_open("fake:room", Some(vec![1.0; 400]));
    let start = Instant::now();
    let mut stream = microphones.open(&MicrophoneChoice::Id("fake:room".into())).unwrap();
    let mut heard = Vec::new();
    while heard.len() < 800 {
        assert!(stream.read(&mut heard, LONG).unwrap() > 0);
        let seconds = heard.len() as f64 / 8_000.0;
        assert!(start.elapsed().as_secs_f64() >= seconds, "sound from the future");
    }
    assert!(heard[..400].iter().all(|&sample| sample == 1.0));
    assert!(heard[400..].iter().all(|&sample| sample == 0.0));
    let behind = stream.captured_until().unwrap().elapsed();
    assert!(behind < Duration::from_secs(1), "{behind:?}");
}

#[test]
fn a_microphone_can_be_absent_busy_denied_and_lost() {
    let microphones = FakeMicrophones::default();
    let kind = |choice: &MicrophoneChoice| microphones.open(choice).err().map(|error| error.kind);
    let default = MicrophoneChoice::SystemDefault;
    assert_eq!(kind(&MicrophoneChoice::Id("fake:none".into())), Some(ErrorKind::NoMicrophone));
    microphones.set_busy(DEFAULT_ID, true);
    assert_eq!(kind(&default), Some(ErrorKind::MicrophoneBusy));
    microphones.set_busy(DEFAULT_ID, false);
    microphones.set_denied(true);
    assert_eq!(kind(&default), Some(ErrorKind::MicrophoneDenied));
    microphones.set_denied(false);
    let mut stream = microphones.open(&default).unwrap();
    microphones.overrun(DEFAULT_ID, 7);
    assert_eq!(stream.overruns(), 7);
    microphones.disconnect(DEFAULT_ID);
    assert_eq!(stream.read(&mut Vec::new(), LONG).unwrap_err().kind, ErrorKind::MicrophoneLost);
    assert_eq!(kind(&default), Some(ErrorKind::NoMicrophone));
}

#[test]
fn the_default_moves_on() {
    let microphones = FakeMicrophones::default();
    microphones.connect("fake:two", "Two", StreamFormat { rate: 16_000, channels: 1 });
    let default = || microphones.list().unwrap().into_iter().find(|microphone| microphone.is_default).unwrap().id;
    assert_eq!(default(), DEFAULT_ID);
    microphones.set_default("fake:two");
    assert_eq!(default(), "fake:two");
    microphones.disconnect("fake:two");
    assert_eq!(default(), DEFAULT_ID);
}

#[test]
fn a_killed_stream_is_lost_and_the_microphone_can_be_opened_again() {
    let microphones = FakeMicrophones::default();
    let default = MicrophoneChoice::SystemDefault;
    let mut stream = microphones.open(&default).unwrap();
    microphones.kill_streams(DEFAULT_ID);
    assert_eq!(stream.read(&mut Vec::new(), LONG).unwrap_err().kind, ErrorKind::MicrophoneLost);
    assert!(!stream.is_outdated());
    let mut stream = microphones.open(&default).unwrap();
    let narrow = StreamFormat { rate: 8_000, channels: 1 };
    microphones.set_format(DEFAULT_ID, narrow);
    assert_eq!(stream.read(&mut Vec::new(), LONG).unwrap_err().kind, ErrorKind::MicrophoneLost);
    assert!(stream.is_outdated());
    assert_eq!(microphones.open(&default).unwrap().format(), narrow);
}

#[test]
fn opening_that_takes_too_long_is_given_up() {
    let microphones = FakeMicrophones::default();
    microphones.set_open_delay(DEFAULT_ID, LONG);
    let start = Instant::now();
    let error = microphones.open_within(&MicrophoneChoice::SystemDefault, Duration::from_millis(20)).err().unwrap();
    assert_eq!(error.kind, ErrorKind::MicrophoneBusy);
    assert!(start.elapsed() < LONG / 2);
    assert_eq!(microphones.open_streams(), 0);
}
