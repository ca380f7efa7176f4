//! Real microphones of a private PulseAudio: pipes that this test feeds.
//!
//! Each test runs its body in a process of its own with a server of its own, because the connection to the sound
//! server and `PULSE_SERVER` belong to the process. Where PulseAudio is not installed the tests say so and pass.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod desk;

use std::thread;
use std::time::{Duration, Instant};

use desk::{Desk, Feed, on_a_desk};
use tawk_core::ErrorKind;
use tawk_core::microphone::MicrophoneChoice;
use tawk_core::ports::{InputStream, Sound};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(50);

fn id(name: &str) -> MicrophoneChoice {
    MicrophoneChoice::Id(name.to_owned())
}

/// Reads until `seconds` of sound are there.
fn record(input: &mut dyn InputStream, seconds: f64) -> Vec<f32> {
    let format = input.format();
    let samples = (seconds * f64::from(format.rate)) as usize * usize::from(format.channels);
    let mut out = Vec::new();
    let started = Instant::now();
    while out.len() < samples {
        assert!(started.elapsed().as_secs_f64() < seconds + 10.0, "only {} of {samples} samples came", out.len());
        input.read(&mut out, TICK).expect("the microphone works");
    }
    out
}

/// How soon `read` reports a loss. Fails when it does not within 3 s.
fn time_to_loss(input: &mut dyn InputStream) -> (Duration, tawk_core::Error) {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < 3 * SECOND, "the loss was not noticed");
        if let Err(error) = input.read(&mut Vec::new(), TICK) {
            return (started.elapsed(), error);
        }
    }
}

#[test]
fn microphones_are_listed_without_monitors() {
    on_a_desk("microphones_are_listed_without_monitors", |desk| {
        let microphones = tawk_platform::native().microphones;
        desk.add("mic_a", 48_000, 1, "s16le");
        desk.add("mic_b", 16_000, 2, "float32le");
        desk.pactl(&["set-default-source", "mic_b"]);
        let seen: Vec<_> = microphones.list().unwrap().into_iter().map(|m| (m.id, m.name, m.is_default)).collect();
        assert_eq!(
            seen,
            [
                ("pulseaudio:mic_a".to_owned(), "Name_of_mic_a".to_owned(), false),
                ("pulseaudio:mic_b".to_owned(), "Name_of_mic_b".to_owned(), true),
            ]
        );

        let absent = microphones.open(&id("pulseaudio:mic_x")).err().unwrap();
        assert_eq!(absent.kind, ErrorKind::NoMicrophone);
        assert!(absent.message.contains("mic_x"), "{}", absent.message);
        let monitor = microphones.open(&id("pulseaudio:speaker.monitor")).err().unwrap();
        assert_eq!(monitor.kind, ErrorKind::NoMicrophone);

        desk.remove("mic_a");
        desk.remove("mic_b");
        assert_eq!(microphones.list().unwrap(), []);
        let nothing = microphones.open(&MicrophoneChoice::SystemDefault).err().unwrap();
        assert_eq!(nothing.kind, ErrorKind::NoMicrophone);
        assert!(nothing.message.contains("loudspeaker"), "{}", nothing.message);
    });
}

#[test]
fn a_bluetooth_microphone_is_known() {
    on_a_desk("a_bluetooth_microphone_is_known", |desk| {
        let microphones = tawk_platform::native().microphones;
        desk.add("mic_a", 48_000, 1, "s16le");
        desk.add_with("mic_b", "device.bus=bluetooth");
        let seen: Vec<_> = microphones.list().unwrap().into_iter().map(|m| (m.id, m.is_bluetooth)).collect();
        assert_eq!(seen, [("pulseaudio:mic_a".to_owned(), false), ("pulseaudio:mic_b".to_owned(), true)]);
    });
}

#[test]
fn what_is_spoken_is_what_is_heard() {
    on_a_desk("what_is_spoken_is_what_is_heard", |desk| {
        let microphones = tawk_platform::native().microphones;
        for (name, rate, channels, encoding, block) in
            [("mic_a", 48_000, 1, "s16le", 10), ("mic_b", 44_100, 2, "float32le", 5), ("mic_c", 16_000, 1, "s16le", 20)]
        {
            // A server that is kept off the processor loses sound by itself, so one try of three must be perfect.
            let mut correlations = Vec::new();
            while correlations.len() < 3 && correlations.last().is_none_or(|&last| last < 0.999) {
                desk.add(name, rate, channels, encoding);
                let feed = Feed::start(desk, name, rate, channels, encoding, Duration::from_millis(block));
                let mut input = microphones.open(&id(&format!("pulseaudio:{name}"))).unwrap();
                assert_eq!((input.format().rate, input.format().channels), (rate, channels));
                // What the pipe kept from before it was opened comes first.
                record(&mut *input, 0.25);
                let heard = record(&mut *input, 1.0);
                assert!(input.captured_until().unwrap() <= Instant::now());
                assert_eq!(input.overruns(), 0);
                drop(input);
                desk.wait_for_no_recording();
                desk.remove(name);
                correlations.push(feed.correlation(&heard));
            }
            println!("{name}: {rate} Hz, {channels} channels, {encoding}: correlation {correlations:.5?}");
            assert!(correlations.last().is_some_and(|&last| last >= 0.999), "{name}: {correlations:?}");
        }
    });
}

#[test]
fn an_interface_with_numbered_channels_is_not_silent() {
    on_a_desk("an_interface_with_numbered_channels_is_not_silent", |desk| {
        let microphones = tawk_platform::native().microphones;
        desk.add("interface", 48_000, 4, "s16le channel_map=aux0,aux1,aux2,aux3");
        let _feed = Feed::start(desk, "interface", 48_000, 4, "s16le", Duration::from_millis(10));
        let mut input = microphones.open(&MicrophoneChoice::SystemDefault).unwrap();
        assert_eq!(input.format().channels, 1);
        let heard = record(&mut *input, 0.5);
        let level = (heard.iter().map(|sample| sample * sample).sum::<f32>() / heard.len() as f32).sqrt();
        println!("rms of the mean of four channels: {level}");
        // One channel of the noise has an rms of 0.144; the mean of four that differ has half of it.
        assert!((0.05..0.1).contains(&level), "{level}");
    });
}

#[test]
fn opening_again_and_again_leaves_nothing_behind() {
    on_a_desk("opening_again_and_again_leaves_nothing_behind", |desk| {
        let microphones = tawk_platform::native().microphones;
        desk.add("mic_a", 48_000, 1, "s16le");
        let _feed = Feed::start(desk, "mic_a", 48_000, 1, "s16le", Duration::from_millis(10));
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        microphones.list().unwrap();
        // The first opening makes the connection that all others use.
        drop(microphones.open(&MicrophoneChoice::SystemDefault).unwrap());
        desk.wait_for_no_recording();
        thread::sleep(TICK);
        let before = threads();
        for _ in 0..20 {
            let started = Instant::now();
            let mut input = microphones.open(&MicrophoneChoice::SystemDefault).unwrap();
            input.read(&mut Vec::new(), SECOND).unwrap();
            println!("first samples after {:?}", started.elapsed());
            microphones.list().unwrap();
        }
        desk.wait_for_no_recording();
        desk.wait_until("the threads have ended", |_| threads() <= before);
        // One connection for lists, one for recordings, beside pactl's own.
        let clients = desk.pactl(&["list", "clients"]);
        assert_eq!(clients.matches("application.name = \"cpal").count(), 1, "{clients}");
        assert_eq!(clients.matches("application.name = \"Tawk\"").count(), 1, "{clients}");
    });
}

#[test]
fn a_microphone_that_goes_away_is_noticed() {
    on_a_desk("a_microphone_that_goes_away_is_noticed", |desk| {
        let microphones = tawk_platform::native().microphones;
        for name in ["mic_a", "mic_b"] {
            desk.add(name, 48_000, 1, "s16le");
        }
        let feeds = ["mic_a", "mic_b"].map(|m| Feed::start(desk, m, 48_000, 1, "s16le", Duration::from_millis(10)));

        // Unplugged: nothing of the other microphone is heard in its place.
        let mut input = microphones.open(&id("pulseaudio:mic_a")).unwrap();
        let mut heard = record(&mut *input, 0.6);
        desk.remove("mic_a");
        let started = Instant::now();
        let error = loop {
            assert!(started.elapsed() < 3 * SECOND, "the loss was not noticed");
            if let Err(error) = input.read(&mut heard, TICK) {
                break error;
            }
        };
        let after = started.elapsed();
        let correlation = feeds[0].correlation(&heard[heard.len() - 24_000..]);
        assert!(correlation > 0.999, "{correlation}");
        println!("unplugged: noticed after {after:?}: {error}");
        assert_eq!(error.kind, ErrorKind::MicrophoneLost);
        desk.wait_for_no_recording();

        // The stream is ended by the server.
        let mut input = microphones.open(&id("pulseaudio:mic_b")).unwrap();
        record(&mut *input, 0.1);
        desk.kill_recordings();
        let (after, error) = time_to_loss(&mut *input);
        println!("killed: noticed after {after:?}: {error}");
        assert_eq!(error.kind, ErrorKind::MicrophoneLost);

        // The server dies; then there is no list, and after its return there is one.
        let mut input = microphones.open(&id("pulseaudio:mic_b")).unwrap();
        record(&mut *input, 0.1);
        desk.kill_server();
        let (after, error) = time_to_loss(&mut *input);
        println!("server killed: noticed after {after:?}: {error}");
        assert_eq!(error.kind, ErrorKind::MicrophoneLost);
        let started = Instant::now();
        assert_eq!(microphones.list().err().unwrap().kind, ErrorKind::NoMicrophone);
        assert!(started.elapsed() < 3 * SECOND);

        desk.start_server();
        desk.add("mic_c", 48_000, 1, "s16le");
        let list = microphones.list().unwrap();
        assert_eq!(list.len(), 1);
        let _feed = Feed::start(desk, "mic_c", 48_000, 1, "s16le", Duration::from_millis(10));
        record(&mut *microphones.open(&id("pulseaudio:mic_c")).unwrap(), 0.1);
    });
}

#[test]
fn a_server_that_hangs_and_a_microphone_that_is_silent_are_given_up() {
    on_a_desk("a_server_that_hangs_and_a_microphone_that_is_silent_are_given_up", |desk: &mut Desk| {
        let microphones = tawk_platform::native().microphones;
        desk.add("mic_a", 48_000, 1, "s16le");

        // Nobody feeds the pipe: no sample ever comes.
        let started = Instant::now();
        let error = microphones.open(&id("pulseaudio:mic_a")).err().unwrap();
        println!("silent: {:?}: {error}", started.elapsed());
        assert_eq!(error.kind, ErrorKind::MicrophoneBusy);
        assert!(started.elapsed() < 5 * SECOND);

        // The late stream is dropped when samples come at last.
        let _feed = Feed::start(desk, "mic_a", 48_000, 1, "s16le", Duration::from_millis(10));
        desk.wait_for_no_recording();

        desk.freeze_server(true);
        let started = Instant::now();
        assert_eq!(microphones.list().err().unwrap().kind, ErrorKind::NoMicrophone);
        println!("hung server: list gave up after {:?}", started.elapsed());
        assert!(started.elapsed() < 4 * SECOND);
        desk.freeze_server(false);
        assert_eq!(microphones.list().unwrap().len(), 1);
    });
}

#[test]
fn a_sound_is_heard_and_the_loudspeaker_closed_after_it() {
    on_a_desk("a_sound_is_heard_and_the_loudspeaker_closed_after_it", |desk| {
        let sounds = tawk_platform::native().sounds;
        let listener = desk.listen("speaker.monitor");
        let started = Instant::now();
        for _ in 0..50 {
            sounds.play(Sound::Start, 0.5);
        }
        assert!(started.elapsed() < Duration::from_millis(100), "play must return at once");
        desk.wait_until("the loudspeaker is in use", |desk| !desk.pactl(&["list", "short", "sink-inputs"]).is_empty());
        desk.wait_until("it is closed", |desk| desk.pactl(&["list", "short", "sink-inputs"]).is_empty());
        let heard = listener.stop();
        let peak = heard.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        println!("peak {peak} in {} samples", heard.len());
        assert!((0.05..0.2).contains(&peak), "half of the volume is a peak of about 0.125, not {peak}");

        // The tone lasts 140 ms and is above this level for nine tenths of it.
        let loud = heard.iter().filter(|sample| sample.abs() > 0.02).count();
        assert!(loud > 48_000 / 10, "only {loud} samples of the tone were heard");

        // Without a loudspeaker nothing happens.
        let modules = desk.pactl(&["list", "short", "modules"]);
        let sink = modules.lines().find(|line| line.contains("module-null-sink")).unwrap();
        desk.pactl(&["unload-module", sink.split('\t').next().unwrap()]);
        sounds.play(Sound::Trouble, 1.0);
    });
}
