//! Nothing is typed into a password field, where the app says that it is one.

use std::time::Duration;

use tawk_tests::accessibility::Accessibility;
use tawk_tests::app;
use tawk_tests::keys;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::wait_until;

use crate::dictation::clipboard;
use crate::phrases::sentences;
use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("a_field_that_nobody_tells_about_is_unknown_and_typed_into", unknown),
        check("a_password_field_is_not_dictated_into_and_the_field_beside_it_is", password),
        check("a_password_field_entered_just_before_release_is_not_typed_into", at_the_last_moment),
        check("a_field_of_an_app_that_answers_no_more_is_unknown", no_answer),
        check("phrase_by_phrase_nothing_goes_into_a_password_field", by_phrase),
    ]
}

fn unknown(world: &mut World) {
    world.app();
    world.dictate(Kind::Password, Mic::A, 0);
    assert_eq!(app::status(&world.desk.home)["field"], "unknown");
    assert!(secure_input_check(world).starts_with("Unknown"));
}

fn password(world: &mut World) {
    world.app();
    world.receivers.remove(&Kind::Password);
    // Started after the app, which finds it all the same.
    let bus = Accessibility::start(&mut world.desk.home);
    world.receiver(Kind::Password);
    Accessibility::hide(&mut world.desk.home);

    let (text, clip) = world.demo(1);
    world.hold_and_say(Mic::A, &clip);
    assert_eq!(world.wait_trouble(), "secure-input");
    let status = app::status(&world.desk.home);
    let said = status["trouble"]["message"].as_str().unwrap_or_default();
    assert!(said.contains("password field") && said.contains("Copy Last Text"), "{said}");
    assert_eq!(status["field"], "password");
    assert!(secure_input_check(world).starts_with("A password field"));
    world.open_receiver(Kind::Password).expect_nothing(Duration::from_millis(500));
    world.expect_recording("held", clip.length().mul_f32(0.8));
    let refused = world.tawk(&["type", "open sesame"]).refused(8);
    assert!(refused.contains("password field"), "{refused}");
    world.open_receiver(Kind::Password).expect_nothing(Duration::from_millis(300));

    // The field beside it, in the same window.
    world.open_receiver(Kind::Password).use_field("plain");
    wait_until("that the plain field is known", SOON, || app::status(&world.desk.home)["field"] == "plain");
    world.hold_and_say(Mic::A, &clip);
    world.open_receiver(Kind::Password).expect(&format!("{text} "), SOON);
    world.open_receiver(Kind::Password).clear();
    world.tawk(&["type", "plain"]).ok();
    world.open_receiver(Kind::Password).expect("plain", SOON);

    // Begun in the plain field and ended in the other one.
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.open_receiver(Kind::Password).use_field("password");
    wait_until("that the password field is known", SOON, || app::status(&world.desk.home)["field"] == "password");
    world.tawk(&["toggle"]).ok();
    assert_eq!(world.wait_trouble(), "secure-input");
    world.open_receiver(Kind::Password).expect_nothing(Duration::from_millis(500));
    world.expect_recording("held", clip.length().mul_f32(0.8));
    world.desk.tray.click(&["Copy Last Text"]);
    assert_eq!(clipboard(world).trim(), text);

    // Without the bus all is as before.
    drop(bus);
    world.receivers.remove(&Kind::Password);
    world.dictate(Kind::Password, Mic::A, 2);
    assert_eq!(app::status(&world.desk.home)["field"], "unknown");
}

/// The user goes to the password field and lets go at once: Tawk learns of the field at the last moment.
fn at_the_last_moment(world: &mut World) {
    world.app();
    let bus = tell_of_fields(world);
    let (_, clip) = world.demo(1);
    for number in 0..6 {
        world.receiver(Kind::Password);
        use_plain_field(world);
        if number % 2 == 0 {
            let held = keys::hold_hotkey(&world.desk.home);
            world.wait_state("listening");
            world.mic(Mic::A).say(&clip);
            world.open_receiver(Kind::Password).use_field("password");
            drop(held);
        } else {
            world.tawk(&["toggle"]).ok();
            world.wait_state("listening");
            world.mic(Mic::A).say(&clip);
            world.open_receiver(Kind::Password).use_field("password");
            world.tawk(&["toggle"]).ok();
        }
        assert_eq!(world.wait_trouble(), "secure-input");
        world.open_receiver(Kind::Password).expect_nothing(Duration::from_millis(500));
        world.expect_recording("held", clip.length().mul_f32(0.8));
    }
    drop(bus);
    world.receivers.remove(&Kind::Password);
}

/// What such an app has said before counts no more, and counts again when it answers.
fn no_answer(world: &mut World) {
    world.app();
    let bus = tell_of_fields(world);
    world.receiver(Kind::Password);
    use_plain_field(world);
    world.open_receiver(Kind::Password).hang(Duration::from_secs(8));
    wait_until("that the field is unknown", Duration::from_secs(6), || {
        app::status(&world.desk.home)["field"] == "unknown"
    });
    wait_until("that the plain field is known again", SOON, || app::status(&world.desk.home)["field"] == "plain");
    drop(bus);
    world.receivers.remove(&Kind::Password);
}

/// The accessibility bus, and the window with the two fields, which speaks with it.
fn tell_of_fields(world: &mut World) -> Accessibility {
    world.receivers.remove(&Kind::Password);
    let bus = Accessibility::start(&mut world.desk.home);
    world.receiver(Kind::Password);
    Accessibility::hide(&mut world.desk.home);
    bus
}

fn use_plain_field(world: &mut World) {
    world.open_receiver(Kind::Password).use_field("plain");
    wait_until("that the plain field is known", SOON, || app::status(&world.desk.home)["field"] == "plain");
}

fn by_phrase(world: &mut World) {
    world.restart_with("[dictation]\ndelivery = \"phrases\"\n");
    world.receivers.remove(&Kind::Password);
    let bus = Accessibility::start(&mut world.desk.home);
    world.receiver(Kind::Password);
    Accessibility::hide(&mut world.desk.home);

    let (text, clip) = sentences(world, &[1, 3, 7]);
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    // The first phrase is refused while the dictation goes on, and the rest stays with it.
    let refused = || app::status(&world.desk.home)["trouble"]["code"] == "secure-input";
    wait_until("that the first phrase is refused", SOON, refused);
    assert_eq!(app::status(&world.desk.home)["state"], "listening", "It goes on listening.");
    keys::tap_hotkey(&world.desk.home);
    assert_eq!(world.wait_trouble(), "secure-input");
    world.open_receiver(Kind::Password).expect_nothing(Duration::from_millis(500));
    world.expect_recording("held", clip.length().mul_f32(0.8));
    world.desk.tray.click(&["Copy Last Text"]);
    assert_eq!(clipboard(world).trim(), text.trim());

    // In the field beside it they arrive.
    world.receiver(Kind::Password);
    world.open_receiver(Kind::Password).use_field("plain");
    wait_until("that the plain field is known", SOON, || app::status(&world.desk.home)["field"] == "plain");
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    keys::tap_hotkey(&world.desk.home);
    world.open_receiver(Kind::Password).expect(&text, SOON);
    drop(bus);
    world.receivers.remove(&Kind::Password);
    world.restart_with("");
}

fn secure_input_check(world: &World) -> String {
    let report = world.tawk(&["doctor", "--json"]).json();
    let checks = report["checks"].as_array().expect("It is a list.");
    let check = checks.iter().find(|check| check["id"] == "secure-input").expect("The doctor looks at it.");
    check["message"].as_str().unwrap_or_default().into()
}
