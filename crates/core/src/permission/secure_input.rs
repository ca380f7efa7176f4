//! Secure input: the keyboard belongs to one program, as while a password is typed. Nothing can be typed then, and no
//! tap hears keys.

use crate::ports::{Focus, Target};
use crate::{Error, ErrorKind};

/// How things stand with secure input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecureInput {
    /// Off.
    #[default]
    Off,
    /// On, for the app in front, as far as is known: its password field has the keyboard, and leaving it ends this.
    Field,
    /// On, for the lock screen's program, though the user is back: locking and unlocking once more ends it.
    Login,
    /// On, for an app that is not in front and has forgotten to switch it off. Its name; may be empty.
    Forgotten(String),
}

/// The lock screen's program, which sometimes keeps secure input after the unlock (Handy issue 1828).
const LOGIN: &str = "loginwindow";

impl SecureInput {
    /// Looks at the keyboard now. Cheap while it is off.
    pub fn look(focus: &dyn Focus) -> Self {
        if !focus.secure_input() {
            return Self::Off;
        }
        Self::judge(focus.secure_input_holder().as_ref(), focus.current().ok().flatten().as_ref())
    }

    /// What to say to whoever has just pressed `hotkey` in vain. `None` if it is off by now, and behind the lock screen, where
    /// nobody means Tawk.
    pub fn refusal(focus: &dyn Focus, hotkey: &str) -> Option<Error> {
        if focus.current().ok().flatten().is_some_and(|front| front.app == LOGIN) {
            return None;
        }
        let advice = Self::look(focus).advice()?;
        Some(Error::new(ErrorKind::SecureInput, format!("Tawk cannot listen for {hotkey} now. {advice}")))
    }

    /// Who keeps the keyboard, from the program that asked for it and the one in front.
    fn judge(holder: Option<&Target>, front: Option<&Target>) -> Self {
        match (holder, front) {
            (Some(holder), _) if holder.app == LOGIN => Self::Login,
            (Some(holder), Some(front)) if holder.id != front.id => Self::Forgotten(holder.app.clone()),
            _ => Self::Field,
        }
    }

    /// What is wrong and what to do about it, in whole sentences; `None` while it is off.
    pub fn advice(&self) -> Option<String> {
        Some(match self {
            Self::Off => return None,
            Self::Field => "A password field has the keyboard, and Tawk never types there. Leave the field first.".into(),
            Self::Login => "The lock screen still keeps the keyboard to itself (secure input). Lock the screen and unlock \
                            it again."
                .into(),
            Self::Forgotten(app) if app.is_empty() => {
                "A program in the background keeps the keyboard to itself (secure input). Quit the programs that ask for \
                 passwords one by one, or log out and in again."
                    .into()
            }
            Self::Forgotten(app) => format!(
                "{app} keeps the keyboard to itself (secure input), though another app is in front. Leave its password \
                 field, or quit it."
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    //! Tapes: `on:HOLDER`, `off`: secure input, and for whom (nothing: nobody knows); `front:APP`: the user changes to
    //! another app.

    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct State {
        on: bool,
        holder: Option<Target>,
        front: Option<Target>,
    }

    #[derive(Default)]
    struct Desk(Mutex<State>);

    impl Focus for Desk {
        fn current(&self) -> crate::Result<Option<Target>> {
            Ok(self.0.lock().unwrap().front.clone())
        }
        fn secure_input(&self) -> bool {
            self.0.lock().unwrap().on
        }
        fn secure_input_holder(&self) -> Option<Target> {
            self.0.lock().unwrap().holder.clone()
        }
    }

    fn app(name: &str) -> Option<Target> {
        (!name.is_empty()).then(|| Target { id: name.bytes().map(u64::from).sum(), app: name.into(), app_id: None })
    }

    fn play(tape: &str) -> Vec<SecureInput> {
        play_on(&Desk::default(), tape)
    }

    fn play_on(desk: &Desk, tape: &str) -> Vec<SecureInput> {
        let look = |word: &str| {
            let (name, value) = word.split_once(':').unwrap_or((word, ""));
            let mut state = desk.0.lock().unwrap();
            match name {
                "on" => (state.on, state.holder) = (true, app(value)),
                "off" => (state.on, state.holder) = (false, None),
                "front" => state.front = app(value),
                _ => panic!("no such word on a tape: {word}"),
            }
            drop(state);
            SecureInput::look(desk)
        };
        tape.split_whitespace().map(look).collect()
    }

    #[test]
    fn a_password_field_comes_and_goes() {
        use SecureInput::{Field, Off};
        assert_eq!(play("front:Safari on:Safari off on: off"), [Off, Field, Off, Field, Off]);
    }

    #[test]
    fn an_app_that_forgot_to_switch_it_off_is_named() {
        use SecureInput::{Field, Forgotten, Off};
        let forgotten = || Forgotten("Wallet".into());
        assert_eq!(
            play("front:Wallet on:Wallet front:Mail front:Wallet front:Notes off"),
            [Off, Field, forgotten(), Field, forgotten(), Off]
        );
    }

    #[test]
    fn the_login_window_that_kept_it_over_an_unlock() {
        use SecureInput::{Login, Off};
        assert_eq!(play("on:loginwindow front:Mail off"), [Login, Login, Off]);
    }

    /// On and off, and from each state to each other: what is said is only what is so now.
    #[test]
    fn every_change_from_one_state_to_another() {
        let states = [
            ("front:Mail off", SecureInput::Off),
            ("front:Mail on:Mail", SecureInput::Field),
            ("front:Mail on:", SecureInput::Field),
            ("front:Mail on:loginwindow", SecureInput::Login),
            ("front:Mail on:Wallet", SecureInput::Forgotten("Wallet".into())),
        ];
        for (before, first) in &states {
            for (after, second) in &states {
                let seen = play(&format!("{before} {after}"));
                assert_eq!((&seen[1], seen.last()), (first, Some(second)), "{before}, then {after}");
            }
        }
    }

    #[test]
    fn a_press_in_vain_is_told_but_for_the_lock_screen() {
        let refusal = |tape| {
            let desk = Desk::default();
            play_on(&desk, tape);
            SecureInput::refusal(&desk, "RightAlt")
        };
        for tape in ["front:Mail on:Mail", "front:Mail on:Wallet", "front:Mail on:loginwindow", "on:"] {
            let error = refusal(tape).expect(tape);
            assert_eq!(error.kind, ErrorKind::SecureInput);
            assert!(error.message.contains("RightAlt") && error.message.ends_with('.'), "{error}");
        }
        assert!(refusal("front:Mail on:Wallet").unwrap().message.contains("Wallet"));
        // It was switched off before anybody looked, or the user unlocks the screen.
        assert_eq!(refusal("front:Mail on:Mail off"), None);
        assert_eq!(refusal("front:loginwindow on:loginwindow"), None);
    }

    #[test]
    fn each_state_has_its_own_advice() {
        assert_eq!(SecureInput::Off.advice(), None);
        let states = [
            SecureInput::Field,
            SecureInput::Login,
            SecureInput::Forgotten("Wallet".into()),
            SecureInput::Forgotten(String::new()),
        ];
        let advice: std::collections::HashSet<_> = states.iter().map(|state| state.advice().unwrap()).collect();
        assert_eq!(advice.len(), states.len());
        assert!(advice.iter().all(|sentence| sentence.ends_with('.')));
    }
}
