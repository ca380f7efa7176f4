//! What failed is told by the desktop's notifications while no window is open.

use std::time::Duration;

use tawk_tests::keys;
use tawk_tests::notifications::Notifications;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::{pause, wait_until};

use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![check("one_failure_gives_one_notification_that_says_where_the_words_are", told)]
}

fn told(world: &mut World) {
    world.restart_with("");
    let mut desktop = Notifications::start(&world.desk.home);
    // A dictation that is typed is nothing to tell.
    world.dictate(Kind::Gtk, Mic::A, 2);
    assert_eq!(desktop.shown(), []);

    fail(world, 0);
    wait_until("a notification", SOON, || !desktop.shown().is_empty());
    pause(500);
    let shown = desktop.shown();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].app == "Tawk" && shown[0].body.contains("Copy Last Text"), "{shown:?}");
    let (text, _) = world.demo(0);
    assert!(text.split(' ').filter(|word| word.len() > 5).all(|word| !shown[0].body.contains(word)), "{shown:?}");

    // The next failure is told in the place of the last.
    fail(world, 0);
    wait_until("a second notification", SOON, || desktop.shown().len() == 2);
    assert!(desktop.shown()[1].replaces, "{:?}", desktop.shown());

    // Not where the user does not want it.
    world.restart_with("[notifications]\nenabled = false\n");
    fail(world, 0);
    pause(500);
    assert_eq!(desktop.shown().len(), 2, "{:?}", desktop.shown());

    // Without anything that shows them all is as before.
    drop(desktop);
    world.restart_with("");
    fail(world, 0);
    world.dictate(Kind::Gtk, Mic::A, 2);
}

/// Dictates, with the screen locked before the key comes up.
fn fail(world: &mut World, number: usize) {
    let (_, clip) = world.demo(number);
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    held.forget();
    let home = &world.desk.home;
    assert!(home.command("xset").args(["s", "activate"]).status().expect("xset can be started.").success());
    pause(700);
    assert!(home.command("xset").args(["s", "reset"]).status().expect("xset can be started.").success());
    keys::let_go_of_all(home);
    assert_eq!(world.wait_trouble(), "focus-moved");
    world.expect_recording("locked", clip.length().mul_f32(0.8));
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
}
