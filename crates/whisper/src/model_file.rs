//! Reading the frame of a model file before whisper.cpp does.
//!
//! whisper.cpp trusts its files: a truncated one gives it garbage for weights, a foreign one for sizes, and some of
//! both end the process. So the file is walked here from end to end, tensor data skipped, and only one whose every
//! part is in place is handed on. This reads some hundred kilobytes and seeks over the rest.
//!
//! The layout (whisper.cpp, `whisper_model_load`), all numbers 32 bits little-endian: magic, 11 sizes, mel filters,
//! vocabulary, then tensors (dimensions, name, type, data) until the end.

use std::io::{self, Read, Seek, SeekFrom};

/// `ggml` read as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;

/// The sizes that Tawk relies on: 51,864 tokens hear English only, 51,865 and 51,866 more languages.
const VOCABULARIES: std::ops::RangeInclusive<i32> = 51_864..=51_866;

/// Why a file is not a model.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It does not begin as a model, or says something that no model says.
    Foreign(&'static str),
    /// It ends before its last part does.
    Truncated,
    /// It cannot be read.
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Fault::Truncated,
            _ => Fault::Io(error),
        }
    }
}

/// The state size of Whisper's smallest model, tiny.
const TINY_STATE: i32 = 384;

/// What Tawk wants to know of a model before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// Whether the model was taught to go on from a text before. OpenAI's all were; the small fixture model
    /// was not, and a prompt costs it words.
    pub(crate) takes_prompts: bool,
}

/// Walks `file` of `length` bytes and goes back to its start.
pub(crate) fn check(file: &mut (impl Read + Seek), length: u64) -> Result<About, Fault> {
    let mut walk = Walk { file, length, position: 0 };
    let sizes = walk.sizes()?;
    walk.filters(&sizes)?;
    walk.vocabulary(&sizes)?;
    let mut tensors = 0;
    while walk.position < length {
        walk.tensor()?;
        tensors += 1;
    }
    // 7 of the encoder and 4 of the decoder stand alone, 15 and 24 belong to each layer.
    let wanted = 11 + 15 * i64::from(sizes.audio_layers) + 24 * i64::from(sizes.text_layers);
    match i64::cmp(&tensors, &wanted) {
        std::cmp::Ordering::Less => return Err(Fault::Truncated),
        std::cmp::Ordering::Greater => return Err(Fault::Foreign("it holds too many tensors")),
        std::cmp::Ordering::Equal => {}
    }
    walk.file.rewind()?;
    Ok(About { takes_prompts: sizes.state >= TINY_STATE })
}

struct Sizes {
    state: i32,
    vocabulary: i32,
    audio_layers: i32,
    text_layers: i32,
    mels: i32,
}

struct Walk<'a, F> {
    file: &'a mut F,
    length: u64,
    position: u64,
}

impl<F: Read + Seek> Walk<'_, F> {
    fn sizes(&mut self) -> Result<Sizes, Fault> {
        // A file that is no model at all should not be called truncated.
        if self.length < 4 || self.number()? as u32 != MAGIC {
            return Err(Fault::Foreign("it does not begin like a ggml file"));
        }
        let mut n = [0; 11];
        for n in &mut n {
            *n = self.number()?;
        }
        let [
            vocabulary,
            audio_window,
            state,
            audio_heads,
            audio_layers,
            text_window,
            text_state,
            text_heads,
            text_layers,
            mels,
            kind,
        ] = n;
        let sane = VOCABULARIES.contains(&vocabulary)
            && audio_window == 1500
            && text_window == 448
            && (64..=4096).contains(&state)
            && state == text_state
            && [audio_heads, text_heads].iter().all(|&heads| (1..=64).contains(&heads) && state % heads == 0)
            && [audio_layers, text_layers].iter().all(|layers| (1..=64).contains(layers))
            && (mels == 80 || mels == 128)
            && (0..100_000).contains(&kind);
        if !sane {
            return Err(Fault::Foreign("its sizes are not those of a Whisper model"));
        }
        // Weights take at least 2 bits each: whoever claims more than the file can hold would only waste memory.
        let square = i64::from(state) * i64::from(state);
        let weights = square * (12 * i64::from(audio_layers) + 16 * i64::from(text_layers));
        if weights / 4 > self.length as i64 {
            return Err(Fault::Truncated);
        }
        Ok(Sizes { state, vocabulary, audio_layers, text_layers, mels })
    }

    fn filters(&mut self, sizes: &Sizes) -> Result<(), Fault> {
        let (mels, bins) = (self.number()?, self.number()?);
        if mels != sizes.mels || bins != 201 {
            return Err(Fault::Foreign("its mel filters have the wrong size"));
        }
        self.skip(mels as u64 * bins as u64 * 4)
    }

    fn vocabulary(&mut self, sizes: &Sizes) -> Result<(), Fault> {
        let words = self.number()?;
        if !(1..=sizes.vocabulary).contains(&words) {
            return Err(Fault::Foreign("its vocabulary has the wrong size"));
        }
        for _ in 0..words {
            let bytes = self.number()?;
            if !(0..=1024).contains(&bytes) {
                return Err(Fault::Foreign("its vocabulary is damaged"));
            }
            self.skip(bytes as u64)?;
        }
        Ok(())
    }

    fn tensor(&mut self) -> Result<(), Fault> {
        let (dimensions, name, kind) = (self.number()?, self.number()?, self.number()?);
        if !(1..=4).contains(&dimensions) || !(1..=256).contains(&name) {
            return Err(Fault::Foreign("a tensor in it is damaged"));
        }
        let mut elements: u64 = 1;
        for _ in 0..dimensions {
            let size = self.number()?;
            if !(1..=1 << 24).contains(&size) {
                return Err(Fault::Foreign("a tensor in it is damaged"));
            }
            elements = elements.saturating_mul(size as u64);
        }
        self.skip(name as u64)?;
        let Some((elements_of_block, bytes_of_block)) = block(kind) else {
            return Err(Fault::Foreign("it has weights of an unknown type"));
        };
        self.skip((elements / elements_of_block).saturating_mul(bytes_of_block))
    }

    fn number(&mut self) -> Result<i32, Fault> {
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        self.position += 4;
        Ok(i32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        if bytes > self.length - self.position.min(self.length) {
            return Err(Fault::Truncated);
        }
        self.position += bytes;
        // Relative, and short ones within the reader's buffer.
        io::copy(&mut self.file.by_ref().take(bytes.min(SHORT)), &mut io::sink())?;
        if bytes > SHORT {
            self.file.seek(SeekFrom::Start(self.position))?;
        }
        Ok(())
    }
}

/// What is read over rather than seeked over, in bytes.
const SHORT: u64 = 512;

/// Elements and bytes of one block of a ggml type that weights come in (ggml.h, `ggml_type`).
fn block(kind: i32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}
