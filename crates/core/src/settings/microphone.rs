//! Which microphone is heard.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::microphone::{ChannelChoice, DEFAULT_MICROPHONE, PreferredMicrophone};

/// The most microphones that the list may hold: each that is away costs a look when a dictation begins.
pub const MOST_MICROPHONES: usize = 20;

/// Which microphone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MicrophoneSettings {
    /// The microphones to use, the first of them that is connected. Empty: only [`MicrophoneSettings::id`].
    pub priority: Vec<PreferredMicrophone>,
    /// `default` or a microphone's stable id. From before there was a list, and of force only while that is empty.
    pub id: String,
    /// The name of the microphone with that id, to show while it is away.
    pub name: String,
    /// `loudest`, `mix`, or a channel counted from 1.
    pub channel: String,
    /// Whether to advise against a Bluetooth headset's microphone when one is used.
    pub bluetooth_advice: bool,
    /// So many ms from before the key went down belong to a dictation; 0 hears nothing between dictations.
    pub pre_roll_ms: u32,
}

/// The most ms from before the key that a dictation may have.
const LONGEST_PRE_ROLL: u32 = 1_000;

impl Default for MicrophoneSettings {
    fn default() -> Self {
        Self {
            priority: Vec::new(),
            id: DEFAULT_MICROPHONE.into(),
            name: String::new(),
            channel: "loudest".into(),
            bluetooth_advice: true,
            pre_roll_ms: 0,
        }
    }
}

impl MicrophoneSettings {
    /// The microphones to use, in the order of preference; at least one.
    pub fn list(&self) -> Vec<PreferredMicrophone> {
        if self.priority.is_empty() {
            return vec![PreferredMicrophone { id: self.id.clone(), name: self.name.clone() }];
        }
        self.priority.clone()
    }

    /// The list with `first` before all others. Where that makes it too long, the last one goes.
    pub fn with_first(&self, first: PreferredMicrophone) -> Vec<PreferredMicrophone> {
        let mut list = self.list();
        list.retain(|microphone| microphone.id != first.id);
        list.insert(0, first);
        list.truncate(MOST_MICROPHONES);
        list
    }

    /// How much from before the key belongs to a dictation; `None` if nothing is heard between dictations.
    pub fn pre_roll(&self) -> Option<Duration> {
        (self.pre_roll_ms > 0).then(|| Duration::from_millis(self.pre_roll_ms.min(LONGEST_PRE_ROLL).into()))
    }

    /// The channel to hear.
    pub(super) fn channel(&self) -> ChannelChoice {
        parse_channel(&self.channel).unwrap_or_default()
    }

    /// Reports every value that is out of bounds, by its dotted name and with a sentence.
    pub(super) fn report(&self, report: &mut impl FnMut(&str, String)) {
        if parse_channel(&self.channel).is_none() {
            report("microphone.channel", "The channel must be loudest, mix, or a number from 1 to 64.".into());
        }
        if self.id.trim().is_empty() {
            report("microphone.id", "The microphone must be default or an id that tawk devices lists.".into());
        }
        if self.pre_roll_ms > LONGEST_PRE_ROLL {
            report("microphone.pre_roll_ms", "The time before the key must be 0 to 1000 ms; 0 switches it off.".into());
        }
        let is_twice = |at: usize| self.priority[..at].iter().any(|before| before.id == self.priority[at].id);
        if self.priority.len() > MOST_MICROPHONES {
            report("microphone.priority", format!("The list may hold {MOST_MICROPHONES} microphones at most."));
        } else if self.priority.iter().any(|microphone| microphone.id.trim().is_empty()) {
            report(
                "microphone.priority",
                "Each microphone in the list must be default or an id that tawk devices lists.".into(),
            );
        } else if (0..self.priority.len()).any(is_twice) {
            report("microphone.priority", "A microphone may be in the list only once.".into());
        }
    }
}

fn parse_channel(text: &str) -> Option<ChannelChoice> {
    match text {
        "loudest" => Some(ChannelChoice::Loudest),
        "mix" => Some(ChannelChoice::Mix),
        number => {
            let channel: u16 = number.parse().ok()?;
            (1..=64).contains(&channel).then(|| ChannelChoice::Index(channel - 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microphone::MicrophoneChoice;
    use crate::settings::Settings;

    fn preferred(id: &str, name: &str) -> PreferredMicrophone {
        PreferredMicrophone { id: id.into(), name: name.into() }
    }

    fn complaint(priority: Vec<PreferredMicrophone>) -> Option<String> {
        let microphone = MicrophoneSettings { priority, ..MicrophoneSettings::default() };
        let problems = Settings { microphone, ..Settings::default() }.problems();
        assert!(problems.iter().all(|problem| problem.key == "microphone.priority"), "{problems:?}");
        problems.into_iter().next().map(|problem| problem.message)
    }

    #[test]
    fn channels_count_from_one_for_people() {
        assert_eq!(parse_channel("1"), Some(ChannelChoice::Index(0)));
        assert_eq!(parse_channel("65"), None);
    }

    #[test]
    fn a_single_id_from_before_is_a_list_of_one() {
        let mut settings = Settings::default();
        assert_eq!(settings.microphones(), [MicrophoneChoice::SystemDefault]);
        settings.microphone.id = "mic".into();
        settings.microphone.name = "Desk".into();
        assert_eq!(settings.microphone.list(), [preferred("mic", "Desk")]);
        settings.microphone.priority = vec![preferred("usb", ""), PreferredMicrophone::system_default()];
        assert_eq!(
            settings.microphones(),
            [MicrophoneChoice::Id("usb".into()), MicrophoneChoice::SystemDefault],
            "the list is in force, the single id no longer"
        );
    }

    #[test]
    fn the_first_moves_up_and_the_others_stay() {
        let mut settings = MicrophoneSettings::default();
        settings.priority = settings.with_first(preferred("a", "A"));
        settings.priority = settings.with_first(preferred("b", "B"));
        settings.priority = settings.with_first(preferred("a", "A, renamed"));
        assert_eq!(
            settings.list(),
            [preferred("a", "A, renamed"), preferred("b", "B"), PreferredMicrophone::system_default()]
        );
        for number in 0..30 {
            settings.priority = settings.with_first(preferred(&number.to_string(), ""));
        }
        assert_eq!(settings.priority.len(), MOST_MICROPHONES);
        assert_eq!(settings.priority[0].id, "29");
    }

    #[test]
    fn a_list_with_gaps_or_repetitions_is_refused() {
        assert_eq!(complaint(vec![preferred("a", ""), preferred("default", "")]), None);
        assert!(complaint(vec![preferred("a", ""), preferred(" ", "")]).is_some());
        assert!(complaint(vec![preferred("a", ""), preferred("a", "A")]).is_some());
        assert!(complaint((0..21).map(|n| preferred(&n.to_string(), "")).collect()).is_some());
    }
}
