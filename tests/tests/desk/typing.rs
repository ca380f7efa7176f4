//! `tawk type`: 2,000 characters of everything arrive exactly.

use std::time::Duration;

use tawk_tests::app;
use tawk_tests::keys;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::{pause, wait_until};

use crate::world::World;

/// The length of the long text, in characters.
const LENGTH: usize = 2000;

pub(crate) fn checks() -> Vec<Check<World>> {
    let mut checks = Vec::new();
    for kind in Kind::ALL {
        let name = kind.name();
        checks.push(check(format!("type_2000_characters_into_{name}"), move |world| long_text(world, kind, &[])));
        checks.push(check(format!("type_into_{name}_with_ctrl_alt_shift_held"), move |world| {
            long_text(world, kind, &["Control_L", "Alt_L", "Shift_L"]);
        }));
    }
    checks.push(check("type_with_caps_lock_on", caps_lock));
    checks.push(check("type_waits_as_long_as_asked", after));
    checks.push(check("type_refuses_a_password_field_or_says_that_it_cannot_tell", password));
    checks.push(check("type_stops_when_the_focus_moves", focus_moves));
    checks.push(check("type_goes_to_one_window_though_the_focus_moves_20_times", focus_moves_often));
    checks
}

/// Accents, CJK, emoji with skin tones, families and flags, and newlines; tabs where the receiver takes them.
fn text(tabs: bool) -> String {
    let lines = [
        "Plain text with \"quotes\", {braces}, ~tilde~ and back\\slash; 100 % of it.",
        "Größe, façade, naïve, Čeština, Łódź, İstanbul, Århus, smörgåsbord, ¿qué?",
        "Ελληνικά, русский язык, українська, עברית, العربية, हिन्दी, ไทย.",
        "你好，世界。日本語のテキスト、カタカナ。안녕하세요 세계.",
        "Faces 😀😂 hands 👍🏽👋🏿 families 👨‍👩‍👧‍👦👩‍👩‍👦 flags 🇩🇪🇯🇵🇧🇷 work 👩🏾‍💻 heart ❤️.",
        "Signs: € £ ¥ © ® ™ ± × ÷ ½ ² – — … „deutsch“ «français» ‘single’ “double”.",
    ];
    let mut text = String::new();
    for (number, line) in lines.iter().cycle().enumerate() {
        if text.chars().count() + line.chars().count() + 4 > LENGTH {
            break;
        }
        if tabs && number % 2 == 1 {
            text.push('\t');
        }
        text.push_str(line);
        text.push_str(if number % 5 == 4 { "\n\n" } else { "\n" });
    }
    while text.chars().count() < LENGTH {
        text.push(['x', 'é', '漢'][text.chars().count() % 3]);
    }
    text
}

fn long_text(world: &mut World, kind: Kind, held: &[&str]) {
    let text = text(kind.takes_tabs());
    assert_eq!(text.chars().count(), LENGTH);
    world.receiver(kind);
    let home = &world.desk.home;
    let hand = keys::hold(home, held);
    app::run_with(&mut app::tawk(home, &["type", "-"]), &text, Duration::from_secs(60)).ok();
    drop(hand);
    world.open_receiver(kind).expect(&text, Duration::from_secs(10));
    if !held.is_empty() {
        // Nothing stays down, and nothing was done by the shortcuts that the held keys would have made.
        world.open_receiver(kind).clear();
        keys::type_ascii(&world.desk.home, "plain again");
        world.open_receiver(kind).expect("plain again", Duration::from_secs(5));
    }
}

fn caps_lock(world: &mut World) {
    world.receiver(Kind::Gtk);
    keys::press_as_is(&world.desk.home, &["Caps_Lock"]);
    let done = world.tawk(&["type", "Mixed Case, äÖ 42"]);
    keys::press_as_is(&world.desk.home, &["a"]);
    keys::press_as_is(&world.desk.home, &["Caps_Lock"]);
    done.ok();
    // Caps Lock is on again afterwards.
    world.open_receiver(Kind::Gtk).expect("Mixed Case, äÖ 42A", Duration::from_secs(5));
}

fn after(world: &mut World) {
    world.receiver(Kind::Gtk);
    let begin = std::time::Instant::now();
    world.tawk(&["type", "later", "--after", "700"]).ok();
    assert!(begin.elapsed() >= Duration::from_millis(700), "It did not wait.");
    world.open_receiver(Kind::Gtk).expect("later", Duration::from_secs(5));
}

/// X11 tells nobody that a field hides what is typed, so this checks the honest way out: Tawk types there as the user
/// asked, and `doctor` does not claim otherwise.
fn password(world: &mut World) {
    world.receiver(Kind::Password);
    let answer = world.tawk(&["type", "open sesame"]);
    if answer.code == 0 {
        world.open_receiver(Kind::Password).expect("open sesame", Duration::from_secs(5));
    } else {
        answer.refused(8);
        world.open_receiver(Kind::Password).expect_nothing(Duration::from_millis(500));
    }
}

fn focus_moves(world: &mut World) {
    world.receiver(Kind::Tk);
    world.receiver(Kind::Gtk);
    let text = text(true);
    let home = &world.desk.home;
    let mut command = app::tawk(home, &["type", &text]);
    let typing = std::thread::spawn(move || app::run(&mut command));
    pause(900);
    world.receiver(Kind::Tk);
    let said = typing.join().expect("It ends.").refused(8);
    assert!(said.contains("focus moved"), "{said}");
    // What arrived in the first window is the text's beginning, and nothing went astray.
    let arrived = world.open_receiver(Kind::Gtk).text();
    assert!(!arrived.is_empty() && text.starts_with(&arrived), "Something else arrived: {arrived:?}");
    let astray = world.open_receiver(Kind::Tk).text();
    assert!(astray.is_empty(), "This went into the other window: {astray:?}");
}

/// The window manager moves the focus while a text is typed; what was not typed is typed on afterwards. In the end the text
/// stands in one window, whole, and nothing in the other.
fn focus_moves_often(world: &mut World) {
    const MOVES: usize = 20;
    let mut random = std::process::id() | 1;
    println!("  seed {random}");
    world.receiver(Kind::Tk);
    world.receiver(Kind::Gtk);
    let text = text(true);
    let (mut rest, mut moves) = (text.clone(), 0);
    while !rest.is_empty() {
        let home = &world.desk.home;
        world.receivers[&Kind::Gtk].give_keyboard(home);
        let before = text.len() - rest.len();
        let mut command = app::tawk(home, &["type", "-"]);
        let typed = rest.clone();
        let typing = std::thread::spawn(move || app::run_with(&mut command, &typed, app::COMMAND_BOUND));
        if moves < MOVES {
            // It has begun, so that this window is the one that it types into.
            wait_until("the first character", Duration::from_secs(20), || {
                world.open_receiver(Kind::Gtk).text().len() > before
            });
            // Marsaglia's xorshift; up to some 100 characters.
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            pause(u64::from(random % 120));
            world.receivers[&Kind::Tk].give_keyboard(&world.desk.home);
            moves += 1;
        }
        let answer = typing.join().expect("It ends.");
        // It says how much is left, and that is exactly what has not arrived.
        let left: usize = match answer.code {
            0 => 0,
            _ => answer.refused(8).split_whitespace().find_map(|word| word.parse().ok()).expect("It says how many."),
        };
        let arrived: String = text.chars().take(text.chars().count() - left).collect();
        world.open_receiver(Kind::Gtk).expect(&arrived, Duration::from_secs(10));
        rest = text[arrived.len()..].to_owned();
        // A family or a skin tone is not torn apart.
        let goes_on = ['\u{200d}', '\u{fe0f}', '🏽', '🏾', '🏿'];
        assert!(!arrived.ends_with('\u{200d}') && !rest.starts_with(goes_on), "It ends within a grapheme: {arrived:?}");
    }
    println!("  {moves} moves of the focus");
    assert!(moves >= MOVES, "The text was typed after only {moves} moves.");
    world.open_receiver(Kind::Tk).expect("", Duration::from_secs(1));
}
