//! From what the keyboard's events say to the edges of a hotkey that is a modifier key alone.
//!
//! Events get lost: the system silences whoever listens to them when it is late, when a password is typed, or when
//! the machine sleeps. So nothing here is a remembered toggle: every event says by itself whether the key is down,
//! and any event can bring the news that the key went up unseen (Handy issue 862).

use std::time::Duration;

use crate::ports::KeyEdge;

/// A key that goes down within this time after the modifier makes both a chord that is not Tawk's, such as the one that
/// types é. The same time tells a tap from a hold by default.
pub const CHORD_BOUND: Duration = Duration::from_millis(300);

/// What one event of the keyboard says about the watched key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Whether the watched key is down, by the event's own flags; `None` if the event does not tell.
    pub held: Option<bool>,
    /// Whether it was the watched key that moved.
    pub moved: bool,
    /// Whether another key, modifier or not, went down.
    pub other_pressed: bool,
    /// Whether a press now is not meant for Tawk: another modifier is held (locks are none), or the screen is locked.
    pub barred: bool,
    /// Whether a press now cannot be followed: some program has the keyboard to itself, so that other keys are not heard.
    pub deafened: bool,
}

impl Sighting {
    /// What a look at the keyboard, without any event, found.
    pub fn look(held: bool) -> Self {
        Self { held: Some(held), ..Self::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    /// Down since then.
    Down(Duration),
    /// Down, but as part of another chord.
    Spent,
    /// Down, but nobody would tell of a chord.
    Deafened,
}

/// The state machine. It starts with the key up.
#[derive(Clone, Debug)]
pub struct LoneKey {
    state: State,
    refused: bool,
}

impl Default for LoneKey {
    fn default() -> Self {
        Self { state: State::Up, refused: false }
    }
}

impl LoneKey {
    /// Takes what an event says, `now` after some fixed start, and returns the edge that it makes.
    ///
    /// Only the watched key's own event makes it go down: the arrow keys, for instance, carry the flag of Fn
    /// (os-clovy pull request 193). Any event that denies that it is held makes it go up.
    pub fn step(&mut self, sighting: Sighting, now: Duration) -> Option<KeyEdge> {
        match self.state {
            State::Up if sighting.moved && sighting.held == Some(true) => {
                if sighting.barred || sighting.deafened {
                    self.state = if sighting.barred { State::Spent } else { State::Deafened };
                    return None;
                }
                self.state = State::Down(now);
                Some(KeyEdge::Down)
            }
            State::Down(_) if sighting.held == Some(false) => {
                self.state = State::Up;
                Some(KeyEdge::Up)
            }
            State::Down(since) if sighting.other_pressed && now.saturating_sub(since) < CHORD_BOUND => {
                self.state = State::Spent;
                Some(KeyEdge::Cancelled)
            }
            State::Deafened | State::Spent if sighting.held == Some(false) => {
                // Only its own event shows that it was let go just now.
                self.refused |= self.state == State::Deafened && sighting.moved && !sighting.other_pressed;
                self.state = State::Up;
                None
            }
            State::Deafened if sighting.other_pressed => {
                self.state = State::Spent;
                None
            }
            _ => None,
        }
    }

    /// Whether since the last call the key was pressed alone and let go, and nothing came of it because some program has the
    /// keyboard to itself. Whoever did that waits for something.
    pub fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }

    /// Nobody will tell of the key any more, so it counts as up.
    pub fn lose_sight(&mut self) -> Option<KeyEdge> {
        let before = std::mem::replace(&mut self.state, State::Up);
        matches!(before, State::Down(_)).then_some(KeyEdge::Up)
    }

    /// Whether the key is down as far as is known, so that a look at the keyboard could bring news.
    pub fn is_down(&self) -> bool {
        self.state != State::Up
    }
}

#[cfg(test)]
mod tests {
    //! Tapes: `+`, `-`: the key's own event, down and up; `+o`: down while that is barred; `+s`: down while
    //! nothing else is heard; `-k`: up, and another key was pressed meanwhile; `k`, `k?`, `k-`: another key goes down and
    //! the flags say that ours is held, say nothing, or deny it; `r`: another key goes up while ours is held; `r-`: the same,
    //! denied; `yes`, `no`: a look at the keyboard; `lost`: sight is lost; numbers: ms that pass.

    use super::*;
    use proptest::prelude::*;

    fn sighting(word: &str) -> Sighting {
        let look = Sighting::look;
        match word {
            "+" => Sighting { moved: true, ..look(true) },
            "+o" => Sighting { moved: true, barred: true, ..look(true) },
            "+s" => Sighting { moved: true, deafened: true, ..look(true) },
            "+os" => Sighting { moved: true, barred: true, deafened: true, ..look(true) },
            "-k" => Sighting { moved: true, other_pressed: true, ..look(false) },
            "-" => Sighting { moved: true, ..look(false) },
            "k" => Sighting { other_pressed: true, ..look(true) },
            "k?" => Sighting { other_pressed: true, ..Sighting::default() },
            "k-" => Sighting { other_pressed: true, ..look(false) },
            "r" | "yes" => look(true),
            "r-" | "no" => look(false),
            _ => panic!("no such word on a tape: {word}"),
        }
    }

    fn play(tape: &str) -> String {
        let mut key = LoneKey::default();
        let mut now = Duration::from_secs(1);
        let mut log = Vec::new();
        for word in tape.split_whitespace() {
            if let Ok(ms) = word.parse() {
                now += Duration::from_millis(ms);
                continue;
            }
            let edge = if word == "lost" { key.lose_sight() } else { key.step(sighting(word), now) };
            log.extend(edge.map(|edge| format!("{edge:?}")));
            log.extend(key.take_refused().then(|| "Refused".to_owned()));
        }
        log.join(" ")
    }

    #[test]
    fn a_press_is_reported_at_once_and_once() {
        assert_eq!(play("+ 500 -"), "Down Up");
        assert_eq!(play("+ 50 -"), "Down Up");
        assert_eq!(play("+ 10 + 10 + 10 - 5 -"), "Down Up");
        assert_eq!(play("- k r-"), "");
    }

    #[test]
    fn another_key_soon_after_makes_a_chord() {
        assert_eq!(play("+ 299 k 100 r 10 -"), "Down Cancelled");
        assert_eq!(play("+ 20 k 20 k 20 - 20 + 400 -"), "Down Cancelled Down Up");
        assert_eq!(play("+ 20 k?"), "Down Cancelled");
    }

    #[test]
    fn another_key_later_does_not_end_a_dictation() {
        assert_eq!(play("+ 300 k 20 r 500 -"), "Down Up");
    }

    #[test]
    fn a_barred_press_is_none() {
        assert_eq!(play("+o 500 - 10 + 400 -"), "Down Up");
        assert_eq!(play("+o 500 k 20 -"), "");
    }

    #[test]
    fn a_press_alone_that_cannot_be_followed_is_refused_once() {
        assert_eq!(play("+s 500 -"), "Refused");
        assert_eq!(play("+s 50 yes 50 - 10 - 10 no"), "Refused");
        assert_eq!(play("+s 500 - 10 + 400 - 10 +s 10 -"), "Refused Down Up Refused");
    }

    #[test]
    fn a_chord_that_cannot_be_followed_is_not() {
        // The é of a password.
        assert_eq!(play("+s 50 -k"), "");
        assert_eq!(play("+s 50 k 50 -"), "");
        assert_eq!(play("+os 500 -"), "");
        // Nobody knows when it was let go, and why.
        assert_eq!(play("+s 500 no"), "");
        assert_eq!(play("+s 500 lost 10 -"), "");
    }

    #[test]
    fn only_the_key_itself_goes_down() {
        // The arrow keys carry Fn's flag though Fn is up.
        assert_eq!(play("k r k r yes"), "");
    }

    #[test]
    fn any_event_tells_of_a_release_that_got_lost() {
        assert_eq!(play("+ 1000 k-"), "Down Up");
        assert_eq!(play("+ 1000 r-"), "Down Up");
        assert_eq!(play("+ 1000 no"), "Down Up");
        // A key pressed after the unseen release is no chord.
        assert_eq!(play("+ 100 k-"), "Down Up");
        assert_eq!(play("+ 1000 no 10 + 400 -"), "Down Up Down Up");
    }

    #[test]
    fn a_press_that_got_lost_is_not_made_up() {
        assert_eq!(play("yes 10 k 10 - 10 +"), "Down");
    }

    #[test]
    fn a_release_lost_after_a_chord_is_found_as_well() {
        assert_eq!(play("+ 100 k 1000 no 10 +"), "Down Cancelled Down");
        assert_eq!(play("+ 100 k 1000 lost 10 +"), "Down Cancelled Down");
    }

    #[test]
    fn losing_sight_is_a_release() {
        assert_eq!(play("+ 2000 lost"), "Down Up");
        assert_eq!(play("lost + 10 - lost"), "Down Up");
    }

    proptest! {
        /// Whatever happens, edges alternate, and nothing stays down once the keyboard says that the key is up.
        #[test]
        fn edges_alternate(words in prop::collection::vec(
            prop::sample::select(vec!["+", "+o", "+s", "-", "-k", "k", "k?", "k-", "r", "r-", "yes", "no", "lost", "90", "310"]), 0..60,
        )) {
            let tape = format!("{} no", words.join(" "));
            let played = play(&tape);
            let edges: Vec<&str> = played.split_whitespace().filter(|word| *word != "Refused").collect();
            prop_assert_eq!(edges.len() % 2, 0, "{}: {}", tape, played);
            for (at, edge) in edges.iter().enumerate() {
                prop_assert_eq!(*edge == "Down", at % 2 == 0, "{}: {}", tape, played);
            }
        }
    }
}
