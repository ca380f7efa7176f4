//! The journal of an utterance: what was heard and what came of it, on disk while it happens.
//!
//! A journal is a row of [frames](frame), each with a checksum of its own, that is only ever appended to. It can be read
//! after it was cut at any byte and after bits in it were flipped: damage costs the frames that it hits and no others.
//! [`Contents::read`] reads one; [`crate::Recording`] writes it.
//!
//! All numbers are little-endian. Frames of kinds that are not known are passed over, so that an older Tawk reads what
//! a newer one wrote.

mod contents;
mod frame;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tawk_core::session::KeepReason;

pub use contents::{Contents, RecognisedText};

/// The version of the format, in every header.
const VERSION: u16 = 1;

/// So many samples go into a frame at the most: 250 ms, so that damage costs no more.
pub const SAMPLES_PER_FRAME: usize = tawk_core::SAMPLE_RATE as usize / 4;

/// The word of the fate in which a text arrived. The others are those of [`KeepReason`].
const DELIVERED: &str = "delivered";

const HEADER: u8 = b'H';
const AUDIO: u8 = b'A';
const TEXT: u8 = b'T';
const FATE: u8 = b'F';

/// What a journal is about. It is written at the start, and again when more is known; the last one holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// When the utterance began, to the millisecond; moments before 1970 count as 1970.
    pub started: SystemTime,
    /// The microphone's name; empty when it is not known.
    pub microphone: String,
    /// The name of the app that had the focus at the start; empty when it is not known.
    pub app: String,
}

/// What became of an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its text has arrived.
    Delivered,
    /// Its text has not arrived, or not all of it.
    Kept(KeepReason),
}

impl Fate {
    /// The word for it in the names of files.
    pub const fn word(self) -> &'static str {
        match self {
            Fate::Delivered => DELIVERED,
            Fate::Kept(reason) => reason.word(),
        }
    }

    /// The fate that [`Fate::word`] names.
    pub fn of_word(word: &str) -> Option<Self> {
        if word == DELIVERED {
            return Some(Fate::Delivered);
        }
        KeepReason::ALL.into_iter().find(|reason| reason.word() == word).map(Fate::Kept)
    }
}

/// Appends the header.
pub(crate) fn write_header(header: &Header, out: &mut Vec<u8>) {
    let mut payload = VERSION.to_le_bytes().to_vec();
    let since = header.started.duration_since(UNIX_EPOCH).unwrap_or_default();
    payload.extend((since.as_millis() as u64).to_le_bytes());
    for name in [&header.microphone, &header.app] {
        let name = &name.as_bytes()[..name.len().min(usize::from(u16::MAX) / 4)];
        payload.extend((name.len() as u16).to_le_bytes());
        payload.extend(name);
    }
    frame::write(HEADER, &[&payload], out);
}

/// Appends samples, the first of which is number `position` of the recording.
pub(crate) fn write_audio(position: u64, samples: &[i16], out: &mut Vec<u8>) {
    for (number, part) in samples.chunks(SAMPLES_PER_FRAME).enumerate() {
        let position = position + (number * SAMPLES_PER_FRAME) as u64;
        let bytes: Vec<u8> = part.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        frame::write(AUDIO, &[&position.to_le_bytes(), &bytes], out);
    }
}

/// Appends the text of a segment. One that is longer than a frame is left out: it can be recognised again.
pub(crate) fn write_text(text: &RecognisedText, out: &mut Vec<u8>) {
    if text.text.len() + 16 <= frame::LONGEST {
        frame::write(TEXT, &[&text.start.to_le_bytes(), &text.until.to_le_bytes(), text.text.as_bytes()], out);
    }
}

/// Appends what became of the utterance.
pub(crate) fn write_fate(fate: Fate, out: &mut Vec<u8>) {
    frame::write(FATE, &[fate.word().as_bytes()], out);
}

/// One frame, understood.
#[derive(Clone, Debug, PartialEq)]
enum Record {
    Header(Header),
    Audio { position: u64, samples: Vec<i16> },
    Text(RecognisedText),
    Fate(Fate),
}

impl Record {
    /// `None` for what this version does not know.
    fn of(frame: &frame::Frame<'_>) -> Option<Self> {
        let mut rest = frame.payload;
        Some(match frame.kind {
            HEADER => {
                let _version = u16::from_le_bytes(take(&mut rest)?);
                let started = UNIX_EPOCH.checked_add(Duration::from_millis(u64::from_le_bytes(take(&mut rest)?)))?;
                let (microphone, app) = (take_name(&mut rest)?, take_name(&mut rest)?);
                Record::Header(Header { started, microphone, app })
            }
            AUDIO => {
                let position = u64::from_le_bytes(take(&mut rest)?);
                let samples = rest.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
                Record::Audio { position, samples }
            }
            TEXT => {
                let (start, until) = (u64::from_le_bytes(take(&mut rest)?), u64::from_le_bytes(take(&mut rest)?));
                Record::Text(RecognisedText { start, until, text: std::str::from_utf8(rest).ok()?.into() })
            }
            FATE => Record::Fate(Fate::of_word(std::str::from_utf8(rest).ok()?)?),
            _ => return None,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn take_name(rest: &mut &[u8]) -> Option<String> {
    let length = u16::from_le_bytes(take(rest)?);
    let (name, left) = rest.split_at_checked(length.into())?;
    *rest = left;
    Some(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests;
