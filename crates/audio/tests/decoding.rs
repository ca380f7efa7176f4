//! Files as users have them: whole, damaged, mislabelled, and none at all.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tawk_audio::{Clip, decode, decode_file, mono_16k, segments_of};
use tawk_core::ErrorKind;
use tawk_core::microphone::{ChannelChoice, StreamFormat};

fn audio(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio").join(name)
}

/// A second of 440 Hz at half scale in every channel.
fn tone(rate: u32, channels: u16) -> Vec<f32> {
    let value = |n: u32| 0.5 * (n as f32 / rate as f32 * 440.0 * std::f32::consts::TAU).sin();
    (0..rate).flat_map(|n| std::iter::repeat_n(value(n), usize::from(channels))).collect()
}

fn wav(samples: &[f32], rate: u32, channels: u16, bits: u16, float: bool) -> Vec<u8> {
    let sample_format = if float { hound::SampleFormat::Float } else { hound::SampleFormat::Int };
    let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for &sample in samples {
        if float {
            writer.write_sample(sample).unwrap();
        } else {
            let scale = f64::from(1_u32 << (bits - 1)) - 1.0;
            writer.write_sample((f64::from(sample) * scale).round() as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// The plain header of 44 bytes, so that each field has its known place.
fn plain_wav(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn ramp(count: i16) -> Vec<i16> {
    (0..count).map(|n| n * 3).collect()
}

fn kind(result: tawk_core::Result<Clip>) -> ErrorKind {
    result.expect_err("this should not decode").kind
}

#[test]
fn wav_of_every_width_gives_the_same_sound() {
    for (rate, channels) in [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 1), (96_000, 2), (48_000, 6)] {
        let samples = tone(rate, channels);
        for (bits, float, error) in
            [(8, false, 0.01), (16, false, 1e-4), (24, false, 1e-6), (32, false, 1e-6), (32, true, 0.0)]
        {
            let clip = decode(wav(&samples, rate, channels, bits, float), Some("wav")).unwrap();
            assert_eq!(clip.format, StreamFormat { rate, channels });
            assert_eq!(clip.samples.len(), samples.len(), "{bits} bits, {rate} Hz, {channels} channels");
            assert_eq!(clip.duration().as_millis(), 1000);
            let worst = clip.samples.iter().zip(&samples).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= error, "{bits} bits, float {float}: off by {worst}");
        }
    }
}

#[test]
fn a_wrong_or_missing_extension_does_not_matter() {
    let bytes = wav(&tone(16_000, 1), 16_000, 1, 16, false);
    for extension in [None, Some("mp3"), Some(""), Some("WAV")] {
        assert_eq!(decode(bytes.clone(), extension).unwrap().frames(), 16_000);
    }
    let flac = std::fs::read(audio("demo/00.flac")).unwrap();
    assert!(decode(flac, Some("wav")).is_ok());
}

#[test]
fn flac_is_exact() {
    let clip = decode_file(&audio("demo/00.flac")).unwrap();
    assert_eq!(clip.format, StreamFormat { rate: 16_000, channels: 1 });
    assert!(clip.samples.iter().all(|s| (s * 32_768.0).fract() == 0.0), "16 bits, no rounding");
}

#[test]
fn a_data_size_that_was_never_written_gives_all_that_is_there() {
    let file = plain_wav(&ramp(3001), 16_000, 1);
    let whole = decode(file.clone(), None).unwrap();
    assert_eq!(whole.samples.len(), 3001);
    for size in [0, 2, 100, u32::MAX, u32::MAX - 1, 0x7fff_ffff, 1_000_000] {
        for riff in [0, 4, 36, u32::MAX] {
            let mut lying = file.clone();
            lying[4..8].copy_from_slice(&u32::to_le_bytes(riff));
            lying[40..44].copy_from_slice(&u32::to_le_bytes(size));
            assert_eq!(decode(lying, None).unwrap(), whole, "data size {size}, riff size {riff}");
        }
    }
}

#[test]
fn a_truncated_wav_gives_its_whole_frames() {
    let file = plain_wav(&ramp(3000), 16_000, 2);
    for cut in [1, 2, 3, 4, 999, 5000] {
        let clip = decode(file[..file.len() - cut].to_vec(), None).unwrap();
        assert_eq!(clip.frames(), (6000 - cut) / 4);
    }
}

#[test]
fn chunks_after_the_sound_are_no_sound() {
    for id in [b"LIST", b"id3 ", b"abcd"] {
        let mut file = plain_wav(&ramp(3000), 16_000, 1);
        file.extend(id);
        file.extend(8_u32.to_le_bytes());
        file.extend([1; 8]);
        assert_eq!(decode(file, None).unwrap().samples.len(), 3000);
    }
}

#[test]
fn wav_without_sound_says_so() {
    for file in [plain_wav(&[], 16_000, 1), plain_wav(&[], 48_000, 2), plain_wav(&ramp(10), 16_000, 1)[..45].to_vec()] {
        let error = decode(file, Some("wav")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains("holds no sound"), "{error}");
    }
}

#[test]
fn absurd_headers_are_refused() {
    let good = plain_wav(&ramp(1000), 16_000, 1);
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        decode(file, Some("wav"))
    };
    assert_eq!(kind(with(22, &0_u16.to_le_bytes())), ErrorKind::BadInput, "no channels");
    assert_eq!(kind(with(22, &u16::MAX.to_le_bytes())), ErrorKind::BadInput, "65535 channels");
    assert_eq!(kind(with(24, &0_u32.to_le_bytes())), ErrorKind::BadInput, "0 Hz");
    assert_eq!(kind(with(24, &u32::MAX.to_le_bytes())), ErrorKind::BadInput, "4 GHz");
    assert_eq!(kind(with(34, &0_u16.to_le_bytes())), ErrorKind::BadInput, "0 bits");
    assert_eq!(kind(with(34, &u16::MAX.to_le_bytes())), ErrorKind::BadInput, "65535 bits");
    assert_eq!(kind(with(20, &0x1234_u16.to_le_bytes())), ErrorKind::BadInput, "unknown coding");
    assert_eq!(kind(with(16, &u32::MAX.to_le_bytes())), ErrorKind::BadInput, "endless format");
    for length in 0..good.len().min(44) {
        assert_eq!(kind(decode(good[..length].to_vec(), Some("wav"))), ErrorKind::BadInput, "cut at {length}");
    }
}

#[test]
fn what_is_no_sound_file_is_refused() {
    for bytes in [vec![], vec![0; 100], b"Hello, this is a letter.".repeat(100), vec![0xff; 5000], b"RIFF".to_vec()] {
        assert_eq!(kind(decode(bytes, None)), ErrorKind::BadInput);
    }
    assert_eq!(kind(decode_file(Path::new(file!()).parent().unwrap())), ErrorKind::NotFound);
    assert_eq!(kind(decode_file(&audio("demo"))), ErrorKind::BadInput, "a folder");
    assert_eq!(kind(decode_file(&audio("no such file.wav"))), ErrorKind::NotFound);
    let readme = decode_file(&audio("README.md")).unwrap_err();
    assert!(readme.kind == ErrorKind::BadInput && readme.message.contains("README.md"), "{readme}");
}

#[test]
fn a_truncated_flac_gives_what_comes_before() {
    let bytes = std::fs::read(audio("long/08.flac")).unwrap();
    let whole = decode(bytes.clone(), None).unwrap();
    let half = decode(bytes[..bytes.len() / 2].to_vec(), None).unwrap();
    assert!(half.frames() > whole.frames() / 3 && half.frames() < whole.frames());
    assert!(whole.samples.starts_with(&half.samples));
}

#[test]
fn silence_has_no_segments_and_speech_has_and_any_choice_of_channel_works() {
    let silence = Clip { samples: vec![0.0; 48_000 * 2 * 3], format: StreamFormat { rate: 48_000, channels: 2 } };
    for choice in [ChannelChoice::Loudest, ChannelChoice::Mix, ChannelChoice::Index(1), ChannelChoice::Index(40)] {
        assert_eq!(segments_of(&silence, choice).unwrap(), []);
        assert_eq!(mono_16k(&silence, choice).unwrap().len(), 48_000);
    }
    let speech = decode_file(&audio("demo/01.flac")).unwrap();
    let segments = segments_of(&speech, ChannelChoice::Loudest).unwrap();
    assert_eq!(segments.len(), 1);
    let nothing = Clip { samples: vec![], format: StreamFormat { rate: 48_000, channels: 0 } };
    assert_eq!(segments_of(&nothing, ChannelChoice::Mix).unwrap_err().kind, ErrorKind::BadInput);
}

/// What a damaged file gives must at least fit together and not be larger than the file could hold.
fn check(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let length = bytes.len();
    if let Ok(clip) = decode(bytes, None) {
        prop_assert!(!clip.samples.is_empty() && clip.format.rate > 0);
        prop_assert_eq!(clip.samples.len() % usize::from(clip.format.channels), 0);
        prop_assert!(clip.samples.len() <= 64 * length + 1_000_000);
        prop_assert!(clip.samples.iter().all(|s| s.is_finite()));
    }
    Ok(())
}

fn damaged(mut bytes: Vec<u8>, flips: &[(prop::sample::Index, u8)], cut: Option<prop::sample::Index>) -> Vec<u8> {
    for (at, value) in flips {
        let at = at.index(bytes.len());
        bytes[at] ^= value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

fn flips() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_wav_files_never_panic(flips in flips(), header in flips(), cut in any::<Option<prop::sample::Index>>()) {
        let mut file = plain_wav(&ramp(2000), 16_000, 2);
        let (head, _) = file.split_at_mut(44);
        head.copy_from_slice(&damaged(head.to_vec(), &header, None));
        check(damaged(file, &flips, cut))?;
    }

    #[test]
    fn damaged_flac_files_never_panic(flips in flips(), header in flips(), cut in any::<Option<prop::sample::Index>>()) {
        let file = std::fs::read(audio("demo/00.flac")).unwrap();
        let head = damaged(file[..200].to_vec(), &header, None);
        check(damaged([head, file[200..].to_vec()].concat(), &flips, cut))?;
    }

    #[test]
    fn noise_is_no_sound_file(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        check(bytes)?;
    }
}

/// Found by scripts/fuzz.
#[test]
fn a_rate_that_no_recording_has_is_refused() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/wav/no-such-rate.aiff");
    let error = decode_file(&file).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.contains("samples a second, which no recording has"), "{error}");
}
