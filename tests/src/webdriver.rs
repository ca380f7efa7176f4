//! Drives the settings window by WebDriver, as WebKitGTK serves it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::home::Home;
use crate::process::Process;
use crate::programs;
use crate::wait::{wait_for, wait_until};

/// The key under which WebDriver names an element (W3C WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An app that was started by the driver, with its first window.
pub struct WebDriver {
    port: u16,
    session: String,
    driver: Process,
}

impl WebDriver {
    /// Starts `tawk-app` with `arguments` through the driver. The app must open a window at once.
    #[track_caller]
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        programs::need(&["WebKitWebDriver"]);
        home.be_no_newcomer();
        let port = free_port();
        let mut command = home.command("WebKitWebDriver");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").arg(format!("--port={port}"));
        let driver = Process::start("webdriver", &home.path(""), &mut command);
        wait_until("WebKit's driver", Duration::from_secs(20), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let mut this = Self { port, session: String::new(), driver };
        let options = json!({ "binary": programs::tawk_app(), "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let answer = this.call("POST", "/session", &wanted);
        this.session = answer["sessionId"].as_str().expect("A session has an id.").to_owned();
        this
    }

    /// Waits until an element that matches the CSS selector is there.
    #[track_caller]
    pub fn wait(&self, css: &str) {
        wait_until(&format!("{css} in the window"), Duration::from_secs(30), || {
            self.script("return document.querySelector(arguments[0]) !== null", &[json!(css)]) == true
        });
    }

    /// Clicks the first element that matches.
    #[track_caller]
    pub fn click(&self, css: &str) {
        let element = self.element(css);
        self.call("POST", &self.path(&format!("element/{element}/click")), &json!({}));
    }

    /// Goes to one of the settings window's places by its sidebar.
    #[track_caller]
    pub fn go(&self, place: &str) {
        // Once it shows a place it listens to its sidebar too.
        self.wait("[data-place][aria-current]");
        self.click(&format!("[data-place=\"{place}\"]"));
        wait_until(&format!("the place {place}"), Duration::from_secs(30), || {
            let shown = "return document.querySelector(arguments[0]).hidden === false";
            self.script(shown, &[json!(format!("[data-panel=\"{place}\"]"))]) == true
        });
    }

    /// The visible text of the first element that matches. Where the page makes that anew just then, the new one's.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        let answer = wait_for(&format!("the text of {css}"), Duration::from_secs(30), || {
            let path = self.path(&format!("element/{}/text", self.element(css)));
            let answer = self.answer("GET", &path, &Value::Null);
            if answer["error"] == "stale element reference" {
                return None;
            }
            Some(self.expect_good("GET", &path, answer))
        });
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Types into the first element that matches.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.call("POST", &self.path(&format!("element/{element}/value")), &json!({ "text": text }));
    }

    /// What a piece of JavaScript returns in the page.
    #[track_caller]
    pub fn script(&self, script: &str, arguments: &[Value]) -> Value {
        self.call("POST", &self.path("execute/sync"), &json!({ "script": script, "args": arguments }))
    }

    #[track_caller]
    fn element(&self, css: &str) -> String {
        self.wait(css);
        let answer = self.call("POST", &self.path("element"), &json!({ "using": "css selector", "value": css }));
        answer[ELEMENT].as_str().expect("An element has an id.").to_owned()
    }

    fn path(&self, rest: &str) -> String {
        format!("/session/{}/{rest}", self.session)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.expect_good(method, path, self.answer(method, path, body))
    }

    /// What the driver answers, good or bad.
    #[track_caller]
    fn answer(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = request(self.port, method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}. {}", self.driver.last_words()));
        answer["value"].clone()
    }

    #[track_caller]
    fn expect_good(&self, method: &str, path: &str, answer: Value) -> Value {
        assert!(answer["error"].is_null(), "{method} {path}: {answer}. {}", self.driver.last_words());
        answer
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Ends the app. The driver's end would do it too, less gently.
            let _ = request(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
    }
}

/// One HTTP/1.1 exchange. The driver sends a length and closes when asked.
fn request(port: u16, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = Vec::new();
        let mut chunk = [0; 8192];
        loop {
            let read = stream.read(&mut chunk)?;
            answer.extend_from_slice(&chunk[..read]);
            if read == 0 || is_whole(&answer) {
                return Ok(answer);
            }
        }
    };
    let answer = exchange().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&answer);
    let (_, body) = text.split_once("\r\n\r\n").ok_or("no HTTP answer")?;
    serde_json::from_str(body).map_err(|error| format!("{error} in {body}"))
}

/// Whether the head and as many bytes as it announces are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| answer.len() >= end + 4 + length)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("A local port can be opened.");
    listener.local_addr().expect("It has an address.").port()
}
