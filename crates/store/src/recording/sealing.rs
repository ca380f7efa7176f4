//! Making a plain WAV file of a journal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use hound::{SampleFormat, WavSpec, WavWriter};
use tawk_core::{Result, SAMPLE_RATE};

use super::{PART, Recordings, sealed_name};
use crate::disk;
use crate::journal::{Contents, Fate};

/// Writes `STEM-WORD.wav`, which appears whole or not at all: it is on the disk itself before it has its name. The journal
/// can be removed after that.
pub(super) fn seal(recordings: &Recordings, stem: &str, fate: Fate, contents: &Contents) -> Result<PathBuf> {
    let folder = recordings.path();
    disk::make_private_folder(folder)?;
    let part = folder.join(format!("{stem}.{PART}"));
    let sealed = folder.join(sealed_name(stem, fate));
    let done = write(&part, &contents.samples).and_then(|()| fs::rename(&part, &sealed));
    if let Err(error) = done {
        let _ = fs::remove_file(&part);
        return Err(disk::trouble("keep the recording as", &sealed, &error));
    }
    // The name too. Where folders cannot be synced, the system writes it in its own time.
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!("the folder of recordings was not synced: {error}");
    }
    Ok(sealed)
}

fn write(path: &PathBuf, samples: &[i16]) -> io::Result<()> {
    let spec = WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    // What an interrupted try has left behind is written over.
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let synced = file.try_clone()?;
    let mut writer = WavWriter::new(BufWriter::new(file), spec).map_err(plain)?;
    for &sample in samples {
        writer.write_sample(sample).map_err(plain)?;
    }
    writer.finalize().map_err(plain)?;
    synced.sync_all()
}

fn plain(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
