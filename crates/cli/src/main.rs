//! `tawk`: Tawk on the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    tawk_whisper::prepare();
    tawk_cli::run(std::env::args_os())
}
