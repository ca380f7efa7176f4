//! The fonts in the usual folders.
//!
//! Which font a desktop writes in is not asked: that needs fontconfig, a C library. A list of what desktops ship stands in.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tawk_core::ports::{FontBytes, Fonts};
use ttf_parser::PlatformId;

/// The faces that desktops write in, by the names of their files, the best first.
const INTERFACE: [&str; 10] = [
    "AdwaitaSans-Regular",
    "Inter-Regular",
    "InterVariable",
    "Cantarell-VF",
    "Ubuntu[wdth,wght]",
    "Ubuntu-R",
    "NotoSans-Regular",
    "NotoSans[wght]",
    "DejaVuSans",
    "LiberationSans-Regular",
];

/// A folder may hold folders to this depth.
const DEPTH: usize = 6;

/// The fonts of this machine. The folders are looked through anew every time, which is seldom.
pub(crate) struct SystemFonts;

impl SystemFonts {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Fonts for SystemFonts {
    fn interface(&self) -> Option<FontBytes> {
        let files = files();
        let named = INTERFACE.iter().flat_map(|name| files.iter().filter(move |file| stem(file) == *name));
        let file = named.chain(&files).find(|file| covers(file, 'e').unwrap_or_default())?;
        bytes(file)
    }

    fn for_character(&self, character: char) -> Option<FontBytes> {
        let file = files().into_iter().find(|file| covers(file, character).unwrap_or_default())?;
        bytes(&file)
    }
}

/// Read whole: an update may cut a file short while it is mapped, which ends the program.
fn bytes(file: &Path) -> Option<FontBytes> {
    fs::read(file).ok().map(|bytes| Arc::new(bytes) as FontBytes)
}

fn stem(file: &Path) -> &str {
    file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

/// All font files, those for running text first.
fn files() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from).or(home.map(|home| home.join(".local/share")));
    let mut found = Vec::new();
    for folder in data.into_iter().chain(["/usr/local/share".into(), "/usr/share".into()]) {
        collect(&folder.join("fonts"), DEPTH, &mut found);
    }
    found.sort_by_cached_key(|file| (oddity(stem(file)), file.clone()));
    found
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, found);
            }
        } else if path.extension().is_some_and(|end| ["ttf", "otf", "ttc", "otc"].iter().any(|known| end == *known)) {
            found.push(path);
        }
    }
}

/// How far a face is from plain running text, by the name of its file.
fn oddity(stem: &str) -> usize {
    let stem = stem.to_lowercase();
    let odd = ["bold", "italic", "oblique", "serif", "mono", "light", "thin", "black", "condensed", "narrow", "medium"];
    let heavy = odd.iter().filter(|word| stem.contains(**word)).count() * 2;
    // Noto covers the scripts one by one, and its shapes go together.
    heavy + usize::from(!stem.starts_with("noto"))
}

/// Whether the first face in `file` has a glyph for `character`. Reads the table of characters only.
fn covers(file: &Path, character: char) -> io::Result<bool> {
    let mut file = File::open(file)?;
    let mut start = 0;
    if &read::<4>(&mut file, 0)? == b"ttcf" {
        // The faces of a collection have the same characters nearly always.
        start = u64::from(u32::from_be_bytes(read(&mut file, 12)?));
    }
    let tables = u16::from_be_bytes(read(&mut file, start + 4)?);
    for table in 0..u64::from(tables) {
        let record: [u8; 16] = read(&mut file, start + 12 + 16 * table)?;
        let [tag, _, offset, length] =
            [0, 4, 8, 12].map(|at| [record[at], record[at + 1], record[at + 2], record[at + 3]]);
        if &tag == b"cmap" {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(u32::from_be_bytes(offset).into()))?;
            file.take(u32::from_be_bytes(length).into()).read_to_end(&mut bytes)?;
            return Ok(maps(&bytes, character));
        }
    }
    Ok(false)
}

fn read<const N: usize>(file: &mut File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn maps(cmap: &[u8], character: char) -> bool {
    let Some(table) = ttf_parser::cmap::Table::parse(cmap) else { return false };
    let mut unicode = table
        .subtables
        .into_iter()
        .filter(|subtable| subtable.platform_id == PlatformId::Unicode || subtable.platform_id == PlatformId::Windows);
    unicode.any(|subtable| subtable.is_unicode() && subtable.glyph_index(character.into()).is_some_and(|id| id.0 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot_font(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../hud/tests/fonts").join(name)
    }

    #[test]
    fn a_font_is_asked_for_single_characters() {
        let covers = |name, character| covers(&snapshot_font(name), character).unwrap();
        assert!(covers("Inter-subset.ttf", 'e') && !covers("Inter-subset.ttf", '語'));
        assert!(covers("DejaVuSans-subset.ttf", 'ر') && !covers("DejaVuSans-subset.ttf", 'ж'));
        assert!(covers("NotoSansCJK-subset.otf", '議'));
        assert!(covers("NotoColorEmoji-subset.ttf", '🎉') && !covers("NotoColorEmoji-subset.ttf", '🐈'));
    }

    #[test]
    fn what_is_no_font_covers_nothing() {
        assert!(!covers(&snapshot_font("README.md"), 'e').unwrap_or_default());
        assert!(covers(&snapshot_font("none.ttf"), 'e').is_err());
        assert!(!maps(b"", 'e'));
    }

    #[test]
    fn plain_faces_come_first() {
        let mut names = ["FreeSerif", "NotoSansCJK-Bold", "NotoSansCJK-Regular", "DejaVuSans", "NotoSerif-Regular"];
        names.sort_by_key(|name| oddity(name));
        assert_eq!(names[..2], ["NotoSansCJK-Regular", "DejaVuSans"]);
    }
}
