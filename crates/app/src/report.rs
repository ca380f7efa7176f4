//! A report for whoever is to help: what the doctor found and how long the last dictations took. Never what was said.

use std::fmt::Write as _;

use tawk_core::Result;
use tawk_store::history::Remembered;

use crate::doctor::{CheckState, Report};
use crate::handle::Handle;

/// So many dictations are told about.
const DICTATIONS: u32 = 10;

impl Handle {
    /// Puts the report on the clipboard. May take a second.
    ///
    /// # Errors
    /// `Storage`, `NoDisplay`.
    pub fn copy_report(&self) -> Result<()> {
        let text = report(&self.doctor(), &self.history("", None, DICTATIONS)?);
        self.shared.platform.clipboard.set_text(&without_home(&text, std::env::var("HOME").ok().as_deref()))
    }
}

/// The report. Of dictations it takes numbers, the model and the fate.
fn report(found: &Report, dictations: &[Remembered]) -> String {
    let mut text = format!("Tawk {}, {} {}\n\n", found.version, std::env::consts::OS, std::env::consts::ARCH);
    for check in &found.checks {
        let mark = match check.state {
            CheckState::Good => "ok     ",
            CheckState::Warning => "warning",
            CheckState::Bad => "problem",
        };
        let _ = writeln!(text, "{mark} {}: {}", check.id, check.message);
    }
    if !dictations.is_empty() {
        text.push_str("\nLast dictations, in ms:\n");
    }
    for Remembered { dictation, .. } in dictations {
        let _ = write!(text, "{} {}", dictation.fate, dictation.model);
        for (name, number) in &dictation.timing {
            let _ = write!(text, " {name}={number:.0}");
        }
        text.push('\n');
    }
    text
}

/// The user's name is nobody's business.
fn without_home(text: &str, home: Option<&str>) -> String {
    match home.map(|home| home.trim_end_matches('/')).filter(|home| !home.is_empty()) {
        Some(home) => text.replace(home, "~"),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tawk_store::history::{Dictation, WithheldText};

    use super::*;
    use crate::doctor::Check;

    #[test]
    fn the_report_holds_numbers_and_nothing_that_was_said() {
        let check = Check {
            id: "storage".into(),
            name: "Folders".into(),
            state: CheckState::Good,
            message: "Recordings lie in /home/ada/tawk.".into(),
            next_step: None,
        };
        let secret = || "secret".to_owned();
        let dictation = Remembered {
            id: 3,
            local_time: "2026-11-21 13:05".into(),
            dictation: Dictation {
                text: secret(),
                untyped: Some(secret()),
                withheld: vec![WithheldText { text: secret(), reason: "no-speech".into() }],
                fate: "held".into(),
                app: secret(),
                microphone: secret(),
                model: "base".into(),
                timing: [("audio".to_owned(), 1500.4)].into(),
                audio: Some(PathBuf::from("secret.wav")),
                ..Dictation::default()
            },
            first_text: Some(secret()),
        };
        let text = report(&Report { version: "1.2.3".into(), checks: vec![check] }, &[dictation]);
        let text = without_home(&text, Some("/home/ada/"));
        assert!(text.starts_with("Tawk 1.2.3, "), "{text}");
        assert!(text.contains("ok      storage: Recordings lie in ~/tawk."), "{text}");
        assert!(text.ends_with("held base audio=1500\n"), "{text}");
        assert!(!text.contains("secret") && !text.contains("ada"), "{text}");
    }

    #[test]
    fn without_a_home_the_text_stays() {
        assert_eq!(without_home("/a", None), "/a");
        assert_eq!(without_home("/a", Some("/")), "/a");
    }
}
