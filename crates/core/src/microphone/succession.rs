//! Which microphone takes the place of a lost one.

use std::time::Duration;

use super::MicrophoneChoice;

/// A microphone that is lost again within this time after it was opened has a bad contact or an empty battery: the others
/// are tried before it.
const SHORT: Duration = Duration::from_secs(2);

/// How often in a row a microphone may change its format. A Bluetooth headset does it once or twice as its microphone
/// starts.
const CHANGES: u32 = 3;

/// The microphones of one dictation in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    order: Vec<MicrophoneChoice>,
    /// How often the format of what was heard has changed in a row.
    changes: u32,
}

impl Succession {
    /// In the user's order.
    pub fn new(order: Vec<MicrophoneChoice>) -> Self {
        Self { order, changes: 0 }
    }

    /// The microphone that was opened as `choice` was lost after it had run for `ran`. One that ran well is tried in its
    /// turn again, because what ended may have been the stream only.
    pub fn lost(&mut self, choice: &MicrophoneChoice, ran: Duration) {
        if ran < SHORT
            && let Some(at) = self.order.iter().position(|one| one == choice)
        {
            let last = self.order.remove(at);
            self.order.push(last);
        }
    }

    /// The microphone that was opened as `choice` changed its format after it had run for `ran`: it is there, and is tried
    /// first. One that does it again and again before it runs well counts as lost. Returns whether it did it as it started.
    pub fn changed(&mut self, choice: &MicrophoneChoice, ran: Duration) -> bool {
        self.changes = if ran < SHORT { self.changes + 1 } else { 1 };
        if self.changes > CHANGES {
            self.lost(choice, ran);
        } else if let Some(at) = self.order.iter().position(|one| one == choice) {
            self.order[..=at].rotate_right(1);
        }
        ran < SHORT && self.changes <= CHANGES
    }

    /// What to try, in this order. Never anything that the user has not listed.
    pub fn candidates(&self) -> &[MicrophoneChoice] {
        &self.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(succession: &Succession) -> Vec<String> {
        let name = |choice: &MicrophoneChoice| match choice {
            MicrophoneChoice::SystemDefault => "default".to_owned(),
            MicrophoneChoice::Id(id) => id.clone(),
        };
        succession.candidates().iter().map(name).collect()
    }

    #[test]
    fn what_ran_well_keeps_its_place_and_what_failed_at_once_comes_last() {
        let [a, b, c] = ["a", "b", "default"].map(MicrophoneChoice::of);
        let mut succession = Succession::new(vec![a.clone(), b.clone(), c]);
        succession.lost(&a, SHORT);
        assert_eq!(ids(&succession), ["a", "b", "default"]);
        succession.lost(&a, Duration::from_millis(300));
        assert_eq!(ids(&succession), ["b", "default", "a"]);
        succession.lost(&b, Duration::ZERO);
        assert_eq!(ids(&succession), ["default", "a", "b"]);
        succession.lost(&MicrophoneChoice::of("unknown"), Duration::ZERO);
        assert_eq!(ids(&succession), ["default", "a", "b"]);
    }

    #[test]
    fn what_changes_its_format_is_tried_first_unless_it_never_ends() {
        let [a, b, c] = ["a", "b", "c"].map(MicrophoneChoice::of);
        let mut succession = Succession::new(vec![a, b.clone(), c]);
        for _ in 0..CHANGES {
            assert!(succession.changed(&b, Duration::from_millis(300)));
            assert_eq!(ids(&succession), ["b", "a", "c"]);
        }
        // It ran well, so that the count begins anew.
        for _ in 0..CHANGES {
            assert!(!succession.changed(&b, SHORT));
            assert_eq!(ids(&succession), ["b", "a", "c"]);
        }
        for _ in 1..CHANGES {
            assert!(succession.changed(&b, Duration::ZERO));
            assert_eq!(ids(&succession), ["b", "a", "c"]);
        }
        assert!(!succession.changed(&b, Duration::ZERO));
        assert_eq!(ids(&succession), ["a", "c", "b"]);
    }
}
