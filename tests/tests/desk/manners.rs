//! How Tawk gets on with the machine: sleep, locks, the start at login, and nothing left once everything was deleted.

use std::fs;
use std::time::Duration;

use serde_json::json;
use tawk_tests::app;
use tawk_tests::home::Home;
use tawk_tests::keys;
use tawk_tests::logind::Logind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::{pause, wait_until};
use tawk_tests::webdriver::WebDriver;

use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("the_window_switches_the_start_at_login", login_switch),
        check("sleep_is_held_off_while_dictating", holds_off_sleep),
        check("sleep_and_locks_told_over_the_bus_end_a_dictation", ends_over_the_bus),
        check("the_buses_wake_nobody_while_nothing_happens", idles),
        check("erase_quits_the_running_app_and_nothing_comes_back", erase_command),
        check("the_window_deletes_everything_and_nothing_comes_back", erase_in_window),
    ]
}

fn entry(home: &Home) -> std::path::PathBuf {
    home.path("home/.config/autostart/tawk.desktop")
}

fn login_switch(world: &mut World) {
    world.end_app();
    let home = &world.desk.home;
    let window = WebDriver::start(home, &["--window"]);
    wait_until("the state", SOON, || window.text("#state") == "Ready");
    let is_on = || window.script("return document.querySelector('#login-item').checked", &[]);
    assert_eq!(is_on(), json!(false));
    window.script("document.querySelector('#login-item').click()", &[]);
    wait_until("the entry", SOON, || entry(home).is_file());
    // What another program does to it is seen as soon as somebody looks.
    let text = fs::read_to_string(entry(home)).expect("It can be read.");
    assert!(text.contains("tawk-app\"\n"), "{text}");
    fs::write(entry(home), text + "Hidden=true\n").expect("It can be written.");
    window.script("window.dispatchEvent(new Event('focus'))", &[]);
    wait_until("the switch to go off", SOON, || is_on() == json!(false));
    window.script("document.querySelector('#login-item').click()", &[]);
    wait_until("the switch", SOON, || is_on() == json!(true));
    app::run(&mut app::tawk(home, &["autostart", "off"])).ok();
    assert!(!entry(home).exists());
}

fn holds_off_sleep(world: &mut World) {
    world.end_app();
    let mut logind = Logind::start(&mut world.desk.home);
    world.app();
    assert_eq!(logind.held(), Vec::<[String; 3]>::new());
    for _ in 0..2 {
        let held = keys::hold_hotkey(&world.desk.home);
        world.wait_state("listening");
        let wish = ["idle", "Tawk", "block"].map(str::to_owned);
        wait_until("sleep to be held off", SOON, || logind.held().contains(&wish));
        // Longer than a tap, which would leave the microphone open.
        pause(400);
        drop(held);
        wait_until("sleep to be allowed", SOON, || logind.held().is_empty());
    }
    // Not even a crash leaves it behind.
    let _held = keys::hold_hotkey(&world.desk.home);
    wait_until("sleep to be held off", SOON, || !logind.held().is_empty());
    world.app_as_it_is().process().signal(nix::sys::signal::Signal::SIGKILL);
    world.wait_app_end();
    wait_until("sleep to be allowed", SOON, || logind.held().is_empty());
    Logind::forget(&mut world.desk.home);
    world.forget_recordings();
}

fn ends_over_the_bus(world: &mut World) {
    world.end_app();
    let mut logind = Logind::start(&mut world.desk.home);
    world.app();
    let (_, clip) = world.demo(0);
    let ends: [fn(&mut Logind); 3] =
        [|logind| logind.sleep(true), |logind| logind.lock(true), |logind| logind.locker(true)];
    for end in ends {
        world.tawk(&["toggle"]).ok();
        world.wait_state("listening");
        world.mic(Mic::A).say(&clip);
        // None of these is meant for Tawk.
        logind.sleep(false);
        logind.lock(false);
        logind.locker(false);
        pause(300);
        world.wait_state("listening");
        end(&mut logind);
        world.expect_recording("locked", Duration::from_secs(1));
    }
    world.end_app();
    Logind::forget(&mut world.desk.home);
}

/// How often each thread that waits for a bus has run so far.
fn turns(process: u32) -> Vec<(String, u64)> {
    let mut turns = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task")).expect("It runs.").flatten() {
        let read = |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let name = read("comm").trim().to_owned();
        if ["desk-", "awake", "zbus", "async-io", "blocking"].iter().any(|start| name.starts_with(start)) {
            let counts = read("status");
            let counts = counts.lines().filter_map(|line| line.split_once("ctxt_switches:"));
            let count = counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum();
            turns.push((format!("{name} {}", thread.file_name().to_string_lossy()), count));
        }
    }
    turns.sort();
    turns
}

fn idles(world: &mut World) {
    world.end_app();
    let _logind = Logind::start(&mut world.desk.home);
    let process = world.app().process().id();
    // Both buses are open, and the pool that opened them has gone.
    wait_until("the threads that wait for the buses", SOON, || {
        let names = turns(process);
        let has = |start: &str| names.iter().any(|(name, _)| name.starts_with(start));
        has("desk-system") && has("desk-session") && has("zbus") && !has("blocking")
    });
    pause(1000);
    let before = turns(process);
    pause(3000);
    assert_eq!(turns(process), before);
    world.end_app();
    Logind::forget(&mut world.desk.home);
}

/// What is left in Tawk's own folders besides models.
fn left(home: &Home) -> Vec<std::path::PathBuf> {
    let mut left = Vec::new();
    let mut folders = vec![home.config(""), home.data("")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { left.push(path) }
        }
    }
    left.retain(|path| !path.starts_with(home.data("models")));
    left
}

fn erase_command(world: &mut World) {
    world.restart_with("[dictation]\nending = \"newline\"\n");
    world.tawk(&["autostart", "on"]).ok();
    // Quitting keeps what is being heard, which is to go as well.
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    let erased = world.tawk(&["erase", "--yes"]).ok();
    drop(held);
    for what in ["Recordings", "Settings", "Logs", "The start at login"] {
        assert!(erased.contains(&format!("deleted  {what}")), "{what} is missing: {erased}");
    }
    assert_eq!(world.wait_app_end(), 0);
    pause(500);
    assert_eq!(left(&world.desk.home), Vec::<std::path::PathBuf>::new());
    assert!(!entry(&world.desk.home).exists());
    // It begins anew.
    world.app();
}

fn erase_in_window(world: &mut World) {
    world.end_app();
    let home = &world.desk.home;
    home.write_settings("[dictation]\nending = \"newline\"\n");
    {
        let window = WebDriver::start(home, &["--window"]);
        wait_until("the state", SOON, || window.text("#state") == "Ready");
        window.go("health");
        window.click("#erase");
        // A second thought keeps everything.
        window.click("#erase-no");
        assert!(home.settings_text().contains("newline"));
        window.click("#erase");
        window.click("#erase-yes");
        window.wait("[data-erased=\"removed\"]");
        assert!(window.text("#erased-report").contains("Settings"), "{}", window.text("#erased-report"));
        assert!(!home.settings_file().exists());
        // The app that is left neither dictates nor writes.
        let refused = "window.answered = undefined; window.__TAURI__.core.invoke('set_setting', \
                       { key: 'sound.enabled', value: false }).then(() => { window.answered = 'done' }, \
                       (error) => { window.answered = error.code })";
        window.script(refused, &[]);
        wait_until("the refusal", SOON, || {
            window.script("return window.answered ?? null", &[]) == json!("not-running")
        });
        app::run(&mut app::tawk(home, &["toggle"])).refused(12);
        app::run(&mut app::tawk(home, &["quit"])).ok();
        let gone = || app::run(&mut app::tawk(home, &["status"])).code == 12 && left(home).is_empty();
        wait_until("the end of the app", SOON, gone);
    }
    pause(500);
    assert_eq!(left(home), Vec::<std::path::PathBuf>::new());
}
