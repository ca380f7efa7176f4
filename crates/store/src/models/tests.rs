use std::io::Write as _;

use tempfile::TempDir;

use super::*;

fn entry(id: &str) -> &'static Entry {
    Catalogue::get().entry(id).unwrap()
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-fixture-en-q5_0.bin")
}

/// The smallest file that has the structure of a whole Whisper model.
fn tiny_model(vocabulary: u32) -> Vec<u8> {
    let mut words = vec![ggml::MAGIC, vocabulary, 1500, 8, 1, 1, 448, 8, 1, 1, 80, 0, 80, 1];
    words.extend([0; 80]); // mel filters
    words.push(0); // no words
    for _ in 0..15 + 24 + 11 {
        words.extend([1, 0, 0, 2, 7, 7]); // one dimension, no name, F32, two elements
    }
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

struct Home {
    root: TempDir,
    folder: ModelFolder,
}

impl Home {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = ModelFolder::at(root.path().join("models"));
        fs::create_dir(folder.path()).unwrap();
        Self { root, folder }
    }

    /// A file of the right length with nothing in it; takes no room on the disk.
    fn install(&self, id: &str) -> PathBuf {
        let path = self.folder.path().join(&entry(id).file);
        File::create(&path).unwrap().set_len(entry(id).bytes).unwrap();
        path
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.path().join(name);
        File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    fn state(&self, id: &str) -> ModelState {
        self.folder.list().unwrap().into_iter().find(|model| model.id == id).unwrap().state
    }

    fn best(&self, language: Option<&str>) -> String {
        id_of(&self.folder.find_for("auto", language).unwrap())
    }

    fn import(&self, path: &Path) -> Result<String> {
        self.folder.import(path, &mut |_, _| {})
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind
}

#[test]
fn each_state_is_told() {
    let home = Home::new();
    home.install("base.en-q5_1");
    fs::write(home.folder.path().join("ggml-tiny.bin"), "short").unwrap();
    fs::write(home.folder.path().join("ggml-small-q5_1.bin.part"), "12345").unwrap();
    fs::write(home.folder.path().join("ggml-tiny-q5_1.bin.part"), "").unwrap();
    fs::write(home.folder.path().join("mine.bin"), tiny_model(51_865)).unwrap();
    fs::write(home.folder.path().join("foreign.bin"), "no model").unwrap();
    fs::write(home.folder.path().join("notes.txt"), "no model").unwrap();
    for (id, state) in [
        ("base.en-q5_1", ModelState::Installed),
        ("tiny", ModelState::Damaged),
        ("small-q5_1", ModelState::Partial(5)),
        ("tiny-q5_1", ModelState::Missing),
        ("mine.bin", ModelState::Installed),
        ("foreign.bin", ModelState::Damaged),
    ] {
        assert_eq!(home.state(id), state, "{id}");
    }
    let demo = usize::from(cfg!(feature = "demo-model"));
    assert_eq!(home.folder.list().unwrap().len(), Catalogue::get().entries.len() - 1 + demo + 2);
    let none = ModelFolder::at(home.root.path().join("none"));
    assert!(none.list().unwrap().iter().all(|m| matches!(m.state, ModelState::Missing | ModelState::BuiltIn)));
}

#[test]
fn auto_takes_the_best_that_hears_the_language() {
    let home = Home::new();
    fs::write(home.folder.path().join("mine.bin"), tiny_model(51_864)).unwrap();
    assert_eq!(home.best(None), "mine.bin");
    assert_eq!(kind(home.folder.find_for("auto", Some("de"))), ErrorKind::NoModel);
    home.install("tiny.en-q5_1");
    assert_eq!(home.best(Some("en")), "tiny.en-q5_1");
    assert_eq!(kind(home.folder.find_for("auto", Some("de"))), ErrorKind::NoModel);
    home.install("base.en-q5_1");
    home.install("base-q5_1");
    assert_eq!(home.best(Some("en")), "base.en-q5_1");
    assert_eq!(home.best(None), "base-q5_1");
    assert_eq!(home.best(Some("de")), "base-q5_1");
    home.install("small.en-q5_1");
    assert_eq!(home.best(None), "small.en-q5_1");
    assert_eq!(home.best(Some("de")), "base-q5_1");
    home.install("large-v3-turbo-q5_0");
    assert_eq!(home.best(Some("en")), "large-v3-turbo-q5_0");
    fs::write(home.folder.path().join("ggml-large-v3-turbo-q5_0.bin"), "cut").unwrap();
    assert_eq!(home.best(Some("en")), "small.en-q5_1", "a damaged model is not taken");
}

#[test]
fn a_model_is_found_by_id_name_and_path() {
    let home = Home::new();
    let base = home.install("base.en-q5_1");
    assert_eq!(home.folder.find("base.en-q5_1").unwrap(), base);
    fs::write(home.folder.path().join("mine.bin"), tiny_model(51_864)).unwrap();
    assert_eq!(home.folder.find("mine.bin").unwrap(), home.folder.path().join("mine.bin"));
    let elsewhere = home.file("else.bin", &tiny_model(51_864));
    assert_eq!(home.folder.find(elsewhere.to_str().unwrap()).unwrap(), elsewhere);

    assert_eq!(kind(home.folder.find("small.en-q5_1")), ErrorKind::NoModel);
    assert_eq!(kind(home.folder.find("nonsense")), ErrorKind::NotFound);
    assert_eq!(kind(home.folder.find("/none/model.bin")), ErrorKind::NotFound);
    let foreign = home.file("foreign.bin", b"no model");
    assert_eq!(kind(home.folder.find(foreign.to_str().unwrap())), ErrorKind::BadModel);
    fs::write(base, "cut").unwrap();
    assert_eq!(kind(home.folder.find("base.en-q5_1")), ErrorKind::BadModel);
}

#[cfg(feature = "demo-model")]
#[test]
fn the_demo_is_written_when_it_is_needed_and_mended() {
    let home = Home::new();
    assert_eq!(home.state("demo"), ModelState::BuiltIn);
    let path = home.folder.find("auto").unwrap();
    assert!(is_demo_file(&path));
    assert_eq!(fs::read(&path).unwrap(), fs::read(fixture()).unwrap());
    fs::write(&path, "damaged").unwrap();
    assert_eq!(home.folder.find("demo").unwrap(), path);
    home.folder.verify("demo", &mut |_, _| {}).unwrap();
    home.install("tiny.en-q5_1");
    assert_eq!(home.best(None), "tiny.en-q5_1");
    assert_eq!(kind(home.folder.remove("demo")), ErrorKind::Usage);
    assert_eq!(kind(home.folder.find_for("auto", Some("de"))), ErrorKind::NoModel);
    assert_eq!(kind(ModelFolder::at(path.join("x")).find("demo")), ErrorKind::Storage);
}

#[cfg(not(feature = "demo-model"))]
#[test]
fn without_the_demo_there_is_no_model() {
    let home = Home::new();
    for choice in ["auto", "demo"] {
        let error = home.folder.find(choice).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoModel);
        assert!(error.message.contains("tawk models fetch"), "{error}");
    }
    home.import(&fixture()).unwrap();
    assert_eq!(home.best(None), "demo", "but it can be imported");
}

#[test]
fn verifying_reads_every_byte() {
    let home = Home::new();
    let id = home.import(&fixture()).unwrap();
    let mut last = (0, 0);
    home.folder.verify(&id, &mut |done, total| last = (done, total)).unwrap();
    assert_eq!(last, (entry("demo").bytes, entry("demo").bytes));

    home.install("tiny.en-q5_1");
    let error = home.folder.verify("tiny.en-q5_1", &mut |_, _| {}).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadModel);
    assert!(error.message.contains("checksum"), "{error}");
    assert_eq!(kind(home.folder.verify("small", &mut |_, _| {})), ErrorKind::NoModel);
    fs::write(home.folder.path().join("mine.bin"), tiny_model(51_864)).unwrap();
    home.folder.verify("mine.bin", &mut |_, _| {}).unwrap();
}

#[test]
fn a_file_that_the_catalogue_knows_gets_its_name() {
    let home = Home::new();
    let source = home.file("whatever.dat", &fs::read(fixture()).unwrap());
    let mut steps = 0;
    assert_eq!(home.folder.import(&source, &mut |_, _| steps += 1).unwrap(), "demo");
    assert!(steps > 1);
    assert!(home.folder.path().join("ggml-fixture-en-q5_0.bin").exists());
    assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 1);
    assert_eq!(home.import(&home.folder.path().join("ggml-fixture-en-q5_0.bin")).unwrap(), "demo", "onto itself");
}

#[test]
fn a_model_of_the_users_own_keeps_its_name() {
    let home = Home::new();
    let mine = home.file("mine", &tiny_model(51_865));
    assert_eq!(home.import(&mine).unwrap(), "mine.bin");
    assert_eq!(home.import(&mine).unwrap(), "mine.bin", "again is no harm");
    let other = home.file("mine", &tiny_model(51_864));
    assert_eq!(kind(home.import(&other)), ErrorKind::Usage);
    assert_eq!(fs::read(home.folder.path().join("mine.bin")).unwrap(), tiny_model(51_865));

    let posing = home.file("ggml-base.en-q5_1.bin", &tiny_model(51_864));
    assert_eq!(home.import(&posing).unwrap(), "own-ggml-base.en-q5_1.bin");
    assert_eq!(home.state("base.en-q5_1"), ModelState::Missing);
}

#[test]
fn foreign_and_cut_files_are_not_imported() {
    let home = Home::new();
    let whole = fs::read(fixture()).unwrap();
    let folder = home.folder.path().to_path_buf();
    for bytes in [&b"RIFF"[..], b"", &whole[..whole.len() - 1], &whole[..1000]] {
        assert_eq!(kind(home.import(&home.file("bad.bin", bytes))), ErrorKind::BadModel);
    }
    assert_eq!(kind(home.import(&folder.join("none.bin"))), ErrorKind::NotFound);
    assert_eq!(kind(home.import(&folder)), ErrorKind::Storage);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_removed_model_is_gone() {
    let home = Home::new();
    let path = home.install("tiny");
    fs::write(part_of(&path), "left").unwrap();
    home.folder.remove("tiny").unwrap();
    assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 0);
    assert_eq!(kind(home.folder.remove("tiny")), ErrorKind::NotFound);
    let outside = home.file("outside.bin", &tiny_model(51_864));
    for id in ["nonsense", "../outside.bin", outside.to_str().unwrap()] {
        assert_eq!(kind(home.folder.remove(id)), ErrorKind::NotFound);
    }
    assert!(outside.exists());
}

#[test]
fn a_model_inside_the_mac_app_is_installed_and_stays() {
    let mut home = Home::new();
    let contents = home.root.path().join("Tawk.app/Contents");
    let (programs, models) = (contents.join("MacOS"), contents.join("Resources/models"));
    fs::create_dir_all(&programs).unwrap();
    assert_eq!(shipped_beside(&programs.join("tawk-app")), None);
    fs::create_dir_all(&models).unwrap();
    assert_eq!(shipped_beside(&home.root.path().join("bin/tawk-app")), None);

    home.folder.shipped = shipped_beside(&programs.join("tawk-app"));
    assert_eq!(home.state("base.en-q5_1"), ModelState::Missing);
    let shipped = models.join(&entry("base.en-q5_1").file);
    File::create(&shipped).unwrap().set_len(entry("base.en-q5_1").bytes).unwrap();
    assert_eq!(home.folder.find("base.en-q5_1").unwrap(), shipped);
    assert_eq!(home.folder.find("auto").unwrap(), shipped);
    assert_eq!(home.folder.remove("base.en-q5_1").unwrap_err().kind, ErrorKind::Usage);
    assert_eq!(home.folder.verify("base.en-q5_1", &mut |_, _| {}).unwrap_err().kind, ErrorKind::BadModel);

    // The user's own copy comes first, and removing it leaves the shipped one.
    let own = home.install("base.en-q5_1");
    assert_eq!(home.folder.find("base.en-q5_1").unwrap(), own);
    home.folder.remove("base.en-q5_1").unwrap();
    assert_eq!(home.folder.find("base.en-q5_1").unwrap(), shipped);
}
