//! The panel on a real screen: the focus stays where it is, and the level follows the sound.

use std::time::{Duration, Instant};

use tawk_tests::clip::Clip;
use tawk_tests::keys;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::screen::{Screen, Shot};
use tawk_tests::wait::{pause, wait_for, wait_until};

use crate::world::{Mic, SOON, World};

const NAME: &str = "Tawk HUD";
const DICTATIONS: usize = 50;

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("the_focus_stays_through_50_dictations_with_the_hud", focus_stays),
        check("the_hud_follows_the_level_of_the_sound", follows_level),
        check("the_hud_shows_the_text_so_far_and_tells_of_a_cancel", shows_text),
        check("a_click_on_the_hud_brings_a_cancelled_dictation_back", click_undoes),
        check("the_hud_is_where_it_is_wanted_or_nowhere", is_where_wanted),
    ]
}

fn focus_stays(world: &mut World) {
    world.restart_with("");
    world.receiver(Kind::Gtk);
    let (_, sentence) = world.demo(0);
    // A word or two: what is recognised is not the matter here.
    let clip = sentence.beginning(Duration::from_millis(900)).then(&Clip::silence(Duration::from_millis(100)));
    let screen = Screen::open(&world.desk.home);
    let before = screen.focus();
    let watch = Screen::watch_focus(&world.desk.home);
    for number in 0..DICTATIONS {
        let held = keys::hold_hotkey(&world.desk.home);
        wait_until("the HUD", SOON, || screen.unmanaged(NAME).is_some());
        world.wait_state("listening");
        world.mic(Mic::A).say(&clip);
        drop(held);
        wait_until(&format!("the end of dictation {number}"), SOON, || {
            screen.unmanaged(NAME).is_none() && tawk_tests::app::status(&world.desk.home)["state"] == "idle"
        });
    }
    assert_eq!(watch.seen(), [before], "The focus moved.");
    assert!(!world.open_receiver(Kind::Gtk).text().is_empty(), "Nothing was typed.");
    let times = first_pictures(&world.desk.home.log());
    assert!(times.len() >= DICTATIONS, "Only {} first pictures were measured.", times.len());
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("  key-down to the first picture: median {median:.1} ms, worst {worst:.1} ms of {}", times.len());
}

/// The times from the press of the key to the first picture in the log, in ms, sorted.
fn first_pictures(log: &str) -> Vec<f64> {
    let values = log.lines().filter_map(|line| {
        let (_, rest) = line.split_once("key_to_first_picture_ms=")?;
        let number = rest.split_whitespace().next()?;
        number.trim_start_matches("Some(").trim_end_matches(')').parse::<f64>().ok()
    });
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Nearly white pixels in the right third: the meter of a dark panel, or of the words beside it nothing.
fn meter(shot: &Shot) -> usize {
    let width = usize::from(shot.width);
    let rows = shot.pixels.chunks_exact(width);
    rows.flat_map(|row| &row[width * 2 / 3..]).filter(|pixel| pixel.iter().all(|colour| *colour > 200)).count()
}

fn follows_level(world: &mut World) {
    world.restart_with("");
    world.receiver(Kind::Gtk);
    let screen = Screen::open(&world.desk.home);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    let seconds = Duration::from_secs(3);
    let mut lengths = Vec::new();
    for peak in [0.0, 0.01, 0.06, 0.5] {
        let playing = world.mic(Mic::A).play(&Clip::noise(seconds, peak));
        playing.wait_start();
        // All levels that are shown are of this noise by then.
        pause(2300);
        let shot = screen.shot(NAME).expect("The HUD is on the screen.");
        lengths.push(meter(&shot));
        // The rest of it.
        pause(800);
    }
    assert!(lengths.is_sorted_by(|a, b| a < b), "The meter's bright pixels in growing noise: {lengths:?}");
    println!("  bright pixels of the meter at peaks of 0, 0.01, 0.06 and 0.5: {lengths:?}");
    world.tawk(&["cancel"]).ok();
    world.wait_state("idle");
    wait_until("the HUD's end", SOON, || screen.unmanaged(NAME).is_none());
    world.forget_recordings();
}

fn shows_text(world: &mut World) {
    world.restart_with("");
    world.receiver(Kind::Gtk);
    let screen = Screen::open(&world.desk.home);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    let low = wait_for("the HUD", SOON, || screen.shot(NAME)).height;
    let (_, clip) = world.demo(0);
    world.mic(Mic::A).say(&clip);
    world.mic(Mic::A).say(&Clip::silence(Duration::from_secs(1)));
    // The pause was recognised ahead, and the words make the panel higher.
    wait_until("the text so far", SOON, || screen.shot(NAME).is_some_and(|shot| shot.height > low));
    world.tawk(&["cancel"]).ok();
    let began = Instant::now();
    wait_until("the HUD's end", SOON, || screen.unmanaged(NAME).is_none());
    assert!(began.elapsed() > Duration::from_secs(2), "Nobody could have read how to undo it.");
    world.forget_recordings();
}

fn click_undoes(world: &mut World) {
    world.restart_with("");
    world.receiver(Kind::Gtk);
    let screen = Screen::open(&world.desk.home);
    let (text, clip) = world.demo(1);
    let before = screen.focus();
    let watch = Screen::watch_focus(&world.desk.home);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.tawk(&["cancel"]).ok();
    world.wait_state("idle");
    let shot = wait_for("the HUD that tells of it", SOON, || screen.shot(NAME));
    let (x, y) = (shot.x + i32::from(shot.width) / 2, shot.y + i32::from(shot.height) / 2);
    // A wheel that turns there is no click.
    keys::turn_wheel(&world.desk.home, x, y);
    pause(300);
    assert_eq!(tawk_tests::app::status(&world.desk.home)["state"], "idle");
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
    keys::click(&world.desk.home, x, y);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    wait_until("the HUD's end", SOON, || screen.unmanaged(NAME).is_none());
    assert_eq!(watch.seen(), [before], "The focus moved.");
    // While it listens, the pointer goes through it.
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    let shot = screen.shot(NAME).expect("The HUD is on the screen.");
    keys::click(&world.desk.home, shot.x + i32::from(shot.width) / 2, shot.y + i32::from(shot.height) / 2);
    pause(300);
    assert_eq!(tawk_tests::app::status(&world.desk.home)["state"], "listening");
    world.tawk(&["cancel"]).ok();
    world.wait_state("idle");
    world.forget_recordings();
}

fn is_where_wanted(world: &mut World) {
    let screen = Screen::open(&world.desk.home);
    let mut shown = |settings: &str| {
        world.restart_with(settings);
        world.receiver(Kind::Gtk);
        world.tawk(&["toggle"]).ok();
        world.wait_state("listening");
        pause(300);
        let shot = screen.shot(NAME).map(|shot| (shot.x, shot.y, shot.width));
        world.tawk(&["cancel"]).ok();
        world.wait_state("idle");
        world.forget_recordings();
        shot
    };
    let bottom = shown("").expect("It is shown by default.");
    // Xvfb's screen has 1280 by 900 pixels.
    assert_eq!(bottom.0 * 2 + i32::from(bottom.2), 1280);
    assert!(bottom.1 > 700);
    let large = shown("[hud]\nposition = \"top-left\"\nsize = \"large\"\n").expect("It is shown.");
    assert!(large.0 < 30 && large.1 < 30 && large.2 > bottom.2, "{large:?} beside {bottom:?}");
    assert_eq!(shown("[hud]\nenabled = false\n"), None);
    world.restart_with("");
}
