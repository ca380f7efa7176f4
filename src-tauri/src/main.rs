//! Tawk in the menu bar: tray, settings window, and the command line when it is called with a subcommand.
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod desktop;
mod face;
mod menu;
mod picking;
mod system;
mod tray;
mod window;
mod wire;

use std::env;
use std::io::Write as _;
use std::process::ExitCode;

use arguments::Arguments;
use tawk_core::ErrorKind;

fn main() -> ExitCode {
    tawk_whisper::prepare();
    match arguments::parse(env::args_os()) {
        Arguments::CommandLine(args) => tawk_cli::run(args),
        Arguments::Desktop { window } => {
            system::prepare();
            desktop::run(window)
        }
        Arguments::Say(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Arguments::Wrong(sentence) => {
            let _ = writeln!(std::io::stderr(), "tawk-app: {sentence}");
            ErrorKind::Usage.exit_code().into()
        }
    }
}
