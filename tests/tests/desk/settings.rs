//! Settings changed in the window.

use serde_json::json;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::{pause, wait_until};
use tawk_tests::webdriver::WebDriver;
use tawk_tests::{app, keys};

use crate::window::wait_app_end;
use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("the_window_changes_settings_and_refuses_bad_ones", changes_settings),
        check("the_window_changes_what_few_need_to_change", changes_more),
    ]
}

fn changes_settings(world: &mut World) {
    world.end_app();
    world.desk.home.write_settings("");
    {
        let window = WebDriver::start(&world.desk.home, &["--window"]);
        // Once it shows the state it listens to its fields too.
        wait_until("the state", SOON, || window.text("#state") == "Ready");
        window.go("dictation");
        let choose = "const s = document.querySelector('#ending'); s.value = 'none'; \
                      s.dispatchEvent(new Event('change', { bubbles: true }))";
        window.script(choose, &[]);
        let home = &world.desk.home;
        wait_until("the setting", SOON, || home.settings_text().contains("ending = \"none\""));

        // A hotkey that would eat typing is refused, said so, and not written.
        let before = home.settings_text();
        let write = "const i = document.querySelector('#hotkey'); i.value = arguments[0]; \
                     i.dispatchEvent(new Event('change', { bubbles: true }))";
        window.script(write, &[json!("Q")]);
        let note = "[id=\"note-dictation.hotkey\"]";
        wait_until("the refusal", SOON, || window.text(note).contains("take a key away from typing"));
        assert_eq!(home.settings_text(), before);

        // Another one takes its place at once.
        window.script(write, &[json!("Ctrl+Alt+D")]);
        wait_until("the new hotkey", SOON, || home.settings_text().contains("Ctrl+Alt+D"));
        let (text, clip) = world.demo(5);
        world.receiver(Kind::Gtk);
        let held = keys::hold(&world.desk.home, &["Control_L", "Alt_L", "d"]);
        app::wait_state(&world.desk.home, "listening", SOON);
        world.mic(Mic::A).say(&clip);
        drop(held);
        // With the new ending: nothing.
        world.open_receiver(Kind::Gtk).expect(&text, SOON);
        // The one before is the apps' own again.
        let held = keys::hold_hotkey(&world.desk.home);
        pause(500);
        assert_eq!(app::status(&world.desk.home)["state"], "idle");
        drop(held);

        let home = &world.desk.home;
        window.script(
            "const s = document.querySelector('#language'); s.value = 'en'; \
                       s.dispatchEvent(new Event('change', { bubbles: true }))",
            &[],
        );
        wait_until("the language", SOON, || home.settings_text().contains("language = \"en\""));
    }
    wait_app_end(world);
    world.restart_with("");
}

fn changes_more(world: &mut World) {
    world.end_app();
    world.desk.home.write_settings("");
    let window = WebDriver::start(&world.desk.home, &["--window"]);
    wait_until("the state", SOON, || window.text("#state") == "Ready");
    let home = &world.desk.home;
    let write = "const c = document.querySelector(arguments[0]); \
                 if (c.type === 'checkbox') c.checked = arguments[1]; else c.value = arguments[1]; \
                 c.dispatchEvent(new Event('change', { bubbles: true }))";
    for (control, value, written) in [
        ("#volume", json!("0.5"), "volume = 0.5"),
        ("#newline", json!("space"), "newline = \"space\""),
        ("#pace", json!("3.5"), "pace_ms = 3.5"),
        ("#chunk", json!("10"), "chunk_units = 10"),
        ("#release-wait", json!("400"), "release_wait_ms = 400"),
        ("#tap", json!("250"), "tap_ms = 250"),
        ("#channel", json!("2"), "channel = \"2\""),
        ("#ahead", json!(false), "ahead = false"),
        ("#keep-loaded", json!("10"), "keep_loaded_minutes = 10"),
        ("#log-level", json!("debug"), "level = \"debug\""),
    ] {
        window.script(write, &[json!(control), value]);
        wait_until(&format!("“{written}” in the settings"), SOON, || home.settings_text().contains(written));
    }
    // A whole number does for one with a fraction; one out of bounds is refused, said so, and not written.
    window.script(write, &[json!("#pace"), json!("4")]);
    wait_until("the whole number", SOON, || home.settings_text().contains("pace_ms = 4"));
    let before = home.settings_text();
    window.script(write, &[json!("#chunk"), json!("99")]);
    wait_until("the refusal", SOON, || window.text("[id=\"note-typing.chunk_units\"]").contains("1 to 20"));
    assert_eq!(home.settings_text(), before);
    // The log tells more from now on.
    let before = home.log().len();
    app::run(&mut app::tawk(home, &["toggle"])).ok();
    app::wait_state(home, "listening", SOON);
    app::run(&mut app::tawk(home, &["cancel"])).ok();
    wait_until("a step in the log", SOON, || home.log().get(before..).is_some_and(|log| log.contains("DEBUG")));
    drop(window);
    wait_app_end(world);
    world.forget_recordings();
    world.restart_with("");
}
