//! The real clipboard of a private X server. Where Xvfb is not installed the test says so and passes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use tawk_core::ErrorKind;

/// Tells a process started by this test what it is to do.
const PART: &str = "TAWK_TEST_CLIPBOARD";
const TEXT: &str = "Grüße, 世界 👋\nsecond line";

fn part(name: &str, display: Option<&str>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["text_set_is_there_for_other_programs", "--exact", "--nocapture"]).env(PART, name);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.envs(display.map(|display| ("DISPLAY", display)));
    command
}

/// Ends the X server with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn text_set_is_there_for_other_programs() {
    match std::env::var(PART).as_deref() {
        Ok("set") => return set(),
        Ok("get") => return assert_eq!(arboard::Clipboard::new().unwrap().get_text().unwrap(), TEXT),
        Ok(_) => {
            let error = tawk_platform::native().clipboard.set_text(TEXT).unwrap_err();
            assert_eq!(error.kind, ErrorKind::NoDisplay);
            return assert!(!error.message.contains("second line"), "an error never holds the text");
        }
        Err(_) => {}
    }
    assert!(part("without display", None).status().unwrap().success());

    // Xvfb writes the number of the display that it found free.
    let server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "64x64x24"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut server) = server.map(Server) else { return println!("skipped: Xvfb is not installed") };
    let mut number = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let display = format!(":{}", number.trim());

    let mut owner = part("set", Some(&display)).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("text is set")));
    let read = part("get", Some(&display)).status().unwrap();
    owner.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(owner.wait().unwrap().success());
    assert!(read.success(), "another program read something else");
}

/// Sets the text twice and stays until told to go.
fn set() {
    let platform = tawk_platform::native();
    platform.clipboard.set_text("something before").unwrap();
    platform.clipboard.set_text(TEXT).unwrap();
    println!("text is set");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}
