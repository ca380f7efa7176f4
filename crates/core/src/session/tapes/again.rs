//! A text from before, typed once more.

use super::*;

#[test]
fn it_goes_where_the_focus_is_as_it_is_and_leaves_no_recording() {
    let mut tape = Tape::new();
    check(&mut tape, "again:and so  on", "mark u1; type u1 [and so  on ]; Working");
    check(&mut tape, "typed", "Idle");
    assert!(tape.session.is_idle() && tape.forgotten.len() == 1);
}

#[test]
fn it_waits_for_the_dictation_before_it() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; toggle; end");
    check(&mut tape, "again:Two.", "mark u2");
    check(&mut tape, "say:One.", "type u1 [One. ]");
    check(&mut tape, "typed", "discard u1; type u2 [Two. ]");
    check(&mut tape, "typed", "Idle");
}

#[test]
fn nothing_is_typed_into_what_is_being_spoken() {
    let mut tape = Tape::new();
    tape.play("toggle; first");
    assert!(!tape.session.can_type_again());
    check(&mut tape, "again:Two.", "");
    tape.play("toggle; brushed; logout");
    check(&mut tape, "again:Two.", "");
}

#[test]
fn what_the_focus_stops_is_held_and_a_cancel_can_be_undone() {
    let mut tape = Tape::new();
    tape.play("again:One two.");
    check(&mut tape, "stopped:two.", "hold u1 [two.]; report focus-moved; Trouble");
    tape.play("again:One two.");
    check(&mut tape, "cancel; halted:two.", "stop-typing u2; hold u2 [two.]; Idle");
    check(&mut tape, "undo", "mark u2; type u2 [two.]; Working");
    check(&mut tape, "typed", "Idle");
    assert_eq!(tape.forgotten.len(), 2);
}

#[test]
fn a_dictation_that_was_cancelled_before_stays_so() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; cancel; end; aborted");
    check(&mut tape, "again:Two.; undo; typed", "mark u2; type u2 [Two. ]; Working; Idle");
    assert_eq!(tape.forgotten.len(), 2);
}
