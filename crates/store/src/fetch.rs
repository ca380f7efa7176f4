//! Fetching model files over HTTPS: the only thing Tawk uses the network for, and only when asked.
//!
//! A download grows as `<file>.part` and goes on from there when it was stopped. Length and SHA-256 of the catalogue
//! decide whether the file is the right one, so it does not matter which server in the end sent it.

use std::io::Read as _;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result};
use ureq::Agent;
use ureq::http::StatusCode;

use crate::catalogue::Entry;
use crate::disk;
use crate::models::{ModelFolder, part_of};

mod origin;
mod part;
#[cfg(test)]
mod tests;

pub use origin::Origin;
use part::Part;

/// So many times in a row a download may fail without getting on.
const ATTEMPTS: u32 = 4;

/// A download that got so many bytes before it failed counts as getting on: 1 MiB.
const GETTING_ON: u64 = 1 << 20;

/// So many redirects are followed; the publisher's server needs one or two.
const MOST_REDIRECTS: usize = 5;

/// Fetches the model of `entry` into `folder` and returns its file. One that is there already and whole is not
/// fetched again.
///
/// `progress` gets the bytes that are there and their total. `abort` is looked at between reads, so stopping may take
/// as long as a server stays silent (10 s at most); what has come is kept.
///
/// # Errors
/// `Network`, `BadModel` when the checksum is wrong, `Storage` (full disk, no permission), `Aborted`,
/// `AlreadyRunning` when another fetch of the same file is under way, `Usage` for the demo, which is part of Tawk.
pub fn fetch(
    entry: &Entry,
    folder: &ModelFolder,
    origin: &Origin,
    progress: &mut dyn FnMut(u64, u64),
    abort: &AbortSwitch,
) -> Result<PathBuf> {
    if entry.demo {
        return Err(Error::new(ErrorKind::Usage, "The demo model is part of Tawk and need not be fetched."));
    }
    disk::make_folder(folder.path())?;
    let target = folder.path().join(&entry.file);
    let mut part = Part::open(part_of(&target))?;
    if part::is_whole(&target, entry) {
        part.remove();
        return Ok(target);
    }
    let mut download = Download { entry, origin, agent: origin.agent(), resumed: part.length() > 0, progress, abort };
    match download.run(&mut part, folder) {
        Ok(()) => part.finish(&target),
        Err(error) => {
            if part.length() == 0 {
                part.remove();
            }
            Err(error)
        }
    }
}

fn check_space(folder: &ModelFolder, needed: u64) -> Result<()> {
    match fs4::available_space(folder.path()) {
        Ok(free) if free < needed => Err(Error::new(
            ErrorKind::Storage,
            format!(
                "The model needs {} MB more on the disk of {}, where only {} MB are free. Make room and try again.",
                needed.div_ceil(1_000_000),
                folder.path().display(),
                free / 1_000_000
            ),
        )),
        // Where the system cannot say, writing will.
        _ => Ok(()),
    }
}

/// Why a transfer ended early.
enum Trouble {
    /// Another try may help.
    Passing(Error),
    /// It will not.
    Final(Error),
}

impl Trouble {
    fn passing(message: impl Into<String>) -> Self {
        Self::Passing(Error::new(ErrorKind::Network, message))
    }

    fn last(message: impl Into<String>) -> Self {
        Self::Final(Error::new(ErrorKind::Network, message))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

struct Download<'a> {
    entry: &'a Entry,
    origin: &'a Origin,
    agent: Agent,
    /// Whether the part's beginning is from an earlier fetch.
    resumed: bool,
    progress: &'a mut dyn FnMut(u64, u64),
    abort: &'a AbortSwitch,
}

impl Download<'_> {
    /// Transfers until the part is the model's file, checksum and all. What can be used later is left in it.
    fn run(&mut self, part: &mut Part, folder: &ModelFolder) -> Result<()> {
        if part.length() > self.entry.bytes {
            part.restart()?;
        }
        check_space(folder, self.entry.bytes - part.length())?;
        (self.progress)(part.length(), self.entry.bytes);
        loop {
            self.complete(part)?;
            if part.digest() == self.entry.sha256 {
                return Ok(());
            }
            part.restart()?;
            if !self.resumed {
                return Err(Error::new(
                    ErrorKind::BadModel,
                    format!(
                        "The file that came for the model {} has a wrong checksum and was thrown away. Try again; if it \
                         happens again, something between Tawk and the server changes the file.",
                        self.entry.id
                    ),
                ));
            }
            // The beginning may have been from a stopped download of something else: once more, all of it.
            self.resumed = false;
        }
    }

    /// Transfers until the part has its full length.
    fn complete(&mut self, part: &mut Part) -> Result<()> {
        let mut failures = 0;
        while part.length() < self.entry.bytes {
            self.check_abort()?;
            let before = part.length();
            let error = match self.transfer(part) {
                Ok(()) if part.length() == self.entry.bytes => break,
                Ok(()) => {
                    Error::new(ErrorKind::Network, "The connection to the server broke. Try again: it goes on there.")
                }
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Passing(error)) => error,
            };
            tracing::debug!(model = self.entry.id, bytes = part.length(), "the download was interrupted: {error}");
            failures = if part.length() >= before + GETTING_ON { 1 } else { failures + 1 };
            if failures >= ATTEMPTS {
                return Err(error);
            }
            self.wait(self.origin.pause() * 2_u32.pow(failures - 1))?;
        }
        Ok(())
    }

    /// One request, with its redirects, and its answer.
    fn transfer(&mut self, part: &mut Part) -> Result<(), Trouble> {
        let mut address = self.origin.address(self.entry);
        for _ in 0..=MOST_REDIRECTS {
            self.check_abort()?;
            let from = part.length();
            let mut request = self.agent.get(&address).header("Accept-Encoding", "identity");
            if from > 0 {
                request = request.header("Range", format!("bytes={from}-"));
            }
            let mut response = request.call().map_err(origin::trouble)?;
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            match response.status() {
                StatusCode::OK => {
                    self.check_length(response.body().content_length())?;
                    if from > 0 {
                        part.restart()?;
                        self.resumed = false;
                    }
                }
                StatusCode::PARTIAL_CONTENT => {
                    let (start, total) = header("content-range").and_then(content_range).unzip();
                    if start != Some(from) {
                        part.restart()?;
                        return Err(Trouble::passing("The server sent another piece than was asked for. Try again."));
                    }
                    self.check_length(total.flatten())?;
                }
                StatusCode::RANGE_NOT_SATISFIABLE => {
                    part.restart()?;
                    return Err(Trouble::passing("The server does not know the piece that is missing. Try again."));
                }
                status if status.is_redirection() => {
                    address = self.origin.redirect(&address, header("location").unwrap_or_default())?;
                    continue;
                }
                status => return Err(refused(status, self.entry)),
            }
            return self.receive(response.body_mut(), part);
        }
        Err(Trouble::last("The server sends Tawk round in circles. Try again later."))
    }

    fn check_length(&self, length: Option<u64>) -> Result<(), Trouble> {
        match length {
            Some(length) if length != self.entry.bytes => Err(Trouble::last(format!(
                "The server offers a file of {length} bytes for the model {}, which has {}. Check whether the network wants you \
                 to sign in first, and try again.",
                self.entry.id, self.entry.bytes
            ))),
            _ => Ok(()),
        }
    }

    fn receive(&mut self, body: &mut ureq::Body, part: &mut Part) -> Result<(), Trouble> {
        let mut reader = body.as_reader();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.check_abort()?;
            let count = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) => return Err(origin::trouble(ureq::Error::from(error))),
            };
            if part.length() + count as u64 > self.entry.bytes {
                part.restart()?;
                return Err(Trouble::last(format!(
                    "The server sent more than the {} bytes of the model {}. What came was thrown away; try again later.",
                    self.entry.bytes, self.entry.id
                )));
            }
            part.append(&buffer[..count])?;
            (self.progress)(part.length(), self.entry.bytes);
        }
    }

    fn check_abort(&self) -> Result<()> {
        if !self.abort.is_aborted() {
            return Ok(());
        }
        let id = &self.entry.id;
        Err(Error::new(
            ErrorKind::Aborted,
            format!(
                "The download of {id} was stopped. What has come is kept; `tawk models fetch {id}` goes on from there."
            ),
        ))
    }

    fn wait(&self, pause: Duration) -> Result<()> {
        let end = Instant::now() + pause;
        while Instant::now() < end {
            self.check_abort()?;
            thread::sleep(pause.min(Duration::from_millis(50)));
        }
        Ok(())
    }
}

/// The first byte and the whole length in `bytes 100-199/200` (`*` when the server does not say).
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

fn refused(status: StatusCode, entry: &Entry) -> Trouble {
    let code = status.as_u16();
    match code {
        404 | 410 => Trouble::last(format!(
            "The server does not have the model {} any more. Choose another one, or import a file with `tawk models import`.",
            entry.id
        )),
        408 | 429 | 500..=599 => {
            Trouble::passing(format!("The server is in trouble or too busy (status {code}). Try again later."))
        }
        _ => Trouble::last(format!(
            "The server refuses to send the model {} (status {code}). Try again later.",
            entry.id
        )),
    }
}
