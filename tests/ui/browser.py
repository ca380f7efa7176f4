"""The settings window's pages in headless Chromium, with a recorded backend, under the policy that the app has."""

import base64
import contextlib
import functools
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "ui"
PLACES = ["dictation", "microphones", "models", "history", "health"]
# The window's size when it opens, as in src-tauri/src/window.rs.
WIDTH, HEIGHT = 780, 680
# The key under which WebDriver names an element (W3C WebDriver, section 12).
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def policy():
    """The app's content security policy; the recorded answers come from the pages' own origin."""
    conf = json.loads((ROOT / "src-tauri/tauri.conf.json").read_text())
    return conf["app"]["security"]["csp"].replace("connect-src ", "connect-src 'self' ")


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

    def end_headers(self):
        self.send_header("Content-Security-Policy", policy())
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_):
        pass


class Pages:
    """Serves ui/ on a local port while it is entered."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(UI))
        )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def address(self, place="", scene=""):
        query = f"?fake&scene={scene}" if scene else "?fake"
        return f"http://127.0.0.1:{self.server.server_port}/index.html{query}#{place}"


class Browser:
    """Chromium, driven by WebDriver, while it is entered."""

    def __enter__(self):
        driver = shutil.which("chromedriver")
        if not driver:
            raise SystemExit("Chromium's driver is missing. Run scripts/setup, then try again.")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(
            [driver, f"--port={self.port}", "--log-level=SEVERE"],
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", "HOME": self.profile.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self.wait_for("Chromium's driver", self.answers, 60)
            options = {"args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                "--lang=en-GB", "--accept-lang=en-GB", f"--user-data-dir={self.profile.name}/profile",
                f"--window-size={WIDTH},{HEIGHT}",
            ]}
            wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}}
            self.session = ""
            self.session = "/session/" + self.call("POST", "/session", wanted)["sessionId"]
            self.language = None
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "", None)
        finally:
            self.end()

    def end(self):
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            pass
        # A browser that does not answer does not go with its driver.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait()
        self.profile.cleanup()

    def answers(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port), 1).close() is None
        except OSError:
            return False

    def call(self, method, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.session}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:2000]}") from error

    def cdp(self, command, **parameters):
        """One command of Chromium's own protocol."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def script(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def script_later(self, script, *arguments):
        """What the page hands to the script's last argument, a function."""
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def wait_for(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not come within {seconds} s.")
            time.sleep(0.02)

    def wait(self, css):
        self.wait_for(css, lambda: self.script("return document.querySelector(arguments[0]) !== null", css))

    def element(self, css):
        self.wait(css)
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", f"/element/{self.element(css)}/click", {})

    def fill(self, css, value):
        """Gives a field another value, as typing and leaving it does."""
        self.wait(css)
        self.script(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "for (const n of ['input', 'change']) e.dispatchEvent(new Event(n, { bubbles: true }))",
            css, value,
        )

    def press(self, key):
        """One key, by WebDriver's name for it, in whatever has the keyboard."""
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    def drag(self, css, x, y):
        """Drags an element by so many pixels with the pointer."""
        at = {ELEMENT: self.element(css)}
        moves = [
            {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": at},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "duration": 50, "x": x // 2, "y": y // 2, "origin": "pointer"},
            {"type": "pointerMove", "duration": 50, "x": x - x // 2, "y": y - y // 2, "origin": "pointer"},
            {"type": "pointerUp", "button": 0},
        ]
        self.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "pointer", "actions": moves}]})

    def look(self, dark=False, zoom=1, language="en-GB"):
        """Sets what the next page finds: the colours, how much everything is enlarged, the system's language."""
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ])
        self.size(WIDTH, HEIGHT, zoom)
        if language != self.language:
            agent = self.script("return navigator.userAgent")
            self.cdp("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
            self.language = language

    def size(self, width, height, zoom=1):
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width // zoom, height=height // zoom, deviceScaleFactor=zoom, mobile=False,
        )

    def open(self, address):
        """Opens a page anew and waits until it shows what the program has answered."""
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": address})
        shown = (
            "return document.querySelector('[data-panel]:not([hidden])') !== null"
            " && document.querySelector('#checks [data-check]') !== null"
            " && document.querySelector('[data-model] [type=radio]') !== null"
            " && document.querySelector('#dictations [data-dictation]') !== null"
        )
        self.wait_for("the page", lambda: self.script(shown))

    def picture(self, path, whole=False):
        """Writes a PNG of the window; of all that the page holds with `whole`."""
        if whole:
            self.size(WIDTH, max(HEIGHT, self.script("return document.documentElement.scrollHeight")))
        path.write_bytes(base64.b64decode(self.cdp("Page.captureScreenshot", format="png")["data"]))

    def complaints(self):
        """What the page has complained about in the console since the last time, refused scripts and styles included."""
        log = self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]
