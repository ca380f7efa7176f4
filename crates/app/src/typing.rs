//! The `typist` thread: owns the insertion.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::keystroke::{self, PlanStyle};
use tawk_core::permission::SecureInput;
use tawk_core::ports::{Focus, Target, TypingStyle, Typist, Typists};
use tawk_core::session::{Event, TypingEnd, UtteranceId};
use tawk_core::{Error, ErrorKind, Result};

use crate::message::Message;

/// How long the first key waits, after the user has gone to another field or let go of the hotkey, for the app to say
/// what kind of field that is. Apps that tell nearly always do so earlier, and before the text is there.
const FIELD_WAIT: Duration = Duration::from_millis(120);

/// Stops typing from another thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct StopSwitch(Arc<AtomicBool>);

impl StopSwitch {
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Asked of the typist.
pub(crate) enum Order {
    /// Connect to the display, so that it costs nothing later.
    Warm,
    /// Type a text.
    Type(Insertion),
}

/// A text on its way into an app.
pub(crate) struct Insertion {
    pub(crate) utterance: UtteranceId,
    pub(crate) text: String,
    /// Who had the focus when the speaker was done, or when this phrase began, or why nobody knows or it is not typed there.
    pub(crate) target: Result<Option<Target>>,
    pub(crate) plan: PlanStyle,
    pub(crate) style: TypingStyle,
    pub(crate) stop: StopSwitch,
}

/// The running typist thread. It is not waited for at the end.
pub(crate) struct TypingThread {
    orders: Sender<Order>,
    _thread: JoinHandle<()>,
}

impl TypingThread {
    pub(crate) fn start(typists: Arc<dyn Typists>, focus: Arc<dyn Focus>, session: Sender<Message>) -> Result<Self> {
        let (orders, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("typist".into())
            .spawn(move || Loop { typists, focus, session, typist: None }.run(&inbox))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { orders, _thread: thread })
    }

    pub(crate) fn send(&self, order: Order) {
        let _ = self.orders.send(order);
    }
}

struct Loop {
    typists: Arc<dyn Typists>,
    focus: Arc<dyn Focus>,
    session: Sender<Message>,
    typist: Option<Box<dyn Typist>>,
}

impl Loop {
    fn run(mut self, inbox: &Receiver<Order>) {
        for order in inbox {
            match order {
                // What goes wrong here is told when there is something to type.
                Order::Warm => drop(self.typist()),
                Order::Type(insertion) => {
                    let utterance = insertion.utterance;
                    let began = Instant::now();
                    let characters = insertion.text.chars().count();
                    let end = self.insert(insertion);
                    tracing::info!(
                        %utterance,
                        characters,
                        took_ms = began.elapsed().as_millis(),
                        complete = matches!(end, TypingEnd::Complete),
                        "typed"
                    );
                    let _ = self.session.send(Message::Event(Event::Typed { utterance, end }));
                }
            }
        }
    }

    fn typist(&mut self) -> Result<&mut dyn Typist> {
        if self.typist.is_none() {
            self.typist = Some(self.typists.open()?);
        }
        match &mut self.typist {
            Some(typist) => Ok(typist.as_mut()),
            None => Err(Error::new(ErrorKind::Internal, "The keyboard could not be opened. Try again.")),
        }
    }

    fn insert(&mut self, insertion: Insertion) -> TypingEnd {
        let Insertion { utterance, text, target, plan, style, stop } = insertion;
        let held = |rest: String, error: Error| TypingEnd::Stopped { rest, error };
        let target = match target {
            Ok(Some(target)) => target,
            Ok(None) => {
                return held(
                    text,
                    Error::new(
                        ErrorKind::FocusMoved,
                        "No window had the focus to take the text. Click into a text field, then choose Copy Last Text in Tawk's menu and paste.",
                    ),
                );
            }
            Err(error) => return held(text, error),
        };
        let focus = Arc::clone(&self.focus);
        focus.field(FIELD_WAIT);
        if focus.secure_input() {
            return held(text, secure_input(focus.as_ref()));
        }
        let style = TypingStyle { target: Some(target.id), ..style };
        let strokes = keystroke::plan(&text, plan);
        let session = self.session.clone();
        let mut begun = false;
        let mut go_on = || {
            if !begun {
                // The user may have gone to another field since.
                focus.field(FIELD_WAIT);
            }
            let wanted = !stop.is_stopped()
                && matches!(focus.current(), Ok(Some(now)) if now.id == target.id)
                && !focus.secure_input();
            if wanted && !begun {
                begun = true;
                let _ = session.send(Message::FirstKey { utterance, at: Instant::now() });
            }
            wanted
        };
        let result = self.typist().and_then(|typist| typist.type_strokes(&strokes, &style, &mut go_on));
        match result {
            Ok(typed) if typed.strokes >= strokes.len() => TypingEnd::Complete,
            Ok(typed) => {
                let rest = keystroke::rest_of(&strokes, typed);
                let error = if stop.is_stopped() {
                    Error::new(
                        ErrorKind::Aborted,
                        "Typing was stopped. Copy Last Text in Tawk's menu has what was not typed.",
                    )
                } else if focus.secure_input() {
                    secure_input(focus.as_ref())
                } else {
                    Error::new(
                        ErrorKind::FocusMoved,
                        "The focus moved to another window before all was typed. Choose Copy Last Text in Tawk's menu and paste the rest where you want it.",
                    )
                };
                held(rest, error)
            }
            Err(error) => {
                // The display may be gone for good or come back: connect anew next time.
                self.typist = None;
                held(text, error)
            }
        }
    }
}

/// Says who keeps the keyboard and what to do about it.
fn secure_input(focus: &dyn Focus) -> Error {
    // It may have been switched off since; then it was a password field that came and went.
    let advice = SecureInput::look(focus).advice().or_else(|| SecureInput::Field.advice()).unwrap_or_default();
    Error::new(
        ErrorKind::SecureInput,
        format!("{advice} The text is kept: choose Copy Last Text in Tawk's menu and paste it where you want it."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    use tawk_platform::fake::{Fake, FakeHandles};

    /// Types “Open sesame.” on a fake machine that `prepare` has prepared; gives what was typed and how it ended.
    fn type_on(prepare: impl FnOnce(&FakeHandles)) -> (String, TypingEnd) {
        let (platform, machine) = Fake::new();
        prepare(&machine);
        let (session, _inbox) = unbounded();
        let (typists, focus) = (Arc::clone(&platform.typists), Arc::clone(&platform.focus));
        let insertion = Insertion {
            utterance: UtteranceId(1),
            text: "Open sesame.".into(),
            target: focus.current(),
            plan: PlanStyle::default(),
            style: TypingStyle::default(),
            stop: StopSwitch::default(),
        };
        let end = Loop { typists, focus, session, typist: None }.insert(insertion);
        (machine.typists.text(), end)
    }

    fn held_for_a_password(end: &TypingEnd) -> bool {
        matches!(end, TypingEnd::Stopped { rest, error } if rest == "Open sesame." && error.kind == ErrorKind::SecureInput)
    }

    #[test]
    fn a_password_field_that_tells_late_is_waited_for() {
        let (typed, end) = type_on(|machine| {
            machine.focus.set_secure_input(true);
            machine.focus.answer_after(FIELD_WAIT);
        });
        assert!(typed.is_empty() && held_for_a_password(&end), "{typed:?}, {end:?}");
    }

    #[test]
    fn a_password_field_that_the_user_enters_just_before_the_first_key_is_waited_for() {
        let (typed, end) = type_on(|machine| {
            let focus = machine.focus.clone();
            machine.typists.before_stroke(move |_| {
                focus.set_secure_input(true);
                focus.answer_after(FIELD_WAIT);
            });
        });
        assert!(typed.is_empty() && held_for_a_password(&end), "{typed:?}, {end:?}");
    }

    #[test]
    fn a_field_that_nobody_tells_about_in_time_is_typed_into() {
        let (typed, end) = type_on(|machine| machine.focus.answer_after(FIELD_WAIT * 2));
        assert_eq!((typed.as_str(), end), ("Open sesame.", TypingEnd::Complete));
    }
}
