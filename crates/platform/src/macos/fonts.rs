//! The fonts that CoreText would take, as the files in which they lie.

use std::sync::Arc;

use objc2::rc::{Retained, autoreleasepool};
use objc2_core_foundation::{CFRange, CFRetained, CFString, CFURL};
use objc2_core_text::{CTFont, CTFontUIFontType, kCTFontURLAttribute};
use objc2_foundation::{NSData, NSDataReadingOptions, NSString};
use tawk_core::ports::{FontBytes, Fonts};

/// The size does not matter: the file holds all.
const SIZE: f64 = 13.0;

/// What CoreText gives when no font has a glyph: boxes.
const LAST_RESORT: &str = "LastResort";

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
            // SAFETY: the range is the whole string, in UTF-16 units.
            #[allow(unsafe_code)]
            let font = unsafe { system_font()?.for_string(&text, range) };
            file_of(&font)
        })
    }
}

#[allow(unsafe_code)]
fn system_font() -> Option<CFRetained<CTFont>> {
    // SAFETY: no language is given, which means the user's.
    unsafe { CTFont::new_ui_font_for_language(CTFontUIFontType::System, SIZE, None) }
}

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
    Some(Arc::new(Mapped(data)))
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
