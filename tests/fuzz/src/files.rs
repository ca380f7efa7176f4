//! What reads files.

use std::fs;

use tawk_store::journal::Contents;
use tawk_store::{Catalogue, Recordings, SettingsFile};

use crate::{Target, choice};

/// Whatever a file says of itself, it is decoded or refused with a sentence.
pub fn wav() -> Target {
    Box::new(|input| match tawk_audio::decode(input.to_vec(), Some("wav")) {
        Ok(clip) => {
            let mono = tawk_audio::mono_16k(&clip, Default::default());
            if let Ok(mono) = mono {
                assert!(mono.iter().all(|sample| sample.is_finite()), "A sample is no number.");
            }
        }
        Err(error) => assert!(error.message.ends_with('.'), "{error}"),
    })
}

/// Whatever stands in the file, the settings in force can be used, and a change either takes or leaves the file alone.
pub fn settings() -> Target {
    let home = tempfile::tempdir().expect("A temporary folder can be made.");
    let path = home.path().join("settings.toml");
    Box::new(move |input| {
        fs::write(&path, input).expect("A file can be written.");
        let mut file = SettingsFile::open(&path);
        assert_eq!(file.settings().problems(), [], "A value is in force that cannot be used.");
        let number = choice(input);
        if number.is_multiple_of(8) {
            let volume = (number / 8 % 100) as f64 / 100.0;
            match file.set("sound.volume", volume) {
                Ok(()) => {
                    let read = SettingsFile::open(&path);
                    assert_eq!(f64::from(read.settings().sound.volume as f32), f64::from(volume as f32));
                }
                Err(error) => {
                    assert!(error.message.ends_with('.'), "{error}");
                    assert_eq!(fs::read(&path).expect("It is still there."), input);
                }
            }
            for file in tawk_tests::home::files(home.path()) {
                fs::remove_file(file).expect("A file can be removed.");
            }
        }
    })
}

/// Whatever is left of a journal, it is read without an end to memory, offered, and kept whole; what holds something else than
/// sound is set aside, and what holds nothing is removed.
pub fn journal() -> Target {
    /// So much silence is filled in at the most: an hour.
    const MOST_FILLED: usize = 3_600 * 16_000;
    let home = tempfile::tempdir().expect("A temporary folder can be made.");
    let recordings = Recordings::at(home.path());
    let path = home.path().join("20260101T000000.000Z-unfinished.journal");
    let aside = home.path().join("20260101T000000.000Z-damaged.journal");
    Box::new(move |input| {
        let contents = Contents::read(input);
        assert!(contents.damaged <= input.len() as u64, "{contents:?}");
        assert!(contents.samples.len() <= MOST_FILLED + input.len() / 2, "{contents:?}");
        assert!(contents.missing <= contents.samples.len() as u64, "{contents:?}");
        // The whole way now and then; one with an hour of silence takes long to keep.
        if !choice(input).is_multiple_of(8) || contents.samples.len() > 1_000_000 {
            return;
        }
        fs::write(&path, input).expect("A file can be written.");
        let open = contents.fate.is_none() && !contents.samples.is_empty();
        let found = recordings.unfinished().expect("The folder can be read.");
        assert_eq!(found.len(), usize::from(open), "{contents:?}");
        drop(found);
        recordings.finish_interrupted().expect("What was decided is done.");
        assert_eq!(path.exists(), open, "{contents:?}");
        // Damage or a newer Tawk's: nothing of it is lost. A journal without sound has at most a header, texts and a fate.
        let lost = contents.samples.is_empty() && (contents.damaged > 0 || contents.unknown > 0);
        assert_eq!(fs::read(&aside).ok(), lost.then(|| input.to_vec()), "{contents:?}");
        let _ = fs::remove_file(&aside);
        for one in recordings.unfinished().expect("The folder can be read.") {
            one.keep(tawk_core::session::KeepReason::Held).expect("It can be kept.");
        }
        let files = tawk_tests::home::files(home.path());
        assert_eq!(files.len(), usize::from(!contents.samples.is_empty()), "{files:?}");
        for file in files {
            let mut reader = hound::WavReader::open(&file).expect("It is a WAV file.");
            assert!(reader.samples::<i16>().map(Result::unwrap).eq(contents.samples.iter().copied()));
            fs::remove_file(file).expect("A file can be removed.");
        }
    })
}

/// A catalogue is read or refused.
pub fn catalogue() -> Target {
    Box::new(move |input| {
        if let Ok(text) = std::str::from_utf8(input)
            && let Ok(catalogue) = toml::from_str::<Catalogue>(text)
        {
            for entry in &catalogue.entries {
                assert!(catalogue.path_of(entry).len() >= catalogue.path.len() / 2);
                let _ = (catalogue.entry(&entry.id), entry.languages.hear(Some("de")));
            }
        }
    })
}

/// A model's header is read or refused with a sentence.
pub fn model() -> Target {
    let home = tempfile::tempdir().expect("A temporary folder can be made.");
    Box::new(move |input| {
        let path = home.path().join("model.bin");
        fs::write(&path, input).expect("A file can be written.");
        if let Err(error) = tawk_store::ggml::inspect(&path) {
            assert!(error.message.ends_with('.'), "{error}");
        }
    })
}
