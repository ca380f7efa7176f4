//! Trying a microphone out, on a fake machine.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Engine, Handle, Listener, Options, State, Status, Trial};
use tawk_core::microphone::StreamFormat;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::fake::loudspeakers::Pace;
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::Folders;

struct NoModel;

impl Transcribers for NoModel {
    fn load(&self, _: &Path, _: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        Err(Error::new(ErrorKind::NoModel, "There is none. Get one."))
    }
}

/// Keeps what it is told of trials.
#[derive(Default)]
struct Ear(Mutex<Vec<Trial>>);

impl Listener for Ear {
    fn status_changed(&self, _: &Status) {}
    fn open_window(&self) {}
    fn quit(&self) {}
    fn trial_changed(&self, trial: &Trial) {
        self.0.lock().unwrap().push(trial.clone());
    }
}

struct World {
    handle: Handle,
    _engine: Engine,
    machine: FakeHandles,
    ear: Arc<Ear>,
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (platform, machine) = Fake::new();
        machine.microphones.connect(DEFAULT_ID, "Desk Microphone", StreamFormat { rate: 48_000, channels: 1 });
        machine.microphones.set_default(DEFAULT_ID);
        let ear = Arc::<Ear>::default();
        let engine = tawk_app::start(Options {
            platform,
            folders: Folders::under(home.path()),
            transcribers: Arc::new(NoModel),
            listener: Arc::clone(&ear) as Arc<dyn Listener>,
            is_app: true,
            microphone: None,
            model: None,
        })
        .unwrap();
        Self { handle: engine.handle(), _engine: engine, machine, ear, home }
    }

    #[track_caller]
    fn wait(&self, what: &str, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !done() {
            assert!(Instant::now() < end, "it does not come: {what}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn listen(&self) {
        self.handle.try_microphone().unwrap();
        self.wait("an open microphone", || self.machine.microphones.open_streams() == 1);
    }

    /// Half a second of a tone with this amplitude.
    fn feed(&self, amplitude: f32) {
        let tone: Vec<f32> = (0..24_000).map(|n| amplitude * (n as f32 * 0.05).sin()).collect();
        assert_eq!(self.machine.microphones.feed(DEFAULT_ID, &tone), 1);
    }

    fn is_over(&self) -> bool {
        !self.handle.trial().is_listening && self.machine.microphones.open_streams() == 0
    }
}

#[test]
fn its_level_follows_the_sound_and_what_was_heard_can_be_played() {
    let world = World::new();
    assert_eq!(world.handle.play_trial().unwrap_err().kind, ErrorKind::NotFound);
    world.listen();
    world.feed(0.0001);
    world.wait("a quiet level", || world.handle.trial().level_dbfs.is_some_and(|level| level < -80.0));
    assert!(!world.handle.trial().is_heard, "that is no voice");
    thread::sleep(Duration::from_millis(60));
    world.feed(0.1);
    // A sine's root mean square is 3 dB below its amplitude.
    world.wait("a level", || world.handle.trial().level_dbfs.is_some_and(|level| (level + 23.0).abs() < 0.5));
    assert!(world.handle.trial().is_heard);
    assert_eq!(world.handle.trial().microphone, "Desk Microphone");
    world.handle.end_trial();
    world.wait("the end", || world.is_over());
    let trial = world.handle.trial();
    assert_eq!((trial.level_dbfs, &trial.error), (None, &None));
    assert!((990..=1000).contains(&trial.heard_ms), "{trial:?}");
    assert!(world.ear.0.lock().unwrap().iter().any(|told| told.level_dbfs.is_some()));

    world.handle.play_trial().unwrap();
    world.wait("its end", || !world.handle.trial().is_playing && world.machine.loudspeakers.open_streams() == 0);
    let played = world.machine.loudspeakers.played().iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
    assert!((played - 0.1).abs() < 0.02, "{played}");
    assert!(world.ear.0.lock().unwrap().iter().any(|told| told.is_playing), "it was told");
    // Nothing of it is on disk.
    let recordings = Folders::under(world.home.path()).recordings;
    assert_eq!(fs::read_dir(recordings).map_or(0, Iterator::count), 0);
    world.handle.forget_trial();
    assert_eq!(world.handle.play_trial().unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn it_ends_by_itself() {
    let world = World::new();
    world.listen();
    for _ in 0..31 {
        let _ = world.machine.microphones.feed(DEFAULT_ID, &[0.1; 24_000]);
    }
    world.wait("the end", || world.is_over());
    assert!((15_000..=15_600).contains(&world.handle.trial().heard_ms), "{:?}", world.handle.trial());
}

#[test]
fn a_dictation_ends_it_and_none_begins_in_one() {
    let world = World::new();
    world.listen();
    world.feed(0.1);
    world.handle.toggle();
    world.wait("the end", || !world.handle.trial().is_listening);
    world.wait("a dictation", || world.machine.microphones.open_streams() == 1);
    world.feed(0.1);
    world.wait("listening", || world.handle.status().state == State::Listening);
    assert_eq!(world.handle.try_microphone().unwrap_err().kind, ErrorKind::Usage);
    world.handle.cancel();
    world.wait("rest", || world.handle.status().state != State::Listening);
}

#[test]
fn another_takes_its_place_and_its_sound() {
    let world = World::new();
    world.listen();
    world.feed(0.1);
    world.wait("sound", || world.handle.trial().heard_ms >= 480);
    world.handle.try_microphone().unwrap();
    world.wait("the new one", || world.machine.microphones.times_opened() == 2);
    world.wait("one microphone", || world.machine.microphones.open_streams() == 1);
    assert_eq!(world.handle.trial().heard_ms, 0);
    assert!(world.handle.trial().is_listening);
    // Played, it makes way for the next trial.
    world.feed(0.1);
    world.wait("sound", || world.handle.trial().heard_ms > 0);
    world.handle.end_trial();
    world.wait("the end", || world.is_over());
    world.machine.loudspeakers.set_pace(Pace::Slow);
    world.handle.play_trial().unwrap();
    world.wait("it is played", || world.handle.trial().is_playing);
    world.listen();
    world.wait("silence", || world.machine.loudspeakers.open_streams() == 0 && !world.handle.trial().is_playing);
}

#[test]
fn what_is_wrong_with_the_microphone_is_told() {
    let world = World::new();
    world.listen();
    world.feed(0.1);
    world.wait("sound", || world.handle.trial().heard_ms > 0);
    world.machine.microphones.disconnect(DEFAULT_ID);
    world.wait("the loss", || world.handle.trial().error.is_some());
    assert_eq!(world.handle.trial().error.unwrap().code, ErrorKind::MicrophoneLost.code());
    assert!(world.is_over());
    world.handle.try_microphone().unwrap();
    world.wait("none", || world.handle.trial().error.is_some());
    assert_eq!(world.handle.trial().error.unwrap().code, ErrorKind::NoMicrophone.code());
}
