//! Types by pressing keys through the XTEST extension.
//!
//! Characters of the present keyboard layout use their own keys; all others are given to spare keys, in batches.
//! What was changed is put back at the end, whatever happens.

mod graphemes;

use std::time::{Duration, Instant};

use tawk_core::keystroke::Keystroke;
use tawk_core::ports::{TypedSoFar, TypingStyle, Typist, Typists};
use tawk_core::{Error, ErrorKind, Result};
use unicode_segmentation::UnicodeSegmentation as _;
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::Keycode;
use x11rb::protocol::xtest;

use super::aim::Aim;
use super::display::{Broken, Display};
use super::held_keys::HeldKeys;
use super::key_position::KeyPositions;
use super::keyboard::{Keyboard, Map, Press};
use super::keys::Keys;
use super::settling::{Receiver, ReceiverAtoms};
use super::spare_keys::{Note, SpareKeys};
use super::typing_turn::Turn;

/// The characters of a keystroke where the settings name no number: each has a key of its own anyway.
pub(crate) const USUAL_UNITS: u32 = tawk_core::keystroke::MAX_UNITS_PER_STROKE as u32;

/// The pause after each key. With it every receiver that was tried read every character even on a busy machine.
const KEY_PAUSE: Duration = Duration::from_micros(500);

/// The least time that apps are given to read a changed layout before a key uses it. Without it characters were garbled.
const SETTLE: Duration = Duration::from_millis(10);

/// Opens typists for the display that `DISPLAY` names.
pub(crate) struct SystemTypists;

impl SystemTypists {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Typists for SystemTypists {
    fn open(&self) -> Result<Box<dyn Typist>> {
        Ok(Box::new(X11Typist::open()?))
    }
}

struct X11Typist {
    display: Display,
    keys: Keys,
    turn: Turn,
    note: Note,
    receiver_atoms: ReceiverAtoms,
}

impl X11Typist {
    fn open() -> Result<Self> {
        let display = Display::open()?;
        let lacking = |extension: &str| {
            let message = format!(
                "The display lacks the {extension} extension, without which Tawk cannot type. Use another X server."
            );
            Error::new(ErrorKind::Unsupported, message)
        };
        if !has_extension(&display, xtest::X11_EXTENSION_NAME)? {
            return Err(lacking("XTEST"));
        }
        if !has_extension(&display, xkb::X11_EXTENSION_NAME)? || !use_xkb(&display)? {
            return Err(lacking("XKEYBOARD"));
        }
        let keys = Keys::find(&display)?.ok_or_else(|| lacking("XInput"))?;
        let window = display.create_hidden_window()?;
        let (turn, note) = (Turn::new(&display, window)?, Note::new(&display)?);
        let receiver_atoms = ReceiverAtoms::new(&display)?;
        Ok(Self { display, keys, turn, note, receiver_atoms })
    }

    /// The layout that typed keys go through, and the hotkey's main key in it.
    fn read_layout(&self, style: &TypingStyle) -> Result<(Map, Option<Keycode>), Broken> {
        self.note.clean_up(&self.display, self.keys.device)?;
        let map = Map::read(&self.display, self.keys.device)?;
        let main_key = match style.hotkey {
            Some(hotkey) => KeyPositions::read(&self.display)?.code_of(hotkey.key),
            None => None,
        };
        Ok((map, main_key))
    }
}

fn has_extension(display: &Display, name: &'static str) -> Result<bool, Broken> {
    Ok(display.conn.extension_information(name)?.is_some())
}

/// Tells the display that this connection speaks XKB 1.0; `false` if it does not.
pub(super) fn use_xkb(display: &Display) -> Result<bool, Broken> {
    Ok(display.conn.xkb_use_extension(1, 0)?.reply()?.supported)
}

impl Typist for X11Typist {
    fn type_strokes(
        &mut self,
        strokes: &[Keystroke],
        style: &TypingStyle,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<TypedSoFar> {
        if strokes.is_empty() || !self.turn.begin(&self.display, go_on)? {
            return Ok(TypedSoFar::whole(0));
        }
        let (map, main_key) = match self.read_layout(style) {
            Ok(layout) => layout,
            Err(error) => {
                self.turn.end(&self.display)?;
                return Err(error.into());
            }
        };
        let mut typing = Typing::new(self, strokes, style, map, main_key);
        let result = typing.run(go_on);
        let typed = TypedSoFar { strokes: typing.typed, bytes: typing.bytes };
        drop(typing);
        match result {
            Ok(()) => Ok(typed),
            Err(error) if typed == TypedSoFar::whole(0) => Err(error),
            Err(error) => {
                tracing::warn!(%error, strokes = typed.strokes, "typing ended early");
                Ok(typed)
            }
        }
    }
}

/// One call of [`Typist::type_strokes`]. Dropping it puts everything back.
struct Typing<'a> {
    typist: &'a mut X11Typist,
    strokes: &'a [Keystroke],
    style: &'a TypingStyle,
    map: Map,
    group: u8,
    keyboard: Keyboard,
    main_key: Option<Keycode>,
    held: HeldKeys,
    spare: SpareKeys,
    receiver: Option<Receiver>,
    /// Where alone keys may go; `None` when that is nobody's concern.
    aim: Option<Aim>,
    /// When the layout was changed, until the app has read the change.
    changed_at: Option<Instant>,
    typed: usize,
    /// Of the stroke after those.
    bytes: usize,
}

impl<'a> Typing<'a> {
    fn new(
        typist: &'a mut X11Typist,
        strokes: &'a [Keystroke],
        style: &'a TypingStyle,
        map: Map,
        main_key: Option<Keycode>,
    ) -> Self {
        let keyboard = map.in_group(0);
        let spare = SpareKeys::new(&keyboard.spare);
        Self {
            typist,
            strokes,
            style,
            map,
            group: 0,
            keyboard,
            main_key,
            held: HeldKeys::default(),
            spare,
            receiver: None,
            aim: None,
            changed_at: None,
            typed: 0,
            bytes: 0,
        }
    }

    fn run(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        for (at, stroke) in self.strokes.iter().enumerate() {
            if !self.clear_the_way(go_on)? || !go_on() {
                return Ok(());
            }
            if at == 0 {
                self.prepare()?;
            }
            match stroke {
                Keystroke::Text(text) => {
                    for (byte, grapheme) in text.grapheme_indices(true) {
                        let typed = self.type_grapheme(grapheme, at, byte, go_on)?;
                        if typed < grapheme.len() {
                            tracing::warn!(typed = self.typed, "typing stops within a stroke");
                            self.bytes = byte + typed;
                            return Ok(());
                        }
                    }
                }
                Keystroke::Return if !self.type_named(self.keyboard.return_key, false)? => return Ok(()),
                Keystroke::ShiftReturn if !self.type_named(self.keyboard.return_key, true)? => return Ok(()),
                Keystroke::Tab if !self.type_named(self.keyboard.tab, false)? => return Ok(()),
                Keystroke::Return | Keystroke::ShiftReturn | Keystroke::Tab => {}
            }
            self.typed = at + 1;
            std::thread::sleep(self.style.pace);
        }
        // What the display has not read yet would be lost with the connection.
        Ok(self.typist.display.sync()?)
    }

    /// `false` when `go_on` said no.
    fn clear_the_way(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<bool, Broken> {
        let X11Typist { display, keys, .. } = &mut *self.typist;
        let wait = self.style.release_wait;
        let look = self.held.clear_the_way(display, keys, &self.keyboard, self.main_key, wait, go_on)?;
        let Some(look) = look else { return Ok(false) };
        if look.group() != self.group {
            self.group = look.group();
            self.keyboard = self.map.in_group(self.group);
        }
        self.next_events()?;
        Ok(true)
    }

    /// Gives keys to the first characters that the layout lacks, so that the layout settles while others are typed.
    fn prepare(&mut self) -> Result<()> {
        let lacks_key = |stroke: &Keystroke| match stroke {
            Keystroke::Text(_) => false,
            Keystroke::Return | Keystroke::ShiftReturn => self.keyboard.return_key.is_none(),
            Keystroke::Tab => self.keyboard.tab.is_none(),
        };
        if self.strokes.iter().any(lacks_key) {
            let message = "The keyboard layout has no Return or Tab key, which the text needs. Choose another layout.";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        // No window's id on X11 is larger.
        if let Some(target) = self.style.target.and_then(|target| target.try_into().ok()) {
            self.aim = Some(Aim::at(&self.typist.display, target)?);
        }
        if self.missing_from(0, 0).next().is_some() {
            self.find_spare_keys()?;
            self.carry_from(0, 0)?;
        }
        Ok(())
    }

    fn find_spare_keys(&mut self) -> Result<()> {
        let display = &self.typist.display;
        self.spare = SpareKeys::new(&self.keyboard.spare);
        if self.spare.capacity() == 0 {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "The keyboard layout uses every key, so characters that it lacks cannot be typed. Choose a layout that \
                 has them, or paste the text.",
            ));
        }
        self.receiver = Some(Receiver::find(display, self.typist.receiver_atoms)?);
        Ok(())
    }

    /// The characters that the layout lacks from byte `byte` of stroke `at` on.
    fn missing_from(&self, at: usize, byte: usize) -> impl Iterator<Item = char> {
        let texts = self.strokes.iter().enumerate().skip(at).filter_map(move |(number, stroke)| match stroke {
            Keystroke::Text(text) if number == at => text.get(byte..),
            Keystroke::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.flat_map(str::chars).filter(|c| self.keyboard.press(*c).is_none())
    }

    fn carry_from(&mut self, at: usize, byte: usize) -> Result<(), Broken> {
        let mut spare = std::mem::replace(&mut self.spare, SpareKeys::new(&[]));
        let carried =
            spare.carry(&self.typist.display, self.typist.keys.device, &self.typist.note, self.missing_from(at, byte));
        self.spare = spare;
        self.changed_at = Some(Instant::now());
        carried
    }

    /// Types a key that has a name instead of a character. `prepare` has refused to begin without it. `false` when
    /// another window has the focus; then it was not typed.
    fn type_named(&mut self, code: Option<Keycode>, shift: bool) -> Result<bool, Broken> {
        let Some(code) = code else { return Ok(true) };
        self.tap(&[Press { code, shift, level3: false }])
    }

    /// All of `presses`, or none when another window has the focus.
    fn tap(&mut self, presses: &[Press]) -> Result<bool, Broken> {
        let X11Typist { display, keys, .. } = &mut *self.typist;
        let (shift, level3) = (self.keyboard.shift, self.keyboard.level3);
        let mut tap_all = || {
            for (number, &press) in presses.iter().enumerate() {
                if number > 0 {
                    std::thread::sleep(KEY_PAUSE);
                }
                keys.tap(display, press, shift, level3)?;
            }
            Ok(())
        };
        let typed = match &mut self.aim {
            Some(aim) => aim.fire(display, tap_all)?,
            None => tap_all().map(|()| true)?,
        };
        std::thread::sleep(KEY_PAUSE);
        Ok(typed)
    }

    /// Waits until the app has read every key so far, and every change of the layout; `false` when it hangs or `go_on`
    /// said no.
    fn let_receiver_catch_up(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<bool, Broken> {
        let Some(mut receiver) = self.receiver.take() else { return Ok(true) };
        let held = &mut self.held;
        let caught_up = receiver.catch_up(&self.typist.display, go_on, |display, receiver| {
            while let Some(event) = display.conn.poll_for_event()? {
                held.event(&event);
                receiver.event(&event);
            }
            Ok(())
        });
        self.receiver = Some(receiver);
        caught_up
    }

    /// Takes the events that have come, so that they do not heap up.
    fn next_events(&mut self) -> Result<(), Broken> {
        while let Some(event) = self.typist.display.conn.poll_for_event()? {
            self.held.event(&event);
        }
        Ok(())
    }

    fn put_back(&mut self) -> Result<(), Broken> {
        if self.receiver.is_some() {
            self.let_receiver_catch_up(&mut || true)?;
        }
        let X11Typist { display, keys, turn, note, .. } = &mut *self.typist;
        if let Some(receiver) = self.receiver.take() {
            self.spare.clear(display, keys.device, note)?;
            receiver.end(display)?;
        }
        self.held.restore(display, keys, |display, held| {
            while let Some(event) = display.conn.poll_for_event()? {
                held.event(&event);
            }
            Ok(())
        })?;
        turn.end(display)?;
        display.sync()
    }
}

impl Drop for Typing<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.put_back() {
            tracing::warn!(%error, "the keyboard could not be put back");
        }
    }
}
