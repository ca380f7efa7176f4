//! The `hud` thread: draws the panel that shows what a dictation does. It is told; nobody waits for it. While nothing is
//! shown it sleeps, while something is heard it draws 30 times a second, and while it can be clicked it asks for that as often.

mod gauge;
mod story;

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tawk_core::ports::{Appearance, Fonts, Panel, Screen};
use tawk_core::session::{Event, UtteranceId};
use tawk_core::settings::{HudSettings, Settings};
use tawk_core::{Error, ErrorKind, Result};
use tawk_hud::{Look, Painter};

pub(crate) use self::gauge::Gauge;
use self::story::{Motion, Story};
use crate::message::Message;
use crate::status::Status;

/// The pause between two pictures while something moves: 30 a second.
const FRAME: Duration = Duration::from_millis(33);

/// Told to the thread.
enum News {
    /// A dictation began, at this moment.
    Began(UtteranceId, Instant),
    /// The status is another.
    Status(Box<Status>),
    /// So much of a segment was recognised.
    Heard(UtteranceId, u32, String),
    /// The text could not be typed and is kept.
    Held,
    /// The settings have changed.
    Settings(HudSettings, String),
}

/// The running thread; it ends when this is dropped, and is not waited for. Where no panel is wanted there is no thread.
pub(crate) struct Hud(Option<Sender<News>>);

impl Hud {
    /// For whoever has no screen.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Starts the thread. `gauge` is the level of what is heard.
    pub(crate) fn start(
        panel: Arc<dyn Panel>,
        fonts: Arc<dyn Fonts>,
        gauge: Gauge,
        settings: &Settings,
        session: Sender<Message>,
    ) -> Result<Self> {
        let (news, inbox) = unbounded();
        let (wanted, locale) = (settings.hud.clone(), locale(settings));
        thread::Builder::new()
            .name("hud".into())
            .spawn(move || Loop::new(panel, fonts, gauge, wanted, &locale, session).run(&inbox))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self(Some(news)))
    }

    pub(crate) fn began(&self, utterance: UtteranceId, at: Instant) {
        self.tell(|| News::Began(utterance, at));
    }

    pub(crate) fn status(&self, status: &Status) {
        self.tell(|| News::Status(Box::new(status.clone())));
    }

    pub(crate) fn heard(&self, utterance: UtteranceId, index: u32, text: &str) {
        self.tell(|| News::Heard(utterance, index, text.to_owned()));
    }

    pub(crate) fn held(&self) {
        self.tell(|| News::Held);
    }

    pub(crate) fn settings(&self, settings: &Settings) {
        self.tell(|| News::Settings(settings.hud.clone(), locale(settings)));
    }

    fn tell(&self, news: impl FnOnce() -> News) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(news());
        }
    }
}

/// The language that is spoken decides between the shapes of a Chinese character; any other does for the rest.
fn locale(settings: &Settings) -> String {
    settings.language().unwrap_or("en").to_owned()
}

struct Loop {
    panel: Arc<dyn Panel>,
    fonts: Arc<dyn Fonts>,
    gauge: Gauge,
    session: Sender<Message>,
    settings: HudSettings,
    locale: String,
    painter: Painter,
    /// Characters for which a font was asked for.
    sought: HashSet<char>,
    story: Story,
    /// Since when time is counted.
    start: Instant,
    /// What is on the screen.
    shown: Option<(tawk_hud::State, Look)>,
    /// Whether what is on the screen takes clicks.
    is_button: bool,
    /// When the next picture is due while something moves.
    due: Instant,
    /// Whether what is to be shown is not on the screen yet, because the last picture is too young.
    is_late: bool,
    /// The dictation whose first picture was not shown yet, and when it began.
    awaited: Option<(UtteranceId, Instant)>,
    /// Whether the user was told that there is no panel.
    has_failed: bool,
    said: String,
}

impl Loop {
    fn new(
        panel: Arc<dyn Panel>,
        fonts: Arc<dyn Fonts>,
        gauge: Gauge,
        settings: HudSettings,
        locale: &str,
        session: Sender<Message>,
    ) -> Self {
        let now = Instant::now();
        Self {
            panel,
            fonts,
            gauge,
            session,
            settings,
            locale: locale.into(),
            painter: Painter::new(locale),
            sought: HashSet::new(),
            story: Story::default(),
            start: now,
            shown: None,
            is_button: false,
            due: now,
            is_late: false,
            awaited: None,
            has_failed: false,
            said: String::new(),
        }
    }

    fn run(mut self, inbox: &Receiver<News>) {
        if self.settings.enabled {
            self.warm();
        }
        loop {
            let first = match self.next_turn() {
                Some(turn) => match inbox.recv_deadline(turn) {
                    Ok(news) => Some(news),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                },
                None => match inbox.recv() {
                    Ok(news) => Some(news),
                    Err(_) => break,
                },
            };
            // All that has come since the last picture goes into one.
            for news in first.into_iter().chain(inbox.try_iter()) {
                self.take(news);
            }
            self.turn(Instant::now());
        }
        self.hide();
    }

    /// Everything that the first picture needs and that takes its time: the display, the font, the shapes of its words.
    fn warm(&mut self) {
        self.painter = Painter::new(&self.locale);
        self.sought.clear();
        if let Some(font) = self.fonts.interface() {
            self.painter.add_font(font);
        }
        let look = self.look().unwrap_or(Look { scale: 1.0, appearance: Appearance::Dark, reduced_motion: false });
        for state in story::usual() {
            self.painter.draw(&state, look, Duration::ZERO);
        }
        self.painter.take_missing();
    }

    fn take(&mut self, news: News) {
        match news {
            News::Began(utterance, at) => {
                self.gauge.take();
                self.story.begin(utterance);
                self.awaited = Some((utterance, at));
            }
            News::Status(status) => self.story.status(*status, Instant::now()),
            News::Heard(utterance, index, text) => self.story.heard(utterance, index, text),
            News::Held => self.story.held(),
            News::Settings(settings, locale) => {
                let is_new = settings.enabled && !self.settings.enabled || locale != self.locale;
                if settings != self.settings {
                    // The size and the place are asked for with the next picture.
                    self.hide();
                }
                (self.settings, self.locale) = (settings, locale);
                if is_new {
                    self.warm();
                }
            }
        }
    }

    /// When something is to be done although nobody tells anything.
    fn next_turn(&self) -> Option<Instant> {
        if !self.settings.enabled {
            return None;
        }
        let moves = self.is_button || self.story.motion() != Motion::None && self.shown.is_some();
        let frame = (moves || self.is_late).then_some(self.due);
        [frame, self.story.end()].into_iter().flatten().min()
    }

    fn turn(&mut self, now: Instant) {
        self.story.pass(now);
        self.is_late = false;
        if !self.settings.enabled {
            return;
        }
        if self.is_button && self.panel.was_clicked() {
            // Into the window that has the focus; the panel has not taken it.
            let _ = self.session.send(Message::Event(Event::Undo));
        }
        let is_due = now >= self.due;
        if is_due && self.story.motion() == Motion::Level {
            self.story.level(self.gauge.take());
        }
        let Some(state) = self.story.state() else {
            self.said.clear();
            return self.hide();
        };
        self.announce(&state);
        let still = self.shown.as_ref().is_some_and(|(shown, _)| *shown == state);
        let wheel_turns = is_due && self.story.motion() == Motion::Wheel && !self.is_still();
        if still && !wheel_turns {
            if is_due {
                self.due = now + FRAME;
            }
            return;
        }
        // More news in between waits for its turn, but for the first picture.
        if self.shown.is_some() && !is_due {
            self.is_late = true;
            return;
        }
        self.due = now + FRAME;
        self.show(state);
    }

    /// Whether the user wants no motion.
    fn is_still(&self) -> bool {
        self.shown.as_ref().is_some_and(|(_, look)| look.reduced_motion)
    }

    fn look(&self) -> Result<Look> {
        let Screen { scale, appearance, reduced_motion } = self.panel.screen()?;
        Ok(Look { scale: scale * self.settings.size.factor(), appearance, reduced_motion })
    }

    fn show(&mut self, state: tawk_hud::State) {
        // Asked once for each time that the panel appears.
        let look = match &self.shown {
            Some((_, look)) => Ok(*look),
            None => self.look(),
        };
        let shown = look.and_then(|look| {
            let time = self.start.elapsed();
            let mut picture = self.painter.draw(&state, look, time);
            while self.find_font() {
                picture = self.painter.draw(&state, look, time);
            }
            self.panel.show(&picture, self.settings.position).map(|()| look)
        });
        match shown {
            Ok(look) => {
                self.has_failed = false;
                self.shown = Some((state, look));
                if self.story.is_button() != self.is_button {
                    self.is_button = !self.is_button;
                    self.panel.take_clicks(self.is_button);
                }
                if let Some((utterance, began)) = self.awaited.take() {
                    let at = Instant::now();
                    tracing::debug!(%utterance, ms = (at - began).as_millis(), "first picture");
                    let _ = self.session.send(Message::FirstPicture { utterance, at });
                }
            }
            Err(error) => {
                // The tray and the window show the same. Once is enough, since each picture would fail.
                if !std::mem::replace(&mut self.has_failed, true) {
                    tracing::warn!(code = error.kind.code(), "no panel: {error}");
                }
                self.awaited = None;
                self.shown = None;
                self.is_button = false;
                // What was given up may still be shown late.
                self.panel.hide();
                self.story.leave();
            }
        }
    }

    /// Adds a font for something that could not be drawn. `true` if there is a new one; it may have all the rest too.
    fn find_font(&mut self) -> bool {
        for character in self.painter.take_missing().chars() {
            if self.sought.insert(character)
                && let Some(font) = self.fonts.for_character(character)
            {
                self.painter.add_font(font);
                return true;
            }
        }
        false
    }

    fn announce(&mut self, state: &tawk_hud::State) {
        let words = tawk_hud::announcement(state);
        if words != self.said {
            self.panel.announce(&words);
            self.said = words;
        }
    }

    fn hide(&mut self) {
        self.is_button = false;
        if self.shown.take().is_some() {
            self.panel.hide();
        }
    }
}
