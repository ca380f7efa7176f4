//! From the press of the key to the typed text.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::State;
use tawk_core::ports::{KeyEdge, Sound};
use tawk_platform::fake::microphones::DEFAULT_ID;

use super::world::{World, clip, name, speech};

#[test]
fn held_spoken_typed() {
    let world = World::new();
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert_eq!(world.recordings(), Vec::<PathBuf>::new());
    assert_eq!(world.handle.last_text().as_deref(), Some("Hello world."));
    let sounds: Vec<Sound> = world.machine.sounds.played().into_iter().map(|(sound, _)| sound).collect();
    assert_eq!(sounds, [Sound::Start, Sound::Stop]);
    let states = world.log.states.lock().unwrap().clone();
    assert_eq!(
        states.iter().rev().take(4).rev().copied().collect::<Vec<_>>(),
        [State::Connecting, State::Listening, State::Working, State::Idle]
    );
}

#[test]
fn a_tap_toggles() {
    let world = World::new();
    world.press();
    world.release();
    world.speak();
    thread::sleep(Duration::from_millis(400));
    assert_eq!(world.handle.status().state, State::Listening);
    world.press();
    thread::sleep(Duration::from_millis(100));
    assert_eq!(world.machine.typists.text(), "", "never while the key is down");
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
}

#[test]
fn ten_in_a_row_keep_their_order_and_leave_nothing() {
    let world = World::new();
    for _ in 0..10 {
        world.dictate();
    }
    world.wait("typed", || world.machine.typists.typings().len() == 10);
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "Hello world. ".repeat(10));
    assert!(world.recordings().is_empty());
}

#[test]
fn cancel_types_nothing_and_keeps_the_recording() {
    let world = World::new();
    world.press();
    let samples = world.speak();
    world.handle.cancel();
    world.release();
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "");
    let kept = world.recordings();
    assert_eq!(kept.len(), 1);
    assert!(name(&kept[0]).ends_with("-cancelled.wav"), "{kept:?}");
    let clip = tawk_audio::decode_file(&kept[0]).unwrap();
    assert_eq!(clip.samples.len(), samples, "every sample that was heard");
}

#[test]
fn cancel_while_recognising_types_nothing_late() {
    let world = World::new();
    world.script.0.lock().unwrap().takes = Duration::from_secs(5);
    world.dictate();
    world.wait("recognising", || !world.script.0.lock().unwrap().heard.is_empty());
    world.handle.cancel();
    world.wait_for(State::Idle);
    // The aborted recogniser can be used again at once.
    world.script.0.lock().unwrap().takes = Duration::ZERO;
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
}

#[test]
fn silence_types_nothing() {
    let world = World::new();
    let hush = |samples: usize| {
        world.press();
        world.wait("open", || world.machine.microphones.open_streams() > 0);
        world.machine.microphones.feed(DEFAULT_ID, &vec![0.0; samples]);
        thread::sleep(Duration::from_millis(400));
        world.release();
        world.wait("over", || world.log.states.lock().unwrap().contains(&State::Working));
    };
    hush(6_400);
    world.wait_for(State::Idle);
    assert!(world.recordings().is_empty(), "a key that was only brushed");
    // Long enough for a word that was too quiet to be found: the recording is kept, and that is said.
    hush(16_000);
    world.wait_for(State::Trouble);
    assert_eq!(world.trouble(), "nothing-heard");
    assert!(name(&world.recordings()[0]).ends_with("-nothing-heard.wav"));
    assert_eq!(world.machine.typists.text(), "");
    assert!(world.script.0.lock().unwrap().heard.is_empty(), "the recogniser was not even asked");
}

#[test]
fn a_pause_is_enough_to_have_the_text_ready_at_release() {
    let world = World::new();
    world.script.0.lock().unwrap().takes = Duration::from_millis(300);
    world.press();
    world.speak();
    world.machine.microphones.feed(DEFAULT_ID, &[0.0; 8_000]);
    world.wait("recognised ahead", || !world.script.0.lock().unwrap().heard.is_empty());
    thread::sleep(Duration::from_millis(400));
    world.machine.microphones.feed(DEFAULT_ID, &[0.0; 1_600]);
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    assert_eq!(world.script.0.lock().unwrap().heard.len(), 1, "the draft was the answer; nothing was recognised twice");
}

#[test]
fn a_press_that_belongs_to_another_chord_leaves_nothing() {
    let world = World::new();
    world.press();
    world.speak();
    world.machine.hotkeys.fire(&world.hotkey, KeyEdge::Cancelled, Instant::now());
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "");
    assert_eq!(world.recordings(), Vec::<PathBuf>::new());
    world.dictate();
    world.wait("the next dictation is typed", || !world.machine.typists.text().is_empty());
}

#[test]
fn what_nobody_said_is_not_typed_and_counted() {
    let world = World::new();
    world.script.0.lock().unwrap().text = Some("Thank you. ".repeat(40));
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Thank you. ");
    world.wait_for(State::Idle);
    assert_eq!(world.handle.status().withheld, 1);

    // Half a second of voice, in which nobody says this.
    world.machine.typists.clear();
    world.script.0.lock().unwrap().text = Some("Subtitles by the Amara.org community".into());
    world.press();
    world.say(&speech()[..8_000]);
    std::thread::sleep(std::time::Duration::from_millis(320));
    world.release();
    world.wait_for(State::Trouble);
    assert_eq!((world.trouble().as_str(), world.handle.status().withheld), ("nothing-heard", 1));
    assert_eq!(world.machine.typists.text(), "");
    assert_eq!(world.recordings().len(), 1, "the recording is kept");

    // The next dictation begins anew.
    world.script.0.lock().unwrap().text = None;
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert_eq!(world.handle.status().withheld, 0);
}

#[test]
fn many_short_hesitations_do_not_keep_the_recogniser_busy() {
    let world = World::new();
    let took = Duration::from_millis(900);
    {
        let mut lines = world.script.0.lock().unwrap();
        (lines.takes, lines.is_deaf) = (took, true);
    }
    world.press();
    let speech = clip("demo/01.flac");
    let begin = speech.iter().position(|s| s.abs() > 0.05).unwrap();
    for part in speech[begin..].chunks(4_800).take(5) {
        // A pause long enough for a draft; the segment stays open, because little was said.
        world.say(&[part, &[0.0; 6_400]].concat());
        thread::sleep(took + Duration::from_millis(150));
    }
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait("told", || !world.log.timings.lock().unwrap().is_empty());
    let timing = world.log.timings.lock().unwrap()[0];
    // Without the bound the first four pauses have a draft each in vain, which together take longer than the speech.
    assert!((1..=3).contains(&timing.drafts_in_vain), "{timing:?}");
    assert!(timing.in_vain <= timing.audio / 2.0 + 1.1 * took.as_secs_f64() * 1000.0, "{timing:?}");
}
