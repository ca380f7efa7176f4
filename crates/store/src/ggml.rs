//! Whisper files in ggml format: whether one is whole, found by walking its structure, without loading it.
//!
//! The layout is that of whisper.cpp (`whisper_model_load`), all numbers 32-bit little-endian: magic; eleven
//! parameters; mel filters (rows, columns, floats); vocabulary (count, then length and bytes of each token);
//! tensors up to the end of the file (number of dimensions, length of the name, type, dimensions, name, data).

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use tawk_core::{Error, ErrorKind, Result};

use crate::disk;

/// The first four bytes as a number: `ggml`.
pub const MAGIC: u32 = 0x6767_6d6c;

/// Vocabularies of at least this many tokens are multilingual (whisper.cpp's own rule).
const MULTILINGUAL_VOCABULARY: u32 = 51_865;

/// What the head of a model file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number of tokens.
    pub vocabulary: u32,
    /// The encoder window in units of 20 ms.
    pub audio_context: u32,
    /// Width of the encoder.
    pub audio_state: u32,
    /// Layers of the encoder.
    pub audio_layers: u32,
    /// Layers of the decoder.
    pub text_layers: u32,
    /// Number of mel bands.
    pub mels: u32,
}

impl Header {
    /// Whether the model knows other languages than English.
    pub fn is_multilingual(&self) -> bool {
        self.vocabulary >= MULTILINGUAL_VOCABULARY
    }

    /// The number of tensors of a whole model: 15 an encoder layer, 24 a decoder layer, 11 besides.
    fn tensors(&self) -> u32 {
        15 * self.audio_layers + 24 * self.text_layers + 11
    }
}

/// Walks through the file and reads its header.
///
/// # Errors
/// `BadModel` when it is no Whisper file in ggml format or not a whole one, `NotFound`, `Storage`.
pub fn inspect(path: &Path) -> Result<Header> {
    let refuse = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::new(
            ErrorKind::NotFound,
            format!(
                "There is no model file {}. Check the path; `tawk models list` shows what is installed.",
                path.display()
            ),
        ),
        _ => disk::trouble("read the model file", path, &error),
    };
    let file = File::open(path).map_err(refuse)?;
    let facts = file.metadata().map_err(refuse)?;
    if facts.is_dir() {
        return Err(refuse(io::ErrorKind::IsADirectory.into()));
    }
    walk(BufReader::new(file), facts.len()).map_err(|fault| match fault {
        Fault::Disk(error) => refuse(error),
        Fault::Foreign => Error::new(
            ErrorKind::BadModel,
            format!(
                "{} is not a Whisper model in ggml format. Fetch a model with `tawk models fetch`, or import another \
                 file.",
                path.display()
            ),
        ),
        Fault::Broken(what) => Error::new(
            ErrorKind::BadModel,
            format!("The model file {} is damaged: {what}. Remove it and fetch or import it again.", path.display()),
        ),
    })
}

enum Fault {
    Disk(io::Error),
    Foreign,
    Broken(&'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Fault::Broken("it ends too early"),
            _ => Fault::Disk(error),
        }
    }
}

fn walk(file: BufReader<File>, length: u64) -> std::result::Result<Header, Fault> {
    let mut walker = Walker { file, position: 0, length };
    match walker.number() {
        Ok(MAGIC) => {}
        Ok(_) | Err(Fault::Broken(_)) => return Err(Fault::Foreign),
        Err(fault) => return Err(fault),
    }
    let mut parameters = [0; 11];
    for parameter in &mut parameters {
        *parameter = walker.number()?;
    }
    let [vocabulary, audio_context, audio_state, _, audio_layers, _, _, _, text_layers, mels, _] = parameters;
    let header = Header { vocabulary, audio_context, audio_state, audio_layers, text_layers, mels };
    // Far beyond every Whisper there is (large: 1280 wide, 32 layers), and small enough never to overflow below.
    let sane = (1..=200_000).contains(&vocabulary)
        && (1..=10_000).contains(&audio_context)
        && (1..=10_000).contains(&audio_state)
        && (1..=200).contains(&audio_layers)
        && (1..=200).contains(&text_layers)
        && (1..=512).contains(&mels);
    if !sane {
        return Err(Fault::Foreign);
    }

    let (rows, columns) = (walker.number()?, walker.number()?);
    if rows != mels {
        return Err(Fault::Broken("its mel filters do not fit"));
    }
    walker.skip(u64::from(rows) * u64::from(columns) * 4)?;

    // Special tokens are not listed, so there are fewer words than tokens.
    let words = walker.number()?;
    if words > vocabulary {
        return Err(Fault::Broken("its vocabulary does not fit"));
    }
    for _ in 0..words {
        let bytes = walker.number()?;
        walker.skip(bytes.into())?;
    }

    let mut tensors = 0;
    while walker.position < length {
        walker.skip_tensor()?;
        tensors += 1;
    }
    match tensors {
        0 => Err(Fault::Broken("it holds no weights")),
        n if n < header.tensors() => Err(Fault::Broken("weights are missing")),
        n if n > header.tensors() => Err(Fault::Broken("it holds too many weights")),
        _ => Ok(header),
    }
}

struct Walker {
    file: BufReader<File>,
    position: u64,
    length: u64,
}

impl Walker {
    fn number(&mut self) -> std::result::Result<u32, Fault> {
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        self.position += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64) -> std::result::Result<(), Fault> {
        if bytes > self.length.saturating_sub(self.position) {
            return Err(Fault::Broken("it ends too early"));
        }
        self.file.seek_relative(i64::try_from(bytes).map_err(|_| Fault::Broken("it is too large"))?)?;
        self.position += bytes;
        Ok(())
    }

    fn skip_tensor(&mut self) -> std::result::Result<(), Fault> {
        let (dimensions, name, kind) = (self.number()?, self.number()?, self.number()?);
        if dimensions > 4 {
            return Err(Fault::Broken("its weights are garbled"));
        }
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            elements = elements
                .checked_mul(self.number()?.into())
                .filter(|elements| *elements < 1 << 40)
                .ok_or(Fault::Broken("its weights are garbled"))?;
        }
        self.skip(name.into())?;
        let (per_block, bytes) = block(kind).ok_or(Fault::Broken("its weights are of an unknown type"))?;
        self.skip(elements.div_ceil(per_block) * bytes)
    }
}

/// Elements and bytes of a block of a ggml tensor type (ggml.h, `enum ggml_type`, and ggml-common.h).
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),      // F32
        1 => (1, 2),      // F16
        2 => (32, 18),    // Q4_0
        3 => (32, 20),    // Q4_1
        6 => (32, 22),    // Q5_0
        7 => (32, 24),    // Q5_1
        8 => (32, 34),    // Q8_0
        10 => (256, 84),  // Q2_K
        11 => (256, 110), // Q3_K
        12 => (256, 144), // Q4_K
        13 => (256, 176), // Q5_K
        14 => (256, 210), // Q6_K
        30 => (1, 2),     // BF16
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn fixture() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-fixture-en-q5_0.bin")
    }

    fn inspect_bytes(bytes: &[u8]) -> Result<Header> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        inspect(file.path())
    }

    #[test]
    fn the_fixture_model_is_whole() {
        let header = inspect(&fixture()).unwrap();
        assert_eq!(
            (header.vocabulary, header.audio_context, header.audio_layers, header.text_layers),
            (51_864, 1500, 4, 3)
        );
        assert_eq!((header.audio_state, header.mels, header.is_multilingual()), (128, 80, false));
    }

    #[test]
    fn a_cut_model_is_refused_wherever_it_is_cut() {
        let whole = std::fs::read(fixture()).unwrap();
        for length in [4, 5, 47, 48, 60, 100_000, 1_000_000, whole.len() - 40_000, whole.len() - 1] {
            let error = inspect_bytes(&whole[..length]).unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadModel);
            assert!(error.message.contains("damaged"), "{length}: {error}");
        }
        let mut longer = whole;
        longer.extend([0; 7]);
        assert_eq!(inspect_bytes(&longer).unwrap_err().kind, ErrorKind::BadModel);
    }

    #[test]
    fn foreign_files_are_refused() {
        let mut lying = MAGIC.to_le_bytes().to_vec();
        lying.extend([0xff; 200]);
        for bytes in [&b""[..], b"abc", b"GGUF and something else", b"RIFF....WAVEfmt ", &lying] {
            let error = inspect_bytes(bytes).unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadModel);
            assert!(error.message.contains("not a Whisper model"), "{error}");
        }
    }

    #[test]
    fn missing_files_and_folders_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(inspect(&folder.path().join("none.bin")).unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(inspect(folder.path()).unwrap_err().kind, ErrorKind::Storage);
    }

    #[test]
    fn a_file_without_weights_is_refused() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/third-party/for-tests-ggml-tiny.en.bin");
        if path.exists() {
            assert!(inspect(&path).unwrap_err().message.contains("no weights"));
        }
    }
}
