//! What the checks share: the desk, its open windows, and the running app.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tawk_tests::app::{self, Answer, App};
use tawk_tests::clip::Clip;
use tawk_tests::desk::Desk;
use tawk_tests::home::files;
use tawk_tests::keys;
use tawk_tests::microphone::Microphone;
use tawk_tests::receiver::{Kind, Receiver};
use tawk_tests::sentences::{Sentence, sentences};
use tawk_tests::wait::{pause, wait_until};

/// From letting go of the hotkey to the last typed character, with room for a machine that builds meanwhile.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// The desk with what lies on it.
pub(crate) struct World {
    // In the order of their end: the app before the desk that it needs.
    app: Option<App>,
    pub(crate) receivers: HashMap<Kind, Receiver>,
    pub(crate) desk: Desk,
    demo: Vec<Sentence>,
    clips: HashMap<PathBuf, Clip>,
    /// How long Tawk's log was at the last failure.
    log_before: usize,
}

/// Which of the two microphones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mic {
    A,
    B,
}

impl World {
    pub(crate) fn new(desk: Desk) -> Self {
        Self {
            app: None,
            receivers: HashMap::new(),
            desk,
            demo: sentences("demo"),
            clips: HashMap::new(),
            log_before: 0,
        }
    }

    /// Puts the desk in order for the next check.
    pub(crate) fn after_failure(&mut self, check: &str) {
        if let Some(picture) = self.desk.screenshot(check) {
            println!("  The screen: {picture}");
        }
        if let Some(app) = &mut self.app {
            println!("  {}", app.process().last_words().replace('\n', "\n  "));
        }
        let log = self.desk.home.log();
        let lines: Vec<_> = log.get(self.log_before..).unwrap_or(&log).lines().collect();
        println!("  Tawk's log:\n    {}", lines[lines.len().saturating_sub(15)..].join("\n    "));
        self.log_before = log.len();
        self.app = None;
        keys::let_go_of_all(&self.desk.home);
        self.desk.name_usual_buses();
        // Both microphones as they were at the start.
        self.desk.sound.restart(&mut self.desk.home);
        self.mic(Mic::A).hush();
        self.mic(Mic::B).hush();
        self.forget_recordings();
        for left in files(&self.desk.home.data("recordings")) {
            let _ = fs::remove_file(left);
        }
        self.desk.home.write_settings("");
    }

    /// The receiver of this kind, opened on first use, emptied and with the keyboard.
    #[track_caller]
    pub(crate) fn receiver(&mut self, kind: Kind) -> &mut Receiver {
        let home = &self.desk.home;
        let receiver = self.receivers.entry(kind).or_insert_with(|| Receiver::open(kind, home));
        receiver.take_focus(home);
        receiver
    }

    /// The receiver of this kind as it is.
    #[track_caller]
    pub(crate) fn open_receiver(&mut self, kind: Kind) -> &mut Receiver {
        self.receivers.get_mut(&kind).expect("The receiver is open.")
    }

    pub(crate) fn mic(&self, mic: Mic) -> &Microphone {
        match mic {
            Mic::A => &self.desk.sound.mic_a,
            Mic::B => &self.desk.sound.mic_b,
        }
    }

    /// The running app; it is started if it does not run, and at rest.
    #[track_caller]
    pub(crate) fn app(&mut self) -> &mut App {
        if self.app.is_none() {
            self.app = Some(App::start(&self.desk.home, &[]));
        }
        let app = self.app.as_mut().expect("It is there now.");
        app.wait_ready(&self.desk.home);
        app
    }

    /// The app, in whatever state it is.
    #[track_caller]
    pub(crate) fn app_as_it_is(&mut self) -> &mut App {
        self.app()
    }

    /// Waits for the app's end and gives its exit code.
    #[track_caller]
    pub(crate) fn wait_app_end(&mut self) -> i32 {
        self.app.take().map_or(0, |mut app| app.wait_end())
    }

    /// Ends the app if it runs, and gives its exit code.
    #[track_caller]
    pub(crate) fn end_app(&mut self) -> i32 {
        self.app.take().map_or(0, |mut app| app.terminate())
    }

    /// Starts the app anew with these settings.
    #[track_caller]
    pub(crate) fn restart_with(&mut self, settings: &str) {
        self.end_app();
        self.desk.home.write_settings(settings);
        self.app();
    }

    /// Starts the app anew with these settings, under a trace of the files and sockets that it opens.
    #[track_caller]
    pub(crate) fn restart_under_trace(&mut self, settings: &str, trace: &std::path::Path) {
        self.end_app();
        self.desk.home.write_settings(settings);
        self.app = Some(App::start_traced(&self.desk.home, trace));
    }

    /// Waits for a state of the app, such as `idle` or `listening`.
    #[track_caller]
    pub(crate) fn wait_state(&self, state: &str) {
        app::wait_state(&self.desk.home, state, SOON);
    }

    /// The code of the app's trouble, once it has one.
    #[track_caller]
    pub(crate) fn wait_trouble(&self) -> String {
        self.wait_state("trouble");
        let status = app::status(&self.desk.home);
        let message = status["trouble"]["message"].as_str().unwrap_or_default();
        assert!(message.ends_with('.') && message.contains(' '), "This is no sentence: {message:?}");
        status["trouble"]["code"].as_str().unwrap_or_default().into()
    }

    /// Waits for the end of a dictation in which no voice was heard. A long one is told as trouble, so that nobody goes
    /// on speaking into a dead microphone.
    #[track_caller]
    pub(crate) fn wait_nothing_heard(&self) {
        wait_until("the end of a dictation without a voice", SOON, || {
            let status = app::status(&self.desk.home);
            status["state"] == "idle" || (status["state"] == "trouble" && status["trouble"]["code"] == "nothing-heard")
        });
    }

    /// Runs `tawk` with these arguments on the desk.
    #[track_caller]
    pub(crate) fn tawk(&self, arguments: &[&str]) -> Answer {
        app::run(&mut app::tawk(&self.desk.home, arguments))
    }

    /// One of the demo sentences: what is said, and how it sounds with a short silence at its end.
    pub(crate) fn demo(&mut self, number: usize) -> (String, Clip) {
        let Sentence { file, text } = self.demo[number % self.demo.len()].clone();
        let clip = self.clips.entry(file).or_insert_with_key(|file| Clip::read(file)).clone();
        (text, clip.then(&Clip::silence(Duration::from_millis(250))))
    }

    /// Holds the hotkey, waits until Tawk listens, plays `clip` into a microphone, and lets go: first of the space bar,
    /// then of the modifiers.
    #[track_caller]
    pub(crate) fn hold_and_say(&self, mic: Mic, clip: &Clip) {
        let held = keys::hold_hotkey(&self.desk.home);
        self.wait_state("listening");
        self.mic(mic).say(clip);
        drop(held);
    }

    /// Dictates the demo sentence `number` into the receiver of this kind and expects exactly its text there.
    #[track_caller]
    pub(crate) fn dictate(&mut self, kind: Kind, mic: Mic, number: usize) {
        let (text, clip) = self.demo(number);
        self.receiver(kind);
        self.hold_and_say(mic, &clip);
        // The default ending: a space, so that the next dictation does not stick to this one.
        self.open_receiver(kind).expect(&format!("{text} "), SOON);
        self.wait_state("idle");
    }

    /// Waits until no recording is left but those of delivered texts.
    #[track_caller]
    pub(crate) fn expect_no_recording(&self) {
        let home = &self.desk.home;
        wait_until("the recordings' removal", Duration::from_secs(5), || home.recordings().is_empty());
    }

    /// Waits for exactly one recording, kept for `reason` and at least `length` long, and removes it.
    #[track_caller]
    pub(crate) fn expect_recording(&self, reason: &str, length: Duration) {
        let home = &self.desk.home;
        wait_until(
            &format!("a recording kept as {reason}"),
            Duration::from_secs(10),
            || matches!(&home.recordings()[..], [one] if one.to_string_lossy().ends_with(&format!("-{reason}.wav"))),
        );
        let recording = &home.recordings()[0];
        let kept = seconds_of(recording);
        assert!(kept >= length.as_secs_f64(), "Only {kept} s were kept, of {} s at least.", length.as_secs_f64());
        self.forget_recordings();
    }

    pub(crate) fn forget_recordings(&self) {
        for recording in self.desk.home.recordings() {
            let _ = fs::remove_file(recording);
        }
    }

    /// Lets things settle that show nothing from outside.
    pub(crate) fn settle(&self) {
        pause(300);
    }
}

/// The length of a WAV file, in seconds, counted from what is really in it.
#[track_caller]
pub(crate) fn seconds_of(file: &std::path::Path) -> f64 {
    let mut reader = hound::WavReader::open(file)
        .unwrap_or_else(|error| panic!("{} is no whole WAV file: {error}.", file.display()));
    let spec = reader.spec();
    let samples = reader.samples::<i16>().filter(Result::is_ok).count();
    samples as f64 / f64::from(spec.channels) / f64::from(spec.sample_rate)
}
