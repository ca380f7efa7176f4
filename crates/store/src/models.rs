//! The folder of installed model files.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tawk_core::{Error, ErrorKind, Result};

use crate::catalogue::{Catalogue, DEMO, Entry, Languages};
use crate::folders::Folders;
use crate::{digest, disk, ggml};

/// The weights that come with Tawk. Release bundles leave them out.
#[cfg(feature = "demo-model")]
static DEMO_WEIGHTS: &[u8] = include_bytes!("../../../models/ggml-fixture-en-q5_0.bin");

/// What is there of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Part of this program; written to the folder when first used.
    BuiltIn,
    /// The file is there and has the right length.
    Installed,
    /// No file.
    Missing,
    /// The file has another length than the catalogue says, or its structure is broken.
    Damaged,
    /// A download that was stopped; so many bytes are there.
    Partial(u64),
}

/// A model, and what is there of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStatus {
    /// What settings and commands call it: the catalogue's id, or a file's name.
    pub id: String,
    /// What people read.
    pub name: String,
    /// Its row in the catalogue; `None` for a file of the user's own.
    pub entry: Option<&'static Entry>,
    /// What it hears; for a file of the user's own, what its vocabulary says.
    pub languages: Languages,
    /// What is there.
    pub state: ModelState,
    /// Where the file is, or would be. Use [`ModelFolder::find`] to get a file that can be loaded.
    pub path: PathBuf,
}

/// What settings and commands call the model file at `path`: its id in the catalogue, or the file's name.
pub fn id_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let known = Catalogue::get().entries.iter().find(|entry| entry.file == name);
    known.map_or_else(|| name.into_owned(), |entry| entry.id.clone())
}

/// Whether the model file at `path` is the demo's.
pub fn is_demo_file(path: &Path) -> bool {
    id_of(path) == DEMO
}

/// Where the bundle of a Mac app whose program this is keeps its models, if it has any.
fn shipped_beside(program: &Path) -> Option<PathBuf> {
    let folder = program.parent().filter(|folder| folder.ends_with("Contents/MacOS"))?;
    Some(folder.parent()?.join("Resources/models")).filter(|models| models.is_dir())
}

fn length_of(file: &Path) -> Option<u64> {
    fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|facts| facts.len())
}

/// The folder of installed model files, and the models that came inside the Mac app.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    path: PathBuf,
    /// Models in the app's bundle: used where the folder has no whole file, never changed.
    shipped: Option<PathBuf>,
}

impl ModelFolder {
    /// The model folder of `folders`.
    pub fn new(folders: &Folders) -> Self {
        let program = std::env::current_exe().and_then(fs::canonicalize);
        Self { path: folders.models.clone(), shipped: program.ok().and_then(|program| shipped_beside(&program)) }
    }

    /// Another folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), shipped: None }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every model of the catalogue in its order, then the user's own files by name. The demo is listed only where it
    /// can be used.
    ///
    /// # Errors
    /// `Storage` when the folder is there but cannot be read.
    pub fn list(&self) -> Result<Vec<ModelStatus>> {
        let known = Catalogue::get().entries.iter().map(|entry| self.status(entry));
        let mut models: Vec<_> =
            known.filter(|status| !is_demo(status) || status.state != ModelState::Missing).collect();
        models.extend(self.own_files()?);
        Ok(models)
    }

    /// What is there of one model of the catalogue.
    pub fn status(&self, entry: &'static Entry) -> ModelStatus {
        let mut path = self.path.join(&entry.file);
        let mut state = match fs::metadata(&path) {
            _ if entry.demo && cfg!(feature = "demo-model") => ModelState::BuiltIn,
            Ok(facts) if facts.is_file() && facts.len() == entry.bytes => ModelState::Installed,
            Ok(_) => ModelState::Damaged,
            Err(_) => match fs::metadata(part_of(&path)) {
                Ok(part) if part.len() > 0 => ModelState::Partial(part.len()),
                _ => ModelState::Missing,
            },
        };
        if !matches!(state, ModelState::BuiltIn | ModelState::Installed) {
            let shipped = self.shipped.as_ref().map(|folder| folder.join(&entry.file));
            if let Some(shipped) = shipped.filter(|file| length_of(file) == Some(entry.bytes)) {
                (path, state) = (shipped, ModelState::Installed);
            }
        }
        let languages = entry.languages;
        ModelStatus { id: entry.id.clone(), name: entry.name.clone(), entry: Some(entry), languages, state, path }
    }

    /// Files that end in `.bin` and are not the catalogue's.
    fn own_files(&self) -> Result<Vec<ModelStatus>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(disk::trouble("read the model folder", &self.path, &error)),
        };
        let mut own: Vec<_> = entries
            .flatten()
            .filter_map(|file| {
                let (path, name) = (file.path(), file.file_name().into_string().ok()?);
                let known = Catalogue::get().entries.iter().any(|entry| entry.file == name);
                let own = !known && name.ends_with(".bin") && !name.starts_with('.') && path.is_file();
                own.then(|| {
                    let (state, languages) = match ggml::inspect(&path) {
                        Ok(header) if header.is_multilingual() => (ModelState::Installed, Languages::Multilingual),
                        Ok(_) => (ModelState::Installed, Languages::English),
                        Err(_) => (ModelState::Damaged, Languages::English),
                    };
                    ModelStatus { id: name.clone(), name, entry: None, languages, state, path }
                })
            })
            .collect();
        own.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(own)
    }

    /// The file to load for a model setting: `auto` (the best one installed), a catalogue id, the name of a file in the
    /// folder, or the path of a file (`~/` is the home folder).
    ///
    /// # Errors
    /// `NoModel` when none is installed or the chosen one is not, `BadModel` when it is damaged, `NotFound` when no
    /// model and no file is called so, `Storage`.
    pub fn find(&self, choice: &str) -> Result<PathBuf> {
        self.find_for(choice, None)
    }

    /// Like [`ModelFolder::find`], but `auto` takes only models that hear `language` (a Whisper code).
    ///
    /// # Errors
    /// As [`ModelFolder::find`].
    pub fn find_for(&self, choice: &str, language: Option<&str>) -> Result<PathBuf> {
        if choice == "auto" {
            return self.best(language);
        }
        if let Some(entry) = Catalogue::get().entry(choice) {
            return self.installed(entry);
        }
        let path = match choice.strip_prefix("~/").zip(std::env::home_dir()) {
            Some((rest, home)) => home.join(rest),
            None => PathBuf::from(choice),
        };
        for path in [self.path.join(&path), path] {
            if path.exists() {
                return ggml::inspect(&path).map(|_| path);
            }
        }
        Err(Error::new(
            ErrorKind::NotFound,
            format!("There is no model and no file “{choice}”. `tawk models list` shows the models."),
        ))
    }

    /// The best installed model of the catalogue that hears `language`, else the largest of the user's own files, else
    /// the demo. Where the language is to be detected, a multilingual model goes before an English one of its size;
    /// for English the other way round.
    fn best(&self, language: Option<&str>) -> Result<PathBuf> {
        let models = self.list()?;
        let installed = || models.iter().filter(|model| model.state == ModelState::Installed);
        let english = language == Some("en");
        let known = installed()
            .filter_map(|model| Some((model.entry?, &model.path)))
            .filter(|(entry, _)| !entry.demo && entry.languages.hear(language))
            .max_by_key(|(entry, _)| (entry.quality, (entry.languages == Languages::English) == english, entry.bytes));
        if let Some((_, path)) = known {
            return Ok(path.clone());
        }
        let own = installed()
            .filter(|model| model.entry.is_none())
            .filter(|model| model.languages.hear(language))
            .max_by_key(|model| fs::metadata(&model.path).map_or(0, |facts| facts.len()));
        if let Some(model) = own {
            return Ok(model.path.clone());
        }
        match language {
            None | Some("en") => self.demo_model_path(),
            Some(code) => Err(Error::new(
                ErrorKind::NoModel,
                format!(
                    "No installed model hears the language “{code}”. Fetch one that does, for instance with `tawk models \
                     fetch base-q5_1`."
                ),
            )),
        }
    }

    fn installed(&self, entry: &'static Entry) -> Result<PathBuf> {
        if entry.demo {
            return self.demo_model_path();
        }
        let status = self.status(entry);
        match status.state {
            ModelState::Installed | ModelState::BuiltIn => Ok(status.path),
            ModelState::Damaged => Err(damaged(entry, "its length is wrong")),
            ModelState::Missing | ModelState::Partial(_) => Err(Error::new(
                ErrorKind::NoModel,
                format!("The model {0} is not installed. Fetch it with `tawk models fetch {0}`.", entry.id),
            )),
        }
    }

    /// The file of the demo model, written to the folder if it is not there or damaged.
    ///
    /// # Errors
    /// `NoModel` in programs that were built without the demo model and where its file is not in the folder,
    /// `Storage` when it cannot be written.
    pub fn demo_model_path(&self) -> Result<PathBuf> {
        let no_model = || {
            Error::new(
                ErrorKind::NoModel,
                "No model is installed. Fetch one with `tawk models fetch base.en-q5_1` (60 MB), or import a file with \
                 `tawk models import`.",
            )
        };
        let path = self.path.join(&Catalogue::get().entry(DEMO).ok_or_else(no_model)?.file);
        #[cfg(feature = "demo-model")]
        {
            if !fs::read(&path).is_ok_and(|bytes| bytes == DEMO_WEIGHTS) {
                disk::make_folder(&self.path)?;
                disk::replace(&path, DEMO_WEIGHTS)?;
            }
            Ok(path)
        }
        #[cfg(not(feature = "demo-model"))]
        {
            if ggml::inspect(&path).is_ok() { Ok(path) } else { Err(no_model()) }
        }
    }

    /// Reads the whole file and compares it with the catalogue (length and SHA-256); for a file of the user's own, its
    /// structure. `progress` gets the bytes read and their total.
    ///
    /// # Errors
    /// `BadModel` when it is damaged, otherwise as [`ModelFolder::find`].
    pub fn verify(&self, id: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
        let path = self.find(id)?;
        let Some(entry) = self.entry_of(&path) else {
            return ggml::inspect(&path).map(drop);
        };
        let mut file = File::open(&path).map_err(|error| disk::trouble("read", &path, &error))?;
        let digest = digest::of(&mut file, &mut |done| progress(done, entry.bytes))
            .map_err(|error| disk::trouble("read", &path, &error))?;
        if digest == entry.sha256 { Ok(()) } else { Err(damaged(entry, "its checksum is wrong")) }
    }

    /// The catalogue's row for a file in this folder.
    fn entry_of(&self, path: &Path) -> Option<&'static Entry> {
        let name = path.file_name()?.to_str()?;
        let entry = Catalogue::get().entries.iter().find(|entry| entry.file == name)?;
        self.shipped.iter().chain([&self.path]).any(|folder| path == folder.join(name)).then_some(entry)
    }

    /// Copies a model file into the folder and returns its id. A file whose SHA-256 the catalogue knows becomes that
    /// model, whatever it is called; any other whole Whisper file keeps its name.
    ///
    /// # Errors
    /// `BadModel` when it is foreign or not whole, `NotFound`, `Usage` when another file has its name already,
    /// `Storage`.
    pub fn import(&self, source: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<String> {
        ggml::inspect(source)?;
        disk::make_folder(&self.path)?;
        let unreadable = |error: io::Error| disk::trouble("read", source, &error);
        let mut file = File::open(source).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let refuse = |error: io::Error| disk::trouble("copy the model to", &self.path, &error);
        let mut copy = tempfile::Builder::new().prefix(".import-").tempfile_in(&self.path).map_err(refuse)?;
        let digest = digest::copy(&mut file, copy.as_file_mut(), &mut |done| progress(done, length)).map_err(refuse)?;

        let known = Catalogue::get().entries.iter().find(|entry| entry.sha256 == digest);
        let name = match known {
            Some(entry) => entry.file.clone(),
            None => own_name(source)?,
        };
        let target = self.path.join(&name);
        if known.is_none() && target.exists() {
            let mut there = File::open(&target).map_err(refuse)?;
            if digest::of(&mut there, &mut |_| {}).map_err(refuse)? != digest {
                return Err(Error::new(
                    ErrorKind::Usage,
                    format!(
                        "Another model is called {name} already. Remove it with `tawk models remove {name}`, or give the \
                         file another name."
                    ),
                ));
            }
            return Ok(name);
        }
        copy.as_file().sync_all().map_err(refuse)?;
        copy.persist(&target).map_err(|error| refuse(error.error))?;
        Ok(known.map_or(name, |entry| entry.id.clone()))
    }

    /// Deletes a model's file and what a stopped download left of it.
    ///
    /// # Errors
    /// `NotFound` when there is nothing of it, `Usage` for the demo, `Storage`.
    pub fn remove(&self, id: &str) -> Result<()> {
        if id == DEMO {
            return Err(Error::new(
                ErrorKind::Usage,
                "The demo model is part of Tawk and cannot be removed. Once another model is installed, it is not used.",
            ));
        }
        let models = self.list()?;
        let model = models.iter().find(|model| model.id == id);
        if let (Some(model), Some(shipped)) = (model, &self.shipped)
            && model.path.starts_with(shipped)
        {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{} came with Tawk and cannot be removed; you can choose another model.", model.name),
            ));
        }
        let mut removed = false;
        for path in model.iter().flat_map(|model| [model.path.clone(), part_of(&model.path)]) {
            match fs::remove_file(&path) {
                Ok(()) => removed = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(disk::trouble("remove", &path, &error)),
            }
        }
        if removed {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotFound,
            format!("The model “{id}” is not installed. `tawk models list` shows what is."),
        ))
    }
}

fn is_demo(status: &ModelStatus) -> bool {
    status.entry.is_some_and(|entry| entry.demo)
}

fn damaged(entry: &Entry, why: &str) -> Error {
    Error::new(
        ErrorKind::BadModel,
        format!(
            "The file of the model {0} is damaged: {why}. Remove it with `tawk models remove {0}` and fetch it again.",
            entry.id
        ),
    )
}

/// Where a download of `path` grows.
pub(crate) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// The name that a file of the user's own gets in the folder; never one of the catalogue's.
fn own_name(source: &Path) -> Result<String> {
    let name = source.file_name().and_then(|name| name.to_str()).map(|name| name.trim_start_matches('.'));
    let Some(name) = name.filter(|name| !name.is_empty() && !name.contains(char::is_control)) else {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("The name of {} cannot be used. Give the file a plain name.", source.display()),
        ));
    };
    let name = if name.ends_with(".bin") { name.to_owned() } else { format!("{name}.bin") };
    let taken = Catalogue::get().entries.iter().any(|entry| entry.file == name || entry.id == name);
    Ok(if taken { format!("own-{name}") } else { name })
}

#[cfg(test)]
mod tests;
