//! Windows of other programs into which Tawk types.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::browser::Browser;
use crate::dialogue::Dialogue;
use crate::display::{focus, window};
use crate::home::Home;
use crate::process::Process;
use crate::programs;
use crate::wait::pause;

/// A kind of text field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A GTK 3 text view.
    Gtk,
    /// A Tk text widget.
    Tk,
    /// xterm with a program in raw mode.
    Xterm,
    /// A text area in Chromium.
    Chromium,
    /// A GTK 3 password field above a plain one.
    Password,
}

impl Kind {
    /// Those that dictation must reach.
    pub const ALL: [Self; 4] = [Self::Gtk, Self::Tk, Self::Xterm, Self::Chromium];

    /// The name in messages and in test names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gtk => "gtk",
            Self::Tk => "tk",
            Self::Xterm => "xterm",
            Self::Chromium => "chromium",
            Self::Password => "password",
        }
    }

    /// Whether a Tab is a character there. In Chromium it moves the focus, as it does on every web page.
    pub const fn takes_tabs(self) -> bool {
        !matches!(self, Self::Chromium | Self::Password)
    }
}

/// A window with one text field.
pub struct Receiver {
    kind: Kind,
    window: String,
    field: Field,
}

enum Field {
    Dialogue(Dialogue),
    Browser(Browser),
    Terminal { file: PathBuf, _xterm: Process },
}

impl Receiver {
    /// Opens the window and waits until it is there.
    #[track_caller]
    pub fn open(kind: Kind, home: &Home) -> Self {
        let title = format!("Tawk desk {}", kind.name());
        let base = |program: &str| home.command(program);
        let logs = home.path("");
        let field = match kind {
            Kind::Gtk => Field::Dialogue(Dialogue::start("gtk_receiver.py", &[&title], &logs, &base)),
            Kind::Password => {
                Field::Dialogue(Dialogue::start("gtk_receiver.py", &[&title, "--password"], &logs, &base))
            }
            Kind::Tk => Field::Dialogue(Dialogue::start("tk_receiver.py", &[&title], &logs, &base)),
            Kind::Chromium => Field::Browser(Browser::start(home, &title)),
            Kind::Xterm => {
                let file = home.path("xterm.txt");
                File::create(&file).expect("The terminal's file can be made.");
                let mut xterm = home.command("xterm");
                // A fixed title, UTF-8, and no key that xterm keeps for itself.
                xterm.args(["-u8", "-title", &title, "-xrm", "xterm*allowTitleOps: false", "-geometry", "60x12", "-e"]);
                xterm.args([programs::python().into(), programs::desk_file("terminal_receiver.py"), file.clone()]);
                Field::Terminal { file, _xterm: Process::start("xterm", &logs, &mut xterm) }
            }
        };
        let window = window(home, &title);
        Self { kind, window, field }
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Gives it the keyboard, empties it, and lets it settle.
    #[track_caller]
    pub fn take_focus(&mut self, home: &Home) {
        focus(home, &self.window);
        // Toolkits need this long until a focused window takes its first key.
        pause(700);
        self.clear();
    }

    /// Gives it the keyboard.
    #[track_caller]
    pub fn give_keyboard(&self, home: &Home) {
        focus(home, &self.window);
    }

    /// Gives the keyboard to one of the two fields of [`Kind::Password`], `password` or `plain`, and is about that one from
    /// then on.
    #[track_caller]
    pub fn use_field(&mut self, field: &str) {
        let Field::Dialogue(dialogue) = &mut self.field else { panic!("Only a GTK window has several fields.") };
        assert_eq!(dialogue.ask(&json!({ "do": "use", "field": field })), true);
        self.clear();
    }

    /// Lets a GTK window do nothing and answer nobody for `length`.
    #[track_caller]
    pub fn hang(&mut self, length: Duration) {
        let Field::Dialogue(dialogue) = &mut self.field else { panic!("Only a GTK window can be made to hang.") };
        assert_eq!(dialogue.ask(&json!({ "do": "hang", "seconds": length.as_secs_f64() })), true);
    }

    /// The text that has arrived.
    #[track_caller]
    pub fn text(&mut self) -> String {
        let request = json!({ "do": "read" });
        let answer = match &mut self.field {
            Field::Dialogue(dialogue) => dialogue.ask(&request),
            Field::Browser(browser) => browser.ask(&request),
            Field::Terminal { file, .. } => {
                let bytes = fs::read(file).expect("The terminal's file can be read.");
                // In raw mode Return arrives as a carriage return.
                return String::from_utf8_lossy(&bytes).replace('\r', "\n");
            }
        };
        answer.as_str().expect("A receiver answers with its text.").to_owned()
    }

    /// Empties it.
    #[track_caller]
    pub fn clear(&mut self) {
        let request = json!({ "do": "clear" });
        match &mut self.field {
            Field::Dialogue(dialogue) => drop(dialogue.ask(&request)),
            Field::Browser(browser) => drop(browser.ask(&request)),
            Field::Terminal { file, .. } => drop(File::create(file).expect("The terminal's file can be emptied.")),
        }
    }

    /// Waits until exactly `text` stands there, and makes sure that nothing follows it.
    #[track_caller]
    pub fn expect(&mut self, text: &str, bound: Duration) {
        let end = Instant::now() + bound;
        loop {
            let now = self.text();
            if now == text {
                pause(250);
                let later = self.text();
                assert!(later == text, "{}: {later:?} stands there; {text:?} was expected.", self.kind.name());
                return;
            }
            assert!(Instant::now() < end, "{}", difference(self.kind.name(), text, &now));
            pause(20);
        }
    }

    /// Watches for `length` and makes sure that nothing arrives.
    #[track_caller]
    pub fn expect_nothing(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while Instant::now() < end {
            let now = self.text();
            assert!(now.is_empty(), "{}: {now:?} was typed; nothing was expected.", self.kind.name());
            pause(50);
        }
    }
}

/// Says where two texts part.
fn difference(name: &str, expected: &str, found: &str) -> String {
    let same = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(same.saturating_sub(20)).take(60).collect::<String>();
    format!(
        "{name}: the text differs from character {same} on ({} expected, {} there).\n  expected …{:?}…\n  found    …{:?}…",
        expected.chars().count(),
        found.chars().count(),
        around(expected),
        around(found)
    )
}
