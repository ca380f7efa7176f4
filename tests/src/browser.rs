//! Chromium with one page that holds a text area.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server};

use crate::home::Home;
use crate::process::Process;
use crate::programs;

/// How long Chromium may take to answer, and at first to start.
const BOUND: Duration = Duration::from_secs(60);

/// The page asks for requests by a POST whose body is the answer to the one before; the answer to that
/// POST is the next request.
pub(crate) struct Browser {
    browser: Process,
    server: Arc<Server>,
    asked: Receiver<(Request, Value)>,
    waiting: Option<Request>,
}

impl Browser {
    #[track_caller]
    pub(crate) fn start(home: &Home, title: &str) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("A local port can be opened."));
        let page = fs::read_to_string(programs::desk_file("browser_receiver.html")).expect("The page is there.");
        let page = page.replace("@TITLE@", title);
        let (sender, asked) = mpsc::channel();
        let serving = Arc::clone(&server);
        thread::Builder::new()
            .name("page".into())
            .spawn(move || serve(&serving, &page, &sender))
            .expect("A thread can be started.");

        let address = server.server_addr().to_ip().expect("The server has an address.");
        let mut chromium = home.command("chromium");
        chromium
            .arg(format!("--app=http://{address}/"))
            .arg(format!("--user-data-dir={}", home.path("chromium").display()))
            // Chromium refuses its sandbox to root, which is who runs the tests on a build server.
            .args(["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-breakpad", "--disable-crash-reporter"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio"])
            .args(["--password-store=basic", "--disable-features=Translate,MediaRouter", "--window-size=440,300"])
            .args(["--disable-dev-shm-usage", "--no-default-browser-check", "--disable-extensions"]);
        let browser = Process::start("chromium", &home.path(""), &mut chromium);
        let mut this = Self { browser, server, asked, waiting: None };
        this.answer();
        this
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        let waiting = self.waiting.take().expect("The page waits for a request.");
        let sent = waiting.respond(Response::from_string(request.to_string()).with_header(json_header()));
        assert!(sent.is_ok(), "Chromium has ended. {}", self.browser.last_words());
        self.answer()
    }

    #[track_caller]
    fn answer(&mut self) -> Value {
        let Ok((waiting, answer)) = self.asked.recv_timeout(BOUND) else {
            panic!("Chromium's page does not answer. {}", self.browser.last_words());
        };
        self.waiting = Some(waiting);
        answer
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn serve(server: &Server, page: &str, asked: &Sender<(Request, Value)>) {
    while let Ok(mut request) = server.recv() {
        if request.url() == "/request" {
            let body = serde_json::from_reader(request.as_reader()).unwrap_or(json!(null));
            if asked.send((request, body)).is_err() {
                return;
            }
        } else {
            let html = Header::from_bytes("Content-Type", "text/html; charset=utf-8").expect("It is a header.");
            // A browser that has gone needs no page.
            let _ = request.respond(Response::from_string(page).with_header(html));
        }
    }
}

fn json_header() -> Header {
    Header::from_bytes("Content-Type", "application/json").expect("It is a header.")
}
