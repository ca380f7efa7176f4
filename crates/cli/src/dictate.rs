//! `tawk dictate`: one dictation, printed.

use std::io::BufRead;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tawk_app::{Listener, Options, State, Status};
use tawk_core::keystroke::{self, Keystroke};
use tawk_core::ports::{Focus, Target, TypedSoFar, TypingStyle, Typist, Typists};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;
use tawk_store::History;
use tawk_store::history::Limits;
use tawk_whisper::WhisperTranscribers;

use crate::{Dictate, World, output};

/// Silence that ends a dictation, after speech.
const SILENCE: Duration = Duration::from_secs(2);

/// Silence that ends a dictation in which nothing was said.
const NOTHING_SAID: Duration = Duration::from_secs(10);

pub(crate) fn run(world: &World, args: Dictate) -> Result<ExitCode> {
    let page = Page::default();
    let platform = if args.types {
        world.platform.clone()
    } else {
        Platform { typists: Arc::new(page.clone()), focus: Arc::new(page.clone()), ..world.platform.clone() }
    };
    let (events, heard) = unbounded();
    let engine = tawk_app::start(Options {
        platform,
        folders: world.folders.clone(),
        transcribers: Arc::new(WhisperTranscribers::new()),
        listener: Arc::new(Ear { events: events.clone() }),
        is_app: false,
        microphone: args.device,
        model: args.model,
    })?;
    watch_enter(events);
    engine.handle().toggle();
    listen(&heard)?;
    engine.handle().toggle();
    let end = wait_until_done(&heard);
    let text = if args.types { engine.handle().last_text().unwrap_or_default() } else { page.text() };
    drop(engine);
    prune(world);
    let text = text.trim();
    if !text.is_empty() {
        output::line(text);
    }
    end?;
    Ok(ExitCode::SUCCESS)
}

/// As the app does: this command may be all that the user ever runs.
fn prune(world: &World) {
    let history = History::new(&world.folders);
    let limits = Limits::from(&world.settings().settings().history);
    let done = history.prune(limits, SystemTime::now());
    for error in done.err().into_iter().chain(history.notice()) {
        output::error(&error);
    }
}

/// What happens during the dictation.
enum Heard {
    Status(Box<Status>),
    Voice(bool),
    Enter,
}

struct Ear {
    events: Sender<Heard>,
}

impl Listener for Ear {
    fn status_changed(&self, status: &Status) {
        let _ = self.events.send(Heard::Status(Box::new(status.clone())));
    }

    fn open_window(&self) {}

    fn voice_changed(&self, voiced: bool) {
        let _ = self.events.send(Heard::Voice(voiced));
    }

    fn quit(&self) {}
}

/// An end of file is no Enter: a command run by another program often has no input at all.
fn watch_enter(events: Sender<Heard>) {
    let _ = thread::Builder::new().name("enter".into()).spawn(move || {
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            let _ = events.send(Heard::Enter);
        }
    });
}

/// Returns when the speaker is done.
fn listen(heard: &Receiver<Heard>) -> Result<()> {
    let mut until: Option<Instant> = None;
    // An Enter that comes before the microphone is even being opened counts from then on.
    let (mut begun, mut entered) = (false, false);
    loop {
        let event = match until {
            Some(until) => heard.recv_deadline(until),
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match event {
            Ok(Heard::Status(status)) => match status.state {
                State::Listening if until.is_none() => {
                    output::note(&format!(
                        "Listening to {}. Enter or {} s of silence ends it.",
                        status.microphone,
                        SILENCE.as_secs()
                    ));
                    until = Some(Instant::now() + NOTHING_SAID);
                }
                State::Connecting => {
                    begun = true;
                    if entered {
                        return Ok(());
                    }
                }
                State::Trouble => return Err(trouble(&status)),
                _ => {}
            },
            Ok(Heard::Enter) if !begun => entered = true,
            Ok(Heard::Voice(true)) => until = Some(Instant::now() + Duration::from_secs(3600)),
            Ok(Heard::Voice(false)) => until = Some(Instant::now() + SILENCE),
            Ok(Heard::Enter) | Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::new(ErrorKind::Internal, "The dictation ended by itself. Try again."));
            }
        }
    }
}

fn wait_until_done(heard: &Receiver<Heard>) -> Result<()> {
    for event in heard {
        if let Heard::Status(status) = event {
            match status.state {
                State::Idle => return Ok(()),
                State::Trouble => return Err(trouble(&status)),
                _ => {}
            }
        }
    }
    Ok(())
}

fn trouble(status: &Status) -> Error {
    let Some(trouble) = &status.trouble else {
        return Error::new(ErrorKind::Internal, "The dictation failed. Run tawk doctor.");
    };
    let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == trouble.code).unwrap_or(ErrorKind::Internal);
    Error::new(kind, trouble.message.clone())
}

/// Takes the text in place of an app.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<String>>);

impl Page {
    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Typists for Page {
    fn open(&self) -> Result<Box<dyn Typist>> {
        Ok(Box::new(self.clone()))
    }
}

impl Typist for Page {
    fn type_strokes(
        &mut self,
        strokes: &[Keystroke],
        _: &TypingStyle,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<TypedSoFar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(&keystroke::text_of(strokes));
        Ok(TypedSoFar::whole(strokes.len()))
    }
}

impl Focus for Page {
    fn current(&self) -> Result<Option<Target>> {
        Ok(Some(Target::default()))
    }

    fn secure_input(&self) -> bool {
        false
    }
}
