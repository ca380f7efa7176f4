//! A stand-in for logind, and a screen locker, on the desk's bus.

use serde_json::{Value, json};

use crate::dialogue::Dialogue;
use crate::home::Home;

/// The variable by which programs find the system's bus.
pub const SYSTEM_BUS: &str = "DBUS_SYSTEM_BUS_ADDRESS";

/// The running stand-in.
pub struct Logind(Dialogue);

impl Logind {
    /// Starts it on the session's bus and lets programs that are started from now on take that for the system's.
    #[track_caller]
    pub fn start(home: &mut Home) -> Self {
        let bus = home.variable("DBUS_SESSION_BUS_ADDRESS").expect("The desk has a bus.").to_owned();
        home.set(SYSTEM_BUS, bus);
        Self(Dialogue::start("logind.py", &[], &home.path(""), &|program| home.command(program)))
    }

    /// For programs that are started from now on there is no logind any more.
    pub fn forget(home: &mut Home) {
        home.unset(SYSTEM_BUS);
    }

    /// The inhibitors that are held now: what, who, mode.
    #[track_caller]
    pub fn held(&mut self) -> Vec<[String; 3]> {
        serde_json::from_value(self.0.ask(&json!({ "do": "held" }))).expect("It answers with a list.")
    }

    /// The machine is about to sleep, or has woken.
    #[track_caller]
    pub fn sleep(&mut self, begins: bool) {
        self.tell(&json!({ "do": "sleep", "on": begins }));
    }

    /// Asks for a lock of Tawk's session, or of another.
    #[track_caller]
    pub fn lock(&mut self, ours: bool) {
        self.tell(&json!({ "do": "lock", "ours": ours }));
    }

    /// A screen locker of the desktop locks or unlocks.
    #[track_caller]
    pub fn locker(&mut self, on: bool) {
        self.tell(&json!({ "do": "locker", "on": on }));
    }

    #[track_caller]
    fn tell(&mut self, request: &Value) {
        assert_eq!(self.0.ask(request), json!(true));
    }
}
