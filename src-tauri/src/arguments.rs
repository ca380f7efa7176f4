//! What `tawk-app` was asked to be: the app in the menu bar, or the command line.

use std::ffi::OsString;
use std::path::Path;

/// How the program was called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// The command line, with the program's name first.
    CommandLine(Vec<OsString>),
    /// The app in the menu bar; `window` opens the settings at once.
    Desktop { window: bool },
    /// Only this text.
    Say(String),
    /// A wrong option: a sentence.
    Wrong(String),
}

const HELP: &str = "\
Tawk in the menu bar: hold a key, speak, let go, and the words are typed.

Usage: tawk-app [--window]
       tawk-app COMMAND …     the command line; see tawk-app help

Options:
  --window       open the settings window at the start
  -h, --help     show this text
  -V, --version  show the version

A second start shows the window of the Tawk that runs already.
Exit codes are those of the command line; 7 means that there is no display.";

/// Reads the arguments, the program's own name first. Called `tawk`, it is the command line whatever follows; so the Mac
/// bundle holds one program and `tawk` is a link to it.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Arguments {
    let args: Vec<OsString> = args.into_iter().collect();
    let is_link = args.first().is_some_and(|name| Path::new(name).file_name().is_some_and(|name| name == "tawk"));
    let is_command = args.get(1).is_some_and(|arg| !arg.as_encoded_bytes().starts_with(b"-"));
    if is_link || is_command {
        return Arguments::CommandLine(args);
    }
    let mut window = false;
    for arg in args.iter().skip(1) {
        match arg.to_string_lossy().as_ref() {
            "--window" => window = true,
            "-h" | "--help" => return Arguments::Say(HELP.into()),
            "-V" | "--version" => return Arguments::Say(format!("tawk {}", env!("CARGO_PKG_VERSION"))),
            // The Mac's launcher adds a process number to the first start of a downloaded app.
            process if process.starts_with("-psn_") => {}
            other => return Arguments::Wrong(format!("There is no option “{other}”. See tawk-app --help.")),
        }
    }
    Arguments::Desktop { window }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_str(args: &[&str]) -> Arguments {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn without_a_subcommand_it_is_the_app() {
        assert_eq!(parse_str(&["tawk-app"]), Arguments::Desktop { window: false });
        assert_eq!(parse_str(&["tawk-app", "--window"]), Arguments::Desktop { window: true });
        assert_eq!(
            parse_str(&["/Applications/Tawk.app/x/tawk-app", "-psn_0_12345"]),
            Arguments::Desktop { window: false }
        );
        assert_eq!(parse_str(&[]), Arguments::Desktop { window: false });
    }

    #[test]
    fn a_subcommand_or_the_link_is_the_command_line() {
        for args in [&["tawk-app", "devices", "--json"][..], &["/usr/bin/tawk", "--help"], &["tawk"]] {
            let own = args.iter().map(OsString::from).collect();
            assert_eq!(parse_str(args), Arguments::CommandLine(own));
        }
    }

    #[test]
    fn options_speak_for_themselves() {
        assert!(matches!(parse_str(&["tawk-app", "-V"]), Arguments::Say(text) if text.starts_with("tawk 0.")));
        assert!(matches!(parse_str(&["tawk-app", "--help"]), Arguments::Say(text) if text.contains("--window")));
        assert!(matches!(parse_str(&["tawk-app", "--windows"]), Arguments::Wrong(text) if text.contains("--windows")));
    }
}
