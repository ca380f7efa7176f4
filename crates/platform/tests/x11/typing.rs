//! Typing into a real app.

use std::time::{Duration, Instant};

use tawk_core::keystroke::{Keystroke, PlanStyle, plan};
use tawk_core::ports::{TypedSoFar, TypingStyle};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ModMask, PropMode};
use x11rb::wrapper::ConnectionExt as _;

use crate::hands::{ALT, Board, CAPS_LOCK, CONTROL, Hands, RIGHT_SHIFT, SHIFT, SPACE};
use crate::receiver::Receiver;
use crate::text::{hard_text, plain_text};

fn style(release_wait: u64) -> TypingStyle {
    TypingStyle {
        release_wait: Duration::from_millis(release_wait),
        hotkey: Some("Ctrl+Alt+Space".parse().unwrap()),
        ..TypingStyle::default()
    }
}

fn strokes(text: &str) -> Vec<Keystroke> {
    plan(text, PlanStyle::default())
}

/// Goes on for as long as any test may take, so that a typist that waits for ever fails instead.
fn patient() -> impl FnMut() -> bool {
    let start = Instant::now();
    move || start.elapsed() < Duration::from_secs(60)
}

/// Types `text` from a typist of its own and returns how far it came.
fn type_text(text: &str, style: &TypingStyle, go_on: &mut dyn FnMut() -> bool) -> TypedSoFar {
    let mut typist = tawk_platform::native().typists.open().unwrap();
    typist.type_strokes(&strokes(text), style, go_on).unwrap()
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn hard_text_arrives_exactly_and_the_layout_stays() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "hard") else { return };
    // The first key makes the display switch from one keyboard to the other.
    type_text(" ", &style(0), &mut patient());
    let layout = hands.layout();
    let text = hard_text(2_000);
    let start = Instant::now();
    let typed = type_text(&text, &style(0), &mut patient());
    eprintln!("2,000 hard characters took {:?}", start.elapsed());
    assert_eq!(typed.strokes, strokes(&text).len());
    receiver.expect(&format!(" {text}"));
    assert!(hands.layout() == layout, "the layout is as it was");
    assert_eq!(hands.down(), []);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_first_key_comes_at_once() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "fast") else { return };
    let mut typist = tawk_platform::native().typists.open().unwrap();
    let text = plain_text(500);
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let mut asked = None;
        let mut go_on = || {
            asked.get_or_insert_with(|| start.elapsed());
            true
        };
        typist.type_strokes(&strokes(&text), &style(500), &mut go_on).unwrap();
        best = best.min(asked.unwrap());
        eprintln!("ready for the first key after {asked:?}; 500 plain characters took {:?}", start.elapsed());
    }
    assert!(best < Duration::from_millis(15), "{best:?}");
    receiver.expect(&text.repeat(5));
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn held_modifiers_and_caps_lock_do_no_harm_and_stay() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let text = hard_text(600);
    for board in [Board::Xtest, Board::Physical] {
        let Some(receiver) = Receiver::open(&hands, "held") else { return };
        hands.tap(CAPS_LOCK);
        for code in [CONTROL, ALT, SHIFT] {
            hands.press(board, code);
        }
        type_text(&text, &style(50), &mut patient());
        receiver.expect(&text);
        assert_eq!(hands.down(), [CONTROL, SHIFT, ALT], "on {board:?}");
        assert!(hands.caps_lock_is_on());
        let held = ModMask::CONTROL | ModMask::SHIFT | ModMask::M1;
        assert_eq!(hands.modifiers().0, held | ModMask::LOCK);

        for code in [CONTROL, ALT, SHIFT] {
            hands.release(board, code);
        }
        assert_eq!(hands.down(), [], "on {board:?}");
        hands.tap(CAPS_LOCK);
        assert_eq!(hands.modifiers().0, ModMask::from(0u16));
        // Nothing that is left behind spoils the next typing.
        type_text("Next É", &style(50), &mut patient());
        receiver.expect(&format!("{text}Next É"));
    }
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn what_the_user_lets_go_meanwhile_is_not_pressed_again() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let text = plain_text(400);
    for board in [Board::Xtest, Board::Physical] {
        let Some(receiver) = Receiver::open(&hands, "let-go") else { return };
        hands.press(board, CONTROL);
        hands.press(board, ALT);
        let begin = std::time::Instant::now();
        let mut let_go = false;
        let mut go_on = || {
            // Past the wait of 30 ms, in the midst of the strokes, which take some 250 ms.
            if !let_go && begin.elapsed().as_millis() > 60 {
                hands.release(board, ALT);
                let_go = true;
            }
            true
        };
        type_text(&text, &style(30), &mut go_on);
        receiver.expect(&text);
        assert_eq!(hands.down(), [CONTROL], "on {board:?}");
        hands.release(board, CONTROL);
        assert_eq!(hands.modifiers().0, ModMask::from(0u16));
    }
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn keys_pressed_while_typing_do_no_harm() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "pressed") else { return };
    let text = plain_text(400);
    let mut asked = 0;
    let mut go_on = || {
        asked += 1;
        if asked == 3 {
            hands.press(Board::Physical, RIGHT_SHIFT);
        }
        true
    };
    // The key goes down just after the look that comes before each question, so the stroke of that question may be
    // affected: capitals are the sign. All later ones are not.
    type_text(&text, &style(20), &mut go_on);
    let arrived = crate::receiver::wait_for(|| receiver.text().filter(|text| text.chars().count() >= 400)).unwrap();
    let differing = arrived.chars().zip(text.chars()).filter(|(one, other)| one != other).count();
    assert!(differing <= 20, "{differing} characters differ: {arrived}");
    assert_eq!(hands.down(), [RIGHT_SHIFT]);
    hands.release(Board::Physical, RIGHT_SHIFT);
    assert_eq!(hands.down(), []);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn nothing_is_typed_while_the_hotkey_is_down() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "down") else { return };
    let hotkeys = tawk_platform::native().hotkeys;
    let _registration = hotkeys.register(&"Ctrl+Alt+Space".parse().unwrap(), Box::new(|_, _| ())).unwrap();
    for code in [CONTROL, ALT, SPACE] {
        hands.press(Board::Physical, code);
    }
    // Held for good: the typist waits past its bound until it is told to stop.
    let start = Instant::now();
    let typed = type_text("never", &style(50), &mut || start.elapsed() < Duration::from_millis(300));
    assert_eq!(typed.strokes, 0);
    assert!(start.elapsed() >= Duration::from_millis(300));

    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            hands.release(Board::Physical, SPACE);
        });
        let start = Instant::now();
        type_text("Typed after all. ñ", &style(50), &mut patient());
        assert!(start.elapsed() >= Duration::from_millis(200));
    });
    receiver.expect("Typed after all. ñ");
    assert_eq!(hands.down(), [CONTROL, ALT]);
    hands.release(Board::Physical, CONTROL);
    hands.release(Board::Physical, ALT);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn stopping_tells_exactly_what_was_typed_and_leaves_a_clean_keyboard() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "stop") else { return };
    type_text(" ", &style(0), &mut patient());
    let layout = hands.layout();
    let text = hard_text(300);
    let mut left = 6;
    let mut go_on = || {
        left -= 1;
        left >= 0
    };
    let typed = type_text(&text, &style(0), &mut go_on);
    // It is asked before each stroke, and after each wait for the app within one.
    assert!((1..=6).contains(&typed.strokes), "{typed:?}");
    let rest = tawk_core::keystroke::rest_of(&strokes(&text), typed);
    let whole = tawk_core::keystroke::text_of(&strokes(&text));
    let arrived = whole.strip_suffix(rest.as_str()).unwrap();
    assert!(!arrived.is_empty() && !rest.is_empty());
    receiver.expect(&format!(" {arrived}"));
    assert!(hands.layout() == layout);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn two_typists_take_turns() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "turns") else { return };
    let (one, two) =
        ("日本語のテキスト、漢字とかな。中文输入测试。\n".repeat(3), "Ελληνικά: καλημέρα, čeština, żółć.\n".repeat(3));
    std::thread::scope(|scope| {
        for text in [&one, &two] {
            scope.spawn(|| type_text(text, &style(0), &mut patient()));
        }
    });
    let whole = one.chars().count() + two.chars().count();
    crate::receiver::wait_for(|| receiver.text().filter(|text| text.chars().count() >= whole)).unwrap();
    let arrived = receiver.text().unwrap();
    assert!(arrived == format!("{one}{two}") || arrived == format!("{two}{one}"), "{arrived}");
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn other_layouts_and_groups_work() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let setxkbmap = |layout: &str| {
        let status = std::process::Command::new("setxkbmap").arg(layout).status();
        status.is_ok_and(|status| status.success())
    };
    if !setxkbmap("de") {
        eprintln!("skipped: setxkbmap is not installed");
        return;
    }
    let text = "ÄÖÜ äöü ß @ € {[]} \\ | ~ ^ ` ´ zy ZY «» — 漢字 Привет\n";
    for layout in ["de", "fr", "us,ru", "gr"] {
        assert!(setxkbmap(layout));
        let Some(receiver) = Receiver::open(&hands, "layout") else { return };
        type_text(text, &style(0), &mut patient());
        receiver.expect(text);
        if layout == "us,ru" {
            lock_group(&hands, 1);
            type_text(text, &style(0), &mut patient());
            receiver.expect(&text.repeat(2));
            lock_group(&hands, 0);
        }
    }
    assert!(setxkbmap("us"));
}

fn lock_group(hands: &Hands, group: u8) {
    use x11rb::protocol::xkb::{self, ConnectionExt as _};
    let (core, none) = (xkb::ID::USE_CORE_KBD.into(), ModMask::from(0u16));
    hands.conn.xkb_latch_lock_state(core, none, none, true, group.into(), none, false, 0).unwrap().check().unwrap();
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn what_a_killed_typist_left_is_taken_back() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "killed") else { return };
    type_text(" ", &style(0), &mut patient());
    let symbols = || hands.layout().0.into_iter().map(|(.., symbols)| symbols).collect::<Vec<_>>();
    let before = symbols();
    let (eacute, lambda) = (0xe9, 0x0100_03bb);
    for (code, symbol) in [(93, eacute), (97, lambda)] {
        hands.conn.change_keyboard_mapping(1, code, 2, &[symbol, symbol]).unwrap().check().unwrap();
    }
    let note = hands.conn.intern_atom(false, b"_TAWK_SPARE_KEYS").unwrap().reply().unwrap().atom;
    hands
        .conn
        .change_property8(PropMode::REPLACE, hands.root, note, AtomEnum::INTEGER, &[97, 93])
        .unwrap()
        .check()
        .unwrap();
    let text = format!("éλ {} λé", hard_text(400));
    type_text(&text, &style(0), &mut patient());
    receiver.expect(&format!(" {text}"));
    let changed: Vec<_> = before.iter().zip(symbols()).enumerate().filter(|(_, (one, other))| *one != other).collect();
    assert!(changed.is_empty(), "keys counted from the first: {changed:?}");
    let left = hands.conn.get_property(false, hands.root, note, AtomEnum::ANY, 0, 64).unwrap().reply().unwrap();
    assert!(left.value.is_empty());
}
