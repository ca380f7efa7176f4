//! The fonts that CoreText would take, as the files in which they lie.

use std::ptr::null;
use std::sync::Arc;

use objc2::rc::{Retained, autoreleasepool};
use objc2_core_foundation::{CFRange, CFRetained, CFString, CFURL};
use objc2_core_text::{CTFont, CTFontUIFontType, kCTFontURLAttribute};
use objc2_foundation::{NSData, NSDataReadingOptions, NSString};
use tawk_core::font::is_drawable;
use tawk_core::ports::{FontBytes, Fonts};

/// The size does not matter: the file holds all.
const SIZE: f64 = 13.0;

/// What CoreText gives when no font has a glyph: boxes.
const LAST_RESORT: &str = "LastResort";

/// Asked for a character whose font the panel cannot draw, as that of Chinese from macOS 15 on: fonts of every Mac, by their
/// PostScript names, that have their shapes in a known format (Heiti SC and Hiragino Sans GB; restty issue 25).
const STAND_INS: [&str; 2] = ["STHeitiSC-Light", "HiraginoSansGB-W3"];

/// The fonts of this Mac.
pub(crate) struct SystemFonts;

impl SystemFonts {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Fonts for SystemFonts {
    fn interface(&self) -> Option<FontBytes> {
        autoreleasepool(|_| {
            let font = system_font()?;
            file_of(&font)
        })
    }

    fn for_character(&self, character: char) -> Option<FontBytes> {
        autoreleasepool(|_| {
            let text = CFString::from_str(character.encode_utf8(&mut [0; 4]));
            let range = CFRange { location: 0, length: character.len_utf16() as isize };
            let fonts = std::iter::once(system_font()).chain(STAND_INS.iter().map(|name| Some(named(name))));
            fonts.flatten().find_map(|font| {
                // SAFETY: the range is the whole string, in UTF-16 units.
                #[allow(unsafe_code)]
                let font = unsafe { font.for_string(&text, range) };
                file_of(&font)
            })
        })
    }
}

#[allow(unsafe_code)]
fn system_font() -> Option<CFRetained<CTFont>> {
    // SAFETY: no language is given, which means the user's.
    unsafe { CTFont::new_ui_font_for_language(CTFontUIFontType::System, SIZE, None) }
}

/// The font of this name; where there is none, one that CoreText takes for it.
#[allow(unsafe_code)]
fn named(name: &str) -> CFRetained<CTFont> {
    // SAFETY: no matrix is given, which means none.
    unsafe { CTFont::with_name(&CFString::from_str(name), SIZE, null()) }
}

/// The file of `font`; `None` if it has none, or one that the panel cannot draw.
#[allow(unsafe_code)]
fn file_of(font: &CTFont) -> Option<FontBytes> {
    // SAFETY: a constant of CoreText that is never changed, and an attribute of every font.
    let place = unsafe { font.attribute(kCTFontURLAttribute) }?;
    let path = place.downcast_ref::<CFURL>()?.to_file_path()?.to_str()?.to_owned();
    if path.contains(LAST_RESORT) {
        return None;
    }
    // The emoji alone are 190 MB: mapped, only what is drawn is read. macOS maps what it trusts not to change under the
    // reader's feet, and reads the rest.
    let options = NSDataReadingOptions::MappedIfSafe;
    let data = NSData::dataWithContentsOfFile_options_error(&NSString::from_str(&path), options).ok()?;
    let mapped = Mapped(data);
    is_drawable(mapped.as_ref()).then(|| Arc::new(mapped) as FontBytes)
}

/// A file's bytes. Nothing changes them, and this alone keeps them.
struct Mapped(Retained<NSData>);

// SAFETY: the data cannot be changed: it came from a file and is no NSMutableData. Apple documents NSData as safe to use on
// several threads, and its reference count is atomic.
#[allow(unsafe_code)]
unsafe impl Send for Mapped {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Mapped {}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: nothing changes the bytes while the slice lives, see above.
        #[allow(unsafe_code)]
        unsafe {
            self.0.as_bytes_unchecked()
        }
    }
}
