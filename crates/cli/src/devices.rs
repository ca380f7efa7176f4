//! `tawk devices`

use std::process::ExitCode;

use serde::Serialize;
use tawk_core::microphone::{Microphone, MicrophoneChoice, PreferredMicrophone};
use tawk_core::{Error, ErrorKind, Result};

use crate::{World, output};

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    is_default: bool,
    /// Whether the next dictation would use it.
    is_chosen: bool,
    /// Its place in the user's list, from 1; `null` for one that is not in it.
    priority: Option<usize>,
    is_connected: bool,
}

/// Those of the user's list first, in its order, then the others that are connected.
fn rows(wanted: &[PreferredMicrophone], connected: &[Microphone]) -> Vec<Row> {
    let place = |microphone: &Microphone| wanted.iter().position(|one| one.choice().means(microphone));
    let first = connected.iter().filter_map(|microphone| Some((place(microphone)?, &microphone.id))).min();
    let mut rows: Vec<Row> = connected
        .iter()
        .map(|microphone| Row {
            id: microphone.id.clone(),
            name: microphone.name.clone(),
            is_default: microphone.is_default,
            is_chosen: first.is_some_and(|(_, id)| *id == microphone.id),
            priority: place(microphone).map(|place| place + 1),
            is_connected: true,
        })
        .collect();
    let is_here = |one: &PreferredMicrophone| connected.iter().any(|microphone| microphone.id == one.id);
    for (place, one) in wanted.iter().enumerate() {
        if one.choice() != MicrophoneChoice::SystemDefault && !is_here(one) {
            let (id, name) = (one.id.clone(), one.label().to_owned());
            let priority = Some(place + 1);
            rows.push(Row { id, name, is_default: false, is_chosen: false, priority, is_connected: false });
        }
    }
    rows.sort_by_key(|row| row.priority.unwrap_or(usize::MAX));
    rows
}

pub(crate) fn run(world: &World, json: bool) -> Result<ExitCode> {
    let wanted = world.settings().settings().microphone.list();
    let connected = world.platform.microphones.list()?;
    let rows = rows(&wanted, &connected);
    if json {
        output::json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    if connected.is_empty() {
        return Err(Error::new(ErrorKind::NoMicrophone, "No microphone is connected. Connect one and try again."));
    }
    let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0);
    for row in &rows {
        let place = row.priority.filter(|_| wanted.len() > 1).map(|place| format!("choice {place}"));
        let marks = [
            place.as_deref(),
            row.is_default.then_some("system default"),
            row.is_chosen.then_some("used by Tawk"),
            (!row.is_connected).then_some("not connected"),
        ];
        let marks: Vec<&str> = marks.into_iter().flatten().collect();
        let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
        output::line(&format!("{:width$}  {}{marks}", row.id, row.name));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_order_comes_first_and_the_first_that_is_connected_is_used() {
        let connected = [("a", false), ("b", true), ("c", false)].map(|(id, is_default)| Microphone {
            id: id.into(),
            name: id.to_uppercase(),
            is_default,
            is_bluetooth: false,
        });
        let wanted = [("x", "Away"), ("c", ""), ("default", "")]
            .map(|(id, name)| PreferredMicrophone { id: id.into(), name: name.into() });
        let seen: Vec<_> = rows(&wanted, &connected)
            .into_iter()
            .map(|row| (row.id, row.name, row.priority, row.is_chosen, row.is_connected))
            .collect();
        assert_eq!(
            seen,
            [
                ("x".to_owned(), "Away".to_owned(), Some(1), false, false),
                ("c".to_owned(), "C".to_owned(), Some(2), true, true),
                ("b".to_owned(), "B".to_owned(), Some(3), false, true),
                ("a".to_owned(), "A".to_owned(), None, false, true),
            ]
        );
    }
}
