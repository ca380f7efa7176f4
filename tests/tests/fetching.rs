//! `tawk models fetch` from a server of the tests' own. Needs programs built with the feature `test-origin`.

use std::fs;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tawk_core::ErrorKind;
use tawk_tests::app::{Answer, run_with, tawk};
use tawk_tests::home::{Home, files};
use tiny_http::{Header, Request, Response, Server, StatusCode};

/// The smallest model of the catalogue, and its size.
const ID: &str = "tiny-q5_1";
const FILE: &str = "ggml-tiny-q5_1.bin";
const BYTES: usize = 32_152_673;

/// A request's path, and the range of bytes that it asks for.
type Asked = (String, Option<String>);

/// A server that answers each request by `answer` and notes its path and range.
struct Publisher {
    server: Arc<Server>,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: Option<JoinHandle<()>>,
}

impl Publisher {
    fn start(answer: impl Fn(Request) + Send + 'static) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("A local port can be opened."));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (serving, noting) = (Arc::clone(&server), Arc::clone(&asked));
        let thread = thread::spawn(move || {
            for request in serving.incoming_requests() {
                let range = request.headers().iter().find(|h| h.field.equiv("Range")).map(|h| h.value.to_string());
                noting.lock().expect("Nobody panics with it.").push((request.url().to_owned(), range));
                answer(request);
            }
        });
        Self { server, asked, thread: Some(thread) }
    }

    fn origin(&self) -> String {
        format!("http://{}", self.server.server_addr().to_ip().expect("It has an address."))
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("Nobody panics with it.").clone()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn fetch(home: &mut Home, publisher: &Publisher) -> Answer {
    home.set("TAWK_TEST_ORIGIN", publisher.origin());
    run_with(&mut tawk(home, &["models", "fetch", ID]), "", Duration::from_secs(120))
}

fn code(kind: ErrorKind) -> i32 {
    kind.exit_code().into()
}

fn models(home: &Home) -> Vec<String> {
    let names = files(&home.data("models"));
    names.iter().map(|file| file.file_name().expect("It has a name.").to_string_lossy().into_owned()).collect()
}

/// A body that ends before its announced length.
struct CutOff(usize);

impl Read for CutOff {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the line was cut"));
        }
        let length = buffer.len().min(self.0);
        buffer[..length].fill(7);
        self.0 -= length;
        Ok(length)
    }
}

#[test]
fn a_file_of_the_right_length_and_wrong_content_is_thrown_away() {
    let mut home = Home::new();
    let publisher = Publisher::start(|request| {
        let _ = request.respond(Response::new(
            StatusCode(200),
            vec![],
            io::repeat(0).take(BYTES as u64),
            Some(BYTES),
            None,
        ));
    });
    let said = fetch(&mut home, &publisher).refused(code(ErrorKind::BadModel));
    assert!(said.contains(ID) && said.contains("checksum"), "{said}");
    assert_eq!(models(&home), Vec::<String>::new());
    let (path, _) = publisher.asked().swap_remove(0);
    assert!(path.ends_with(FILE) && path.contains("5359861c739e955e79d9a303bcbc70fb988958b1"), "{path}");
}

#[test]
fn a_missing_file_is_a_matter_of_the_server() {
    let mut home = Home::new();
    let publisher = Publisher::start(|request| {
        let _ = request.respond(Response::from_string("nothing here").with_status_code(404));
    });
    fetch(&mut home, &publisher).refused(code(ErrorKind::Network));
    assert!(!models(&home).iter().any(|name| name == FILE));
}

#[test]
fn no_server_is_a_matter_of_the_network() {
    let mut home = Home::new();
    // A port on which nobody listens.
    home.set("TAWK_TEST_ORIGIN", "http://127.0.0.1:9");
    run_with(&mut tawk(&home, &["models", "fetch", ID]), "", Duration::from_secs(120))
        .refused(code(ErrorKind::Network));
}

#[test]
fn a_cut_line_keeps_what_came_and_the_next_try_goes_on_from_there() {
    const PART: usize = 300_000;
    let mut home = Home::new();
    let cutting = Publisher::start(|request| {
        let _ = request.respond(Response::new(StatusCode(200), vec![], CutOff(PART), Some(BYTES), None));
    });
    fetch(&mut home, &cutting).refused(code(ErrorKind::Network));
    let part = home.data(&format!("models/{FILE}.part"));
    let kept = fs::metadata(&part).expect("What came is kept.").len();
    assert!(kept > 0 && kept < BYTES as u64, "{kept} bytes are kept.");
    let list = run_with(&mut tawk(&home, &["models", "list", "--json"]), "", Duration::from_secs(20)).json();
    let row = list.as_array().unwrap().iter().find(|row| row["id"] == ID).unwrap().clone();
    assert_eq!((&row["installed"], &row["state"]), (&false.into(), &"partial".into()), "{row}");

    let resuming = Publisher::start(|request| {
        let _ = request.respond(Response::from_string("").with_status_code(503));
    });
    fetch(&mut home, &resuming).refused(code(ErrorKind::Network));
    let ranges: Vec<_> = resuming.asked().into_iter().filter_map(|(_, range)| range).collect();
    assert!(ranges.contains(&format!("bytes={kept}-")), "The next try asked for {ranges:?}; {kept} bytes were there.");
    assert_eq!(fs::metadata(&part).expect("It is still kept.").len(), kept);
}

#[test]
fn redirects_are_followed() {
    let mut home = Home::new();
    let mirror = Publisher::start(|request| {
        let _ = request.respond(Response::from_string("elsewhere, and nothing there").with_status_code(404));
    });
    let target = format!("{}/mirror/{FILE}", mirror.origin());
    let publisher = Publisher::start(move |request| {
        let location = Header::from_bytes("Location", target.as_bytes()).expect("It is a header.");
        let empty = Response::new(StatusCode(302), vec![location], Cursor::new(Vec::new()), Some(0), None);
        let _ = request.respond(empty);
    });
    fetch(&mut home, &publisher).refused(code(ErrorKind::Network));
    assert!(mirror.asked().iter().any(|(path, _)| path == &format!("/mirror/{FILE}")), "{:?}", mirror.asked());
}

#[test]
fn nothing_is_asked_of_the_network_unless_the_user_fetches() {
    let mut home = Home::new();
    let publisher = Publisher::start(|request| {
        let _ = request.respond(Response::from_string("").with_status_code(404));
    });
    home.set("TAWK_TEST_ORIGIN", publisher.origin());
    let clip = tawk_tests::sentences::sentences("demo").swap_remove(0).file;
    let clip = clip.to_str().expect("The path is UTF-8.");
    for arguments in [&["transcribe", clip][..], &["models", "list"], &["doctor"], &["models", "verify", "demo"]] {
        run_with(&mut tawk(&home, arguments), "", Duration::from_secs(60));
    }
    assert_eq!(publisher.asked(), []);
}
