//! What the tray's menu says, as plain data: decided here, shown by `tray`.

use tawk_app::{ModelRow, State, Status};
use tawk_core::ErrorKind;
use tawk_core::microphone::{DEFAULT_MICROPHONE, Microphone, PreferredMicrophone};
use tawk_core::settings::{Activation, Settings, WelcomeStep};

use crate::system;

/// The most characters of a trouble's message that a menu line takes.
const LINE_CHARS: usize = 80;

/// The most characters of a text that a menu takes.
const TEXT_CHARS: usize = 40;

/// The setting's value for the best model installed.
const AUTO_MODEL: &str = "auto";

/// What the menu is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) status: Status,
    pub(crate) settings: Settings,
    pub(crate) microphones: Vec<Microphone>,
    pub(crate) models: Vec<ModelRow>,
    /// The newest dictations that have a text: their numbers and texts.
    pub(crate) history: Vec<(i64, String)>,
}

/// What the tray shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) icon: State,
    /// The first line; cannot be chosen.
    pub(crate) line: String,
    /// Start or stop.
    pub(crate) toggle: &'static str,
    pub(crate) toggle_enabled: bool,
    pub(crate) undo_enabled: bool,
    pub(crate) copy_enabled: bool,
    /// Whether there is a dictation to recover.
    pub(crate) recover: bool,
    /// Whether the first run is still to be done.
    pub(crate) welcome: bool,
    /// The last texts, shortened, with their numbers in the history.
    pub(crate) texts: Vec<(i64, String)>,
    /// Whether one of them can be typed again.
    pub(crate) again_enabled: bool,
    pub(crate) microphones: Vec<Choice>,
    pub(crate) models: Vec<Choice>,
}

/// One of a radio list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The setting's value.
    pub(crate) value: String,
    /// For people; not yet escaped for a menu.
    pub(crate) text: String,
    pub(crate) chosen: bool,
}

/// The tray for `view`.
pub(crate) fn plan(view: &View) -> Plan {
    let state = view.status.state;
    let hears = matches!(state, State::Connecting | State::Listening);
    Plan {
        icon: state,
        line: line(&view.status, view.models.iter().any(|model| model.installed), view.settings.dictation.activation),
        toggle: if hears { "Stop Dictation" } else { "Start Dictation" },
        toggle_enabled: state != State::Working,
        undo_enabled: view.status.can_undo,
        copy_enabled: view.status.has_last_text,
        recover: view.status.recoverable > 0,
        welcome: view.settings.welcome.step != WelcomeStep::Done,
        again_enabled: !hears,
        texts: view.history.iter().map(|(id, text)| (*id, short(text))).collect(),
        microphones: microphones(view),
        models: models(view),
    }
}

fn line(status: &Status, some_model: bool, activation: Activation) -> String {
    match (status.state, &status.trouble) {
        (State::Connecting, _) => "Opening the microphone…".into(),
        // Whether to go on listening although nobody speaks.
        (State::Listening, Some(question)) if question.code == ErrorKind::NothingHeard.code() => {
            first_sentence(&question.message)
        }
        (State::Listening, _) => match (&status.note, status.waiting) {
            (Some(note), _) => first_sentence(&note.message),
            (None, Some(waiting)) => format!("Listening… {} s of speech wait", waiting.speech_seconds),
            (None, None) => "Listening…".into(),
        },
        (State::Working, _) => match status.waiting {
            Some(waiting) => format!("Writing… {}", waiting.sentence()),
            None => "Writing…".into(),
        },
        (_, Some(trouble)) => first_sentence(&trouble.message),
        (State::Trouble, None) => "Needs attention; see Settings".into(),
        (State::Idle, None) => match (&status.notice, status.loading_percent) {
            (Some(notice), _) => first_sentence(notice),
            (None, Some(percent)) => format!("Loading the model: {percent} %"),
            _ if status.model.is_empty() && some_model => "No model hears this language; see Settings".into(),
            _ if status.model.is_empty() => "No model yet; get one in Settings".into(),
            _ => {
                let press = if activation == Activation::Tap { "press" } else { "hold" };
                format!("Ready — {press} {}", system::hotkey_label(&status.hotkey))
            }
        },
    }
}

/// The first sentence, cut at a word where it is too long for a menu.
fn first_sentence(message: &str) -> String {
    let sentence = message.split_inclusive(". ").next().unwrap_or_default().trim();
    if sentence.chars().count() <= LINE_CHARS {
        return sentence.into();
    }
    let head: String = sentence.chars().take(LINE_CHARS).collect();
    let whole_words = head.rfind(' ').map_or(head.as_str(), |at| &head[..at]);
    format!("{whole_words}…")
}

/// The beginning of a dictated text, on one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TEXT_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The user's list in its order, then the others that are connected. The first is the one that is wanted most, here or
/// not; a click on another puts that first.
fn microphones(view: &View) -> Vec<Choice> {
    let mut list = view.settings.microphone.list();
    if !list.iter().any(|one| one.id == DEFAULT_MICROPHONE) {
        list.push(PreferredMicrophone::system_default());
    }
    for microphone in &view.microphones {
        if !list.iter().any(|one| one.id == microphone.id) {
            list.push(PreferredMicrophone { id: microphone.id.clone(), name: microphone.name.clone() });
        }
    }
    let text = |one: &PreferredMicrophone| match view.microphones.iter().find(|microphone| microphone.id == one.id) {
        _ if one.id == DEFAULT_MICROPHONE => "System Default".to_owned(),
        Some(microphone) => microphone.name.clone(),
        None => format!("{} (not connected)", one.label()),
    };
    let choice = |(at, one)| Choice { text: text(one), value: one.id.clone(), chosen: at == 0 };
    list.iter().enumerate().map(choice).collect()
}

fn models(view: &View) -> Vec<Choice> {
    let chosen = view.settings.recognition.model.as_str();
    let choice = |value: &str, text: &str| Choice { value: value.into(), text: text.into(), chosen: value == chosen };
    let mut choices = vec![choice(AUTO_MODEL, "Automatic")];
    for model in view.models.iter().filter(|model| model.installed) {
        choices.push(choice(&model.id, &model.name));
    }
    if !choices.iter().any(|choice| choice.chosen) {
        let listed = view.models.iter().find(|model| model.id == chosen);
        let text = match listed {
            Some(model) => format!("{} (not installed)", model.name),
            // A file of the user's own: its name is enough.
            None => chosen.rsplit('/').next().unwrap_or(chosen).into(),
        };
        choices.push(choice(chosen, &text));
    }
    choices
}

/// `text` as a menu takes it: there a single `&` marks a key.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use tawk_app::{Trouble, Waiting};

    use super::*;

    fn view() -> View {
        View {
            status: Status { hotkey: "F13".into(), model: "base".into(), ..Status::default() },
            microphones: vec![
                Microphone { id: "a".into(), name: "Desk".into(), is_default: true, is_bluetooth: false },
                Microphone { id: "b".into(), name: "Head & Set".into(), is_default: false, is_bluetooth: false },
            ],
            models: vec![model("base", true, false), model("demo", true, true), model("large", false, false)],
            ..View::default()
        }
    }

    fn model(id: &str, installed: bool, demo: bool) -> ModelRow {
        ModelRow {
            id: id.into(),
            name: id.to_uppercase(),
            bytes: 1,
            languages: "en".into(),
            state: if installed { "installed" } else { "missing" }.into(),
            installed,
            demo,
            current: false,
            recommended: false,
            hint: String::new(),
            path: format!("/models/{id}.bin"),
        }
    }

    fn chosen(choices: &[Choice]) -> Vec<&str> {
        choices.iter().filter(|choice| choice.chosen).map(|choice| choice.text.as_str()).collect()
    }

    fn texts(choices: &[Choice]) -> Vec<&str> {
        choices.iter().map(|choice| choice.text.as_str()).collect()
    }

    #[test]
    fn the_line_names_the_state_and_the_next_step() {
        let mut view = view();
        assert_eq!(plan(&view).line, "Ready — hold F13");
        view.settings.dictation.activation = Activation::Tap;
        assert_eq!(plan(&view).line, "Ready — press F13");
        view.settings.dictation.activation = Activation::default();
        view.status.loading_percent = Some(40);
        assert_eq!(plan(&view).line, "Loading the model: 40 %");
        view.status.state = State::Listening;
        assert_eq!(plan(&view).line, "Listening…");
        view.status.note =
            Some(Trouble { code: "microphone-silent".into(), message: "It is silent. Unmute it.".into() });
        assert_eq!(plan(&view).line, "It is silent.");
        view.status.loading_percent = None;
        view.status.state = State::Trouble;
        view.status.trouble =
            Some(Trouble { code: "no-microphone".into(), message: "There is no microphone. Connect one.".into() });
        assert_eq!(plan(&view).line, "There is no microphone.");
        view.status = Status::default();
        assert_eq!(plan(&view).line, "No model hears this language; see Settings");
        view.models.clear();
        assert_eq!(plan(&view).line, "No model yet; get one in Settings");
    }

    #[test]
    fn the_line_tells_how_much_waits_and_whether_to_go_on() {
        let mut view = view();
        view.status.state = State::Listening;
        view.status.waiting = Some(Waiting { speech_seconds: 12, ready_in_seconds: Some(5) });
        assert_eq!(plan(&view).line, "Listening… 12 s of speech wait");
        view.status.state = State::Working;
        assert_eq!(plan(&view).line, "Writing… ready in about 5 s (12 s of speech wait)");
        view.status.state = State::Listening;
        let question = tawk_core::session::still_listening();
        view.status.trouble = Some(Trouble::from(&question));
        assert_eq!(plan(&view).line, "Still listening… No voice was heard for 5 minutes.");
    }

    #[test]
    fn a_cancel_can_be_undone_while_the_status_says_so() {
        let mut view = view();
        assert!(!plan(&view).undo_enabled);
        view.status.can_undo = true;
        assert!(plan(&view).undo_enabled);
    }

    #[test]
    fn what_a_crash_cut_short_can_be_recovered_and_the_line_tells_how_it_goes() {
        let mut view = view();
        assert!(!plan(&view).recover);
        view.status.recoverable = 2;
        assert!(plan(&view).recover);
        view.status.notice = Some("The dictation of 5 seconds is recovered: choose Copy Last Text.".into());
        assert_eq!(plan(&view).line, "The dictation of 5 seconds is recovered: choose Copy Last Text.");
        view.status.state = State::Listening;
        assert_eq!(plan(&view).line, "Listening…");
    }

    #[test]
    fn the_first_run_is_offered_until_it_is_over() {
        let mut view = view();
        assert!(plan(&view).welcome);
        view.settings.welcome.step = WelcomeStep::Done;
        assert!(!plan(&view).welcome);
    }

    #[test]
    fn a_long_trouble_is_cut_at_a_word() {
        let cut = first_sentence(&"word ".repeat(40));
        assert!(cut.ends_with("word…") && cut.chars().count() <= LINE_CHARS + 1, "{cut}");
        assert_eq!(first_sentence(&"é".repeat(200)).chars().count(), LINE_CHARS + 1);
    }

    #[test]
    fn start_becomes_stop_while_it_hears() {
        let mut view = view();
        for (state, text, enabled) in [
            (State::Idle, "Start Dictation", true),
            (State::Connecting, "Stop Dictation", true),
            (State::Listening, "Stop Dictation", true),
            (State::Working, "Start Dictation", false),
            (State::Trouble, "Start Dictation", true),
        ] {
            view.status.state = state;
            let plan = plan(&view);
            assert_eq!((plan.icon, plan.toggle, plan.toggle_enabled), (state, text, enabled));
        }
    }

    #[test]
    fn exactly_one_microphone_is_chosen() {
        let mut view = view();
        assert_eq!(chosen(&plan(&view).microphones), ["System Default"]);
        assert_eq!(texts(&plan(&view).microphones), ["System Default", "Desk", "Head & Set"]);
        view.settings.microphone.id = "b".into();
        assert_eq!(texts(&plan(&view).microphones), ["Head & Set", "System Default", "Desk"]);
        assert_eq!(chosen(&plan(&view).microphones), ["Head & Set"]);
    }

    #[test]
    fn the_list_comes_in_its_order_and_the_others_after_it() {
        let mut view = view();
        let preferred = |id: &str, name: &str| PreferredMicrophone { id: id.into(), name: name.into() };
        view.settings.microphone.priority = vec![preferred("c", "Car"), preferred("b", ""), preferred("default", "")];
        let plan = plan(&view);
        assert_eq!(texts(&plan.microphones), ["Car (not connected)", "Head & Set", "System Default", "Desk"]);
        assert_eq!(chosen(&plan.microphones), ["Car (not connected)"]);
    }

    #[test]
    fn a_chosen_microphone_that_is_away_stays_in_the_list() {
        let mut view = view();
        view.settings.microphone.id = "c".into();
        assert_eq!(chosen(&plan(&view).microphones), ["c (not connected)"]);
        view.settings.microphone.name = "Conference".into();
        let plan = plan(&view);
        assert_eq!(chosen(&plan.microphones), ["Conference (not connected)"]);
        assert_eq!(plan.microphones.first().map(|choice| choice.value.as_str()), Some("c"));
    }

    #[test]
    fn only_installed_models_are_offered() {
        let mut view = view();
        assert_eq!(texts(&plan(&view).models), ["Automatic", "BASE", "DEMO"]);
        assert_eq!(chosen(&plan(&view).models), ["Automatic"]);
        view.settings.recognition.model = "large".into();
        assert_eq!(chosen(&plan(&view).models), ["LARGE (not installed)"]);
        view.settings.recognition.model = "/home/me/own.bin".into();
        assert_eq!(chosen(&plan(&view).models), ["own.bin"]);
    }

    #[test]
    fn last_texts_are_shortened() {
        let mut view = view();
        view.history = vec![(9, "A & B,\nand so on.".into()), (8, "word ".repeat(20)), (7, "é".repeat(50))];
        let texts = plan(&view).texts;
        assert_eq!(texts[0], (9, "A & B, and so on.".into()));
        assert_eq!((texts[1].0, texts[1].1.as_str()), (8, "word word word word word word word word…"));
        assert_eq!(texts[2].1.chars().count(), TEXT_CHARS + 1);
    }

    #[test]
    fn an_ampersand_is_no_key() {
        assert_eq!(escape("Head & Set"), "Head && Set");
    }
}
