//! `tawk toggle|cancel|undo|status|open|quit`: the running app, through its socket.

use std::process::ExitCode;

use tawk_app::{Request, State};
use tawk_core::Result;
use tawk_core::ports::Field;

use crate::{World, output};

pub(crate) fn run(world: &World, request: Request, json: bool) -> Result<ExitCode> {
    let reply = tawk_app::send(&world.folders, request)?;
    if json {
        output::json(&reply)?;
    } else if request == Request::Status {
        let state = match reply.status.state {
            State::Idle => "idle",
            State::Connecting => "connecting",
            State::Listening => "listening",
            State::Working => "working",
            State::Trouble => "trouble",
        };
        output::line(state);
        if reply.status.withheld > 0 {
            output::note(&format!(
                "{} parts of the last dictation were not typed, because nobody said them.",
                reply.status.withheld
            ));
        }
        if let Some(waiting) = reply.status.waiting {
            output::note(&waiting.sentence());
        }
        if let Some(trouble) = reply.status.trouble {
            output::note(&trouble.message);
        }
        match reply.status.field {
            Field::Plain => {}
            Field::Password => output::note("A password field has the keyboard; nothing is typed there."),
            Field::Unknown => output::note("It is unknown whether the field with the keyboard hides what is typed."),
        }
    }
    Ok(ExitCode::SUCCESS)
}
