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
    check(&mut tape, "t:1; tick", "asked enough; mark u1; stop u1; report nothing-heard; Working");
    check(&mut tape, "end", "type u1 [Hello. ]");
    check(&mut tape, "typed", "discard u1; Trouble");
    assert_eq!(tape.session.deadline(), None);
}

#[test]
fn a_key_that_is_stuck_down_does_not_keep_the_text_back() {
    let mut tape = Tape::new();
    tape.play("d; first; voice; t:4000; silent; seg; say:Hello.; t:300000; tick");
    check(
        &mut tape,
        "t:300000; tick; end",
        "asked enough; mark u1; stop u1; report nothing-heard; Working; type u1 [Hello. ]",
    );
    // It comes loose at last.
    check(&mut tape, "typed; u", "discard u1; Trouble");
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
    check(&mut tape, "t:300000; tick", "asked enough; mark u1; stop u1; report nothing-heard; Working");
}
