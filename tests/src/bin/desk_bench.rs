//! Measures on the virtual desk what a user sees: how soon the window and the panel are on the screen, and what they take.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // What it prints is its purpose.

use std::panic;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use tawk_tests::app::{self, App};
use tawk_tests::clip::Clip;
use tawk_tests::desk::Desk;
use tawk_tests::family::{family, thread_ticks};
use tawk_tests::receiver::{Kind, Receiver};
use tawk_tests::screen::Screen;
use tawk_tests::wait::wait_until;
use tawk_tests::{display, keys};

/// How often the window is opened, and the hotkey pressed.
const TIMES: usize = 20;

/// How often the app is started anew for the first window of a start.
const STARTS: usize = 5;

/// How long the panel listens while its share of a core is measured.
const LISTENING: Duration = Duration::from_secs(20);

const BOUND: Duration = Duration::from_secs(20);
const TITLE: &str = "Tawk Settings";
const PANEL: &str = "Tawk HUD";

/// Colours that only the drawn page has (ui/style.css, light): the ground, and the lamp that says “ready”, which comes with
/// the first answer of the program.
const GROUND: [u8; 3] = [0xf2, 0xf2, 0xf4];
const READY: [u8; 3] = [0x1d, 0x7a, 0x3a];

fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| eprintln!("The measurement failed: {panic}")));
    let measured = panic::catch_unwind(|| {
        let desk = Desk::start();
        let mut app = App::start(&desk.home, &[]);
        open_and_close(&desk, &Screen::open(&desk.home));
        first_windows(&desk, &mut app);
        window(&desk, &mut app);
        hud(&desk, &mut app);
    });
    if measured.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The window: from the command that asks for it to its content on the screen, and the memory of all of Tawk's processes.
fn window(desk: &Desk, app: &mut App) {
    let screen = Screen::open(&desk.home);
    let id = app.process().id();
    let memory = || family(id).iter().map(|one| one.memory_kb).sum::<u64>() as f64 / 1000.0;
    let names = || family(id).into_iter().skip(1).map(|one| one.name).collect::<Vec<_>>();
    println!("before the first window   {:7.1} MB, processes beside the app: {:?}", memory(), names());
    let mut times: Vec<_> = (1..TIMES).map(|_| open_and_close(desk, &screen)).collect();
    times.push(open(desk, &screen));
    thread::sleep(Duration::from_secs(2));
    println!("while it is open          {:7.1} MB, processes beside the app: {:?}", memory(), names());
    close(desk, &screen);
    thread::sleep(Duration::from_secs(5));
    println!("5 s after closing it      {:7.1} MB, processes beside the app: {:?}", memory(), names());
    print_times("from “tawk open” to its content", &mut times);
}

/// The first window of each of several starts. The very first of a new home came before: it writes caches of fonts.
fn first_windows(desk: &Desk, app: &mut App) {
    let screen = Screen::open(&desk.home);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        app.terminate();
        *app = App::start(&desk.home, &[]);
        times.push(open_and_close(desk, &screen));
    }
    app.terminate();
    *app = App::start(&desk.home, &[]);
    print_times("the first window of a start, from “tawk open” to its content", &mut times);
}

/// From the command that asks for the window to its content, in ms; then it is closed.
fn open_and_close(desk: &Desk, screen: &Screen) -> f64 {
    let time = open(desk, screen);
    close(desk, screen);
    time
}

fn open(desk: &Desk, screen: &Screen) -> f64 {
    let began = Instant::now();
    app::run(&mut app::tawk(&desk.home, &["open"])).ok();
    wait_until("the window's content", BOUND, || is_drawn(screen));
    began.elapsed().as_secs_f64() * 1000.0
}

fn close(desk: &Desk, screen: &Screen) {
    display::close(&desk.home, TITLE);
    wait_until("the window's end", BOUND, || !is_drawn(screen));
}

fn is_drawn(screen: &Screen) -> bool {
    let shot = screen.whole();
    let count = |colour: [u8; 3]| shot.pixels.iter().filter(|pixel| **pixel == colour).count();
    count(GROUND) > 20_000 && count(READY) > 20
}

/// The panel: from the press of the hotkey to its first picture on the screen, and its share of a core.
fn hud(desk: &Desk, app: &mut App) {
    let home = &desk.home;
    let screen = Screen::open(home);
    let mut field = Receiver::open(Kind::Gtk, home);
    field.take_focus(home);
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        let held = keys::hold_hotkey(home);
        wait_until("the panel", BOUND, || screen.unmanaged(PANEL).is_some());
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        app::wait_state(home, "listening", BOUND);
        app::run(&mut app::tawk(home, &["cancel"])).ok();
        drop(held);
        wait_until("the panel's end", BOUND, || screen.unmanaged(PANEL).is_none());
        app::wait_state(home, "idle", BOUND);
    }
    print_times("from the script that presses the hotkey to the panel", &mut times);
    let mut measured = first_pictures(&home.log());
    print_times("of that, from the key as Tawk sees it to the first picture", &mut measured);

    app::run(&mut app::tawk(home, &["toggle"])).ok();
    app::wait_state(home, "listening", BOUND);
    let noise = desk.sound.mic_a.play(&Clip::noise(LISTENING + Duration::from_secs(2), 0.2));
    noise.wait_start();
    let id = app.process().id();
    let (before, began) = (thread_ticks(id, "hud"), Instant::now());
    thread::sleep(LISTENING);
    let spent = (thread_ticks(id, "hud") - before) as f64 / 100.0;
    println!("the panel's share of a core while listening: {:.1} %", spent / began.elapsed().as_secs_f64() * 100.0);
    app::run(&mut app::tawk(home, &["cancel"])).ok();
}

/// The times from the key to the first picture in the log, in ms.
fn first_pictures(log: &str) -> Vec<f64> {
    let values =
        log.lines().filter_map(|line| line.split_once("key_to_first_picture_ms=")?.1.split_whitespace().next());
    values.filter_map(|value| value.trim_start_matches("Some(").trim_end_matches(')').parse().ok()).collect()
}

fn print_times(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    match times {
        [] => println!("{what}: not measured"),
        [.., worst] => {
            let worst = *worst;
            println!("{what}: median {:.0} ms, worst {worst:.0} ms of {}", times[times.len() / 2], times.len());
        }
    }
}
