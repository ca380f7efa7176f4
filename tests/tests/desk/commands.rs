//! Commands that need the desk: `tawk dictate` and `tawk doctor`.

use std::time::{Duration, Instant};

use tawk_tests::app::{self, Answer};
use tawk_tests::clip::Clip;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::pause;

use crate::world::{Mic, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("dictate_command_prints_what_was_said", prints),
        check("dictate_command_takes_a_device", takes_a_device),
        check("dictate_command_types_if_asked", types),
        check("dictate_command_ends_by_itself_and_says_when_nothing_was_said", nothing_said),
        check("dictate_command_says_when_the_microphone_is_muted", muted),
        check("doctor_finds_the_desk_in_order", doctor),
    ]
}

/// Runs `tawk dictate` and speaks once it listens; its 2 s of silence end it.
#[track_caller]
fn dictate(world: &mut World, arguments: &[&str], mic: Mic, clip: &Clip) -> Answer {
    let home = &world.desk.home;
    let mut command = app::tawk(home, &[&["dictate"], arguments].concat());
    let running = std::thread::spawn(move || app::run(&mut command));
    // It says on standard error when it listens; a user would just begin a second later.
    pause(1500);
    world.mic(mic).say(clip);
    match running.join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn prints(world: &mut World) {
    world.end_app();
    let (text, clip) = world.demo(1);
    world.receiver(Kind::Gtk);
    let answer = dictate(world, &[], Mic::A, &clip);
    assert_eq!(answer.ok().trim_end(), text);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
    world.expect_no_recording();
}

fn takes_a_device(world: &mut World) {
    world.end_app();
    let (text, clip) = world.demo(2);
    let rows = world.tawk(&["devices", "--json"]).json();
    let id = rows[1]["id"].as_str().expect("There is a second microphone.").to_owned();
    assert_eq!(dictate(world, &["--device", &id], Mic::B, &clip).ok().trim_end(), text);
    world.tawk(&["dictate", "--device", "no-such-device"]).refused(5);
}

fn types(world: &mut World) {
    world.end_app();
    let (text, clip) = world.demo(3);
    world.receiver(Kind::Gtk);
    assert_eq!(dictate(world, &["--type"], Mic::A, &clip).ok().trim_end(), text);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), Duration::from_secs(5));
}

fn nothing_said(world: &mut World) {
    world.end_app();
    let begin = Instant::now();
    // A room in which nobody speaks, as a real microphone hears it.
    let answer = dictate(world, &[], Mic::A, &Clip::noise(Duration::from_secs(12), 0.002));
    assert_eq!(answer.out, "");
    let said = answer.refused(5);
    assert!(said.contains("No voice was heard"), "{said}");
    assert!(begin.elapsed() >= Duration::from_secs(9), "It gave up after {:?}.", begin.elapsed());
    world.mic(Mic::A).hush();
    world.forget_recordings();
}

/// A microphone that is muted in hardware gives zeros.
fn muted(world: &mut World) {
    world.end_app();
    let said = world.tawk(&["dictate"]).refused(5);
    assert!(said.contains("silence") && said.contains("unmute"), "{said}");
    world.forget_recordings();
}

fn doctor(world: &mut World) {
    world.app();
    let report = world.tawk(&["doctor", "--json"]).json();
    let checks = report["checks"].as_array().expect("It is a list.");
    for check in checks {
        // Only the demo model is worth a warning here.
        let expected = if check["id"] == "model" { "warning" } else { "good" };
        assert_eq!(check["state"], expected, "{check}");
    }
    let ids: Vec<_> = checks.iter().filter_map(|check| check["id"].as_str()).collect();
    for id in
        ["settings", "storage", "microphone-permission", "microphone", "typing-permission", "typing", "model", "app"]
    {
        assert!(ids.contains(&id), "It does not look at {id}: {ids:?}");
    }
    let text = world.tawk(&["doctor"]).ok();
    assert!(text.contains("demo") && text.contains("-> "), "{text}");
}
