//! The control socket of a running engine, on a machine made of memory.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tawk_app::{Deaf, Engine, Options, Reply, Request};
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;
use tawk_platform::fake::Fake;
use tawk_store::Folders;

use crate::{Target, choice};

/// Nothing is recognised here.
struct NoModel;

impl Transcribers for NoModel {
    fn load(&self, _: &Path, _: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        Err(Error::new(ErrorKind::NoModel, "There is no model in this test."))
    }
}

/// An app's engine.
pub(crate) fn engine(folders: &Folders, platform: Platform) -> Engine {
    tawk_app::start(Options {
        platform,
        folders: folders.clone(),
        transcribers: Arc::new(NoModel),
        listener: Arc::new(Deaf),
        is_app: true,
        microphone: None,
        model: None,
    })
    .expect("The engine starts.")
}

/// Whatever a peer says, it is answered, and the next one is served.
pub fn control() -> Target {
    let home = tempfile::tempdir().expect("A temporary folder can be made.");
    let folders = Folders::under(home.path());
    let (platform, _machine) = Fake::new();
    let engine = engine(&folders, platform);
    let socket = folders.socket().expect("There is a socket.");
    Box::new(move |input| {
        // They live as long as the target.
        let _kept = (&engine, &home);
        // The rest of what is sent is not read.
        let first_line = input.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let request = serde_json::from_slice(first_line);
        // Which is served, and the end of the test.
        if matches!(request, Ok(Request::Quit)) {
            return;
        }
        let mut stream = UnixStream::connect(&socket).expect("The engine listens.");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("A time-out can be set.");
        // One that is turned away in the midst does not read on.
        let _ = stream.write_all(input);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        // Text in another encoding is no request at all, and is not answered.
        if std::str::from_utf8(first_line).is_ok() && first_line.len() < 4000 && first_line.len() == input.len() {
            read.expect("The answer can be read.");
            let reply: Reply = serde_json::from_slice(&answer).expect("The answer is a reply.");
            // Here there is nothing to undo.
            let obeyed = request.is_ok_and(|request| request != Request::Undo);
            assert_eq!(reply.error.is_none(), obeyed);
        }
        if choice(input).is_multiple_of(64) {
            assert!(tawk_app::send(&folders, Request::Status).is_ok());
        }
    })
}
