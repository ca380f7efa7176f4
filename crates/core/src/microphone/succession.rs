//! Which microphone takes the place of a lost one.

use std::time::Duration;

use super::MicrophoneChoice;

/// A microphone that is lost again within this time after it was opened has a bad contact or an empty battery: the others
/// are tried before it.
const SHORT: Duration = Duration::from_secs(2);

/// The microphones of one dictation in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    order: Vec<MicrophoneChoice>,
}

impl Succession {
    /// In the user's order.
    pub fn new(order: Vec<MicrophoneChoice>) -> Self {
        Self { order }
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
}
