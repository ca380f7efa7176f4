//! Cancel undone.

use super::*;

#[test]
fn a_cancelled_dictation_is_typed_after_all() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; seg; say:One.; seg; cancel; u; end");
    assert!(tape.session.can_undo());
    // The recogniser had been stopped in the middle; it is asked again as soon as it has answered.
    check(&mut tape, "undo", "mark u1; Working");
    check(&mut tape, "aborted", "recognise u1.1 [One.]");
    // The recording was kept at the cancel, and is not needed now.
    check(&mut tape, "say:Two.; typed", "type u1 [One. Two. ]; revise u1 arrived; Idle");
    assert!(!tape.session.can_undo() && tape.session.is_idle());
    assert_eq!(tape.forgotten.len(), 1);
}

#[test]
fn it_can_be_undone_while_the_last_samples_are_on_their_way() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; seg; cancel; u");
    check(&mut tape, "undo; seg; end", "mark u1");
    check(&mut tape, "aborted; say:One.", "recognise u1.0 []; recognise u1.1 [One.]");
    check(&mut tape, "say:Two.; typed", "type u1 [One. Two. ]; discard u1; Idle");
}

#[test]
fn the_recogniser_that_answered_in_spite_of_the_cancel_is_not_asked_again() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel; end; say:One.");
    check(&mut tape, "undo", "mark u1; type u1 [One. ]; Working");
}

#[test]
fn undo_during_typing_types_the_rest() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; toggle; end; say:One two.; cancel");
    check(&mut tape, "halted:two.", "hold u1 [two.]; keep u1 Held; Idle");
    check(&mut tape, "undo", "mark u1; type u1 [two.]; Working");
    check(&mut tape, "typed", "revise u1 arrived; Idle");
    // The same before the typist has stopped.
    tape.play("toggle; first; seg; toggle; end; say:One two.; cancel");
    check(&mut tape, "undo", "mark u2");
    check(&mut tape, "halted:two.", "type u2 [two.]");
    check(&mut tape, "typed", "discard u2; Idle");
}

#[test]
fn the_next_dictation_ends_the_chance() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel; end; aborted");
    assert!(tape.session.can_undo() && tape.forgotten.is_empty());
    check(&mut tape, "toggle", "start u2; Connecting");
    assert_eq!(tape.forgotten.iter().copied().collect::<Vec<_>>(), [UtteranceId(1)]);
    check(&mut tape, "undo", "");
    assert!(!tape.session.can_undo());
    check(&mut tape, "cancel; brushed; undo", "stop u2; Working; keep u2 Cancelled; Idle");
    assert_eq!(tape.forgotten.len(), 2, "in u2 there was nothing to undo");
}

#[test]
fn the_lock_screen_ends_the_chance() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel; end; aborted; lock");
    check(&mut tape, "undo", "");
    assert_eq!(tape.forgotten.len(), 1);
}

#[test]
fn only_the_last_of_several_is_undone() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; toggle; end; toggle; first; seg; toggle; end");
    check(&mut tape, "cancel", "abort u1; keep u1 Cancelled; keep u2 Cancelled; Idle");
    assert_eq!(tape.forgotten.len(), 1);
    check(&mut tape, "undo; aborted", "mark u2; Working; recognise u2.0 []");
    check(&mut tape, "say:Two.; typed", "type u2 [Two. ]; revise u2 arrived; Idle");
}

#[test]
fn an_undone_dictation_can_be_cancelled_again() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel; end; aborted; undo");
    check(&mut tape, "cancel", "abort u1; revise u1 Cancelled; Idle");
    check(&mut tape, "undo; aborted", "mark u1; Working; recognise u1.0 []");
    check(&mut tape, "say:One.; typed", "type u1 [One. ]; revise u1 arrived; Idle");
}

#[test]
fn what_is_not_typed_after_an_undo_is_held() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel; end; aborted; undo; say:One two.");
    check(&mut tape, "stopped:two.", "hold u1 [two.]; revise u1 Held; report focus-moved; Trouble");
    tape.play("toggle; first; seg; cancel; end; aborted; undo");
    check(&mut tape, "say:", "revise u2 NothingHeard; report nothing-heard; Trouble");
}

#[test]
fn cancelling_twice_is_cancelling_once() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel");
    check(&mut tape, "cancel; end; aborted; cancel", "keep u1 Cancelled; Idle");
    check(&mut tape, "undo; say:One.", "mark u1; recognise u1.0 []; Working; type u1 [One. ]");
}

#[test]
fn phrases_that_were_typed_before_the_cancel_are_not_typed_again() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { by_phrase: true, ..Rules::default() });
    tape.play("toggle; first; phrase; seg; say:One.; typed; phrase; seg; cancel; end");
    check(&mut tape, "undo", "mark u1");
    check(&mut tape, "say:Two.", "type u1 [ Two. ]");
    check(&mut tape, "typed", "discard u1; Idle");
}
