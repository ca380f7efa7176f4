//! `tawk models`

use std::process::ExitCode;

use tawk_app::{ModelRow, model_rows};
use tawk_core::Result;
use tawk_core::recognition::AbortSwitch;
use tawk_store::{ModelFolder, Origin};

use crate::{ModelAction, World, output};

pub(crate) fn run(world: &World, action: ModelAction) -> Result<ExitCode> {
    world.folders.create()?;
    let folder = ModelFolder::new(&world.folders);
    match action {
        ModelAction::List { json } => list(&model_rows(&world.folders, world.settings().settings())?, json)?,
        ModelAction::Fetch { id } => {
            let entry = tawk_app::find_model(&id)?;
            let bar = output::bar(entry.bytes, &id);
            let mut progress = |done: u64, _: u64| bar.set_position(done);
            let path = tawk_store::fetch(entry, &folder, &Origin::publisher(), &mut progress, &AbortSwitch::default())?;
            bar.finish_and_clear();
            output::line(&format!("{id} is installed: {}", path.display()));
        }
        ModelAction::Import { file } => {
            let bytes = std::fs::metadata(&file).map_or(0, |data| data.len());
            let bar = output::bar(bytes, "importing");
            let id = folder.import(&file, &mut |done, _| bar.set_position(done))?;
            bar.finish_and_clear();
            output::line(&format!("{id} is installed."));
        }
        ModelAction::Verify { id } => {
            let bar = output::bar(0, "verifying");
            let verified = folder.verify(&id, &mut |done, total| {
                bar.set_length(total);
                bar.set_position(done);
            });
            bar.finish_and_clear();
            verified?;
            output::line(&format!("{id} is whole."));
        }
        ModelAction::Remove { id } => {
            folder.remove(&id)?;
            output::line(&format!("{id} is removed."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(rows: &[ModelRow], json: bool) -> Result<()> {
    if json {
        return output::json(&rows);
    }
    let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0);
    for row in rows {
        let mark = if row.current { "*" } else { " " };
        let state = if row.state == "missing" { "" } else { row.state.as_str() };
        let languages = if row.languages == "en" { "English" } else { "many languages" };
        let advice = match (row.demo, row.recommended) {
            (true, _) => "  demo vocabulary only",
            (false, true) => "  recommended",
            (false, false) => "",
        };
        let megabytes = row.bytes as f64 / 1e6;
        let row = format!("{mark} {:width$}  {megabytes:>7.1} MB  {languages:14}  {state:9}{advice}", row.id);
        output::line(row.trim_end());
    }
    Ok(())
}
