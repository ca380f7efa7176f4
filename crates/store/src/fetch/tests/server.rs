//! A server on this machine that answers as it is told, well or badly.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{LENGTH, weights};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The file; a range if one was asked for.
    File,
    /// The whole file, whatever was asked for.
    Whole,
    /// So many bytes of what `File` would send, then the connection is cut.
    Cut(usize),
    /// So many bytes of what `File` would send, then silence.
    Stall(usize),
    /// These bytes with status 200.
    Other(Vec<u8>),
    /// The same without saying their length.
    Unmeasured(Vec<u8>),
    /// A piece that was not asked for.
    WrongPiece,
    /// Redirects to this place.
    Redirect(String),
    /// Nothing but this status.
    Status(u16),
}

/// A request as the server saw it: the path and the first byte asked for.
pub(super) type Seen = (String, Option<usize>);

/// Answers requests one after the other by its list; the last answer is repeated.
pub(super) struct Server {
    pub(super) base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn new(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (answers, seen, stop) = (answers.to_vec(), seen.clone(), stop.clone());
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    let _ = serve(&stream.unwrap(), &answers, &seen, &stop);
                }
            }
        });
        Self { base, seen, stop, thread: Some(thread) }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The first byte that each request asked for.
    pub(super) fn ranges(&self) -> Vec<Option<usize>> {
        self.seen().into_iter().map(|(_, range)| range).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.base.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: &TcpStream, answers: &[Answer], seen: &Mutex<Vec<Seen>>, stop: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut path, mut range) = (String::new(), String::new(), None);
    while reader.read_line(&mut line)? > 2 {
        if let Some(rest) = line.strip_prefix("GET ") {
            path = rest.split(' ').next().unwrap_or_default().to_owned();
        }
        if let Some(rest) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            range = rest.trim().trim_end_matches('-').parse::<usize>().ok();
        }
        line.clear();
    }
    let answer = {
        let mut seen = seen.lock().unwrap();
        seen.push((path, range));
        answers.get(seen.len() - 1).or(answers.last()).cloned().unwrap()
    };
    let weights = weights();
    let mut stream = stream;
    let mut send = |head: String, length: Option<usize>, body: &[u8]| {
        let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
        stream.write_all(format!("HTTP/1.1 {head}\r\n{length}Connection: close\r\n\r\n").as_bytes())?;
        stream.write_all(body)?;
        stream.flush()
    };
    let from = range.unwrap_or(0).min(LENGTH);
    let rest = &weights[from..];
    let piece = |from: usize| format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{LENGTH}", LENGTH - 1);
    let head = if range.is_some() { piece(from) } else { "200 OK".to_owned() };
    match answer {
        Answer::File => send(head, Some(rest.len()), rest),
        Answer::Whole => send("200 OK".into(), Some(LENGTH), &weights),
        Answer::Cut(bytes) => send(head, Some(rest.len()), &rest[..bytes.min(rest.len())]),
        Answer::Stall(bytes) => {
            send(head, Some(rest.len()), &rest[..bytes])?;
            while !stop.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(10));
            }
            Ok(())
        }
        Answer::Other(body) => send("200 OK".into(), Some(body.len()), &body),
        Answer::Unmeasured(body) => send("200 OK".into(), None, &body),
        Answer::WrongPiece => send(piece(7), Some(LENGTH - 7), &weights[7..]),
        Answer::Redirect(to) => send(format!("302 Found\r\nLocation: {to}"), Some(0), b""),
        Answer::Status(code) => send(format!("{code} Whatever"), Some(0), b""),
    }
}
