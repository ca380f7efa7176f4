//! From key-down to the last character, and what can go wrong between.

use super::*;

#[test]
fn hold_to_talk() {
    let mut tape = Tape::new();
    check(&mut tape, "d", "start u1; Connecting");
    check(&mut tape, "t:50; first", "Listening");
    check(&mut tape, "t:2000; u", "mark u1; stop u1; Working");
    check(&mut tape, "seg", "recognise u1.0 []");
    check(&mut tape, "end", "");
    check(&mut tape, "say:Hello world.", "type u1 [Hello world. ]");
    check(&mut tape, "typed", "discard u1; Idle");
    assert!(tape.session.is_idle());
}

#[test]
fn a_tap_toggles_and_the_next_press_ends() {
    let mut tape = Tape::new();
    check(&mut tape, "d; t:299; u; first", "start u1; Connecting; Listening");
    check(&mut tape, "t:60000; d", "mark u1; stop u1; Working");
    check(&mut tape, "seg; end; say:Hello.", "recognise u1.0 []");
    // The key that ended it is still down and would swallow what is typed.
    check(&mut tape, "t:80; u", "type u1 [Hello. ]");
    check(&mut tape, "typed", "discard u1; Idle");
}

#[test]
fn a_press_of_exactly_the_tap_time_is_a_hold() {
    let mut tape = Tape::new();
    check(&mut tape, "d; first; t:300; u", "start u1; Connecting; Listening; mark u1; stop u1; Working");
}

#[test]
fn autorepeat_is_one_press() {
    let mut tape = Tape::new();
    check(&mut tape, "d; first; t:500; d; t:30; d; t:30; d", "start u1; Connecting; Listening");
    check(&mut tape, "u", "mark u1; stop u1; Working");
}

#[test]
fn segments_are_recognised_while_speaking_with_the_text_so_far() {
    let mut tape = Tape::new();
    check(&mut tape, "d; first; t:3000; seg", "start u1; Connecting; Listening; recognise u1.0 []");
    check(&mut tape, "t:1000; seg; seg", "");
    check(&mut tape, "say:I went to", "recognise u1.1 [I went to]");
    check(&mut tape, "say:The shop.", "recognise u1.2 [I went to the shop.]");
    check(&mut tape, "u; end", "mark u1; stop u1; Working");
    check(&mut tape, "say:Really.", "type u1 [I went to the shop. Really. ]");
}

#[test]
fn the_key_let_go_before_the_microphone_is_open() {
    let mut tape = Tape::new();
    check(&mut tape, "d; t:400; u", "start u1; Connecting; mark u1; stop u1; Working");
    check(&mut tape, "first; brushed", "discard u1; Idle");
}

#[test]
fn silence_types_nothing_and_is_kept_when_long() {
    let mut tape = Tape::new();
    check(
        &mut tape,
        "d; first; t:500; u; brushed",
        "start u1; Connecting; Listening; mark u1; stop u1; Working; discard u1; Idle",
    );
    tape.play("d; first; t:3000; u");
    check(&mut tape, "end", "keep u2 NothingHeard; report nothing-heard; Trouble");
}

#[test]
fn a_segment_that_holds_no_words_types_nothing() {
    let mut tape = Tape::new();
    tape.play("d; first; t:3000; u; seg; end");
    check(&mut tape, "say:", "keep u1 NothingHeard; report nothing-heard; Trouble");
}

#[test]
fn cancel_while_listening_keeps_the_recording() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; seg");
    check(&mut tape, "cancel", "stop u1; abort u1; Working");
    check(&mut tape, "end", "keep u1 Cancelled; Idle");
    check(&mut tape, "say:Too late.", "");
    check(&mut tape, "u", "");
    assert!(tape.session.is_idle());
}

#[test]
fn cancel_while_recognising_types_nothing_late() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; u; seg; end");
    check(&mut tape, "cancel", "abort u1; keep u1 Cancelled; Idle");
    check(&mut tape, "aborted", "");
}

#[test]
fn cancel_while_typing_holds_the_rest() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; u; seg; end; say:Hello there.");
    check(&mut tape, "cancel", "stop-typing u1");
    check(&mut tape, "stopped:there. ", "hold u1 [there.]; keep u1 Held; report focus-moved; Trouble");
}

#[test]
fn a_busy_recogniser_is_not_asked_again_until_it_answers() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; u; seg; end; cancel");
    check(&mut tape, "d; first; t:1000; u; seg; end", "start u2; Connecting; Listening; mark u2; stop u2; Working");
    check(&mut tape, "aborted", "recognise u2.0 []");
    check(&mut tape, "say:Second.", "type u2 [Second. ]");
}

#[test]
fn the_next_dictation_may_start_while_the_last_is_recognised() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; u; seg; end");
    check(&mut tape, "d; first", "start u2; Connecting; Listening");
    check(&mut tape, "say:First.", "");
    // Only when the key is up can the first be typed; the second follows it.
    check(&mut tape, "t:1000; u", "mark u2; stop u2; type u1 [First. ]; Working");
    check(&mut tape, "seg; end", "recognise u2.0 []");
    check(&mut tape, "say:Second.", "");
    check(&mut tape, "typed", "discard u1; type u2 [Second. ]");
    check(&mut tape, "typed", "discard u2; Idle");
}

#[test]
fn a_second_that_is_done_first_waits_for_its_turn() {
    let mut tape = Tape::new();
    tape.play("toggle; first; seg; toggle; end");
    check(&mut tape, "toggle; first; seg; toggle; end", "start u2; Connecting; Listening; mark u2; stop u2; Working");
    check(&mut tape, "say:One.", "type u1 [One. ]; recognise u2.0 []");
    check(&mut tape, "say:Two.", "");
    check(&mut tape, "typed", "discard u1; type u2 [Two. ]");
}

#[test]
fn a_microphone_that_cannot_be_opened() {
    let mut tape = Tape::new();
    check(&mut tape, "d; lost", "start u1; Connecting; report microphone-lost; keep u1 Failed; Trouble");
    check(&mut tape, "u", "");
    check(&mut tape, "d", "start u2; Connecting");
}

#[test]
fn a_lost_microphone_delivers_what_was_heard() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; seg");
    check(&mut tape, "lost", "mark u1; report microphone-lost; Working");
    check(&mut tape, "say:Hello.", "");
    check(&mut tape, "u", "type u1 [Hello. ]");
    check(&mut tape, "typed", "keep u1 Failed; Trouble");
}

#[test]
fn a_failed_segment_holds_the_rest_instead_of_typing_a_text_with_a_hole() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; seg; seg; say:One.; u; end");
    check(&mut tape, "fail", "report internal; hold u1 [One.]; keep u1 Failed; Trouble");
}

#[test]
fn focus_that_moved_holds_the_rest() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; u; seg; end; say:Hello there.");
    check(&mut tape, "stopped:Hello there. ", "hold u1 [Hello there.]; keep u1 Held; report focus-moved; Trouble");
}

#[test]
fn the_lock_screen_ends_a_dictation_and_types_nothing() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; seg");
    check(&mut tape, "lock", "stop u1; Working");
    check(&mut tape, "end; say:Secret.", "hold u1 [Secret.]; report focus-moved; keep u1 Locked; Trouble");
    check(&mut tape, "d", "start u2; Connecting");
}

#[test]
fn a_logout_that_the_user_cancels_ends_the_dictation_and_nothing_else() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; seg");
    check(&mut tape, "ask-logout", "stop u1; Working");
    check(&mut tape, "end; say:Later.", "hold u1 [Later.]; report focus-moved; keep u1 Locked; Trouble");
    check(&mut tape, "d", "start u2; Connecting");
}

#[test]
fn logging_out_keeps_the_recording_and_starts_nothing_more() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; seg");
    check(&mut tape, "logout", "stop u1; abort u1; Working");
    check(&mut tape, "end", "keep u1 Quit; Idle");
    check(&mut tape, "u; d; toggle", "");
}

#[test]
fn what_was_recognised_before_logging_out_is_kept_as_text() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; seg; say:Hello.; seg");
    check(&mut tape, "logout; aborted; end", "stop u1; abort u1; Working; hold u1 [Hello.]; keep u1 Quit; Idle");
}

#[test]
fn a_capture_that_never_answers_is_given_up() {
    let mut tape = Tape::new();
    tape.play("d; first; t:2000; u");
    let deadline = tape.session.deadline().expect("a deadline");
    assert_eq!(deadline, tape.now + DRAIN_BOUND);
    check(&mut tape, "tick", "");
    check(&mut tape, "t:5000; tick", "stop u1; report microphone-busy; keep u1 Failed; Trouble");
    assert_eq!(tape.session.deadline(), None);
    check(&mut tape, "end", "");
}

#[test]
fn vocabulary_comes_before_the_text_so_far() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { vocabulary: "Tawk, Xvfb".into(), ..Rules::default() });
    check(&mut tape, "toggle; first; seg", "start u1; Connecting; Listening; recognise u1.0 [Tawk, Xvfb]");
    check(&mut tape, "seg; say:Hello.", "recognise u1.1 [Tawk, Xvfb Hello.]");
}

#[test]
fn a_press_that_belongs_to_another_chord_leaves_no_trace() {
    let mut tape = Tape::new();
    check(&mut tape, "d; first; t:120", "start u1; Connecting; Listening");
    check(&mut tape, "chord", "stop u1; Working");
    check(&mut tape, "seg; end", "discard u1; Idle");
    // Before the microphone is open as well.
    check(&mut tape, "d; t:90; chord", "start u2; Connecting; stop u2; Working");
    check(&mut tape, "first; brushed", "discard u2; Idle");
    check(&mut tape, "d", "start u3; Connecting");
}

#[test]
fn a_cancelled_press_aborts_what_it_had_recognised() {
    let mut tape = Tape::new();
    tape.play("d; first; t:120; seg");
    check(&mut tape, "chord", "stop u1; abort u1; Working");
    check(&mut tape, "end; aborted", "discard u1; Idle");
}

#[test]
fn a_cancelled_press_leaves_other_dictations_alone() {
    let mut tape = Tape::new();
    tape.play("d; first; t:1000; u; seg; end");
    tape.play("d; first; t:100");
    // The first waits for the key to come up; it is typed as soon as the press turns out not to be one.
    check(&mut tape, "say:First.", "");
    check(&mut tape, "chord", "stop u2; type u1 [First. ]; Working");
    check(&mut tape, "end; typed", "discard u2; discard u1; Idle");
}

#[test]
fn a_cancelled_press_that_ended_a_toggled_dictation_has_ended_it() {
    let mut tape = Tape::new();
    tape.play("d; first; t:100; u; t:2000; seg; d");
    check(&mut tape, "chord; end; say:Hello.", "type u1 [Hello. ]");
}

#[test]
fn a_long_text_does_not_push_the_vocabulary_out_of_the_prompt() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { vocabulary: "Tawk".into(), ..Rules::default() });
    tape.play(&format!("toggle; first; seg; say:{}", "word ".repeat(200)));
    let asked = tape.play("seg");
    assert!(asked.starts_with("recognise u1.1 [Tawk word"), "{asked}");
    assert!(asked.len() < 300, "{asked}");
}

#[test]
fn without_taps_a_short_press_is_a_short_dictation() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { tap: Duration::ZERO, ..Rules::default() });
    check(&mut tape, "d; u", "start u1; Connecting; mark u1; stop u1; Working");
}

#[test]
fn with_taps_only_a_long_press_goes_on_too() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { tap: Duration::MAX, ..Rules::default() });
    check(&mut tape, "d; first; t:60000; u", "start u1; Connecting; Listening");
    check(&mut tape, "t:1000; d", "mark u1; stop u1; Working");
    check(&mut tape, "t:60000; u", "");
}
