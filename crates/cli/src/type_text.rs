//! `tawk type`

use std::io::Read;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use tawk_core::ports::{Field, TypingStyle};
use tawk_core::settings::would_be_garbled;
use tawk_core::{Error, ErrorKind, Result, keystroke};

use crate::World;

/// How long to wait for the app in front to tell about its field. One that cannot is soon known not to.
const FIELD_WAIT: Duration = Duration::from_millis(1500);

pub(crate) fn run(world: &World, text: String, after: u64) -> Result<ExitCode> {
    let text = if text == "-" { from_stdin()? } else { text };
    let file = world.settings();
    // Before the wait, so that a missing display is told at once.
    let mut typist = world.platform.typists.open()?;
    thread::sleep(Duration::from_millis(after));
    let focus = &world.platform.focus;
    focus.look_at_field();
    if focus.field(FIELD_WAIT) == Field::Password {
        return Err(Error::new(
            ErrorKind::SecureInput,
            "A password field has the keyboard, and Tawk never types there. Click into another field and try again.",
        ));
    }
    let target = focus.current()?.ok_or_else(|| {
        Error::new(
            ErrorKind::FocusMoved,
            "No window has the focus. Click into a text field, and give yourself time with --after 3000.",
        )
    })?;
    let typing = file.settings().typing_into(target.app_id.as_deref(), tawk_platform::usual_units());
    if typing.holds {
        return Err(would_be_garbled(&target.app));
    }
    let strokes = keystroke::plan(&text, typing.plan);
    let style = TypingStyle { hotkey: None, target: Some(target.id), ..typing.style };
    let mut go_on = || matches!(focus.current(), Ok(Some(now)) if now.id == target.id) && !focus.secure_input();
    let typed = typist.type_strokes(&strokes, &style, &mut go_on)?;
    if typed.strokes < strokes.len() {
        let rest = keystroke::rest_of(&strokes, typed);
        return Err(Error::new(
            ErrorKind::FocusMoved,
            format!(
                "The focus moved, so the last {} characters were not typed. Click back and type them again.",
                rest.chars().count()
            ),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn from_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| {
        Error::new(ErrorKind::BadInput, format!("Standard input is not text in UTF-8 ({error}). Convert it first."))
    })?;
    Ok(text)
}
