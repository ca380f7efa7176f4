//! The sound of a recording that is a WAV file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use tawk_core::{Error, ErrorKind, Result};

use crate::disk;

/// The sound of the recording `path`, mono at [`tawk_core::SAMPLE_RATE`], -1.0..=1.0, read as it is taken. It ends where the
/// file can be read no further.
///
/// # Errors
/// `Storage` when it cannot be opened, `BadInput` for a file that is no recording.
pub fn sound_of(path: &Path) -> Result<impl Iterator<Item = f32> + use<>> {
    let file = File::open(path).map_err(|error| disk::trouble("read the recording", path, &error))?;
    let reader = hound::WavReader::new(BufReader::new(file)).map_err(|_| {
        let message = format!("{} is no recording of Tawk's. Choose another.", path.display());
        Error::new(ErrorKind::BadInput, message)
    })?;
    Ok(reader.into_samples::<i16>().map_while(std::result::Result::ok).map(|sample| f32::from(sample) / 32_768.0))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use tawk_core::session::KeepReason;

    use super::super::Recordings;
    use super::*;

    #[test]
    fn what_was_recorded_is_read_back_and_anything_else_is_named() {
        let root = tempfile::tempdir().unwrap();
        let mut recording = Recordings::at(root.path()).start(UNIX_EPOCH);
        recording.append(0, &[0.5, -0.25, 0.0]);
        let path = recording.keep(KeepReason::Held).unwrap();
        let sound: Vec<_> = sound_of(&path).unwrap().map(|sample| (sample * 100.0).round()).collect();
        assert_eq!(sound, [50.0, -25.0, 0.0]);
        // Cut in its middle, as by a disk that failed.
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        assert_eq!(sound_of(&path).unwrap().count(), 1);
        for bad in [&b""[..], b"This is no sound at all."] {
            fs::write(&path, bad).unwrap();
            assert_eq!(sound_of(&path).err().map(|error| error.kind), Some(ErrorKind::BadInput));
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(sound_of(&path).err().map(|error| error.kind), Some(ErrorKind::Storage));
    }
}
