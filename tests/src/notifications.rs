//! What stands in for the desktop's program that shows notifications.

use serde_json::json;

use crate::dialogue::Dialogue;
use crate::home::Home;

/// The program. Dropping it ends it; then nobody shows notifications.
pub struct Notifications {
    daemon: Dialogue,
}

/// A notification as the desktop is told to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The program's name.
    pub app: String,
    /// The text.
    pub body: String,
    /// Whether it takes the place of one before.
    pub replaces: bool,
}

impl Notifications {
    /// Starts it on the desk's session bus.
    #[track_caller]
    pub fn start(home: &Home) -> Self {
        Self { daemon: Dialogue::start("notifications.py", &[], &home.path(""), &|program| home.command(program)) }
    }

    /// Everything that was to be shown so far.
    #[track_caller]
    pub fn shown(&mut self) -> Vec<Notification> {
        let answer = self.daemon.ask(&json!({ "do": "shown" }));
        let all = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        all.iter()
            .map(|one| Notification {
                app: text(&one["app"]),
                body: text(&one["body"]),
                replaces: one["replaces"].as_u64().is_some_and(|number| number > 0),
            })
            .collect()
    }
}
