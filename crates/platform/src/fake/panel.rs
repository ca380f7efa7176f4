//! A panel that keeps what it is shown.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tawk_core::ports::{Panel, Picture, Screen};
use tawk_core::settings::HudPosition;
use tawk_core::{Error, Result};

use super::lock;

/// So many pictures are kept, the newest: three seconds of listening. More would count as memory that Tawk takes.
const MOST: usize = 100;

/// What the user sees of Tawk's panel.
#[derive(Clone, Default)]
pub struct FakePanel {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    screen: Screen,
    failure: Option<Error>,
    frames: Vec<FakeFrame>,
    is_shown: bool,
    announced: Vec<String>,
    takes_clicks: bool,
    was_clicked: bool,
}

/// A picture as it was shown.
#[derive(Clone, Debug)]
pub struct FakeFrame {
    /// The picture.
    pub picture: Arc<Picture>,
    /// Where.
    pub position: HudPosition,
    /// When.
    pub at: Instant,
}

impl FakePanel {
    /// The last 100 pictures, in order.
    pub fn frames(&self) -> Vec<FakeFrame> {
        lock(&self.state).frames.clone()
    }

    /// The picture that is on the screen now.
    pub fn on_screen(&self) -> Option<Arc<Picture>> {
        let state = lock(&self.state);
        state.frames.last().filter(|_| state.is_shown).map(|frame| Arc::clone(&frame.picture))
    }

    /// What the screen reader has said, in order.
    pub fn announced(&self) -> Vec<String> {
        lock(&self.state).announced.clone()
    }

    /// Clicks on it. Says whether the click was the panel's and not of what lies behind it.
    pub fn click(&self) -> bool {
        let mut state = lock(&self.state);
        let takes = state.is_shown && state.takes_clicks;
        state.was_clicked |= takes;
        takes
    }

    /// Changes what the next picture is drawn for.
    pub fn set_screen(&self, screen: Screen) {
        lock(&self.state).screen = screen;
    }

    /// Makes every later call fail with `failure`, or work again.
    pub fn fail_with(&self, failure: Option<Error>) {
        lock(&self.state).failure = failure;
    }
}

impl Panel for FakePanel {
    fn screen(&self) -> Result<Screen> {
        let state = lock(&self.state);
        state.failure.clone().map_or(Ok(state.screen), Err)
    }

    fn show(&self, picture: &Picture, position: HudPosition) -> Result<()> {
        let mut state = lock(&self.state);
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        if state.frames.len() == MOST {
            state.frames.remove(0);
        }
        state.frames.push(FakeFrame { picture: Arc::new(picture.clone()), position, at: Instant::now() });
        state.is_shown = true;
        Ok(())
    }

    fn hide(&self) {
        let mut state = lock(&self.state);
        (state.is_shown, state.takes_clicks, state.was_clicked) = (false, false, false);
    }

    fn take_clicks(&self, wanted: bool) {
        lock(&self.state).takes_clicks = wanted;
    }

    fn was_clicked(&self) -> bool {
        std::mem::take(&mut lock(&self.state).was_clicked)
    }

    fn announce(&self, message: &str) {
        lock(&self.state).announced.push(message.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_kept_and_the_last_is_on_the_screen_until_it_is_hidden() {
        let panel = FakePanel::default();
        assert!(panel.on_screen().is_none());
        let picture = |width| Picture { width, height: 1, pixels: vec![0; 4 * width as usize] };
        panel.show(&picture(1), HudPosition::Top).unwrap();
        panel.show(&picture(2), HudPosition::Bottom).unwrap();
        assert_eq!(panel.on_screen().unwrap().width, 2);
        panel.hide();
        assert!(panel.on_screen().is_none());
        let positions: Vec<_> = panel.frames().iter().map(|frame| frame.position).collect();
        assert_eq!(positions, [HudPosition::Top, HudPosition::Bottom]);
    }
}
