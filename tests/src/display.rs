//! A virtual X display with a window manager.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Command;
use std::time::Duration;

use crate::home::Home;
use crate::process::Process;
use crate::programs;
use crate::wait::{wait_for, wait_until};

/// Xvfb and openbox. Their end is the end of every window.
pub struct Display {
    name: String,
    server: Process,
    _manager: Process,
}

impl Display {
    /// Starts both on a free display and names it in `home`'s environment.
    #[track_caller]
    pub fn start(home: &mut Home) -> Self {
        let logs = home.path("");
        let mut xvfb = home.command("Xvfb");
        // The server writes the number that it found free to its standard output, and goes on without a reader.
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset", "-dpi", "96"]);
        let (server, _input, output) = Process::start_piped("xvfb", &logs, &mut xvfb);
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number).expect("Xvfb's output can be read.");
        assert!(!number.trim().is_empty(), "Xvfb found no free display. {}", server.last_words());
        let name = format!(":{}", number.trim());
        home.set("DISPLAY", &name);

        let mut openbox = home.command("openbox");
        openbox.arg("--config-file").arg(programs::desk_file("openbox.xml"));
        let manager = Process::start("openbox", &logs, &mut openbox);
        wait_until("a window manager", Duration::from_secs(20), || {
            output_of(home.command("xprop").args(["-root", "_NET_SUPPORTING_WM_CHECK"])).contains("window id")
        });
        Self { name, server, _manager: manager }
    }

    /// The display's name, such as `:99`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ends the X server, as a crash or a logout would.
    pub fn kill_server(&self) {
        self.server.signal(nix::sys::signal::Signal::SIGKILL);
    }
}

/// Finds the window with exactly this title.
#[track_caller]
pub(crate) fn window(home: &Home, title: &str) -> String {
    wait_for(&format!("the window “{title}”"), Duration::from_secs(30), || find_window(home, title))
}

/// The id of a visible window with exactly this title.
pub(crate) fn find_window(home: &Home, title: &str) -> Option<String> {
    let pattern = format!("^{title}$");
    let found = output_of(home.command("xdotool").args(["search", "--onlyvisible", "--name", &pattern]));
    found.lines().next().map(str::to_owned)
}

/// Gives a window the keyboard and makes sure that it has it.
#[track_caller]
pub(crate) fn focus(home: &Home, window: &str) {
    wait_until("the focus", Duration::from_secs(15), || {
        output_of(home.command("xdotool").args(["windowactivate", window]));
        crate::wait::pause(150);
        is_active(home, window)
    });
}

/// Whether this window has the keyboard.
pub(crate) fn is_active(home: &Home, window: &str) -> bool {
    output_of(home.command("xdotool").arg("getactivewindow")).trim() == window
}

/// Asks the program of the window with this title to close it, as its close button would, and waits until it is gone.
#[track_caller]
pub fn close(home: &Home, title: &str) {
    focus(home, &window(home, title));
    crate::keys::press(home, &["alt+F4"]);
    wait_until(&format!("the end of the window “{title}”"), Duration::from_secs(10), || {
        find_window(home, title).is_none()
    });
}

/// Saves a picture of the screen where ImageMagick is installed; says where, or nothing.
pub(crate) fn screenshot(home: &Home, name: &str) -> Option<String> {
    let folder = programs::repository().join("target/desk");
    let file = folder.join(format!("{name}.png"));
    fs::create_dir_all(&folder).ok()?;
    let mut import = home.command("import");
    let saved = import.args(["-window", "root"]).arg(&file).output().is_ok_and(|output| output.status.success());
    saved.then(|| file.display().to_string())
}

/// What a small program prints; empty when it fails.
pub(crate) fn output_of(command: &mut Command) -> String {
    command.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
