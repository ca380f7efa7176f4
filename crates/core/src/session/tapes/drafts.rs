//! Recognition ahead, at pauses.

use super::*;

#[test]
fn a_draft_that_was_right_is_the_text_at_release() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000");
    check(&mut tape, "pause:800", "draft u1.0 []");
    check(&mut tape, "say:Hello.", "");
    check(&mut tape, "u", "mark u1; stop u1; Working");
    check(&mut tape, "seg:800", "hit u1");
    check(&mut tape, "end", "type u1 [Hello. ]");
}

#[test]
fn a_draft_still_under_way_at_release_is_waited_for() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; pause:800; u");
    check(&mut tape, "seg:800; end", "hit u1");
    check(&mut tape, "say:Hello.", "type u1 [Hello. ]");
}

#[test]
fn more_speech_overtakes_a_draft() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; pause:800");
    check(&mut tape, "on", "miss u1; abort u1");
    // The recogniser is busy until it answers; what it says is of no use.
    check(&mut tape, "u; seg:1600; end", "mark u1; stop u1; Working");
    check(&mut tape, "say:Hello.", "recognise u1.0 []");
    check(&mut tape, "say:Hello there.", "type u1 [Hello there. ]");
}

#[test]
fn a_second_pause_makes_a_second_draft() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; pause:800; say:Hello.");
    check(&mut tape, "on; pause:1600", "miss u1; draft u1.0 []");
    check(&mut tape, "aborted; u; seg:1600; end", "mark u1; stop u1; Working; recognise u1.0 []");
}

#[test]
fn a_draft_that_failed_leaves_the_segment_to_be_recognised() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; pause:800");
    check(&mut tape, "fail", "");
    check(&mut tape, "u; seg:800; end", "mark u1; stop u1; Working; recognise u1.0 []");
}

#[test]
fn whole_segments_come_before_drafts() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; seg:800");
    check(&mut tape, "pause:1600", "");
    check(&mut tape, "say:One.", "draft u1.1 [One.]");
    check(&mut tape, "cancel", "stop u1; abort u1; Working");
    check(&mut tape, "end; aborted", "keep u1 Cancelled; Idle");
}
