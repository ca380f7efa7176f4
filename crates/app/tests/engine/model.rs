//! The model's file: slow to load, gone, or broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tawk_app::State;
use tawk_core::Result;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_whisper::WhisperTranscribers;

use super::world::{World, fixture, name, set};

/// The real recogniser; every load takes so much longer.
struct Slow(Duration);

impl Transcribers for Slow {
    fn load(&self, path: &Path, progress: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        thread::sleep(self.0);
        WhisperTranscribers::with_threads(1).load(path, progress)
    }
}

/// A world with the real recogniser, and a model of its own whose file can be done away with.
fn with_own_model() -> (World, PathBuf) {
    let world = World::with(Arc::new(WhisperTranscribers::with_threads(1)));
    let model = own_model(&world, "own.bin");
    choose(&world, &model);
    (world, model)
}

fn own_model(world: &World, name: &str) -> PathBuf {
    let model = world.home.path().join(name);
    // One byte differs from the fixture model, so that it counts as the user's own.
    let mut weights = fs::read(fixture()).unwrap();
    let middle = weights.len() - 20_000;
    weights[middle] ^= 1;
    fs::write(&model, weights).unwrap();
    model
}

fn choose(world: &World, model: &Path) {
    world.handle.set("recognition.model", &model.to_str().unwrap().into()).unwrap();
}

/// The dictation came to no text, says why, and names the folder in which its recording is.
fn assert_kept(world: &World, code: &str, samples: usize, recordings: usize) {
    world.wait_for(State::Trouble);
    let trouble = world.handle.status().trouble.unwrap();
    assert_eq!(trouble.code, code, "{}", trouble.message);
    let kept = world.recordings();
    assert_eq!(kept.len(), recordings, "{kept:?}");
    let last = kept.iter().max().unwrap();
    assert!(name(last).ends_with("-failed.wav"), "{kept:?}");
    assert!(trouble.message.contains(last.parent().unwrap().to_str().unwrap()), "{}", trouble.message);
    assert_eq!(tawk_audio::decode_file(last).unwrap().samples.len(), samples, "every sample that was heard");
    assert_eq!(world.machine.typists.text(), "");
}

#[test]
fn a_release_while_the_model_is_loaded_loses_no_segment() {
    let world = World::with(Arc::new(Slow(Duration::from_secs(2))));
    world.press();
    let demo = set("demo");
    let mut sound = Vec::new();
    for (clip, _) in &demo[1..4] {
        sound.extend(clip);
        // A pause that ends a segment of any length.
        sound.extend([0.0; 40_000]);
    }
    world.say(&sound);
    thread::sleep(Duration::from_millis(320));
    world.release();
    assert_eq!(world.machine.typists.text(), "", "the model is still being loaded");
    let said: Vec<_> = demo[1..4].iter().map(|(_, text)| text.as_str()).collect();
    world.wait("typed", || world.machine.typists.text() == format!("{} ", said.join(" ")));
    world.wait_for(State::Idle);
    assert!(world.recordings().is_empty());
}

#[test]
fn a_model_that_is_gone_before_the_first_dictation() {
    let (world, model) = with_own_model();
    fs::remove_file(&model).unwrap();
    world.press();
    let samples = world.speak();
    thread::sleep(Duration::from_millis(320));
    world.release();
    assert_kept(&world, "not-found", samples, 1);
    // It is there again: so is the next dictation's text.
    own_model(&world, "own.bin");
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    assert_eq!(world.trouble(), "");
}

#[test]
fn a_model_that_goes_between_dictations_serves_as_long_as_it_is_in_memory() {
    let (world, model) = with_own_model();
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    fs::remove_file(&model).unwrap();
    world.dictate();
    world.wait("typed from memory", || world.machine.typists.text() == "Hello world. Hello world. ");
    world.wait_for(State::Idle);

    // Another model takes its place in memory.
    choose(&world, &own_model(&world, "other.bin"));
    world.dictate();
    world.wait("typed by the other", || world.machine.typists.typings().len() == 3);
    world.wait_for(State::Idle);
    world.machine.typists.clear();
    choose(&world, &model);
    world.press();
    let samples = world.speak();
    thread::sleep(Duration::from_millis(320));
    world.release();
    assert_kept(&world, "not-found", samples, 1);
}

#[test]
fn a_model_that_was_replaced_by_junk() {
    for junk in [&b"not a model"[..], &fs::read(fixture()).unwrap()[..1_000_000]] {
        let (world, model) = with_own_model();
        fs::write(&model, junk).unwrap();
        world.press();
        // Two segments: the first fails, and the second must not be typed alone.
        let demo = set("demo");
        let samples = world.say(&[&demo[1].0, &[0.0; 40_000][..], &demo[2].0].concat());
        thread::sleep(Duration::from_millis(320));
        world.machine.microphones.feed(DEFAULT_ID, &[0.0; 160]);
        world.release();
        assert_kept(&world, "bad-model", samples + 160, 1);
    }
}
