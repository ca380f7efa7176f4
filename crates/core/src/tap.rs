//! The life of an event tap: the ear on the keyboard that macOS gives, and takes away.
//!
//! The system disables a tap whose owner was slow, and when the user's input demands it; it lets taps die over sleep
//! and at a change of users, and gives none without permission. [`Tap::step`] takes what happened and says what to do.

use std::collections::VecDeque;
use std::time::Duration;

/// How often to look after a tap while nothing happens. The look costs microseconds and one wake-up.
pub const PULSE: Duration = Duration::from_secs(5);

/// How often to look while the key is down: its release may get lost.
pub const PULSE_WHILE_DOWN: Duration = Duration::from_millis(500);

/// So many interruptions within [`UNREST`] and the tap is made anew instead of being enabled again.
const PATIENCE: usize = 5;
const UNREST: Duration = Duration::from_secs(10);

/// Something that happened to the tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// [`Effect::Create`] gave a tap.
    Created,
    /// [`Effect::Create`] gave none: the permission is missing or stale.
    Refused,
    /// The system has told the tap that it is disabled: it was slow, or the user's input demanded it.
    Disabled,
    /// The time for a look has come.
    Pulse {
        /// Whether the system says that the tap is enabled; of no meaning while there is none.
        enabled: bool,
    },
    /// The machine woke, or the user's session came back to the screen.
    Woke,
}

/// Something to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a tap, without any prompt, and answer `Created` or `Refused`.
    Create,
    /// Take the tap away.
    Destroy,
    /// Enable the tap again.
    Enable,
    /// Look whether the key is down: events may have been missed.
    Look,
    /// There is no tap: the key counts as up, and no press is heard until [`Effect::Hears`].
    Deaf,
    /// The tap is back.
    Hears,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A tap has been asked for.
    Asked,
    /// The tap was found disabled this often in a row without having been told.
    Alive(u8),
    /// There is none.
    Gone,
}

/// The state machine.
#[derive(Debug)]
pub struct Tap {
    state: State,
    deaf: bool,
    interruptions: VecDeque<Duration>,
}

impl Tap {
    /// A tap to be made: the first effects belong to it.
    pub fn start() -> (Self, Vec<Effect>) {
        (Self { state: State::Asked, deaf: false, interruptions: VecDeque::new() }, vec![Effect::Create])
    }

    /// When to look again, given whether the key is down.
    pub fn pulse(&self, key_is_down: bool) -> Duration {
        if key_is_down { PULSE_WHILE_DOWN } else { PULSE }
    }

    /// Takes one event, that happened `now` after some fixed start.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        match (event, self.state) {
            (Event::Created, _) => {
                self.state = State::Alive(0);
                let back = std::mem::take(&mut self.deaf);
                let hears = back.then_some(Effect::Hears);
                hears.into_iter().chain([Effect::Look]).collect()
            }
            (Event::Refused, _) => {
                self.state = State::Gone;
                let already = std::mem::replace(&mut self.deaf, true);
                if already { Vec::new() } else { vec![Effect::Deaf] }
            }
            (Event::Disabled, State::Alive(_)) => {
                self.interruptions.push_back(now);
                self.interruptions.retain(|at| now.saturating_sub(*at) < UNREST);
                if self.interruptions.len() >= PATIENCE {
                    return self.make_anew();
                }
                vec![Effect::Enable, Effect::Look]
            }
            (Event::Pulse { enabled: true }, State::Alive(_)) => {
                self.state = State::Alive(0);
                vec![Effect::Look]
            }
            (Event::Pulse { enabled: false }, State::Alive(0)) => {
                self.state = State::Alive(1);
                vec![Effect::Enable, Effect::Look]
            }
            // Enabling did not help.
            (Event::Pulse { enabled: false } | Event::Woke, State::Alive(_)) => self.make_anew(),
            (Event::Pulse { .. } | Event::Woke, State::Gone) => {
                self.state = State::Asked;
                vec![Effect::Create]
            }
            (Event::Disabled, State::Asked | State::Gone) | (Event::Pulse { .. } | Event::Woke, State::Asked) => {
                Vec::new()
            }
        }
    }

    fn make_anew(&mut self) -> Vec<Effect> {
        self.interruptions.clear();
        self.state = State::Asked;
        vec![Effect::Destroy, Effect::Create]
    }
}

#[cfg(test)]
mod tests {
    //! Tapes: `ok`, `refused`: the answer to `Create`; `disabled`; `fine`, `dead`: what a look finds; `woke`; numbers: ms.

    use super::*;
    use proptest::prelude::*;

    struct Tape {
        tap: Tap,
        now: Duration,
    }

    impl Tape {
        fn new() -> Self {
            let (tap, effects) = Tap::start();
            assert_eq!(effects, [Effect::Create]);
            Self { tap, now: Duration::from_secs(1) }
        }

        fn play(&mut self, tape: &str) -> String {
            let mut log = Vec::new();
            for word in tape.split_whitespace() {
                let event = match word {
                    "ok" => Event::Created,
                    "refused" => Event::Refused,
                    "disabled" => Event::Disabled,
                    "fine" => Event::Pulse { enabled: true },
                    "dead" => Event::Pulse { enabled: false },
                    "woke" => Event::Woke,
                    ms => {
                        self.now += Duration::from_millis(ms.parse().expect("ms"));
                        continue;
                    }
                };
                log.extend(self.tap.step(event, self.now).into_iter().map(|effect| format!("{effect:?}")));
            }
            log.join(" ")
        }
    }

    #[track_caller]
    fn check(tape: &mut Tape, happens: &str, expected: &str) {
        assert_eq!(tape.play(happens), expected, "after: {happens}");
    }

    #[test]
    fn a_quiet_life() {
        let mut tape = Tape::new();
        check(&mut tape, "ok", "Look");
        check(&mut tape, "5000 fine 5000 fine", "Look Look");
        assert_eq!(tape.tap.pulse(false), PULSE);
        assert_eq!(tape.tap.pulse(true), PULSE_WHILE_DOWN);
    }

    #[test]
    fn a_disabled_tap_is_enabled_and_the_key_looked_at() {
        let mut tape = Tape::new();
        check(&mut tape, "ok 3000 disabled", "Look Enable Look");
        check(&mut tape, "5000 fine", "Look");
    }

    #[test]
    fn a_tap_that_is_disabled_again_and_again_is_made_anew() {
        let mut tape = Tape::new();
        tape.play("ok");
        check(&mut tape, "100 disabled 100 disabled 100 disabled 100 disabled", &["Enable Look"; 4].join(" "));
        check(&mut tape, "100 disabled", "Destroy Create");
        // What the old tap still says is of no meaning.
        check(&mut tape, "disabled woke fine dead ok", "Look");
        check(&mut tape, "disabled", "Enable Look");
    }

    #[test]
    fn interruptions_far_apart_are_no_unrest() {
        let mut tape = Tape::new();
        tape.play("ok");
        for _ in 0..20 {
            check(&mut tape, "4000 disabled", "Enable Look");
        }
    }

    #[test]
    fn a_tap_that_died_unheard_is_found_by_the_pulse() {
        let mut tape = Tape::new();
        tape.play("ok");
        check(&mut tape, "5000 dead", "Enable Look");
        check(&mut tape, "5000 fine 5000 dead", "Look Enable Look");
        check(&mut tape, "5000 dead", "Destroy Create");
        check(&mut tape, "ok", "Look");
    }

    #[test]
    fn sleep_and_wake_make_it_anew() {
        let mut tape = Tape::new();
        tape.play("ok");
        check(&mut tape, "woke", "Destroy Create");
        check(&mut tape, "ok", "Look");
        check(&mut tape, "5000 dead woke ok 5000 dead", "Enable Look Destroy Create Look Enable Look");
    }

    #[test]
    fn a_permission_withdrawn_and_given_back() {
        let mut tape = Tape::new();
        tape.play("ok");
        check(&mut tape, "5000 dead 5000 dead", "Enable Look Destroy Create");
        check(&mut tape, "refused", "Deaf");
        // It is tried again at every look, and told only once.
        check(&mut tape, "5000 dead refused 5000 dead refused woke refused", "Create Create Create");
        check(&mut tape, "disabled", "");
        check(&mut tape, "5000 fine ok", "Create Hears Look");
    }

    #[test]
    fn no_permission_at_the_start() {
        let mut tape = Tape::new();
        check(&mut tape, "refused", "Deaf");
        check(&mut tape, "5000 dead ok", "Create Hears Look");
    }

    #[test]
    fn every_event_in_every_state() {
        let states = [("", "asked"), ("ok", "alive"), ("ok 5000 dead", "found disabled once"), ("refused", "gone")];
        let table = [
            ("ok", ["Look", "Look", "Look", "Hears Look"]),
            ("refused", ["Deaf", "Deaf", "Deaf", ""]),
            ("disabled", ["", "Enable Look", "Enable Look", ""]),
            ("fine", ["", "Look", "Look", "Create"]),
            ("dead", ["", "Enable Look", "Destroy Create", "Create"]),
            ("woke", ["", "Destroy Create", "Destroy Create", "Create"]),
        ];
        for (event, expected) in table {
            for ((before, name), expected) in states.into_iter().zip(expected) {
                let mut tape = Tape::new();
                tape.play(before);
                assert_eq!(tape.play(event), expected, "{event} while {name}");
            }
        }
    }

    #[test]
    fn unrest_is_forgotten_with_the_tap_that_had_it() {
        let mut tape = Tape::new();
        tape.play("ok 100 disabled 100 disabled 100 disabled 100 disabled woke ok");
        check(&mut tape, "100 disabled 100 disabled 100 disabled 100 disabled", &["Enable Look"; 4].join(" "));
    }

    #[test]
    fn waking_without_permission_stays_deaf_until_it_is_given() {
        let mut tape = Tape::new();
        tape.play("ok");
        check(&mut tape, "woke refused", "Destroy Create Deaf");
        check(&mut tape, "woke refused 5000 dead refused", "Create Create");
        check(&mut tape, "woke ok", "Create Hears Look");
        // Taken away once more, it is told once more.
        check(&mut tape, "5000 dead 5000 dead refused", "Enable Look Destroy Create Deaf");
    }

    proptest! {
        /// Whatever happens: lost and back take turns, and there is never more than one tap.
        #[test]
        fn lost_and_back_take_turns(words in prop::collection::vec(prop::sample::select(vec![
            "yes", "no", "disabled", "fine", "dead", "woke", "900", "6000",
        ]), 0..80)) {
            let (mut tape, mut given) = (Tape::new(), true);
            let (mut asked, mut taps, mut deaf) = (true, 0, false);
            for word in words {
                let mut log = String::new();
                match word {
                    "yes" | "no" => given = word == "yes",
                    word => log = tape.play(word),
                }
                asked |= log.contains("Create");
                taps -= i32::from(log.contains("Destroy"));
                if std::mem::take(&mut asked) {
                    taps += i32::from(given);
                    log.push(' ');
                    log.push_str(&tape.play(if given { "ok" } else { "refused" }));
                }
                for effect in log.split_whitespace() {
                    match effect {
                        "Deaf" => prop_assert!(!std::mem::replace(&mut deaf, true)),
                        "Hears" => prop_assert!(std::mem::replace(&mut deaf, false)),
                        _ => {}
                    }
                }
                prop_assert!((0..=1).contains(&taps));
                prop_assert_eq!(taps == 0, deaf);
            }
        }
    }
}
