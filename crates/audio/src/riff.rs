//! Finding the sound in a WAV file whose header may lie.
//!
//! A recorder that crashed leaves a data size of zero or of 4 GB; a download that broke off holds less than it says;
//! some programs write chunks after the sound, others forget to mend the size. The header is read here with care, and
//! what symphonia gets to see is a new, true one followed by nothing but the sound.

use std::io::{Read, Seek, SeekFrom};

use tawk_core::{Error, ErrorKind, Result};

/// No sound card has more, and symphonia's counters would overflow far above.
const MOST_CHANNELS: u16 = 256;

/// The rates that a header may claim, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;

/// A `fmt ` chunk is 16 to 40 bytes, a little more for old ADPCM.
const LONGEST_FORMAT: u32 = 1024;

/// A header with more chunks than this before or after the sound was not written by a recorder.
const MOST_CHUNKS: usize = 10_000;

/// Where the sound is, and the header to put before it.
#[derive(Debug)]
pub(crate) struct Wave {
    /// `RIFF`, `fmt ` and `data` with the true length.
    pub(crate) header: Vec<u8>,
    /// The first byte of the sound in the file.
    pub(crate) start: u64,
    /// The number of bytes of whole frames.
    pub(crate) length: u64,
}

/// Whether these first bytes of a file are those of a WAV file.
pub(crate) fn is_wave(first: &[u8]) -> bool {
    first.len() >= 12 && matches!(&first[..4], b"RIFF" | b"RF64" | b"BW64") && &first[8..12] == b"WAVE"
}

/// Finds the sound of a WAV file of `file_length` bytes.
///
/// # Errors
/// `BadInput` when there is no usable format, or no sound at all.
pub(crate) fn find_sound(file: &mut (impl Read + Seek), file_length: u64) -> Result<Wave> {
    let mut format: Option<Vec<u8>> = None;
    let mut long_data: Option<u64> = None;
    let mut position = 12;
    for _ in 0..MOST_CHUNKS {
        let Some((id, size)) = chunk_header(file, position, file_length)? else {
            return Err(match format {
                Some(_) => no_sound(),
                None => bad("The WAV file breaks off before its sound begins."),
            });
        };
        let body = position + 8;
        match &id {
            b"fmt " if format.is_none() && size <= LONGEST_FORMAT => {
                let Some(bytes) = read_at(file, body, size as usize, file_length)? else {
                    return Err(bad("The WAV file breaks off in its header."));
                };
                format = Some(bytes);
            }
            b"ds64" => {
                // RIFF size, data size, sample count; 8 bytes each.
                if let Some(bytes) = read_at(file, body, 16, file_length)? {
                    long_data = bytes[8..16].try_into().ok().map(u64::from_le_bytes);
                }
            }
            b"data" => {
                let Some(format) = format else {
                    return Err(bad("The WAV file does not say what format its sound has."));
                };
                let frame = frame_bytes(&format)?;
                let claimed = match size {
                    u32::MAX => long_data.unwrap_or(u64::MAX),
                    size => u64::from(size),
                };
                let there = file_length.saturating_sub(body);
                let length = if claimed <= there && rest_is_chunks(file, body + claimed, file_length)? {
                    claimed
                } else {
                    there
                };
                let length = length / frame * frame;
                if length == 0 {
                    return Err(no_sound());
                }
                return Ok(Wave { header: header(&format, length), start: body, length });
            }
            _ => {}
        }
        position = body + u64::from(size) + u64::from(size % 2);
    }
    Err(bad("The WAV file is damaged."))
}

/// The id and size of the chunk at `position`; `None` when the file ends before.
fn chunk_header(file: &mut (impl Read + Seek), position: u64, file_length: u64) -> Result<Option<([u8; 4], u32)>> {
    let bytes = read_at(file, position, 8, file_length)?;
    Ok(bytes.map(|b| ([b[0], b[1], b[2], b[3]], u32::from_le_bytes([b[4], b[5], b[6], b[7]]))))
}

/// `length` bytes at `position`; `None` when the file is shorter.
fn read_at(file: &mut (impl Read + Seek), position: u64, length: usize, file_length: u64) -> Result<Option<Vec<u8>>> {
    if position.checked_add(length as u64).is_none_or(|end| end > file_length) {
        return Ok(None);
    }
    let mut bytes = vec![0; length];
    let read = file.seek(SeekFrom::Start(position)).and_then(|_| file.read_exact(&mut bytes));
    read.map(|()| Some(bytes))
        .map_err(|error| Error::new(ErrorKind::Storage, format!("The file cannot be read ({error}). Try again.")))
}

/// Whether what follows the sound is the end of the file or looks like further chunks. If it does not, the size of
/// the data chunk was never mended and the sound goes on.
fn rest_is_chunks(file: &mut (impl Read + Seek), end: u64, file_length: u64) -> Result<bool> {
    let mut position = end + end % 2;
    // A few bytes of padding are no sound.
    if position.saturating_add(8) > file_length {
        return Ok(true);
    }
    for _ in 0..MOST_CHUNKS {
        let Some((id, size)) = chunk_header(file, position, file_length)? else { return Ok(true) };
        let known = matches!(
            &id,
            b"LIST" | b"id3 " | b"ID3 " | b"bext" | b"iXML" | b"cue " | b"fact" | b"PEAK" | b"smpl" | b"inst" | b"JUNK"
        ) || matches!(
            &id,
            b"junk" | b"PAD " | b"FLLR" | b"axml" | b"chna" | b"cart" | b"_PMX" | b"acid" | b"afsp"
        );
        if known {
            return Ok(true);
        }
        position += 8 + u64::from(size) + u64::from(size % 2);
        let plausible = id.iter().all(|c| (0x20..0x7f).contains(c)) && position <= file_length + 1;
        if !plausible {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Checks the format chunk and gives the bytes of one frame, or of one block for compressed sound.
fn frame_bytes(format: &[u8]) -> Result<u64> {
    if format.len() < 16 {
        return Err(bad("The WAV file's format is cut short."));
    }
    let word = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let rate = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    let (tag, channels, block, bits) = (word(0), word(2), word(12), word(14));
    if channels == 0 || channels > MOST_CHANNELS {
        return Err(bad(&format!("The WAV file claims {channels} channels.")));
    }
    if !RATES.contains(&rate) {
        return Err(bad(&format!("The WAV file claims {rate} samples a second.")));
    }
    // PCM, float, A-law, µ-law and extensible: the block size is redundant and sometimes wrong.
    let frame = match tag {
        1 | 3 | 6 | 7 | 0xfffe => u64::from(channels) * u64::from(bits / 8),
        _ => u64::from(block),
    };
    if frame == 0 || frame > u64::from(u16::MAX) {
        return Err(bad(&format!("The WAV file claims {bits} bits a sample.")));
    }
    Ok(frame)
}

/// A header that tells the truth. Sound of 4 GB or more keeps the size that means "until the end".
fn header(format: &[u8], length: u64) -> Vec<u8> {
    let format = tidy_format(format);
    let data = u32::try_from(length).unwrap_or(u32::MAX);
    let riff = u32::try_from(length + 4 + 8 + format.len() as u64 + 8).unwrap_or(u32::MAX);
    let mut header = Vec::with_capacity(format.len() + 28);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&riff.to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&(format.len() as u32).to_le_bytes());
    header.extend_from_slice(&format);
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data.to_le_bytes());
    header
}

/// Plain PCM and float need the first 16 bytes only; symphonia refuses unusual lengths of the rest.
fn tidy_format(format: &[u8]) -> Vec<u8> {
    let mut tidy = match format[..2] {
        [1 | 3, 0] => format[..16].to_vec(),
        [0xfe, 0xff] => format[..format.len().min(40)].to_vec(),
        _ => format.to_vec(),
    };
    tidy.resize(tidy.len().next_multiple_of(2), 0);
    tidy
}

fn no_sound() -> Error {
    bad("The file holds no sound.")
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::BadInput, format!("{what} Record it again, or give another file."))
}
