//! Delivery phrase by phrase.

use super::*;

/// A dictation by tap that listens.
fn tapped() -> Tape {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { by_phrase: true, language: Some("en".into()), ..Rules::default() });
    check(&mut tape, "d; t:100; u; first", "start u1; Connecting; Listening");
    tape
}

#[test]
fn each_phrase_is_typed_while_the_next_is_spoken() {
    let mut tape = tapped();
    check(&mut tape, "voice; phrase; seg", "mark u1.0; recognise u1.0 []");
    check(&mut tape, "phrase", "mark u1.1");
    check(&mut tape, "say:I went to", "type u1.0 [I went to]");
    check(&mut tape, "typed; seg; say:The shop.", "recognise u1.1 [I went to]; type u1.1 [ the shop.]");
    check(&mut tape, "phrase; seg; say:Really.", "mark u1.2; recognise u1.2 [I went to the shop.]");
    check(&mut tape, "typed", "type u1.2 [ Really.]");
    check(&mut tape, "typed; toggle", "stop u1; Working");
    // What follows a text comes once, at the end.
    check(&mut tape, "end", "type u1.2 [ ]");
    check(&mut tape, "typed", "discard u1; Idle");
}

#[test]
fn the_last_phrase_brings_the_ending_with_it() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One.; typed; phrase; d; t:100; u; seg; end");
    check(&mut tape, "say:Two.", "type u1.1 [ Two. ]");
    check(&mut tape, "typed", "discard u1; Idle");
}

#[test]
fn without_an_ending_the_last_phrase_is_the_last() {
    let mut tape = tapped();
    let rules = Rules { by_phrase: true, ending: crate::text::Ending::None, ..Rules::default() };
    tape.session.set_rules(rules);
    tape.play("phrase; seg; say:One.; toggle; end");
    check(&mut tape, "typed", "discard u1; Idle");
}

#[test]
fn held_down_the_key_would_swallow_phrases() {
    let mut tape = Tape::new();
    tape.session.set_rules(Rules { by_phrase: true, ..Rules::default() });
    tape.play("d; first; phrase; t:3000; seg; phrase");
    check(&mut tape, "say:One.", "");
    // All goes to the window that has the focus at release, as without phrases.
    check(&mut tape, "seg; u; end; say:Two.", "recognise u1.1 [One.]; mark u1; stop u1; Working; type u1 [One. Two. ]");
    check(&mut tape, "typed", "discard u1; Idle");
}

#[test]
fn a_key_that_is_pressed_to_end_is_waited_for() {
    let mut tape = tapped();
    tape.play("phrase; seg; d");
    check(&mut tape, "say:One.", "");
    check(&mut tape, "u", "type u1.0 [One.]");
}

#[test]
fn typing_that_stopped_holds_all_the_rest() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One two.");
    check(&mut tape, "stopped:two.", "report focus-moved");
    // It goes on listening and recognising; nothing more is typed.
    check(&mut tape, "phrase; seg; say:Three.", "recognise u1.1 [One two.]");
    check(&mut tape, "seg; toggle; end", "recognise u1.2 [One two. Three.]; stop u1; Working");
    check(&mut tape, "say:Four.", "hold u1 [two. Three. Four.]; keep u1 Held; Trouble");
}

#[test]
fn a_hole_holds_what_follows_it() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One.; typed; phrase; seg; phrase; seg");
    check(&mut tape, "fail", "report internal");
    check(&mut tape, "toggle; end", "stop u1; Working; keep u1 Failed; Trouble");
}

#[test]
fn cancel_after_the_first_phrase_holds_what_was_not_typed() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One.; typed; phrase; seg; phrase");
    check(&mut tape, "cancel", "stop u1; Working");
    check(&mut tape, "say:Two.; seg; end", "recognise u1.2 [One. Two.]");
    check(&mut tape, "say:Three.", "hold u1 [ Two. Three.]; keep u1 Held; Idle");
}

#[test]
fn a_second_cancel_does_not_wait_for_the_recogniser() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One.; typed; phrase; seg; cancel; end");
    check(&mut tape, "cancel", "abort u1; keep u1 Cancelled; Idle");
}

#[test]
fn cancel_in_the_middle_of_a_phrase_stops_it() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One two.");
    check(&mut tape, "cancel", "stop-typing u1; stop u1; Working");
    check(&mut tape, "end", "");
    check(&mut tape, "halted:two.", "hold u1 [two.]; keep u1 Held; Idle");
}

#[test]
fn the_lock_screen_stops_phrases() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One two.; phrase");
    check(&mut tape, "lock", "stop-typing u1; stop u1; Working");
    check(&mut tape, "halted:two.; seg; end", "recognise u1.1 [One two.]");
    check(&mut tape, "say:Three.", "hold u1 [two. Three.]; report focus-moved; keep u1 Locked; Trouble");
}

#[test]
fn the_next_dictation_waits_for_the_last_phrase_of_this_one() {
    let mut tape = tapped();
    tape.play("phrase; seg; toggle; end; toggle; first; phrase; seg");
    check(&mut tape, "say:One.", "type u1.0 [One. ]; recognise u2.0 []");
    check(&mut tape, "say:Two.", "");
    check(&mut tape, "typed", "discard u1; type u2.0 [Two.]");
}

#[test]
fn a_lost_microphone_delivers_the_last_phrase_where_it_began() {
    let mut tape = tapped();
    tape.play("phrase; seg; say:One.; typed; phrase; seg");
    check(&mut tape, "lost", "report microphone-lost; Working");
    check(&mut tape, "say:Two.", "type u1.1 [ Two. ]");
    check(&mut tape, "typed", "keep u1 Failed; Trouble");
}

#[test]
fn the_setting_holds_from_the_next_dictation_on() {
    let mut tape = tapped();
    tape.session.set_rules(Rules::default());
    check(&mut tape, "phrase; seg; say:One.", "mark u1.0; recognise u1.0 []; type u1.0 [One.]");
    check(&mut tape, "typed; toggle; end; typed", "stop u1; Working; type u1.0 [ ]; discard u1; Idle");
    check(&mut tape, "toggle; first; phrase; seg; say:Two.", "start u2; Connecting; Listening; recognise u2.0 []");
}
