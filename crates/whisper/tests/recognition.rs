//! The fixture model and the test audio: what is said is what is written, whatever the file's format.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tawk_audio::{Clip, decode_file, mono_16k, segments_of};
use tawk_core::ErrorKind;
use tawk_core::microphone::{ChannelChoice, StreamFormat};
use tawk_core::ports::Transcriber;
use tawk_core::recognition::{AbortSwitch, DOUBTFUL_LOG_PROBABILITY, RecognitionRequest};
use tawk_whisper::{WhisperTranscriber, WhisperTranscribers, default_encoder_window};

#[path = "../../../tests/src/wer.rs"]
#[allow(unreachable_pub)]
mod wer;
use wer::Wer;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One at a time: whisper.cpp's threads spin, and tests in parallel would only wait for one another.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn with_model<T>(work: impl FnOnce(&mut WhisperTranscriber) -> T) -> T {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = root().join("models/ggml-fixture-en-q5_0.bin");
    // One thread: as fast on a busy machine, and the text is the same.
    work(&mut WhisperTranscribers::with_threads(1).load_model(&path, &mut |_| {}).unwrap())
}

/// The clips of a set with what is said in them.
fn set(name: &str) -> Vec<(PathBuf, String)> {
    let folder = root().join("tests/audio");
    let table = std::fs::read_to_string(folder.join(format!("{name}.tsv"))).unwrap();
    let row = |row: &str| {
        let mut columns = row.split('\t');
        (folder.join(columns.next().unwrap()), columns.next().unwrap().to_owned())
    };
    table.lines().map(row).collect()
}

fn request(samples: usize) -> RecognitionRequest {
    RecognitionRequest { encoder_window: Some(default_encoder_window(samples)), ..Default::default() }
}

/// As a file is transcribed: segments, each recognised, texts joined.
fn transcribe(model: &mut WhisperTranscriber, clip: &Clip) -> String {
    let mut texts: Vec<String> = Vec::new();
    for segment in segments_of(clip, ChannelChoice::Loudest).unwrap() {
        let mut request = request(segment.samples.len());
        request.prompt = texts.join(" ");
        texts.push(model.transcribe(&segment.samples, &request, &AbortSwitch::default()).unwrap().text);
    }
    tawk_core::text::join(&texts, Some("en"))
}

fn error_rate(model: &mut WhisperTranscriber, name: &str) -> Wer {
    let rate =
        set(name).iter().map(|(file, said)| Wer::of(said, &transcribe(model, &decode_file(file).unwrap()))).sum();
    eprintln!("{name}: {rate}");
    rate
}

#[test]
fn unseen_sentences_and_voices() {
    let rate = with_model(|model| error_rate(model, "heldout"));
    assert_eq!(rate.words, 530);
    assert!(rate.percent() < 1.0, "{rate}");
}

/// What is not doubtful costs nothing more: the fallback with its full window and higher temperatures never runs.
#[test]
fn ordinary_speech_is_decoded_once_and_nothing_of_it_is_withheld() {
    with_model(|model| {
        let mut least = 0.0_f32;
        for (file, _) in set("heldout").into_iter().chain(set("demo")) {
            let samples = mono_16k(&decode_file(&file).unwrap(), ChannelChoice::Loudest).unwrap();
            let heard = model.transcribe(&samples, &request(samples.len()), &AbortSwitch::default()).unwrap();
            assert_eq!(heard.runs, 1, "{}", file.display());
            least = least.min(heard.log_probability.unwrap());
            let text = heard.text.clone();
            let loudness = tawk_audio::loudness(&samples);
            let guarded = heard.guarded("", clip_length(&samples), loudness, || tawk_audio::voiced(&samples));
            assert_eq!((guarded.text, guarded.withheld), (text, vec![]), "{}", file.display());
        }
        eprintln!("the least mean log probability of ordinary speech: {least:.2}");
        assert!(least > DOUBTFUL_LOG_PROBABILITY / 2.0, "{least}");
    });
}

fn clip_length(samples: &[f32]) -> Duration {
    Duration::from_secs_f64(samples.len() as f64 / 16_000.0)
}

#[test]
fn the_demo_is_exact() {
    with_model(|model| {
        for (file, said) in set("demo") {
            assert_eq!(transcribe(model, &decode_file(&file).unwrap()), said);
        }
    });
}

#[test]
fn several_sentences_with_short_pauses() {
    let rate = with_model(|model| error_rate(model, "long"));
    assert!(rate.percent() < 2.0, "{rate}");
}

#[test]
fn silence_and_noise_give_no_text() {
    with_model(|model| {
        for (file, _) in set("silence") {
            let clip = decode_file(&file).unwrap();
            assert_eq!(transcribe(model, &clip), "");
            // And without the segmenter before it.
            let samples = mono_16k(&clip, ChannelChoice::Loudest).unwrap();
            let heard = model.transcribe(&samples, &request(samples.len()), &AbortSwitch::default()).unwrap();
            assert_eq!(heard.text, "", "{}", file.display());
        }
    });
}

/// `clip` as another recorder would have made it.
fn remade(clip: &Clip, rate: u32, channels: u16, bits: u32) -> Clip {
    let input = f64::from(clip.format.rate);
    let frames = (clip.frames() as f64 * f64::from(rate) / input) as usize;
    // A windowed sinc of 64 samples, cut off below the lower of both rates.
    let cut = 0.95 * (f64::from(rate) / input).min(1.0);
    let value = |n: usize| {
        let at = n as f64 * input / f64::from(rate);
        let first = at as i64 - 31;
        let mut sum = 0.0;
        for k in first..first + 64 {
            let distance = at - k as f64;
            let x = std::f64::consts::PI * distance * cut;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            let window = (std::f64::consts::PI * distance / 64.0).cos().powi(2);
            sum += usize::try_from(k).ok().and_then(|k| clip.samples.get(k)).map_or(0.0, |&s| f64::from(s))
                * sinc
                * window
                * cut;
        }
        let steps = f64::from(1_u32 << (bits - 1));
        (((sum * steps).round() / steps) as f32).clamp(-1.0, 1.0)
    };
    let samples = (0..frames).flat_map(|n| std::iter::repeat_n(value(n), usize::from(channels))).collect();
    Clip { samples, format: StreamFormat { rate, channels } }
}

#[test]
fn rate_width_and_channels_do_not_change_the_text() {
    with_model(|model| {
        let mut clips = set("demo");
        clips.extend(set("heldout").into_iter().take(4));
        for (file, said) in clips {
            let clip = decode_file(&file).unwrap();
            for (rate, channels, bits) in [
                (16_000, 2, 16),
                (44_100, 1, 16),
                (44_100, 2, 24),
                (48_000, 1, 24),
                (48_000, 2, 16),
                (96_000, 1, 24),
                (22_050, 1, 16),
            ] {
                let heard = transcribe(model, &remade(&clip, rate, channels, bits));
                assert_eq!(heard, said, "{rate} Hz, {channels} channels, {bits} bits");
            }
        }
    });
}

#[test]
fn a_recording_of_five_minutes() {
    with_model(|model| {
        let mut samples = Vec::new();
        let mut said = Vec::new();
        for (n, (file, text)) in set("heldout").into_iter().enumerate() {
            if samples.len() > 300 * 16_000 {
                break;
            }
            samples.extend(decode_file(&file).unwrap().samples);
            samples.extend(vec![0.0; 4_000 + n * 977 % 16_000]);
            said.push(text);
        }
        let clip = Clip { samples, format: StreamFormat { rate: 16_000, channels: 1 } };
        assert!(clip.duration() > Duration::from_secs(290), "{:?}", clip.duration());
        let rate = Wer::of(&said.join(" "), &transcribe(model, &clip));
        eprintln!("five minutes: {rate}");
        // The fixture model was trained on single sentences; segments of two or three cost it words.
        assert!(rate.percent() < 4.0, "{rate}");
    });
}

#[test]
fn clips_of_any_length() {
    with_model(|model| {
        let clip = decode_file(&set("demo")[1].0).unwrap().samples;
        for length in [0, 1, 159, 160, 1600, 3200, 8000] {
            let heard = model.transcribe(&clip[..length], &request(length), &AbortSwitch::default());
            assert!(heard.is_ok(), "{length} samples");
        }
        // 70 s in one call: cut at its pauses.
        let mut long = Vec::new();
        let mut said = Vec::new();
        for (file, text) in set("demo").iter().cycle().take(24) {
            long.extend(decode_file(file).unwrap().samples);
            long.extend([0.0; 8000]);
            said.push(text.clone());
        }
        assert!(long.len() > 60 * 16_000);
        let heard = model.transcribe(&long, &RecognitionRequest::default(), &AbortSwitch::default()).unwrap();
        assert!(!heard.text.is_empty());
    });
}

#[test]
fn what_is_no_number_is_silence() {
    with_model(|model| {
        let heard = model.transcribe(&[f32::NAN; 20_000], &request(20_000), &AbortSwitch::default()).unwrap();
        assert_eq!(heard.text, "");
    });
}

#[test]
fn an_abort_stops_it_and_it_can_be_used_again() {
    with_model(|model| {
        let (file, said) = &set("demo")[1];
        let clip = decode_file(file).unwrap();
        let abort = AbortSwitch::default();
        abort.abort();
        let error = model.transcribe(&clip.samples, &RecognitionRequest::default(), &abort).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Aborted);
        for wait in [0, 20, 60, 150] {
            let abort = AbortSwitch::default();
            let other = abort.clone();
            let long = clip.samples.repeat(30);
            let begun = Instant::now();
            let killer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(wait));
                other.abort();
            });
            let error = model.transcribe(&long, &RecognitionRequest::default(), &abort).unwrap_err();
            killer.join().unwrap();
            assert_eq!(error.kind, ErrorKind::Aborted);
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
            assert_eq!(&transcribe(model, &clip), said, "after an abort at {wait} ms");
        }
    });
}

#[test]
fn prompts_and_languages_of_any_kind_do_no_harm() {
    with_model(|model| {
        assert!(!model.is_multilingual());
        let (file, said) = &set("demo")[0];
        let samples = decode_file(file).unwrap().samples;
        let long = "word ".repeat(5000);
        for prompt in ["", "Hello.", "a\0b", "[_BEG_][_TT_50]<|endoftext|>", "你好 👩‍👩‍👧 \u{fffd}", long.as_str()]
        {
            for language in [None, Some("en"), Some("klingon"), Some("d\0e")] {
                let request = RecognitionRequest {
                    language: language.map(Into::into),
                    prompt: prompt.into(),
                    ..request(samples.len())
                };
                let heard = model.transcribe(&samples, &request, &AbortSwitch::default()).unwrap();
                assert_eq!(&heard.text, said, "an English model looks at neither");
            }
        }
    });
}

/// The memory of this process in kB; `None` where the system does not tell in this way.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn memory_does_not_grow_with_the_number_of_runs() {
    with_model(|model| {
        let samples = decode_file(&set("demo")[0].0).unwrap().samples;
        // 20 kB of prompt a run: a leak of it would show.
        let request = RecognitionRequest { prompt: "word ".repeat(4000), ..request(samples.len()) };
        let mut run = |times: usize| {
            for _ in 0..times {
                model.transcribe(&samples, &request, &AbortSwitch::default()).unwrap();
            }
            memory()
        };
        let Some(before) = run(20) else { return };
        let after = run(100).unwrap();
        assert!(after < before + 1500, "{before} kB became {after} kB in 100 runs");
    });
}
