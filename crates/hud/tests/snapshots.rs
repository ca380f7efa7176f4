//! Every state of the panel, compared with the pictures in `snapshots`.
//!
//! After a change that is meant, `TAWK_RENEW_SNAPSHOTS=1 cargo test --workspace --test snapshots` draws them anew; look at
//! each before it is committed. The fonts lie in `fonts`, so that no picture depends on the machine.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tawk_core::ports::{Appearance, FontBytes, Picture};
use tawk_hud::{LEVELS, Levels, Look, Painter, Phase, State, Work};

/// A colour may differ by so much: processors round differently.
const TOLERANCE: u8 = 4;
/// Of all pixels, this share may differ by more: a glyph's edge.
const MOST_DIFFERENT: f64 = 0.001;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn font_bytes(name: &str) -> FontBytes {
    Arc::new(fs::read(folder("fonts").join(name)).unwrap())
}

fn painter() -> Painter {
    let mut painter = Painter::new("en");
    for font in ["Inter-subset.ttf", "DejaVuSans-subset.ttf", "NotoSansCJK-subset.otf", "NotoColorEmoji-subset.ttf"] {
        painter.add_font(font_bytes(font));
    }
    painter
}

/// A sentence that rises and falls.
fn levels() -> Levels {
    let mut levels = Levels::default();
    for n in 0..LEVELS {
        let wave = (n as f32 * 0.9).sin() * (n as f32 * 0.37).cos();
        levels.push(-34.0 + 20.0 * wave);
    }
    levels
}

fn quiet() -> Levels {
    let mut levels = Levels::default();
    for _ in 0..LEVELS {
        levels.push(-70.0);
    }
    levels
}

fn state(phase: Phase, text: &str) -> State {
    State { phase, microphone: "MacBook Pro Microphone".into(), note: String::new(), text: text.into() }
}

fn working(work: Work, progress: Option<f32>, ready_in_seconds: Option<u64>) -> Phase {
    Phase::Working { work, progress, ready_in_seconds }
}

const SHORT: &str = "Please send the report to Anna";
const LONG: &str = "Please send the report to Anna before noon, and ask her whether the numbers for Zürich are final. \
    If they are not, we should wait until Thursday.";
const CHINESE: &str = "今日は会議の前に資料を送ってください。よろしくお願いします。请在中午之前把报告发给安娜，然后问她数字是不是最终的。";
const ARABIC: &str = "أرسل التقرير إلى آنا قبل الظهر من فضلك، ثم اسألها هل الأرقام نهائية. Tawk 2026";
const EMOJI: &str = "Well done 👍🏽 🎉 says the family 👩‍👩‍👧 from 🇨🇭 ☀️";

fn states() -> Vec<(&'static str, State)> {
    let listening = || Phase::Listening(levels());
    let mut noted = state(listening(), "");
    noted.note =
        "The microphone is too loud, and its sound is cut off. Turn its level down in the system's settings.".into();
    let mut long_name = state(listening(), "");
    long_name.microphone = "Anna's very long-named conference microphone (USB, second input)".into();
    vec![
        ("connecting", state(Phase::Connecting, "")),
        ("listening", state(listening(), "")),
        ("listening-quiet", state(Phase::Listening(quiet()), "")),
        ("listening-begins", state(Phase::Listening(Levels::default()), "")),
        ("listening-note", noted),
        ("listening-long-name", long_name),
        ("listening-short-text", state(listening(), SHORT)),
        ("listening-long-text", state(listening(), LONG)),
        ("listening-chinese", state(listening(), CHINESE)),
        ("listening-arabic", state(listening(), ARABIC)),
        ("listening-emoji", state(listening(), EMOJI)),
        ("working", state(working(Work::Recognising, None, None), SHORT)),
        ("working-progress", state(working(Work::Recognising, Some(0.6), Some(4)), LONG)),
        ("loading", state(working(Work::Loading, Some(0.25), None), "")),
        (
            "held",
            state(
                Phase::Held {
                    why: "The text is kept.".into(),
                    next_step: "The focus moved to another window before all was typed. Choose Copy Last Text in Tawk's menu and \
                                paste the rest where you want it."
                        .into(),
                },
                LONG,
            ),
        ),
        (
            "cancelled",
            state(Phase::Cancelled { next_step: "Undo Cancel in Tawk's menu brings it back.".into() }, SHORT),
        ),
        (
            "trouble",
            state(
                Phase::Trouble {
                    what: "Tawk may not use the microphone.".into(),
                    next_step: "Switch Tawk on in System Settings, Privacy & Security, Microphone.".into(),
                },
                "",
            ),
        ),
    ]
}

fn looks() -> Vec<(&'static str, Look)> {
    let look = |scale, appearance| Look { scale, appearance, reduced_motion: false };
    vec![
        ("light", look(1.0, Appearance::Light)),
        ("dark", look(1.0, Appearance::Dark)),
        ("light@2x", look(2.0, Appearance::Light)),
        ("dark@2x", look(2.0, Appearance::Dark)),
    ]
}

/// Straight colours, as PNG has them.
fn straight(picture: &Picture) -> Vec<u8> {
    let mut pixels = picture.pixels.clone();
    for pixel in pixels.chunks_exact_mut(4) {
        let opacity = u16::from(pixel[3]);
        for colour in &mut pixel[..3] {
            *colour = (u16::from(*colour) * 255 + opacity / 2).checked_div(opacity).unwrap_or(0).min(255) as u8;
        }
    }
    pixels
}

fn write(path: &Path, picture: &Picture) {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).unwrap()), picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&straight(picture)).unwrap();
}

fn read(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}. See this file's head.", path.display()));
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(info.buffer_size());
    (info.width, info.height, pixels)
}

/// Compares a picture with its snapshot, or renews that. Says what differs.
fn compare(name: &str, picture: &Picture) -> Option<String> {
    let path = folder("snapshots").join(format!("{name}.png"));
    if std::env::var_os("TAWK_RENEW_SNAPSHOTS").is_some() {
        write(&path, picture);
        return None;
    }
    let (width, height, expected) = read(&path);
    if (width, height) != (picture.width, picture.height) {
        return Some(format!("{name}: {}×{} instead of {width}×{height}", picture.width, picture.height));
    }
    let found = straight(picture);
    let differs = |(a, b): (&[u8], &[u8])| {
        // What is transparent has no colour.
        let premultiplied =
            |p: &[u8], n: usize| if n == 3 { p[3] } else { (u16::from(p[n]) * u16::from(p[3]) / 255) as u8 };
        (0..4).any(|n| premultiplied(a, n).abs_diff(premultiplied(b, n)) > TOLERANCE)
    };
    let different = expected.chunks_exact(4).zip(found.chunks_exact(4)).filter(|&pair| differs(pair)).count();
    let share = different as f64 / f64::from(width * height);
    (share > MOST_DIFFERENT).then(|| {
        let new = std::env::temp_dir().join(format!("tawk-{name}.png"));
        write(&new, picture);
        format!("{name}: {different} pixels differ ({:.2} %); the new picture is {}", share * 100.0, new.display())
    })
}

#[test]
fn every_state_looks_as_it_did() {
    let mut painter = painter();
    let mut differences = Vec::new();
    for (look_name, look) in looks() {
        for (name, state) in states() {
            let picture = painter.draw(&state, look, Duration::from_millis(300));
            differences.extend(compare(&format!("{name}-{look_name}"), &picture));
        }
    }
    let still = Look { scale: 2.0, appearance: Appearance::Light, reduced_motion: true };
    for (name, state) in states().into_iter().filter(|(name, _)| ["connecting", "listening", "working"].contains(name))
    {
        let picture = painter.draw(&state, still, Duration::from_millis(300));
        differences.extend(compare(&format!("{name}-still-light@2x"), &picture));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(painter.take_missing(), "", "The fonts lack these.");
}

#[test]
fn without_motion_time_changes_nothing() {
    let mut painter = painter();
    for (name, state) in states() {
        let mut at = |seconds, reduced_motion| {
            let look = Look { scale: 1.0, appearance: Appearance::Dark, reduced_motion };
            painter.draw(&state, look, Duration::from_secs_f64(seconds))
        };
        assert!(at(0.1, true) == at(0.6, true), "{name}");
        let turns = matches!(state.phase, Phase::Connecting | Phase::Working { .. });
        assert_eq!(at(0.1, false) != at(0.6, false), turns, "{name}");
    }
}

#[test]
fn a_louder_voice_fills_more_of_the_meter() {
    let mut painter = painter();
    for reduced_motion in [false, true] {
        let look = Look { scale: 1.0, appearance: Appearance::Dark, reduced_motion };
        let mut bright = |dbfs: f32| {
            let mut levels = Levels::default();
            for _ in 0..LEVELS {
                levels.push(dbfs);
            }
            let picture = painter.draw(&state(Phase::Listening(levels), ""), look, Duration::ZERO);
            picture.pixels.chunks_exact(4).filter(|pixel| pixel[..3].iter().all(|&colour| colour > 200)).count()
        };
        let counts = [-120.0, -50.0, -40.0, -30.0, -20.0].map(&mut bright);
        assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    }
}

#[test]
fn what_no_font_has_is_told_once() {
    let mut painter = Painter::new("en");
    let look = Look { scale: 1.0, appearance: Appearance::Light, reduced_motion: false };
    painter.add_font(Arc::new(b"no font"));
    painter.add_font(font_bytes("Inter-subset.ttf"));
    let said = state(Phase::Connecting, "Hello שלום");
    painter.draw(&said, look, Duration::ZERO);
    let missing = painter.take_missing();
    assert!("שלום".chars().all(|c| missing.contains(c)), "{missing:?}");
    painter.draw(&said, look, Duration::ZERO);
    assert_eq!(painter.take_missing(), "");
    painter.add_font(font_bytes("DejaVuSans-subset.ttf"));
    painter.draw(&said, look, Duration::ZERO);
    assert_eq!(painter.take_missing(), "");
}

#[test]
fn a_font_whose_glyphs_would_be_blank_stands_in_for_nothing() {
    let mut painter = Painter::new("zh");
    let look = Look { scale: 1.0, appearance: Appearance::Light, reduced_motion: false };
    painter.add_font(font_bytes("Inter-subset.ttf"));
    // As macOS's Chinese font: every character has a glyph, in shapes of another format.
    let mut blank = (*font_bytes("NotoSansCJK-subset.otf")).as_ref().to_vec();
    let shapes = blank.windows(4).position(|tag| tag == b"CFF ").unwrap();
    blank[shapes..shapes + 4].copy_from_slice(b"hvgl");
    painter.add_font(Arc::new(blank));
    let said = state(Phase::Connecting, "議");
    painter.draw(&said, look, Duration::ZERO);
    assert_eq!(painter.take_missing(), "議");
    painter.add_font(font_bytes("NotoSansCJK-subset.otf"));
    painter.draw(&said, look, Duration::ZERO);
    assert_eq!(painter.take_missing(), "");
}

#[test]
fn anything_can_be_drawn() {
    let mut painter = painter();
    let texts = [
        "",
        " ",
        "\n\t\0",
        "\u{202e}\u{200d}\u{fe0f}",
        "e\u{301}\u{301}\u{301}",
        &"a".repeat(5000),
        &"語".repeat(5000),
    ];
    for scale in [0.0, 0.5, 1.25, 3.0, f32::INFINITY] {
        for text in texts {
            let look = Look { scale, appearance: Appearance::Light, reduced_motion: false };
            let trouble = Phase::Trouble { what: text.into(), next_step: text.into() };
            for phase in [trouble, Phase::Connecting, working(Work::Loading, Some(f32::NAN), Some(u64::MAX))] {
                let picture = painter.draw(&state(phase, text), look, Duration::MAX);
                assert_eq!(picture.pixels.len(), picture.width as usize * picture.height as usize * 4);
                assert!(picture.pixels.chunks_exact(4).all(|pixel| pixel[..3].iter().all(|c| *c <= pixel[3])));
            }
        }
    }
}
