//! Buses of D-Bus that take connections and never answer: start, dictation and quit wait for none of them.

use std::time::Duration;

use tawk_tests::app;
use tawk_tests::bus::{AccessibilityElsewhere, Bus, SilentBus};
use tawk_tests::logind::SYSTEM_BUS;
use tawk_tests::programs;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check_within};
use tawk_tests::tray::SESSION_BUS;
use tawk_tests::wait::{wait, wait_until};

use crate::world::{Mic, SOON, World};

/// A guard against hangs: what waits for a bus without end takes longer.
const BOUNDED: Duration = Duration::from_secs(45);

pub(crate) fn checks() -> Vec<Check<World>> {
    let bound = Duration::from_secs(300);
    vec![
        check_within("buses_that_never_answer_hold_up_nothing", bound, silent),
        check_within("an_accessibility_bus_that_never_answers_holds_up_nothing", bound, silent_accessibility),
        check_within("buses_that_stop_answering_hold_up_nothing", bound, stopped),
    ]
}

/// Dictates twice, has one dictation fail, and quits.
fn dictate_fail_and_quit(world: &mut World) {
    world.app();
    world.dictate(Kind::Gtk, Mic::A, 1);
    // What fails is told by a notification, for which nobody waits.
    world.receiver(Kind::Gtk);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    let (_, clip) = world.demo(0);
    world.mic(Mic::A).say(&clip);
    let home = &world.desk.home;
    assert!(home.command("xset").args(["s", "activate"]).status().expect("xset can be started.").success());
    wait_until("the end by the locked screen", SOON, || !home.recordings().is_empty());
    assert!(home.command("xset").args(["s", "reset"]).status().expect("xset can be started.").success());
    assert!(!world.wait_trouble().is_empty());
    world.forget_recordings();
    world.dictate(Kind::Gtk, Mic::A, 2);
    let said = world.app_as_it_is().process().log();
    assert!(!said.contains("panicked"), "{said}");
    world.tawk(&["quit"]).ok();
    assert_eq!(world.wait_app_end(), 0);
}

fn silent(world: &mut World) {
    // Open already: it could not start without its bus.
    world.receiver(Kind::Gtk);
    world.end_app();
    let bus = SilentBus::start(&world.desk.home);
    let address = bus.address();
    world.desk.home.set(SESSION_BUS, &address);
    world.desk.home.set(SYSTEM_BUS, &address);
    dictate_fail_and_quit(world);
    assert!(bus.taken() > 0, "Nobody has tried the bus.");

    // Nor do the commands wait, nor a start that is refused, though it would tell by a notification.
    let home = &world.desk.home;
    std::fs::write(home.path("no-folder"), "").expect("A file can be made.");
    let mut refused = home.command(programs::tawk_app());
    refused.env("XDG_DATA_HOME", home.path("no-folder"));
    within_bound(refused, 9);
    within_bound(app::tawk(home, &["devices"]), 0);
    let mut doctor = app::tawk(home, &["doctor"]);
    assert!(app::run_with(&mut doctor, "", BOUNDED).out.contains("icrophone"));
    world.receiver(Kind::Gtk);
    within_bound(app::tawk(&world.desk.home, &["type", "typed without a bus"]), 0);
    world.open_receiver(Kind::Gtk).expect("typed without a bus", SOON);
    world.desk.name_usual_buses();
}

fn within_bound(mut command: std::process::Command, code: i32) {
    let answer = app::run_with(&mut command, "", BOUNDED);
    assert_eq!(answer.code, code, "{command:?}: {answer:?}");
}

fn silent_accessibility(world: &mut World) {
    world.receiver(Kind::Gtk);
    world.end_app();
    let session = Bus::start(&world.desk.home, "session-2");
    let silent = SilentBus::start(&world.desk.home);
    world.desk.home.set(SESSION_BUS, session.address());
    let _elsewhere = AccessibilityElsewhere::start(&world.desk.home, &silent.address());
    for variable in ["NO_AT_BRIDGE", "GTK_A11Y"] {
        world.desk.home.unset(variable);
    }
    dictate_fail_and_quit(world);
    assert!(silent.taken() > 0, "Nobody has tried the bus.");
    world.desk.name_usual_buses();
}

fn stopped(world: &mut World) {
    world.receiver(Kind::Gtk);
    world.end_app();
    let bus = Bus::start(&world.desk.home, "session-3");
    world.desk.home.set(SESSION_BUS, bus.address());
    world.desk.home.set(SYSTEM_BUS, bus.address());
    world.app();
    world.dictate(Kind::Gtk, Mic::A, 0);
    bus.stop();
    dictate_fail_and_quit(world);
    bus.go_on();
    world.desk.name_usual_buses();
    // As before.
    world.app();
    let tray = &mut world.desk.tray;
    assert!(wait(SOON, || tray.icon()).is_some(), "There is no icon.");
}
