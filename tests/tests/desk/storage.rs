//! Disks that are full and folders that are read-only: what is said is typed all the same, what is on the disk stays, and
//! when there is room again everything is as before.

use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use tawk_tests::app;
use tawk_tests::home::files;
use tawk_tests::notifications::Notifications;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check_within};
use tawk_tests::small_disk::{ReadOnly, SmallDisk};
use tawk_tests::wait::wait_until;

use crate::world::{Mic, SOON, World};

/// A disk that refused is tried again after a minute at the latest.
const TRIED_AGAIN: Duration = Duration::from_secs(90);

pub(crate) fn checks() -> Vec<Check<World>> {
    let bound = Duration::from_secs(300);
    vec![
        check_within("a_full_disk_costs_no_dictation_and_nothing_that_was_on_it", bound, full),
        check_within("a_kill_on_a_full_disk_costs_only_what_the_disk_did_not_take", bound, killed_on_a_full_disk),
        check_within("a_read_only_folder_of_recordings_costs_no_dictation", bound, read_only),
    ]
}

fn full(world: &mut World) {
    world.end_app();
    let disk = small_disk(world);
    world.restart_with("");
    let process = world.app_as_it_is().process().id();
    world.dictate(Kind::Gtk, Mic::A, 1);
    wait_until("the dictation in the history", SOON, || remembered(world) == 1);
    let mut desktop = Notifications::start(&world.desk.home);

    // It is typed although nothing of it can be stored, and that is said once and clearly.
    disk.fill(process);
    let (text, clip) = world.demo(2);
    world.receiver(Kind::Gtk);
    world.hold_and_say(Mic::A, &clip);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    assert_eq!(world.wait_trouble(), "storage");
    wait_until("a notification", SOON, || !desktop.shown().is_empty());
    let shown = desktop.shown();
    assert!(shown[0].body.contains(disk.refusal()) && shown[0].body.contains("typed as usual"), "{shown:?}");
    assert!(shown[0].body.contains("recordings"), "It does not say where: {shown:?}");
    let said = world.tawk(&["status"]);
    assert!(said.code == 0 && said.err.contains("try again."), "{said:?}");
    wait_until("the remark in the menu", SOON, || first_line(world).starts_with("Tawk cannot"));

    // The words are on the clipboard's way, and one that is cancelled waits in memory.
    assert_eq!(app::status(&world.desk.home)["has_last_text"], true);
    cancel_one(world, 3);
    wait_until("what became of the cancelled one", SOON, || message(world).contains("do not quit Tawk"));
    assert!(world.desk.home.recordings().is_empty());
    assert_eq!(desktop.shown().len(), 2, "One for each dictation: {:?}", desktop.shown());

    // With room everything is stored after all, without a restart.
    disk.free(process);
    wait_until("the cancelled recording", TRIED_AGAIN, || world.desk.home.recordings().len() == 1);
    world.expect_recording("cancelled", clip.length().mul_f32(0.5));
    wait_until("the history", TRIED_AGAIN, || remembered(world) == 3);
    world.dictate(Kind::Gtk, Mic::A, 0);
    wait_until("the next dictation in the history", SOON, || remembered(world) == 4);
    wait_until("the end of all journals", SOON, || journals(world).is_empty());
    assert!(message(world).is_empty(), "{}", message(world));
    expect_no_panic(world);
    world.end_app();
}

fn killed_on_a_full_disk(world: &mut World) {
    world.end_app();
    let disk = small_disk(world);
    world.restart_with("");
    let process = world.app_as_it_is().process().id();
    let (_, clip) = world.demo(3);
    world.receiver(Kind::Gtk);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    disk.fill(process);
    world.mic(Mic::A).say(&clip);
    expect_no_panic(world);
    world.app_as_it_is().process().signal(Signal::SIGKILL);
    world.wait_app_end();
    let left = journals(world);
    assert_eq!(left.len(), 1, "{left:?}");

    // Its text can be had even now; it stays as long as it cannot be kept.
    let spoken = clip.length().as_secs_f64();
    let found = world.tawk(&["recover", "--json"]).json();
    assert!(found[0]["seconds"].as_f64().is_some_and(|seconds| seconds > spoken * 0.8), "{found} of {spoken} s");
    let id = found[0]["id"].as_str().unwrap_or_default().to_owned();
    if disk.is_full_for_all() {
        let answer = world.tawk(&["recover", &id]);
        assert_eq!(answer.code, 9, "{answer:?}");
        assert!(!answer.out.trim().is_empty() && answer.err.contains("the disk is full"), "{answer:?}");
        assert_eq!(journals(world), left, "{answer:?}");
        // It starts on a full disk, too, and types.
        world.app();
        assert_eq!(app::status(&world.desk.home)["recoverable"], 1);
        let (text, clip) = world.demo(1);
        world.receiver(Kind::Gtk);
        world.hold_and_say(Mic::A, &clip);
        world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
        assert_eq!(world.wait_trouble(), "storage");
        expect_no_panic(world);
        disk.free(process);
    }
    world.app();
    world.tawk(&["recover", &id]).ok();
    assert!(!journals(world).contains(&left[0]));
    world.expect_recording("held", clip.length().mul_f32(0.8));
    world.dictate(Kind::Gtk, Mic::A, 0);
    world.end_app();
}

fn read_only(world: &mut World) {
    world.restart_with("");
    world.dictate(Kind::Gtk, Mic::A, 1);
    wait_until("the end of all journals", SOON, || journals(world).is_empty());
    let folder = world.desk.home.data("recordings");
    let wall = ReadOnly::over(&folder);
    let (text, clip) = world.demo(2);
    world.receiver(Kind::Gtk);
    world.hold_and_say(Mic::A, &clip);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    assert_eq!(world.wait_trouble(), "storage");
    assert!(message(world).contains(&folder.display().to_string()), "{}", message(world));
    cancel_one(world, 3);
    wait_until("what became of the cancelled one", SOON, || message(world).contains("do not quit Tawk"));
    drop(wall);
    wait_until("the cancelled recording", TRIED_AGAIN, || world.desk.home.recordings().len() == 1);
    world.expect_recording("cancelled", clip.length().mul_f32(0.5));
    world.dictate(Kind::Gtk, Mic::A, 0);
    assert!(message(world).is_empty(), "{}", message(world));

    // From the start.
    world.end_app();
    let wall = ReadOnly::over(&folder);
    if wall.can_be_read() {
        world.app();
        let (text, clip) = world.demo(1);
        world.receiver(Kind::Gtk);
        world.hold_and_say(Mic::A, &clip);
        world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
        assert_eq!(world.wait_trouble(), "storage");
    }
    drop(wall);
    world.app();
    world.dictate(Kind::Gtk, Mic::A, 0);
    expect_no_panic(world);
}

/// In the place of Tawk's data: the demo model fits on it, and a few recordings.
fn small_disk(world: &World) -> SmallDisk {
    SmallDisk::over(&world.desk.home.data(""), 24)
}

/// Speaks the demo sentence `number` and cancels.
fn cancel_one(world: &mut World, number: usize) {
    let (_, clip) = world.demo(number);
    world.receiver(Kind::Gtk);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.tawk(&["cancel"]).ok();
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
}

fn message(world: &World) -> String {
    app::status(&world.desk.home)["trouble"]["message"].as_str().unwrap_or_default().into()
}

fn first_line(world: &mut World) -> String {
    world.desk.tray.menu().into_iter().next().map(|entry| entry.path.join(" ")).unwrap_or_default()
}

/// How many dictations the history has.
fn remembered(world: &World) -> usize {
    let answer = world.tawk(&["history", "list", "--json"]);
    serde_json::from_str::<Value>(&answer.out).ok().and_then(|list| list.as_array().map(Vec::len)).unwrap_or_default()
}

fn journals(world: &World) -> Vec<PathBuf> {
    let is_journal = |path: &PathBuf| path.extension() == Some("journal".as_ref());
    files(&world.desk.home.data("recordings")).into_iter().filter(is_journal).collect()
}

fn expect_no_panic(world: &mut World) {
    let said = world.app_as_it_is().process().log();
    assert!(!said.contains("panicked"), "{said}");
}
