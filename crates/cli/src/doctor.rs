//! `tawk doctor`

use std::process::ExitCode;

use tawk_app::{CheckState, Request};
use tawk_core::Result;

use crate::{World, output};

pub(crate) fn run(world: &World, json: bool) -> Result<ExitCode> {
    // A command has the terminal's permissions, not the app's: ask the app where one runs.
    let app = tawk_app::send(&world.folders, Request::Status).ok();
    let report = tawk_app::examine(&world.platform, &world.folders, app.as_ref().map(|reply| &reply.status));
    if json {
        output::json(&report)?;
    } else {
        for check in &report.checks {
            let mark = match check.state {
                CheckState::Good => "ok      ",
                CheckState::Warning => "warning ",
                CheckState::Bad => "problem ",
            };
            output::line(&format!("{mark} {}: {}", check.name, check.message));
            if let Some(step) = &check.next_step {
                output::line(&format!("         -> {step}"));
            }
        }
    }
    Ok(if report.worst() == CheckState::Bad { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
