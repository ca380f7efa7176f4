//! The settings window.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tawk_tests::programs;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::{pause, wait, wait_until};
use tawk_tests::webdriver::WebDriver;
use tawk_tests::{app, display, keys};

use crate::world::{Mic, SOON, World};

const TITLE: &str = "Tawk Settings";

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("a_second_start_opens_the_window_of_the_first", second_start),
        check("open_and_the_menu_open_the_window_and_closing_it_leaves_tawk_running", opens_and_closes),
        check("the_window_shows_how_tawk_is", shows_state),
        check("the_window_changes_settings_and_refuses_bad_ones", changes_settings),
        check("the_window_imports_a_model_checks_its_file_and_removes_it", keeps_models),
        check("the_window_may_do_no_more_than_it_must", least_power),
    ]
}

fn second_start(world: &mut World) {
    world.app();
    let home = &world.desk.home;
    let answer = app::run(&mut home.command(programs::tawk_app()));
    assert!(answer.ok().contains("running already"));
    wait_until("the window of the first", SOON, || world.desk.has_window(TITLE));
    display::close(&world.desk.home, TITLE);
    // The first goes on as if nothing had happened.
    world.dictate(Kind::Gtk, Mic::A, 0);
}

fn opens_and_closes(world: &mut World) {
    world.app();
    world.tawk(&["open"]).ok();
    wait_until("the window", SOON, || world.desk.has_window(TITLE));
    display::close(&world.desk.home, TITLE);
    world.desk.tray.click(&["Settings…"]);
    wait_until("the window again", SOON, || world.desk.has_window(TITLE));
    display::close(&world.desk.home, TITLE);
    world.wait_state("idle");
}

fn shows_state(world: &mut World) {
    world.end_app();
    world.desk.home.write_settings("");
    let window = WebDriver::start(&world.desk.home, &["--window"]);
    wait_until("the state", SOON, || window.text("#state") == "Ready");
    window.go("dictation");
    assert!(window.text("#how-to").contains("Ctrl+Alt+Space"));
    window.click("[data-action=\"show-models\"]");
    wait_until("the models", SOON, || window.text("#models").contains("Demo"));
    window.go("health");
    wait_until("what was checked", SOON, || window.text("#checks").contains("Microphone"));
    // The menu leads to the models in the window that is open.
    world.desk.tray.click(&["Model", "Get More Models…"]);
    wait_until("the models again", SOON, || window.text("#model-title") == "Models");
    let home = &world.desk.home;
    app::run(&mut app::tawk(home, &["toggle"])).ok();
    wait_until("the state while it listens", SOON, || window.text("#state") == "Listening");
    app::run(&mut app::tawk(home, &["cancel"])).ok();
    wait_until("the state afterwards", SOON, || window.text("#state") == "Ready");
    world.forget_recordings();
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
    }
    let home = &world.desk.home;
    wait_until("the end of the app", SOON, || app::run(&mut app::tawk(home, &["status"])).code != 0);
    pause(200);
    world.restart_with("");
}

fn keeps_models(world: &mut World) {
    world.end_app();
    let home = &world.desk.home;
    let (source, file) = (home.path("mine.bin"), home.data("models/mine.bin"));
    let mut model =
        fs::read(programs::repository().join("models/ggml-fixture-en-q5_0.bin")).expect("The model is there.");
    // Another model: whole, and with weights of its own.
    let last = model.len() - 1;
    model[last] ^= 1;
    fs::write(&source, model).expect("It can be written.");
    let window = WebDriver::start(home, &["--window"]);
    window.go("models");
    window.click("#import-model");
    choose_file(world, "Import a Model", &source);
    wait_until("the import", SOON, || window.text("#note-import") == "The model is imported.");
    assert_eq!(fs::read(&file).ok(), fs::read(&source).ok());
    // The demo model, which cannot be removed, has no such buttons.
    window.click("[data-action=\"verify-model\"]");
    wait_until("what the check found", SOON, || window.text("#models").contains("The file is whole."));
    window.click("[data-action=\"remove-model\"]");
    window.click("[data-action=\"keep-model\"]");
    assert!(file.exists(), "It asks before it removes.");
    window.click("[data-action=\"remove-model\"]");
    window.click("[data-action=\"sure-model\"]");
    wait_until("the end of the file", SOON, || !file.exists());
    let gone = "return document.querySelector('[data-action=\"remove-model\"]') === null";
    wait_until("the end of its row", SOON, || window.script(gone, &[]) == json!(true));
}

/// Chooses a file in GTK's dialog. Keys that come before the dialog takes them are lost, so that it is tried again for as
/// long as the dialog is there.
fn choose_file(world: &World, title: &str, file: &Path) {
    let home = &world.desk.home;
    wait_until("the dialog", SOON, || world.desk.has_window(title));
    let chosen = (0..6).any(|_| {
        keys::press(home, &["ctrl+l", "ctrl+a"]);
        keys::type_ascii(home, &file.display().to_string());
        pause(300);
        keys::press(home, &["Return"]);
        wait(Duration::from_secs(5), || (!world.desk.has_window(title)).then_some(())).is_some()
    });
    assert!(chosen, "The dialog does not take {}.", file.display());
}

/// The page can neither run code from elsewhere nor reach the network or Tauri's own commands.
fn least_power(world: &mut World) {
    world.end_app();
    let window = WebDriver::start(&world.desk.home, &["--window"]);
    window.wait("#state");
    let evaluated = window.script(
        "try { const s = document.createElement('script'); s.textContent = 'window.injected = true'; \
         document.head.append(s); } catch {} return window.injected === true",
        &[],
    );
    assert_eq!(evaluated, json!(false), "Inline scripts run.");
    let asked = "const [command, args] = arguments; window.answered = undefined; \
                 window.__TAURI__.core.invoke(command, args).then(() => { window.answered = 'done' }, \
                 (error) => { window.answered = 'refused: ' + JSON.stringify(error) })";
    for (command, arguments) in [
        ("plugin:window|create", json!({ "options": { "label": "other", "url": "https://example.org" } })),
        ("plugin:webview|create_webview_window", json!({ "options": { "label": "other" } })),
        ("no_such_command", json!({})),
    ] {
        window.script(asked, &[json!(command), arguments]);
        let answer = tawk_tests::wait::wait_for(command, SOON, || {
            window.script("return window.answered ?? null", &[]).as_str().map(str::to_owned)
        });
        assert!(answer.starts_with("refused"), "{command}: {answer}");
    }
    let fetched = "window.answered = undefined; fetch('http://127.0.0.1:9/').then(() => { window.answered = 'done' }, \
                   () => { window.answered = 'refused' })";
    window.script(fetched, &[]);
    wait_until("the refusal", SOON, || window.script("return window.answered ?? null", &[]) == json!("refused"));
}
