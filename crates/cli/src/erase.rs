//! `tawk erase`: everything that Tawk has written on this machine.

use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;

use tawk_app::Models;
use tawk_core::{Error, ErrorKind, Result};

use crate::{World, output};

pub(crate) fn run(world: &World, models: Models, is_sure: bool) -> Result<ExitCode> {
    if !is_sure && !confirms(models) {
        return Err(Error::new(
            ErrorKind::Aborted,
            "Nothing was deleted. To delete without a question: tawk erase --yes.",
        ));
    }
    let erased = tawk_app::erase(&world.platform, &world.folders, models)?;
    for line in &erased.removed {
        output::line(&format!("deleted  {line}"));
    }
    if erased.removed.is_empty() && erased.failed.is_empty() {
        output::line("There was nothing to delete.");
    }
    for sentence in &erased.left {
        output::note(sentence);
    }
    match erased.failed.join(" ") {
        failed if failed.is_empty() => Ok(ExitCode::SUCCESS),
        failed => Err(Error::new(ErrorKind::Storage, failed)),
    }
}

fn confirms(models: Models) -> bool {
    let and_models = if models == Models::Delete { ", the models" } else { "" };
    let question = format!(
        "This quits Tawk if it runs, and deletes its recordings, history, settings, logs{and_models} and the start at \
         login. It cannot be undone. Type yes to go on: "
    );
    let _ = write!(io::stderr(), "{question}");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && answer.trim() == "yes"
}
