//! The settings window.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tawk_tests::family::family;
use tawk_tests::programs;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::{pause, wait, wait_until};
use tawk_tests::webdriver::WebDriver;
use tawk_tests::{app, display, keys};

use crate::world::{Mic, SOON, World};

const TITLE: &str = "Tawk Settings";
/// WebKitWebProcess, of whose name the system keeps 15 characters. WebKit's network process may stay.
const WEB_PROCESS: &str = "WebKitWebProces";

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("a_second_start_opens_the_window_of_the_first", second_start),
        check("open_and_the_menu_open_the_window_and_closing_it_leaves_tawk_running", opens_and_closes),
        check("the_window_shows_how_tawk_is", shows_state),
        check("the_window_shows_what_is_wrong_and_what_mends_it", shows_troubles),
        check("the_window_imports_a_model_checks_its_file_and_removes_it", keeps_models),
        check("a_new_user_is_led_to_a_first_dictation_and_can_leave_in_between", first_run),
        check("the_microphone_can_be_tried_out_in_the_window", tries_microphone),
        check("no_place_breaks_a_rule_of_accessibility_in_the_app", accessible),
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
    world.end_app();
    let id = world.app().process().id();
    let shows_pages = || family(id).iter().any(|one| one.name == WEB_PROCESS);
    assert!(!shows_pages(), "There is a web process without a window.");
    world.tawk(&["open"]).ok();
    wait_until("the window", SOON, || world.desk.has_window(TITLE));
    wait_until("the web process", SOON, shows_pages);
    display::close(&world.desk.home, TITLE);
    wait_until("the end of the web process", SOON, || !shows_pages());
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

/// Each with the sentence that says what to do, and the place or the button that does it.
fn shows_troubles(world: &mut World) {
    world.end_app();
    let told_at_once = ("[typing]\npace_ms = 500.0\n", "[data-notice=\"problems\"]", "The pace must be");
    let no_microphone = (
        "[microphone]\npriority = [{ id = \"pulseaudio:nowhere\", name = \"Conference Room\" }]\n",
        "#now [data-trouble=\"no-microphone\"]",
        "is not connected",
    );
    let no_model = ("[recognition]\nmodel = \"small.en-q5_1\"\n", "#now [data-trouble=\"no-model\"]", "small.en-q5_1");
    let mended = [
        ("settings", "Change Settings", "dictation"),
        ("microphone", "Choose a Microphone", "microphones"),
        ("model", "Choose a Model", "models"),
    ];
    for ((settings, css, sentence), (check, button, place)) in
        [told_at_once, no_microphone, no_model].into_iter().zip(mended)
    {
        world.desk.home.write_settings(settings);
        let window = WebDriver::start(&world.desk.home, &["--window"]);
        wait_until("a state", SOON, || !window.text("#state").is_empty());
        window.go("dictation");
        match check {
            "microphone" => drop(app::run(&mut app::tawk(&world.desk.home, &["toggle"])).ok()),
            "model" => {
                let (_, clip) = world.demo(0);
                world.hold_and_say(Mic::A, &clip);
            }
            _ => {}
        }
        window.wait(css);
        let text = window.text(css);
        assert!(text.contains(sentence) && text.trim_end_matches(')').ends_with('.'), "{css}: {text}");
        window.go("health");
        window.click("#check-again");
        let row = format!("[data-check=\"{check}\"]");
        wait_until("what was checked", SOON, || window.text(&row).contains(button));
        // The rows are made anew when it is over.
        window.wait("#checks[aria-busy=\"false\"]");
        window.click(&format!("{row} button"));
        window.wait(&format!("[data-panel=\"{place}\"]:not([hidden])"));
        drop(window);
        wait_app_end(world);
    }
    world.forget_recordings();
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

/// The page that leads a new user, in the app as it starts, without being asked for a window.
fn first_run(world: &mut World) {
    world.end_app();
    world.desk.home.write_settings("[welcome]\nstep = \"microphone\"\n");
    let step = |world: &World, step: &str| world.desk.home.settings_text().contains(&format!("step = \"{step}\""));
    let level = "return document.querySelector('#welcome meter').value";
    {
        let window = WebDriver::start(&world.desk.home, &[]);
        wait_until("the first step", SOON, || window.text("#welcome-title") == "Can Tawk hear you?");
        assert_eq!(window.script("return document.querySelector('#sidebar').checkVisibility()", &[]), json!(false));
        assert!(window.text("#welcome-microphone-permission").contains("may use the microphone"));
        window.click("#welcome [data-part=\"try\"]");
        wait_until("the microphone", SOON, || window.text("#welcome [data-part=\"note\"]").contains("Say something"));
        let (_, clip) = world.demo(1);
        let speech = world.mic(Mic::A).play(&clip);
        wait_until("a level that moves", SOON, || window.script(level, &[]).as_f64().is_some_and(|level| level > 0.3));
        wait_until("the voice", SOON, || window.text("#welcome [data-part=\"note\"]").contains("hears you"));
        speech.wait_end();
        window.click("#welcome-next");
        wait_until("the second step", SOON, || window.text("#welcome-title") == "May Tawk type for you?");
        assert!(window.text("#welcome-typing-permission").contains("may type"));
        window.click("#welcome-next");
        wait_until("the third step", SOON, || window.text("#welcome-title") == "Say something");
        assert!(step(world, "dictation"));
    }
    wait_app_end(world);
    {
        // The next start goes on where this one was left; the menu leads there too.
        let window = WebDriver::start(&world.desk.home, &[]);
        wait_until("the third step", SOON, || window.text("#welcome-title") == "Say something");
        assert!(window.text("#welcome-offer").contains("knows only a few words"));
        world.desk.tray.click(&["Set Up Tawk…"]);
        let focus = "return document.activeElement.id";
        wait_until("the keyboard at the beginning", SOON, || window.script(focus, &[]) == json!("welcome-title"));
        window.click("#welcome-field");
        let (text, clip) = world.demo(2);
        world.hold_and_say(Mic::A, &clip);
        let field = "return document.querySelector('#welcome-field').value";
        wait_until("the first dictation", SOON, || window.script(field, &[]) == json!(format!("{text} ")));
        assert!(window.text("#welcome-works").contains("It works"));
        window.click("#welcome-next");
        window.wait("[data-panel=\"dictation\"]:not([hidden])");
        assert!(step(world, "done"));
        let tray = &mut world.desk.tray;
        wait_until("no offer to set up", SOON, || tray.entry(&["Set Up Tawk…"]).is_none());
    }
    wait_app_end(world);
    // From now on it starts without a window.
    world.app();
    pause(500);
    assert!(!world.desk.has_window(TITLE));
}

pub(crate) fn wait_app_end(world: &World) {
    let home = &world.desk.home;
    wait_until("the end of the app", SOON, || app::run(&mut app::tawk(home, &["status"])).code != 0);
    pause(200);
}

fn tries_microphone(world: &mut World) {
    world.end_app();
    {
        let window = WebDriver::start(&world.desk.home, &["--window"]);
        window.go("microphones");
        let note = "[data-panel=\"microphones\"] [data-part=\"note\"]";
        let press = |part: &str| window.click(&format!("[data-panel=\"microphones\"] [data-part=\"{part}\"]"));
        press("try");
        wait_until("the microphone", SOON, || window.text(note).contains("Say something"));
        let (_, clip) = world.demo(3);
        world.mic(Mic::A).say(&clip);
        wait_until("the voice", SOON, || window.text(note).contains("hears you"));
        press("try");
        wait_until("the end", SOON, || window.text(note).contains("Play it back"));
        // What is played is heard by nobody here, but it ends in its time.
        press("play");
        let label = "return document.querySelector('[data-panel=\"microphones\"] [data-part=\"play\"]').textContent";
        wait_until("its beginning", SOON, || window.script(label, &[]) == json!("Stop Playing"));
        wait_until("its end", SOON, || window.script(label, &[]) == json!("Play Back"));
        // A dictation ends a trial, and hears all the same.
        press("try");
        wait_until("the microphone", SOON, || window.text(note).contains("Say something"));
        let (text, clip) = world.demo(4);
        world.receiver(Kind::Gtk);
        world.hold_and_say(Mic::A, &clip);
        world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
        assert!(!window.text(note).contains("Say something"));
    }
    assert!(world.desk.home.recordings().is_empty(), "A trial is kept nowhere.");
    wait_app_end(world);
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

/// The pages as WebKit shows them; scripts/check-window does the same in another browser, in every look and scene.
fn accessible(world: &mut World) {
    world.end_app();
    let axe = programs::repository().join("target/tools/ui/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("scripts/check-window has installed axe-core; run that first.");
    world.desk.home.write_settings("[welcome]\nstep = \"microphone\"\n");
    let window = WebDriver::start(&world.desk.home, &[]);
    wait_until("the first run", SOON, || window.text("#welcome-title") == "Can Tawk hear you?");
    window.script(&axe, &[]);
    let violations = || {
        let run = "window.violations = undefined; axe.run(document).then((found) => { window.violations = \
                   found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.target).join(', ')) }, \
                   (error) => { window.violations = [String(error)] })";
        window.script(run, &[]);
        tawk_tests::wait::wait_for("the check", Duration::from_secs(60), || {
            Some(window.script("return window.violations ?? null", &[])).filter(|found| !found.is_null())
        })
    };
    assert_eq!(violations(), json!([]), "The first run");
    window.click("#welcome-skip");
    for place in ["dictation", "microphones", "models", "history", "health"] {
        window.go(place);
        if place == "health" {
            window.wait("[data-check]");
        }
        assert_eq!(violations(), json!([]), "{place}");
    }
    window.script("document.querySelector('#settings').append(document.createElement('select'))", &[]);
    assert_ne!(violations(), json!([]), "The checker finds nothing at all.");
    drop(window);
    wait_app_end(world);
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
