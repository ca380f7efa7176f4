//! What a face can ask of the history. These calls read the disk and may take a moment.

use tawk_core::session::Event;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::History;
use tawk_store::history::Remembered;

use crate::again;
use crate::handle::Handle;
use crate::held::Held;
use crate::message::Message;
use crate::playback::{self, Sound};
use crate::shared::locked;

impl Handle {
    /// Remembered dictations, newest first: `limit` at most, those before number `before` if that is given, and those
    /// whose text holds the words of `query`; see [`History::search`].
    ///
    /// # Errors
    /// `Storage`.
    pub fn history(&self, query: &str, before: Option<i64>, limit: u32) -> Result<Vec<Remembered>> {
        self.ask(|history| history.search(query, before, limit))
    }

    /// Texts that were not typed and are not in the history because that is off, the newest first, with numbers for
    /// [`Handle::copy_dictation`] and [`Handle::type_dictation`].
    pub fn held_texts(&self) -> Vec<(i64, String)> {
        let is_off = !self.shared.settings().history.enabled;
        if is_off { locked(&self.shared.held).texts() } else { Vec::new() }
    }

    /// Puts a remembered text on the clipboard, or one of [`Handle::held_texts`].
    ///
    /// # Errors
    /// `NotFound`, `Storage`, `NoDisplay`.
    pub fn copy_dictation(&self, id: i64) -> Result<()> {
        self.shared.platform.clipboard.set_text(&self.text_of(id)?)
    }

    /// Types a remembered text once more, into the window that has the focus now. Does nothing while something is being
    /// spoken. What cannot be typed is kept as the last text.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn type_dictation(&self, id: i64) -> Result<()> {
        self.shared.send(Message::Event(Event::TypeAgain(self.text_of(id)?)));
        Ok(())
    }

    /// Plays a dictation's recording in place of what is being played; [`crate::Status::playing`] says which is. A dictation that
    /// begins stops it. Waits until the loudspeaker is open.
    ///
    /// # Errors
    /// `NotFound` when it has no recording, `Storage`, `BadInput`, `Unsupported` when there is no loudspeaker.
    pub fn play_dictation(&self, id: i64) -> Result<()> {
        let audio = self.ask(|history| history.recording_of(id))?;
        playback::start(&self.shared, Sound::Dictation(id, audio))
    }

    /// Stops what is being played, if anything.
    pub fn stop_playing(&self) {
        playback::stop(&self.shared);
    }

    /// Recognises a dictation's recording again with `model`, an id or a path, and puts the new text into the history; the first
    /// stays beside it. [`crate::Status::recognising_again`] says while it goes on, and the status tells if it fails.
    ///
    /// # Errors
    /// `NotFound` when it has no recording, `Storage`, `Usage` while another is recognised, `NotRunning` at the end.
    pub fn recognise_again(&self, id: i64, model: &str) -> Result<()> {
        if self.is_ending() || self.is_erased() {
            return Err(Error::new(ErrorKind::NotRunning, "Tawk is just quitting. Start it again first."));
        }
        self.ask(|history| history.recording_of(id))?;
        again::start(&self.shared, id, model.to_owned())
    }

    /// Deletes dictations with their recordings.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn delete_dictations(&self, ids: &[i64]) -> Result<()> {
        playback::stop_those(&self.shared, ids);
        let done = self.ask(|history| history.delete(ids));
        self.history_changed();
        done
    }

    /// Deletes everything that is remembered, the last text included.
    ///
    /// # Errors
    /// `Storage`.
    pub fn delete_history(&self) -> Result<()> {
        playback::stop(&self.shared);
        let done = self.ask(History::delete_all).map(drop);
        self.history_changed();
        done
    }

    /// Tells the faces that the history is another. The last text goes with the last dictation.
    pub(crate) fn history_changed(&self) {
        let is_empty = self.ask(|history| history.list(None, 1)).is_ok_and(|found| found.is_empty());
        if is_empty {
            *locked(&self.shared.held) = Held::default();
        }
        if is_empty && self.shared.settings().history.enabled {
            self.shared.send(Message::LastText(None));
        }
        self.shared.listener.history_changed();
    }

    fn text_of(&self, id: i64) -> Result<String> {
        if let Some(text) = locked(&self.shared.held).get(id) {
            return Ok(text);
        }
        let text = self.ask(|history| history.show(id))?.dictation.text;
        if text.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "This dictation has no text. Choose another."));
        }
        Ok(text)
    }

    fn ask<T>(&self, what: impl FnOnce(&History) -> Result<T>) -> Result<T> {
        let history = History::new(&self.shared.folders);
        let answer = what(&history);
        if let Some(notice) = history.notice() {
            self.shared.send(Message::Report(notice));
        }
        answer
    }
}
