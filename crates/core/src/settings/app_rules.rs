//! How text gets into particular apps: the user's rules, and what Tawk knows by itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{NewlineSetting, Settings};
use crate::keystroke::{MAX_UNITS_PER_STROKE, Newline, PlanStyle};
use crate::ports::TypingStyle;
use crate::{Error, ErrorKind};

/// The most rules that the list may hold.
const MOST_RULES: usize = 200;

/// The user's rule for one app. What it leaves out is as for every app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRule {
    /// [`crate::ports::Target::app_id`]; capitals and small letters are the same.
    pub app: String,
    /// [`super::Typing::chunk_units`] for this app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_units: Option<u32>,
    /// [`super::Typing::pace_ms`] for this app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace_ms: Option<f64>,
    /// [`super::Typing::newline`] for this app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newline: Option<NewlineSetting>,
    /// Whether nothing is typed there and all text is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<bool>,
}

/// How text gets into one app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppTyping {
    /// How it is cut into keystrokes.
    pub plan: PlanStyle,
    /// How they are sent.
    pub style: TypingStyle,
    /// Whether typing would come out as something else there, so that the text is held. [`would_be_garbled`] says so.
    pub holds: bool,
}

/// What an app does with key events that carry text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Habit {
    /// It translates the key's place and ignores the text that comes with it.
    TranslatesKeys,
    /// It has a part, such as a terminal, that takes only the first character of an event.
    FirstCharacterOnly,
    /// It drops characters that follow one another faster than this, in ms.
    Slow(f64),
}

/// By their bundle ids. An app is here because somebody met the trouble in it, or in what it is built from; none of it
/// was tried by Tawk. Where an app is missing, a rule in the settings helps.
const KNOWN: &[(&str, Habit)] = &[
    // What goes to another machine, real or virtual, goes as the places of keys: every character arrived as “a”
    // (VoiceInk pull request 758 and FluidVoice pull request 951, KeePassXC issue 3080, try-omarchy issue 222), and
    // Shift is lost even when the places are right (UTM issue 4189, deskflow issue 5799, codex issue 42305).
    ("com.microsoft.rdc.macos", Habit::TranslatesKeys),
    ("com.citrix.receiver.icaviewer.mac", Habit::TranslatesKeys),
    ("com.parallels.desktop.console", Habit::TranslatesKeys),
    ("com.vmware.fusion", Habit::TranslatesKeys),
    ("org.virtualbox.app.VirtualBoxVM", Habit::TranslatesKeys),
    ("com.utmapp.UTM", Habit::TranslatesKeys),
    ("com.github.cirruslabs.tart", Habit::TranslatesKeys),
    ("com.apple.ScreenSharing", Habit::TranslatesKeys),
    // xterm.js (issue 6185): Visual Studio Code, what is made from it, and Hyper.
    ("com.microsoft.VSCode", Habit::FirstCharacterOnly),
    ("com.microsoft.VSCodeInsiders", Habit::FirstCharacterOnly),
    ("com.vscodium", Habit::FirstCharacterOnly),
    ("com.todesktop.230313mzl4w4u92", Habit::FirstCharacterOnly), // Cursor
    ("com.exafunction.windsurf", Habit::FirstCharacterOnly),
    ("co.zeit.hyper", Habit::FirstCharacterOnly),
    // The kitty keyboard protocol; gpui (kild pull request 231); Google Docs in Safari (FluidVoice issue 958); Electron
    // and web fields (FluidVoice pull request 175).
    ("net.kovidgoyal.kitty", Habit::FirstCharacterOnly),
    ("dev.zed.Zed", Habit::FirstCharacterOnly),
    ("com.apple.Safari", Habit::FirstCharacterOnly),
    ("com.google.Chrome", Habit::FirstCharacterOnly),
    ("com.tinyspeck.slackmacgap", Habit::FirstCharacterOnly),
    ("notion.id", Habit::FirstCharacterOnly),
    // A web view that lost characters until there were 8 ms between them (gonhanh pull request 398).
    ("com.microsoft.Outlook", Habit::Slow(8.0)),
];

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn habit(app: &str) -> Option<Habit> {
    KNOWN.iter().find(|(known, _)| is_same(known, app)).map(|(_, habit)| *habit)
}

impl Settings {
    /// How text gets into the app with this [`crate::ports::Target::app_id`]. The user's rule for the app says it first;
    /// what it leaves open is as for every app, but no faster and in no larger pieces than the app is known to take.
    /// `usual_units` are the characters of a keystroke that suit the system.
    pub fn typing_into(&self, app: Option<&str>, usual_units: u32) -> AppTyping {
        let typing = &self.typing;
        let rule = typing.apps.iter().find(|rule| app.is_some_and(|app| is_same(app, rule.app.trim())));
        let habit = app.and_then(habit);
        let units = rule.and_then(|rule| rule.chunk_units).unwrap_or(match habit {
            Some(Habit::FirstCharacterOnly) => 1,
            _ => typing.chunk_units,
        });
        let units = if units == 0 { usual_units } else { units };
        let pace = rule.and_then(|rule| rule.pace_ms).unwrap_or(match habit {
            Some(Habit::Slow(least)) => typing.pace_ms.max(least),
            _ => typing.pace_ms,
        });
        let newline = match rule.and_then(|rule| rule.newline).unwrap_or(typing.newline) {
            NewlineSetting::Return => Newline::Return,
            NewlineSetting::ShiftReturn => Newline::ShiftReturn,
            NewlineSetting::Space => Newline::Space,
        };
        AppTyping {
            plan: PlanStyle { max_units: units as usize, newline },
            style: TypingStyle {
                pace: Duration::from_secs_f64(pace / 1000.0),
                release_wait: Duration::from_millis(typing.release_wait_ms.into()),
                hotkey: Some(self.hotkey()),
                target: None,
            },
            holds: rule.and_then(|rule| rule.hold).unwrap_or(habit == Some(Habit::TranslatesKeys)),
        }
    }
}

/// Why nothing is typed into an app that holds text, by its name for people, which may be empty.
pub fn would_be_garbled(app: &str) -> Error {
    let app = if app.is_empty() { "This app" } else { app };
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "{app} passes on which keys are pressed and not their text, so what Tawk types would come out wrong. A rule for \
             it under typing.apps in the settings file can let Tawk type all the same."
        ),
    )
}

/// What is wrong with the user's rules, a sentence; `None` if nothing is.
pub(super) fn problem(rules: &[AppRule]) -> Option<String> {
    if rules.len() > MOST_RULES {
        return Some(format!("There may be {MOST_RULES} rules for apps at most."));
    }
    for (at, rule) in rules.iter().enumerate() {
        let app = rule.app.trim();
        if app.is_empty() {
            return Some("Each rule must name its app: a bundle id on a Mac, a window's class on Linux.".into());
        }
        if rules[..at].iter().any(|before| is_same(before.app.trim(), app)) {
            return Some(format!("There are two rules for “{app}”. Make them one."));
        }
        if rule.chunk_units.is_some_and(|units| units > MAX_UNITS_PER_STROKE as u32) {
            return Some(format!("The characters per keystroke for “{app}” must be 1 to 20, or 0 for the usual."));
        }
        if rule.pace_ms.is_some_and(|pace| !(0.0..=100.0).contains(&pace)) {
            return Some(format!("The pace for “{app}” must be 0 to 100 ms."));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: u32 = 1;
    const X11: u32 = 20;

    fn with(apps: Vec<AppRule>) -> Settings {
        let mut settings = Settings::default();
        settings.typing.apps = apps;
        settings
    }

    fn rule(app: &str) -> AppRule {
        AppRule { app: app.into(), ..AppRule::default() }
    }

    fn units(settings: &Settings, app: &str, usual: u32) -> usize {
        settings.typing_into(Some(app), usual).plan.max_units
    }

    fn pace(settings: &Settings, app: &str) -> Duration {
        settings.typing_into(Some(app), MAC).style.pace
    }

    #[test]
    fn without_a_rule_the_system_decides_how_much_a_keystroke_carries() {
        let settings = Settings::default();
        for app in [None, Some("com.apple.TextEdit")] {
            let typing = settings.typing_into(app, MAC);
            assert_eq!((typing.plan.max_units, typing.plan.newline, typing.holds), (1, Newline::Return, false));
            assert_eq!((typing.style.pace, typing.style.target), (Duration::from_millis(2), None));
            assert_eq!(settings.typing_into(app, X11).plan.max_units, 20);
        }
    }

    #[test]
    fn the_users_number_holds_where_an_app_is_not_known_to_lose_text() {
        let mut settings = Settings::default();
        settings.typing.chunk_units = 12;
        assert_eq!(units(&settings, "com.apple.TextEdit", MAC), 12);
        assert_eq!(settings.typing_into(None, MAC).plan.max_units, 12);
        for app in ["com.microsoft.VSCode", "com.todesktop.230313mzl4w4u92", "net.kovidgoyal.kitty", "NOTION.ID"] {
            assert_eq!(units(&settings, app, MAC), 1, "{app}");
        }
    }

    #[test]
    fn a_slow_app_is_never_typed_into_faster_than_it_can_take() {
        let mut settings = Settings::default();
        assert_eq!(pace(&settings, "com.microsoft.Outlook"), Duration::from_millis(8));
        settings.typing.pace_ms = 20.0;
        assert_eq!(pace(&settings, "com.microsoft.Outlook"), Duration::from_millis(20));
        assert_eq!(pace(&settings, "com.apple.TextEdit"), Duration::from_millis(20));
    }

    #[test]
    fn what_goes_to_another_machine_is_held() {
        let settings = Settings::default();
        for app in ["com.microsoft.rdc.macos", "com.utmapp.UTM", "com.vmware.fusion"] {
            assert!(settings.typing_into(Some(app), MAC).holds, "{app}");
        }
        assert!(!settings.typing_into(Some("com.microsoft.rdc"), MAC).holds, "only the whole id counts");
        let error = would_be_garbled("Windows App");
        assert!(error.message.starts_with("Windows App passes on"), "{error}");
        assert!(would_be_garbled("").message.starts_with("This app"));
    }

    #[test]
    fn the_users_rule_is_above_all_and_leaves_open_what_it_does_not_say() {
        let settings = with(vec![
            AppRule { hold: Some(false), ..rule("com.microsoft.RDC.macos") },
            AppRule { chunk_units: Some(20), ..rule("com.microsoft.VSCode") },
            AppRule { pace_ms: Some(1.5), ..rule("com.microsoft.Outlook") },
            AppRule { newline: Some(NewlineSetting::ShiftReturn), ..rule("Chat") },
            AppRule { hold: Some(true), chunk_units: Some(0), ..rule(" Vault ") },
        ]);
        assert_eq!(settings.problems(), []);
        assert!(!settings.typing_into(Some("com.microsoft.rdc.macos"), MAC).holds);
        assert_eq!(units(&settings, "com.microsoft.VSCode", MAC), 20);
        assert_eq!(pace(&settings, "com.microsoft.VSCode"), Duration::from_millis(2));
        assert_eq!(pace(&settings, "com.microsoft.Outlook"), Duration::from_micros(1500));
        assert_eq!(
            settings.typing_into(Some("chat"), X11).plan,
            PlanStyle { max_units: 20, newline: Newline::ShiftReturn }
        );
        assert!(settings.typing_into(Some("Vault"), X11).holds);
        assert_eq!(units(&settings, "Vault", MAC), 1);
        assert_eq!(settings.typing_into(None, MAC), Settings::default().typing_into(None, MAC));
    }

    #[test]
    fn rules_that_cannot_be_used_are_refused_with_a_sentence() {
        let complaint = |apps: Vec<AppRule>| {
            let problems = with(apps).problems();
            assert!(problems.iter().all(|problem| problem.key == "typing.apps"), "{problems:?}");
            problems.into_iter().next().map(|problem| problem.message)
        };
        assert_eq!(complaint(vec![rule("a"), rule("b")]), None);
        assert!(complaint(vec![rule(" ")]).unwrap().contains("must name its app"));
        assert!(complaint(vec![rule("a"), rule("A")]).unwrap().contains("two rules"));
        let mut one = rule("a");
        one.chunk_units = Some(21);
        assert!(complaint(vec![one.clone()]).unwrap().contains("1 to 20"));
        (one.chunk_units, one.pace_ms) = (None, Some(f64::NAN));
        assert!(complaint(vec![one]).unwrap().contains("0 to 100 ms"));
        assert!(complaint((0..=MOST_RULES).map(|n| rule(&n.to_string())).collect()).is_some());
    }

    #[test]
    fn every_known_app_is_there_once() {
        for (at, (app, _)) in KNOWN.iter().enumerate() {
            assert!(!KNOWN[..at].iter().any(|(before, _)| is_same(before, app)), "{app}");
            assert!(app.contains('.') && !app.contains(' '), "{app} is no bundle id");
        }
    }
}
