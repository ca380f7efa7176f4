//! What the panel says in words of its own.

use crate::state::{Phase, State, Work};

/// Of the state, in a word or two.
pub(crate) fn title(phase: &Phase) -> &str {
    match phase {
        Phase::Connecting => "Connecting…",
        Phase::Listening(_) => "Listening",
        Phase::Working { work: Work::Recognising, .. } => "Working…",
        Phase::Working { work: Work::Loading, .. } => "Loading the model…",
        Phase::Held { why, .. } => why,
        Phase::Cancelled { .. } => "Cancelled",
        Phase::Trouble { what, .. } => what,
    }
}

/// Below the title: what to do next, how long it takes, what is wrong with the microphone, or which one it is.
pub(crate) fn detail(state: &State) -> String {
    match &state.phase {
        Phase::Held { next_step, .. } | Phase::Cancelled { next_step } | Phase::Trouble { next_step, .. } => {
            next_step.clone()
        }
        Phase::Working { ready_in_seconds: Some(seconds), .. } => format!("Ready in about {seconds} s"),
        Phase::Listening(_) if !state.note.is_empty() => state.note.clone(),
        _ => state.microphone.clone(),
    }
}

/// What somebody who does not see the panel is told when it shows `state`: no dictated text, which is typed anyway.
pub fn announcement(state: &State) -> String {
    let detail = match &state.phase {
        Phase::Held { next_step, .. } | Phase::Cancelled { next_step } | Phase::Trouble { next_step, .. } => next_step,
        Phase::Listening(_) => &state.note,
        Phase::Connecting | Phase::Working { .. } => "",
    };
    let title = title(&state.phase).trim_end_matches('…');
    let stop = if title.ends_with(['.', '?', '!']) || detail.is_empty() { "" } else { "." };
    format!("{title}{stop} {detail}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(phase: Phase) -> State {
        State { phase, microphone: "Desk".into(), text: "Secret.".into(), ..State::default() }
    }

    #[test]
    fn the_detail_is_what_matters_most() {
        let working = |ready_in_seconds| Phase::Working { work: Work::Recognising, progress: None, ready_in_seconds };
        assert_eq!(detail(&state(working(None))), "Desk");
        assert_eq!(detail(&state(working(Some(4)))), "Ready in about 4 s");
        let mut noted = state(Phase::Listening(Default::default()));
        assert_eq!(detail(&noted), "Desk");
        noted.note = "It is too loud.".into();
        assert_eq!(detail(&noted), "It is too loud.");
    }

    #[test]
    fn an_announcement_is_a_sentence_without_the_text() {
        assert_eq!(announcement(&state(Phase::Connecting)), "Connecting");
        assert_eq!(announcement(&state(Phase::Listening(Default::default()))), "Listening");
        let cancelled = Phase::Cancelled { next_step: "Undo it.".into() };
        assert_eq!(announcement(&state(cancelled)), "Cancelled. Undo it.");
        let trouble = Phase::Trouble { what: "It broke.".into(), next_step: "Mend it.".into() };
        assert_eq!(announcement(&state(trouble)), "It broke. Mend it.");
    }
}
