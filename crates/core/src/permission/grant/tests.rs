//! Tapes: `want`: the user's wish; `no`, `denied`, `granted`, `restricted`, `free`, `unknown`: what the system says to `Look`;
//! `works`, `stale`: the proof; `forgot`, `kept`: the answer to `Reset`; `sent`: the user was shown the settings; `back`: the user
//! returns; `tick`; numbers: ms.

use super::*;
use proptest::prelude::*;

struct Tape {
    grant: Grant,
    now: Duration,
}

impl Tape {
    fn new() -> Self {
        Self { grant: Grant::default(), now: Duration::from_secs(1) }
    }

    fn play(&mut self, tape: &str) -> String {
        let mut log = Vec::new();
        for word in tape.split_whitespace() {
            let event = match word {
                "want" => Event::Wanted,
                "no" => Event::Said(PermissionState::NotAsked),
                "denied" => Event::Said(PermissionState::Denied),
                "granted" => Event::Said(PermissionState::Granted),
                "restricted" => Event::Said(PermissionState::Restricted),
                "free" => Event::Said(PermissionState::NotNeeded),
                "unknown" => Event::Said(PermissionState::Unknown),
                "works" => Event::Proved(true),
                "stale" => Event::Proved(false),
                "forgot" => Event::Forgotten(true),
                "kept" => Event::Forgotten(false),
                "sent" => Event::Sent,
                "back" => Event::Returned,
                "tick" => Event::Tick,
                ms => {
                    self.now += Duration::from_millis(ms.parse().expect("ms"));
                    continue;
                }
            };
            log.extend(self.grant.step(event, self.now).into_iter().map(|effect| format!("{effect:?}")));
        }
        log.join(" ")
    }
}

#[track_caller]
fn check(tape: &mut Tape, happens: &str, expected: &str) {
    assert_eq!(tape.play(happens), expected, "after: {happens}");
}

#[test]
fn at_the_start_it_only_looks() {
    for (said, shown) in [
        ("no", "Show(NotAsked)"),
        ("denied", "Show(Denied)"),
        ("restricted", "Show(Restricted)"),
        ("free", "Show(NotNeeded)"),
        ("unknown", "Show(Unknown)"),
        ("granted works", "Prove Show(Granted)"),
        ("granted stale", "Prove Show(Stale)"),
    ] {
        let mut tape = Tape::new();
        check(&mut tape, "back", "Look");
        check(&mut tape, said, shown);
        assert_eq!(tape.grant.deadline(), None, "{said}: nobody asked for it");
        // The same again is no news.
        let prove = if said.starts_with("granted") { "Prove" } else { "" };
        check(&mut tape, said, prove);
    }
}

#[test]
fn asked_once_and_granted() {
    let mut tape = Tape::new();
    tape.play("back no");
    check(&mut tape, "want no", "Look Prompt");
    check(&mut tape, "1000 tick no 1000 tick no", "Look Look");
    check(&mut tape, "1000 tick granted works", "Look Prove Show(Granted)");
    assert_eq!((tape.grant.deadline(), tape.grant.state()), (None, PermissionState::Granted));
    check(&mut tape, "want granted works", "Look Prove");
}

#[test]
fn asked_once_and_denied_leads_to_the_settings_and_never_prompts_again() {
    let mut tape = Tape::new();
    tape.play("back no want no");
    check(&mut tape, "1000 tick denied", "Look Show(Denied)");
    check(&mut tape, "want denied", "Look OpenSettings");
    check(&mut tape, "want denied", "Look OpenSettings");
    check(&mut tape, "5000 tick granted works", "Look Prove Show(Granted)");
    // Withdrawn, so that the system does not know any more whether it asked.
    check(&mut tape, "back no", "Look Show(NotAsked)");
    check(&mut tape, "want no", "Look OpenSettings");
}

#[test]
fn a_prompt_that_was_waved_away_is_not_repeated() {
    let mut tape = Tape::new();
    tape.play("want no");
    check(&mut tape, "want no", "Look OpenSettings");
}

#[test]
fn looking_ends() {
    let mut tape = Tape::new();
    tape.play("want denied");
    let mut looks = 0;
    while let Some(deadline) = tape.grant.deadline() {
        tape.now = deadline;
        looks += tape.grant.step(Event::Tick, deadline).len();
        tape.play("denied");
        assert!(looks <= 120);
    }
    assert_eq!(looks, 119);
    check(&mut tape, "60000 tick", "");
    check(&mut tape, "back granted works", "Look Prove Show(Granted)");
}

#[test]
fn settings_opened_by_other_means_are_watched_as_well() {
    let mut tape = Tape::new();
    tape.play("back denied");
    check(&mut tape, "sent 1000 tick granted works", "Look Prove Show(Granted)");
}

#[test]
fn a_tick_before_its_time_does_nothing() {
    let mut tape = Tape::new();
    check(&mut tape, "tick want denied 999 tick", "Look Show(Denied) OpenSettings");
}

#[test]
fn a_stale_grant_is_repaired_by_forgetting_and_one_prompt() {
    let mut tape = Tape::new();
    check(&mut tape, "back granted stale", "Look Prove Show(Stale)");
    check(&mut tape, "want granted stale", "Look Prove Reset");
    check(&mut tape, "forgot", "Prompt");
    check(&mut tape, "1000 tick no", "Look Show(NotAsked)");
    check(&mut tape, "1000 tick granted works", "Look Prove Show(Granted)");
}

#[test]
fn a_repair_that_does_not_help_is_not_repeated() {
    let mut tape = Tape::new();
    tape.play("want granted stale forgot");
    check(&mut tape, "1000 tick granted stale", "Look Prove");
    check(&mut tape, "want granted stale", "Look Prove OpenSettings");
    check(&mut tape, "want granted stale", "Look Prove OpenSettings");
    // The user has removed Tawk from the list and added it again. Later an update makes the grant stale anew.
    check(&mut tape, "1000 tick granted works", "Look Prove Show(Granted)");
    check(&mut tape, "back granted stale want granted stale", "Look Prove Show(Stale) Look Prove Reset");
}

#[test]
fn a_repair_that_the_system_refuses_leads_to_the_settings() {
    let mut tape = Tape::new();
    check(&mut tape, "want granted stale kept", "Look Prove Show(Stale) Reset OpenSettings");
}

#[test]
fn after_the_repair_a_prompt_waved_away_leads_to_the_settings() {
    let mut tape = Tape::new();
    tape.play("want granted stale forgot 1000 tick no");
    check(&mut tape, "want no", "Look OpenSettings");
}

#[test]
fn a_policy_cannot_be_argued_with() {
    let mut tape = Tape::new();
    check(&mut tape, "want restricted", "Look Show(Restricted)");
    check(&mut tape, "want restricted", "Look");
    assert_eq!(tape.grant.deadline(), None);
    check(&mut tape, "back denied", "Look Show(Denied)");
}

#[test]
fn a_system_without_the_permission_is_left_alone() {
    let mut tape = Tape::new();
    check(&mut tape, "want free want free", "Look Show(NotNeeded) Look");
}

#[test]
fn no_answer_leads_to_the_settings() {
    let mut tape = Tape::new();
    check(&mut tape, "want unknown", "Look Show(Unknown) OpenSettings");
}

#[test]
fn a_permission_withdrawn_is_shown_when_somebody_looks() {
    let mut tape = Tape::new();
    tape.play("back granted works");
    check(&mut tape, "back denied", "Look Show(Denied)");
    check(&mut tape, "back granted works", "Look Prove Show(Granted)");
}

/// What is shown before × what the user's wish finds: shown when it differs, and then the one step that helps.
#[test]
fn every_wish_in_every_state() {
    let answers = [
        ("no", "NotAsked", "Prompt", "OpenSettings"),
        ("denied", "Denied", "OpenSettings", "OpenSettings"),
        ("restricted", "Restricted", "", ""),
        ("free", "NotNeeded", "", ""),
        ("unknown", "Unknown", "OpenSettings", "OpenSettings"),
        ("granted works", "Granted", "", ""),
        // A repair forgets that there was a prompt.
        ("granted stale", "Stale", "Reset", "Reset"),
    ];
    for (before, shown, ..) in answers {
        for (answer, found, fresh, prompted) in answers {
            for (start, step) in [("", fresh), ("want no ", prompted)] {
                let mut tape = Tape::new();
                tape.play(&format!("{start}back {before}"));
                let prove = if answer.starts_with("granted") { "Prove" } else { "" };
                let show = if shown == found { String::new() } else { format!("Show({found})") };
                let expected = ["Look", prove, &show, step];
                let expected: Vec<_> = expected.into_iter().filter(|word| !word.is_empty()).collect();
                check(&mut tape, &format!("want {answer}"), &expected.join(" "));
                // The user is watched on the way, and nobody who is not on it.
                let is_on_the_way = matches!(step, "Prompt" | "OpenSettings");
                let watched_before = start == "want no " && !["Granted", "NotNeeded", "Restricted"].contains(&shown);
                let watches = is_on_the_way || (watched_before && step == "Reset");
                assert_eq!(tape.grant.deadline().is_some(), watches, "{start}back {before} want {answer}");
            }
        }
    }
}

/// Without a wish nothing but looking and showing, whatever changes into whatever: over sleep, a change of users, or
/// when somebody switches Tawk on and off in the system's settings.
#[test]
fn every_change_without_a_wish_is_only_shown() {
    let answers = [
        ("no", "NotAsked"),
        ("denied", "Denied"),
        ("restricted", "Restricted"),
        ("free", "NotNeeded"),
        ("unknown", "Unknown"),
        ("granted works", "Granted"),
        ("granted stale", "Stale"),
    ];
    for (before, shown) in answers {
        for (after, found) in answers {
            let mut tape = Tape::new();
            tape.play(&format!("back {before}"));
            let log = tape.play(&format!("back {after} 5000 tick"));
            let prove = if after.starts_with("granted") { " Prove" } else { "" };
            let show = if shown == found { String::new() } else { format!(" Show({found})") };
            assert_eq!(log, format!("Look{prove}{show}"), "{before}, then {after}");
            assert_eq!(tape.grant.deadline(), None);
        }
    }
}

proptest! {
    /// Whatever the system says: at most one prompt for each wish, at most one without a repair between, and looking ends.
    #[test]
    fn never_prompts_in_a_loop(words in prop::collection::vec(prop::sample::select(vec![
        "want", "no", "denied", "granted", "restricted", "unknown", "works", "stale", "back", "tick", "900", "1100",
    ]), 0..80)) {
        let mut tape = Tape::new();
        let (mut prompts, mut wishes, mut resets) = (0, 0, 0);
        for word in words {
            wishes += usize::from(word == "want");
            let mut log = tape.play(word);
            if log.contains("Reset") {
                resets += 1;
                log.push_str(&tape.play("forgot"));
            }
            prompts += log.matches("Prompt").count();
            prop_assert!(prompts <= wishes);
            prop_assert!(prompts <= 1 + resets);
        }
        let mut ticks = 0;
        while let Some(deadline) = tape.grant.deadline() {
            tape.grant.step(Event::Tick, deadline);
            ticks += 1;
            prop_assert!(ticks <= 120);
        }
    }
}
