//! What the checks share: the desk, its open windows, and the running app.

use std::collections::HashMap;

use tawk_tests::desk::Desk;
use tawk_tests::keys;
use tawk_tests::receiver::{Kind, Receiver};

/// The desk with what lies on it.
pub(crate) struct World {
    pub(crate) receivers: HashMap<Kind, Receiver>,
    pub(crate) desk: Desk,
}

impl World {
    pub(crate) fn new(desk: Desk) -> Self {
        Self { receivers: HashMap::new(), desk }
    }

    /// Puts the desk in order for the next check.
    pub(crate) fn after_failure(&mut self, check: &str) {
        if let Some(picture) = self.desk.screenshot(check) {
            println!("  The screen: {picture}");
        }
        keys::let_go_of_all(&self.desk.home);
        self.desk.sound.mic_a.hush();
        self.desk.sound.mic_b.hush();
    }

    /// The receiver of this kind, opened on first use, emptied and with the keyboard.
    #[track_caller]
    pub(crate) fn receiver(&mut self, kind: Kind) -> &mut Receiver {
        let home = &self.desk.home;
        let receiver = self.receivers.entry(kind).or_insert_with(|| Receiver::open(kind, home));
        receiver.take_focus(home);
        receiver
    }
}
