//! A typist that writes down what it types.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tawk_core::keystroke::{Keystroke, text_of};
use tawk_core::ports::{TypedSoFar, TypingStyle, Typist, Typists};
use tawk_core::{Error, Result};

use super::lock;

/// One call of [`Typist::type_strokes`] that got as far as typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// The strokes that were sent.
    pub strokes: Vec<Keystroke>,
    /// The style that was asked for.
    pub style: TypingStyle,
    /// When the first stroke was sent; `None` when there was none.
    pub first_key: Option<Instant>,
}

/// Everything typed on the fake machine.
#[derive(Clone, Default)]
pub struct FakeTypists {
    state: Arc<Mutex<State>>,
    before_stroke: Arc<Mutex<Option<Hook>>>,
}

type Hook = Box<dyn FnMut(usize) + Send>;

#[derive(Default)]
struct State {
    typings: Vec<Typing>,
    keeps_pace: bool,
    open_failure: Option<Error>,
    failure: Option<Error>,
}

impl FakeTypists {
    /// Every call so far, in order.
    pub fn typings(&self) -> Vec<Typing> {
        lock(&self.state).typings.clone()
    }

    /// Every stroke so far, in order.
    pub fn strokes(&self) -> Vec<Keystroke> {
        lock(&self.state).typings.iter().flat_map(|typing| typing.strokes.clone()).collect()
    }

    /// The text that all strokes so far produce.
    pub fn text(&self) -> String {
        text_of(&self.strokes())
    }

    /// Forgets what was typed.
    pub fn clear(&self) {
        lock(&self.state).typings.clear();
    }

    /// Whether typing takes the time that its style asks for. At first it takes none.
    pub fn keep_pace(&self, on: bool) {
        lock(&self.state).keeps_pace = on;
    }

    /// Runs `hook` before each stroke, with the number of strokes sent in this call: to move the focus meanwhile,
    /// for instance.
    pub fn before_stroke(&self, hook: impl FnMut(usize) + Send + 'static) {
        *lock(&self.before_stroke) = Some(Box::new(hook));
    }

    /// Makes every later [`Typists::open`] fail with `failure`, or work again.
    pub fn fail_to_open_with(&self, failure: Option<Error>) {
        lock(&self.state).open_failure = failure;
    }

    /// Makes every later [`Typist::type_strokes`] fail with `failure`, or work again.
    pub fn fail_with(&self, failure: Option<Error>) {
        lock(&self.state).failure = failure;
    }
}

impl Typists for FakeTypists {
    fn open(&self) -> Result<Box<dyn Typist>> {
        match &lock(&self.state).open_failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(Box::new(FakeTypist { typists: self.clone() })),
        }
    }
}

struct FakeTypist {
    typists: FakeTypists,
}

impl Typist for FakeTypist {
    fn type_strokes(
        &mut self,
        strokes: &[Keystroke],
        style: &TypingStyle,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<TypedSoFar> {
        let (place, keeps_pace) = {
            let mut state = lock(&self.typists.state);
            if let Some(failure) = &state.failure {
                return Err(failure.clone());
            }
            let typing = Typing { strokes: Vec::new(), style: style.clone(), first_key: None };
            state.typings.push(typing);
            (state.typings.len() - 1, state.keeps_pace)
        };
        for (sent, stroke) in strokes.iter().enumerate() {
            if let Some(hook) = lock(&self.typists.before_stroke).as_mut() {
                hook(sent);
            }
            if !go_on() {
                return Ok(TypedSoFar::whole(sent));
            }
            if let Some(typing) = lock(&self.typists.state).typings.get_mut(place) {
                typing.first_key.get_or_insert_with(Instant::now);
                typing.strokes.push(stroke.clone());
            }
            if keeps_pace {
                std::thread::sleep(style.pace);
            }
        }
        Ok(TypedSoFar::whole(strokes.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawk_core::ErrorKind;

    fn strokes(words: &[&str]) -> Vec<Keystroke> {
        words.iter().map(|word| Keystroke::Text((*word).into())).collect()
    }

    #[test]
    fn stops_when_told_and_says_where() {
        let typists = FakeTypists::default();
        let mut left = 2;
        let mut go_on = || {
            left -= 1;
            left >= 0
        };
        let mut typist = typists.open().unwrap();
        let typed = typist.type_strokes(&strokes(&["a", "b", "c"]), &TypingStyle::default(), &mut go_on).unwrap();
        assert_eq!(typed.strokes, 2);
        assert_eq!(typists.text(), "ab");
        assert!(typists.typings()[0].first_key.is_some());
    }

    #[test]
    fn a_hook_sees_each_stroke() {
        let typists = FakeTypists::default();
        let (send, receive) = crossbeam_channel::unbounded();
        typists.before_stroke(move |sent| send.send(sent).unwrap());
        let mut typist = typists.open().unwrap();
        typist.type_strokes(&strokes(&["a", "b"]), &TypingStyle::default(), &mut || true).unwrap();
        assert_eq!(receive.try_iter().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn failures_type_nothing() {
        let typists = FakeTypists::default();
        typists.fail_to_open_with(Some(Error::new(ErrorKind::NoDisplay, "No display.")));
        assert_eq!(typists.open().err().unwrap().kind, ErrorKind::NoDisplay);
        typists.fail_to_open_with(None);
        typists.fail_with(Some(Error::new(ErrorKind::SecureInput, "Password field.")));
        let mut typist = typists.open().unwrap();
        let error = typist.type_strokes(&strokes(&["a"]), &TypingStyle::default(), &mut || true).unwrap_err();
        assert_eq!(error.kind, ErrorKind::SecureInput);
        assert!(typists.strokes().is_empty());
    }
}
