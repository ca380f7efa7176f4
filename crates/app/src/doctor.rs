//! Examines everything that dictation needs, and says what to do about what is missing.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tawk_core::Error;
use tawk_core::microphone::MicrophoneChoice;
use tawk_core::permission::{Permission, PermissionState, SecureInput, listening_standing};
use tawk_core::ports::Field;
use tawk_core::settings::DEFAULT_HOTKEY;
use tawk_platform::Platform;
use tawk_store::{Folders, ModelFolder, Recordings, SettingsFile};

use crate::status::Status;

/// How long the doctor waits for the app in front to tell about its field.
const FIELD_WAIT: Duration = Duration::from_millis(1500);

/// What the doctor found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Tawk's version.
    pub version: String,
    /// Each thing looked at, in the order in which to mend them.
    pub checks: Vec<Check>,
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// A stable name, for instance `microphone-permission`.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// How it is.
    pub state: CheckState,
    /// What was found.
    pub message: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// As it should be.
    Good,
    /// Dictation works, but not as well as it could.
    Warning,
    /// Dictation does not work.
    Bad,
}

impl Report {
    /// The worst of all checks.
    pub fn worst(&self) -> CheckState {
        let any = |state| self.checks.iter().any(|check| check.state == state);
        match () {
            () if any(CheckState::Bad) => CheckState::Bad,
            () if any(CheckState::Warning) => CheckState::Warning,
            () => CheckState::Good,
        }
    }
}

fn check(id: &str, name: &str, state: CheckState, message: impl Into<String>) -> Check {
    Check { id: id.into(), name: name.into(), state, message: message.into(), next_step: None }
}

impl Check {
    fn next(mut self, step: impl Into<String>) -> Self {
        self.next_step = Some(step.into());
        self
    }

    /// An error's sentence already ends with the next step.
    fn failed(id: &str, name: &str, error: &Error) -> Self {
        check(id, name, CheckState::Bad, error.message.clone())
    }
}

/// Looks at everything. `app` is the running app's status, if one runs. May take a second.
pub fn examine(platform: &Platform, folders: &Folders, app: Option<&Status>) -> Report {
    let file = SettingsFile::open(folders.settings());
    let checks = [
        place(platform),
        Some(settings(&file)),
        Some(storage(folders)),
        Some(permission(platform, Permission::Microphone)),
        Some(microphone(platform, &file)),
        Some(permission(platform, Permission::Typing)),
        listening(platform, &file),
        Some(typing(platform)),
        Some(secure_input(platform)),
        Some(model(folders, &file)),
        Some(running(app)),
        Some(unfinished(folders)),
        Some(recordings(folders)),
    ]
    .into_iter()
    .flatten()
    .collect();
    Report { version: crate::VERSION.into(), checks }
}

/// Only where something is wrong with it.
fn place(platform: &Platform) -> Option<Check> {
    // The sentence ends with the next step.
    let advice = platform.installation.place().advice()?;
    Some(check("place", "Place of the app", CheckState::Warning, advice))
}

fn settings(file: &SettingsFile) -> Check {
    let (id, name) = ("settings", "Settings");
    let problems: Vec<_> = file.problems().iter().map(|problem| problem.message.as_str()).collect();
    if problems.is_empty() {
        return check(id, name, CheckState::Good, "All settings can be used.");
    }
    check(id, name, CheckState::Warning, problems.join(" "))
        .next("Correct the file, or set these values in the settings window.")
}

fn storage(folders: &Folders) -> Check {
    let (id, name) = ("storage", "Folders");
    match folders.create().and_then(|()| folders.check_writable()) {
        Ok(()) => {
            check(id, name, CheckState::Good, format!("Recordings and models lie in {}.", folders.data.display()))
        }
        Err(error) => Check::failed(id, name, &error),
    }
}

fn permission(platform: &Platform, permission: Permission) -> Check {
    let (id, name, what, pane) = match permission {
        Permission::Microphone => {
            ("microphone-permission", "Microphone permission", "use the microphone", "Microphone")
        }
        Permission::Typing => ("typing-permission", "Typing permission", "type into other apps", "Accessibility"),
        Permission::Listening => {
            ("listening-permission", "Hotkey permission", "hear a hotkey that is one key", "Input Monitoring")
        }
    };
    let list = format!("System Settings, Privacy & Security, {pane}");
    match platform.permissions.standing(permission) {
        PermissionState::NotNeeded => {
            check(id, name, CheckState::Good, format!("This system lets any program {what}."))
        }
        PermissionState::Granted => check(id, name, CheckState::Good, format!("Tawk may {what}.")),
        PermissionState::NotAsked => {
            let step = match permission {
                Permission::Microphone => "Start a dictation; the system asks then.".into(),
                Permission::Typing => format!("Press Allow… in Tawk's window, and switch Tawk on in {list}."),
                Permission::Listening => format!(
                    "Allow Accessibility, which typing needs too and which is enough. For this alone, press Allow… in Tawk's \
                     window, and switch Tawk on in {list}."
                ),
            };
            check(id, name, CheckState::Warning, format!("Tawk has not asked yet whether it may {what}.")).next(step)
        }
        PermissionState::Denied => {
            check(id, name, CheckState::Bad, format!("Tawk may not {what}.")).next(format!("Switch Tawk on in {list}."))
        }
        PermissionState::Stale => check(
            id,
            name,
            CheckState::Bad,
            format!("The system says that Tawk may {what}, but does not let it: the grant belongs to another copy of Tawk."),
        )
        .next(format!(
            "Press Repair in Tawk's window. If that does not help, remove Tawk from the list in {list}, and add it again."
        )),
        PermissionState::Restricted => {
            check(id, name, CheckState::Bad, format!("A policy of this machine forbids Tawk to {what}."))
                .next("Ask whoever manages this machine. No setting of yours can change it.")
        }
        PermissionState::Unknown => {
            check(id, name, CheckState::Warning, format!("The system did not say whether Tawk may {what}."))
                .next(format!("Look whether Tawk is switched on in {list}."))
        }
    }
}

/// Only for a hotkey that needs it, where the system guards keys.
fn listening(platform: &Platform, file: &SettingsFile) -> Option<Check> {
    let mut settings = file.settings().clone();
    if settings.dictation.hotkey == DEFAULT_HOTKEY {
        settings.dictation.hotkey = tawk_platform::default_hotkey().into();
    }
    let port = &platform.permissions;
    let (typing, listening) = (port.standing(Permission::Typing), port.standing(Permission::Listening));
    let state = listening_standing(&settings.hotkey(), typing, listening);
    (state != PermissionState::NotNeeded).then(|| permission(platform, Permission::Listening))
}

/// A dictation into a password field is refused every time, so this is a warning, not a fault.
fn secure_input(platform: &Platform) -> Check {
    let (id, name) = ("secure-input", "Secure input");
    let focus = platform.focus.as_ref();
    focus.look_at_field();
    let field = focus.field(FIELD_WAIT);
    match SecureInput::look(focus).advice() {
        Some(advice) => check(id, name, CheckState::Warning, advice),
        None if field == Field::Unknown => check(
            id,
            name,
            CheckState::Good,
            "Unknown: the app in front does not tell whether its field hides what is typed, so that Tawk would type into a \
             password field there.",
        )
        .next("For apps that can tell, switch accessibility on in the desktop's settings and start the app anew."),
        None => check(id, name, CheckState::Good, "No program keeps the keyboard to itself."),
    }
}

fn microphone(platform: &Platform, file: &SettingsFile) -> Check {
    let (id, name) = ("microphone", "Microphone");
    let list = match platform.microphones.list() {
        Ok(list) => list,
        Err(error) => return Check::failed(id, name, &error),
    };
    if list.is_empty() {
        return check(id, name, CheckState::Bad, "No microphone is connected.")
            .next("Connect one, or check its cable.");
    }
    let wanted = file.settings().microphone.list();
    let found = wanted.iter().find_map(|one| Some((one, list.iter().find(|here| one.choice().means(here))?)));
    match (found, &wanted[..]) {
        (Some((one, here)), _) if one.choice() == MicrophoneChoice::SystemDefault => {
            check(id, name, CheckState::Good, format!("{} (the system's default).", here.name))
        }
        (Some((_, here)), _) => check(id, name, CheckState::Good, format!("{}.", here.name)),
        (None, [one]) if one.choice() == MicrophoneChoice::SystemDefault => {
            check(id, name, CheckState::Warning, "The system has no default microphone.")
                .next("Choose one in Tawk's menu or in the system's sound settings.")
        }
        (None, [one]) => {
            check(id, name, CheckState::Bad, format!("The chosen microphone, {}, is not connected.", one.label()))
                .next("Connect it, or choose another in Tawk's menu.")
        }
        (None, _) => check(id, name, CheckState::Bad, "None of the microphones that you chose is connected.")
            .next("Connect one of them, or choose another in Tawk's menu."),
    }
}

fn typing(platform: &Platform) -> Check {
    let (id, name) = ("typing", "Typing");
    match platform.typists.open() {
        Ok(_) => match tawk_platform::limitation() {
            None => check(id, name, CheckState::Good, "Tawk can type into the focused app."),
            // The sentence ends with the next step.
            Some(limitation) => check(id, name, CheckState::Warning, limitation.message),
        },
        Err(error) => Check::failed(id, name, &error),
    }
}

fn model(folders: &Folders, file: &SettingsFile) -> Check {
    let (id, name) = ("model", "Model");
    let settings = file.settings();
    match ModelFolder::new(folders).find_for(&settings.recognition.model, settings.language()) {
        Ok(path) if tawk_store::is_demo_file(&path) => check(
            id,
            name,
            CheckState::Warning,
            "Only the demo model is installed. It knows 356 words and is not fit for dictation.",
        )
        .next("Get a real one: tawk models fetch base.en-q5_1 (60 MB, English), or choose one in the settings window."),
        Ok(path) => check(id, name, CheckState::Good, format!("{}.", tawk_store::id_of(&path))),
        Err(error) => Check::failed(id, name, &error),
    }
}

fn running(app: Option<&Status>) -> Check {
    let (id, name) = ("app", "App and hotkey");
    match app {
        None => check(id, name, CheckState::Warning, "Tawk is not running, so no hotkey is listened to.")
            .next("Start the Tawk app."),
        Some(status) => match &status.trouble {
            Some(trouble) => check(id, name, CheckState::Warning, trouble.message.clone()),
            None => check(id, name, CheckState::Good, format!("Tawk is running. Its hotkey is {}.", status.hotkey)),
        },
    }
}

fn unfinished(folders: &Folders) -> Check {
    let (id, name) = ("unfinished", "Unfinished dictations");
    match Recordings::new(folders).count_unfinished() {
        Ok(0) => check(id, name, CheckState::Good, "None: no dictation was cut short."),
        Ok(count) => check(
            id,
            name,
            CheckState::Warning,
            format!("{count} cut short when Tawk or the machine ended. What was said until then is kept."),
        )
        .next("Choose Recover Dictation… in Tawk's menu, or run tawk recover."),
        Err(error) => Check::failed(id, name, &error),
    }
}

fn recordings(folders: &Folders) -> Check {
    let (id, name) = ("recordings", "Kept recordings");
    match Recordings::new(folders).leftovers() {
        Ok(kept) if kept.is_empty() => check(id, name, CheckState::Good, "None: every dictation was delivered."),
        Ok(kept) => check(
            id,
            name,
            CheckState::Good,
            format!(
                "{} in {}. They stay as long as their dictations in the history.",
                kept.len(),
                folders.recordings.display()
            ),
        )
        .next("To get the text of one: tawk transcribe FILE."),
        Err(error) => Check::failed(id, name, &error),
    }
}

#[cfg(test)]
mod tests;
