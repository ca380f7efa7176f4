//! Sound files, whatever their format, as samples.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind as IoKind, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as DecoderError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use tawk_core::microphone::StreamFormat;
use tawk_core::{Error, ErrorKind, Result};

use crate::resample::{RATES, bad_rate};
use crate::riff;

/// The most samples that are held, all channels together: 2 GiB, more than three hours of stereo at 48 kHz. Also
/// the end of a file made to unpack without end.
const MOST_SAMPLES: usize = 1 << 29;

/// The most channels that are taken.
const MOST_CHANNELS: usize = 256;

/// The loudest sample that is taken: +80 dBFS. Files of floats may exceed 1.0, but what is beyond this is damage, and
/// mixing or resampling it would overflow.
const LOUDEST: f32 = 1e4;

/// A decoded recording. `Debug` shows its shape only.
#[derive(Clone, PartialEq)]
pub struct Clip {
    /// Interleaved samples, nominally -1.0..=1.0; always whole frames and at least one.
    pub samples: Vec<f32>,
    /// The rate and the number of channels.
    pub format: StreamFormat,
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clip({} frames, {:?})", self.frames(), self.format)
    }
}

impl Clip {
    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.format.channels.max(1))
    }

    /// How long it sounds.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.frames() as f64 / f64::from(self.format.rate.max(1)))
    }
}

/// Decodes the file at `path`: WAV (8 to 32 bits, float, extensible, ADPCM), AIFF, CAF, FLAC, MP3, AAC and ALAC in
/// M4A, Vorbis in Ogg or WebM.
///
/// A WAV file whose header lies about its length gives what is really there; a damaged packet of other formats is
/// skipped; a file that breaks off gives what comes before.
///
/// # Errors
/// `NotFound`, `Storage` when it cannot be read, `BadInput` when it holds no sound or is no sound file.
pub fn decode_file(path: &Path) -> Result<Clip> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| match error.kind() {
        IoKind::NotFound => Error::new(ErrorKind::NotFound, format!("There is no file {shown}. Check the name.")),
        _ => unreadable(&shown.to_string(), &error),
    })?;
    let about = file.metadata().map_err(|error| unreadable(&shown.to_string(), &error))?;
    if !about.is_file() {
        return Err(Error::new(ErrorKind::BadInput, format!("{shown} is not a file. Give a sound file.")));
    }
    let extension = path.extension().and_then(|e| e.to_str());
    decode_source(Source { inner: BufReader::new(file), length: about.len() }, extension).map_err(|error| {
        match error.kind {
            ErrorKind::BadInput => Error::new(ErrorKind::BadInput, format!("{shown}: {}", error.message)),
            _ => error,
        }
    })
}

/// Decodes a file that is in memory; `extension` (for instance `mp3`) helps to tell what it is.
///
/// # Errors
/// `BadInput` as [`decode_file`].
pub fn decode(bytes: Vec<u8>, extension: Option<&str>) -> Result<Clip> {
    let length = bytes.len() as u64;
    decode_source(Source { inner: Cursor::new(bytes), length }, extension)
}

/// Bytes that can be read from any place, of a length that is known.
struct Source<R> {
    inner: R,
    length: u64,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

fn decode_source<R: Read + Seek + Send + Sync + 'static>(
    mut source: Source<R>,
    extension: Option<&str>,
) -> Result<Clip> {
    if source.length == 0 {
        return Err(bad("The file is empty."));
    }
    let mut first = [0; 12];
    let mut filled = 0;
    while filled < first.len() {
        match source.read(&mut first[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == IoKind::Interrupted => {}
            Err(error) => return Err(unreadable("The file", &error)),
        }
    }
    let (media, extension): (Box<dyn MediaSource>, _) = if riff::is_wave(&first[..filled]) {
        let length = source.length;
        let wave = riff::find_sound(&mut source, length)?;
        source.seek(SeekFrom::Start(wave.start)).map_err(|error| unreadable("The file", &error))?;
        (Box::new(ReadOnlySource::new(Cursor::new(wave.header).chain(source.take(wave.length)))), Some("wav"))
    } else {
        source.rewind().map_err(|error| unreadable("The file", &error))?;
        (Box::new(source), extension)
    };
    // Symphonia is thorough but not proven; a fault of its own on a damaged file must not end a dictation.
    catch_unwind(AssertUnwindSafe(|| read_all(media, extension)))
        .unwrap_or_else(|_| Err(bad("The file is damaged and cannot be decoded.")))
}

/// Decodes the first track of sound to its end.
fn read_all(media: Box<dyn MediaSource>, extension: Option<&str>) -> Result<Clip> {
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(media, Default::default());
    let mut reader = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|_| bad("This is not a sound file that Tawk knows, or it is damaged."))?;
    let (mut track, mut decoder) = open_track(&*reader)?;
    let mut clip = Clip { samples: Vec::new(), format: StreamFormat { rate: 0, channels: 0 } };
    let mut packet_samples = Vec::new();
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            // A chained file goes on with a new track.
            Err(DecoderError::ResetRequired) => {
                (track, decoder) = open_track(&*reader)?;
                continue;
            }
            // The end, or where the file breaks off: what came before counts.
            Ok(None) | Err(_) => break,
        };
        if packet.track_id != track {
            continue;
        }
        // A damaged packet is left out.
        let Ok(decoded) = decoder.decode(&packet) else { continue };
        let (rate, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
        if !RATES.contains(&rate) && clip.samples.is_empty() {
            return Err(bad_rate(rate));
        }
        if decoded.frames() == 0 || channels == 0 || channels > MOST_CHANNELS {
            continue;
        }
        let format = StreamFormat { rate, channels: channels as u16 };
        if clip.samples.is_empty() {
            clip.format = format;
        } else if clip.format != format {
            // Either a damaged header or a second recording of another shape, which cannot be joined to the first.
            continue;
        }
        decoded.copy_to_vec_interleaved::<f32>(&mut packet_samples);
        if clip.samples.len() + packet_samples.len() > MOST_SAMPLES {
            return Err(bad("The recording is too long to be held in memory. Cut it into pieces of an hour."));
        }
        clip.samples
            .extend(packet_samples.iter().map(|&s| if s.is_finite() { s.clamp(-LOUDEST, LOUDEST) } else { 0.0 }));
    }
    if clip.samples.is_empty() {
        return Err(bad("The file holds no sound."));
    }
    Ok(clip)
}

/// The first track of sound and its decoder.
fn open_track(reader: &dyn FormatReader) -> Result<(u32, Box<dyn AudioDecoder>)> {
    let track = reader.default_track(TrackType::Audio).ok_or_else(|| bad("The file holds no sound."))?;
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(bad("The file holds no sound that Tawk can decode."));
    };
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|_| bad("The sound in the file is coded in a way that Tawk does not know."))?;
    Ok((track.id, decoder))
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::BadInput, format!("{what} Give a WAV, FLAC, MP3, M4A, Ogg or AIFF file with sound."))
}

fn unreadable(what: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("{what} cannot be read ({error}). Check its permissions."))
}
