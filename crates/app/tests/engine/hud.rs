//! The panel: what it shows, when, and that nobody waits for it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tawk_app::State;
use tawk_core::ports::{Appearance, Screen};
use tawk_core::settings::HudPosition;
use tawk_core::{Error, ErrorKind};
use tawk_platform::fake::microphones::DEFAULT_ID;

use super::world::{World, repository, speech};

fn font(name: &str) -> Arc<Vec<u8>> {
    Arc::new(std::fs::read(repository().join("crates/hud/tests/fonts").join(name)).unwrap())
}

/// Pixels of the picture on the screen that are nearly white: words and levels of the dark panel.
fn bright(world: &World) -> usize {
    let picture = world.machine.panel.on_screen();
    picture.map_or(0, |picture| picture.pixels.chunks_exact(4).filter(|p| p[..3].iter().all(|c| *c > 200)).count())
}

#[test]
fn it_is_there_from_the_press_to_the_end_and_never_before() {
    let world = World::new();
    assert!(world.machine.panel.frames().is_empty());
    world.press();
    world.wait("the first picture", || world.machine.panel.on_screen().is_some());
    world.speak();
    world.wait("listening", || world.machine.panel.announced().contains(&"Listening".into()));
    thread::sleep(Duration::from_millis(320));
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait("it goes", || world.machine.panel.on_screen().is_none());
    world.wait_for(State::Idle);
    let said = world.machine.panel.announced();
    assert!(said.iter().all(|words| !words.contains("Hello")), "{said:?}");
    let first = world.log.timings.lock().unwrap()[0].key_to_first_picture;
    assert!(first.is_some_and(|ms| ms > 0.0), "{first:?}");
    assert!(world.machine.panel.frames().iter().all(|frame| frame.position == HudPosition::Bottom));
    // Nothing is drawn while nothing happens.
    let count = world.machine.panel.frames().len();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(world.machine.panel.frames().len(), count);
}

#[test]
fn its_level_follows_the_sound() {
    let world = World::new();
    world.handle.toggle();
    world.wait("open", || world.machine.microphones.open_streams() == 1);
    let hear = |amplitude: f32| {
        let tone: Vec<f32> = (0..160).map(|n| amplitude * (n as f32 * 0.6).sin()).collect();
        // All the levels that are shown.
        for _ in 0..200 {
            world.machine.microphones.feed(DEFAULT_ID, &tone);
            thread::sleep(Duration::from_millis(8));
        }
        bright(&world)
    };
    let counts = [0.0, 0.003, 0.02, 0.2].map(hear);
    assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    world.handle.cancel();
}

#[test]
fn a_cancelled_dictation_says_how_to_get_it_back_and_goes() {
    let world = World::new();
    world.dictate();
    world.handle.cancel();
    world.wait("told", || {
        world
            .machine
            .panel
            .announced()
            .iter()
            .any(|said| said.starts_with("Cancelled.") && said.contains("Undo Cancel"))
    });
    assert!(world.machine.panel.on_screen().is_some());
    world.wait("it goes", || world.machine.panel.on_screen().is_none());
}

#[test]
fn a_click_brings_a_cancelled_dictation_back() {
    let world = World::new();
    world.press();
    world.speak();
    world.wait("shown", || world.machine.panel.on_screen().is_some());
    assert!(!world.machine.panel.click(), "the pointer goes through it");
    world.handle.cancel();
    world.release();
    world.wait("the button", || world.machine.panel.click());
    world.wait("typed after all", || world.machine.typists.text() == "Hello world. ");
    world.wait("it goes", || world.machine.panel.on_screen().is_none());
}

#[test]
fn text_that_could_not_be_typed_is_told_with_the_next_step() {
    let world = World::new();
    world.press();
    world.speak();
    thread::sleep(Duration::from_millis(320));
    world.machine.focus.set(None);
    world.release();
    world.wait("told", || {
        let said = world.machine.panel.announced();
        said.iter().any(|words| words.starts_with("The text is kept.") && words.contains("Copy Last Text"))
    });
    assert!(world.machine.panel.on_screen().is_some());
    // The next dictation takes its place.
    world.press();
    world.wait("connecting", || world.machine.panel.announced().last().is_some_and(|said| said == "Connecting"));
    world.release();
}

#[test]
fn switched_off_it_shows_nothing_and_takes_its_place_where_it_is_wanted() {
    let world = World::new();
    world.handle.set("hud.enabled", &false.into()).unwrap();
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert!(world.machine.panel.frames().is_empty());
    assert!(world.machine.panel.announced().is_empty());
    world.handle.set("hud.enabled", &true.into()).unwrap();
    world.handle.set("hud.position", &"top-right".into()).unwrap();
    world.handle.set("hud.size", &"large".into()).unwrap();
    world.machine.panel.set_screen(Screen { scale: 2.0, appearance: Appearance::Light, reduced_motion: true });
    world.press();
    world.wait("a picture", || world.machine.panel.on_screen().is_some());
    world.handle.cancel();
    let frame = world.machine.panel.frames().remove(0);
    assert_eq!(frame.position, HudPosition::TopRight);
    assert!(frame.picture.width > 900, "{:?}", frame.picture);
    world.release();
}

#[test]
fn without_a_screen_dictation_goes_on() {
    let world = World::new();
    world.machine.panel.fail_with(Some(Error::new(ErrorKind::NoDisplay, "There is no display.")));
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert_eq!(world.trouble(), "");
    world.machine.panel.fail_with(None);
    world.press();
    world.wait("a picture", || world.machine.panel.on_screen().is_some());
    world.handle.cancel();
    world.release();
}

#[test]
fn fonts_are_asked_for_once_and_only_for_what_is_missing() {
    let world = World::prepared(|machine| {
        machine.fonts.set_interface(font("Inter-subset.ttf"));
        machine.fonts.add('今', font("NotoSansCJK-subset.otf"));
    });
    world.script.0.lock().unwrap().text = Some("今日は".into());
    let asked = || world.machine.fonts.asked();
    for round in 1..=2 {
        world.press();
        let height = || world.machine.panel.on_screen().map(|picture| picture.height);
        world.wait("a picture", || height().is_some());
        let low = height();
        // The pause is recognised ahead, so that the words are shown while the microphone is open.
        let mut spoken = speech();
        spoken.resize(spoken.len() + 16_000, 0.0);
        world.say(&spoken);
        world.wait("recognised", || world.script.0.lock().unwrap().heard.len() == round);
        world.wait("words", || asked().contains(&'今') && height() > low);
        world.handle.cancel();
        world.release();
        world.wait_for(State::Idle);
    }
    let asked = asked();
    assert_eq!(asked.iter().filter(|character| **character == '今').count(), 1, "{asked:?}");
    assert!(asked.iter().all(|character| "今日は".contains(*character)), "{asked:?}");
}
