//! A dictation that nobody knows of.

use super::*;

#[test]
fn a_forgotten_dictation_asks_and_then_ends_with_nothing_lost() {
    let mut tape = Tape::new();
    tape.play("d; t:100; u; first; voice; phrase; t:4000; silent; seg; say:Hello.");
    assert_eq!(tape.session.deadline(), Some(tape.now + ASK_AFTER));
    check(&mut tape, "t:299999; tick", "");
    check(&mut tape, "t:1; tick", "ask");
    assert_eq!(tape.session.deadline(), Some(tape.now + END_AFTER));
    check(&mut tape, "t:299999; tick", "");
    // Who has the focus after ten minutes is nobody's guess: nothing is typed by itself.
    check(&mut tape, "t:1; tick", "asked enough; stop u1; Working");
    check(&mut tape, "end", "hold u1 [Hello.]; keep u1 Held; report nothing-heard; Trouble");
    assert_eq!(tape.session.deadline(), None);
}

#[test]
fn a_key_that_is_stuck_down_does_not_keep_the_text_back() {
    let mut tape = Tape::new();
    tape.play("d; first; voice; t:4000; silent; seg; say:Hello.; t:300000; tick");
    check(
        &mut tape,
        "t:300000; tick; end",
        "asked enough; stop u1; Working; hold u1 [Hello.]; keep u1 Held; report nothing-heard; Trouble",
    );
    // It comes loose at last.
    check(&mut tape, "u", "");
    check(&mut tape, "d", "start u2; Connecting");
}

#[test]
fn a_voice_settles_the_question() {
    let mut tape = Tape::new();
    tape.play("toggle; first; t:300000");
    check(&mut tape, "tick", "ask");
    check(&mut tape, "voice", "asked enough");
    // Speaking is never too long.
    assert_eq!(tape.session.deadline(), None);
    check(&mut tape, "t:3000000; tick", "");
    check(&mut tape, "silent; t:299000; tick", "");
    check(&mut tape, "t:1000; tick", "ask");
    check(&mut tape, "cancel; end", "asked enough; stop u1; Working; keep u1 Cancelled; Idle");
}

#[test]
fn nobody_is_asked_once_it_is_over() {
    let mut tape = Tape::new();
    tape.play("toggle; first; voice; silent; toggle");
    check(&mut tape, "silent; voice; silent", "");
    assert_eq!(tape.session.deadline(), Some(tape.now + DRAIN_BOUND));
    tape.play("end");
    assert_eq!(tape.session.deadline(), None);
    // The last samples of one dictation say nothing about the next, whose microphone is being opened.
    tape.play("toggle; silent");
    assert_eq!(tape.session.deadline(), Some(tape.now + CONNECT_BOUND));
}

#[test]
fn a_machine_that_slept_asks_before_it_ends() {
    let mut tape = Tape::new();
    tape.play("toggle; first; t:9000000");
    check(&mut tape, "tick", "ask");
    check(&mut tape, "tick", "");
    check(&mut tape, "t:300000; tick", "asked enough; stop u1; Working");
    check(&mut tape, "end", "keep u1 NothingHeard; report nothing-heard; Trouble");
}

#[test]
fn phrases_that_were_typed_before_stay_and_only_the_end_is_told() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { by_phrase: true, language: Some("en".into()), ..Rules::default() });
    tape.play("toggle; first; voice; phrase; t:4000; silent; seg; say:Hello.; typed; t:300000; tick");
    check(
        &mut tape,
        "t:300000; tick; end",
        "asked enough; stop u1; Working; discard u1; report nothing-heard; Trouble",
    );
}
