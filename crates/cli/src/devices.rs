//! `tawk devices`

use std::process::ExitCode;

use serde::Serialize;
use tawk_core::{Error, ErrorKind, Result};

use crate::{World, output};

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    is_default: bool,
    is_chosen: bool,
}

pub(crate) fn run(world: &World, json: bool) -> Result<ExitCode> {
    let chosen = world.settings().settings().microphone.id.clone();
    let rows: Vec<Row> = world
        .platform
        .microphones
        .list()?
        .into_iter()
        .map(|microphone| Row {
            is_chosen: microphone.id == chosen || (chosen == "default" && microphone.is_default),
            id: microphone.id,
            name: microphone.name,
            is_default: microphone.is_default,
        })
        .collect();
    if json {
        output::json(&rows)?;
    } else if rows.is_empty() {
        return Err(Error::new(ErrorKind::NoMicrophone, "No microphone is connected. Connect one and try again."));
    }
    if !json {
        let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0);
        for row in &rows {
            let marks = [(row.is_default, "system default"), (row.is_chosen, "used by Tawk")];
            let marks: Vec<&str> = marks.into_iter().filter_map(|(set, mark)| set.then_some(mark)).collect();
            let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
            output::line(&format!("{:width$}  {}{marks}", row.id, row.name));
        }
    }
    Ok(ExitCode::SUCCESS)
}
