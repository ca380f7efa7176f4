//! Dictates spoken samples on the virtual desk through the real app, and prints what arrived.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // What it prints is its purpose.

use std::panic;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tawk_tests::app::{self, App};
use tawk_tests::clip::Clip;
use tawk_tests::desk::Desk;
use tawk_tests::keys;
use tawk_tests::programs::repository;
use tawk_tests::receiver::{Kind, Receiver};
use tawk_tests::sentences::{Sentence, sentences};
use tawk_tests::wait::wait;

/// How many of the demo sentences are dictated.
const SENTENCES: usize = 3;

/// How long a text may take to arrive, even on a machine that is busy.
const BOUND: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        let text = panic.payload().downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.payload().downcast_ref::<&str>().map(|text| (*text).to_owned()));
        eprintln!("The demo failed: {}", text.unwrap_or_else(|| panic.to_string()));
    }));
    panic::catch_unwind(demo).unwrap_or(ExitCode::FAILURE)
}

fn demo() -> ExitCode {
    println!("\nA virtual desk: a display, a microphone, a loudspeaker, and a GTK window with a text field.");
    let desk = Desk::start();
    let home = &desk.home;
    let mut field = Receiver::open(Kind::Gtk, home);
    let _app = App::start(home, &[]);
    println!("Tawk is running, with the demo model. The hotkey is held while each sentence is spoken.\n");

    let mut all_arrived = true;
    for Sentence { file, text } in sentences("demo").into_iter().skip(1).take(SENTENCES) {
        let clip = Clip::read(&file).then(&Clip::silence(Duration::from_millis(250)));
        field.take_focus(home);
        let held = keys::hold_hotkey(home);
        app::wait_state(home, "listening", BOUND);
        desk.sound.mic_a.say(&clip);
        let released = Instant::now();
        drop(held);
        // The default ending is a space.
        let expected = format!("{text} ");
        let arrived = wait(BOUND, || (field.text() == expected).then(|| released.elapsed()));
        let shown = file.strip_prefix(repository()).unwrap_or(&file).display().to_string();
        println!("  sound  {shown}, {:.1} s", clip.length().as_secs_f32());
        println!("  said   {text}");
        println!("  typed  {}", field.text().trim_end());
        match arrived {
            Some(time) => println!("         exact, {} ms after the key was let go\n", time.as_millis()),
            None => println!("         NOT what was said\n"),
        }
        all_arrived &= arrived.is_some();
        app::wait_state(home, "idle", BOUND);
    }
    if all_arrived {
        println!("It works: every sentence was typed exactly.");
        ExitCode::SUCCESS
    } else {
        println!("It does not work here. Run scripts/test to find out why.");
        ExitCode::FAILURE
    }
}
