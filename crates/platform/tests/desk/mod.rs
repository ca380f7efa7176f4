//! A private PulseAudio whose microphones are pipes.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Tells the process of a test's body where its desk is.
const FOLDER: &str = "TAWK_TEST_DESK";

/// Runs `body`, the body of the test called `test`, in a process of its own with a desk of its own.
pub(crate) fn on_a_desk(test: &str, body: impl FnOnce(&mut Desk)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let mut desk = Desk { folder: folder.into(), server: None };
        desk.start_server();
        return body(&mut desk);
    }
    let installed = |program| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !installed("pulseaudio") || !installed("pactl") {
        println!("skipped: pulseaudio and pactl are not installed");
        return;
    }
    let folder = std::env::temp_dir().join(format!("tawk-desk-{}-{}", std::process::id(), test.len()));
    fs::create_dir_all(&folder).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(FOLDER, &folder)
        .env("PULSE_SERVER", format!("unix:{}", folder.join("native").display()))
        .env_remove("PULSE_RUNTIME_PATH")
        .status()
        .unwrap();
    let _ = fs::remove_dir_all(&folder);
    assert!(status.success(), "{test} failed in its own process: {status}");
}

pub(crate) struct Desk {
    folder: PathBuf,
    server: Option<Child>,
}

impl Desk {
    pub(crate) fn start_server(&mut self) {
        let folder = self.folder.display();
        let script = self.folder.join("desk.pa");
        let lines = format!(
            "load-module module-native-protocol-unix socket={folder}/native auth-anonymous=1\n\
             load-module module-cli-protocol-unix socket={folder}/cli\n\
             load-module module-null-sink sink_name=speaker\n"
        );
        fs::write(&script, lines).unwrap();
        for socket in ["native", "cli"] {
            let _ = fs::remove_file(self.folder.join(socket));
        }
        let server = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-target=stderr"])
            .arg(format!("--file={}", script.display()))
            .env("XDG_RUNTIME_DIR", &self.folder)
            .env("HOME", &self.folder)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        self.wait_until("the server answers", |desk| UnixStream::connect(desk.folder.join("native")).is_ok());
        self.wait_until("the command socket answers", |desk| UnixStream::connect(desk.folder.join("cli")).is_ok());
    }

    pub(crate) fn kill_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Stops the server from running (`true`) or lets it go on.
    pub(crate) fn freeze_server(&self, frozen: bool) {
        let server = self.server.as_ref().unwrap();
        let signal = if frozen { Signal::SIGSTOP } else { Signal::SIGCONT };
        kill(Pid::from_raw(server.id() as i32), signal).unwrap();
    }

    pub(crate) fn pactl(&self, arguments: &[&str]) -> String {
        let output = Command::new("pactl").args(arguments).output().unwrap();
        assert!(output.status.success(), "pactl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.pipe"))
    }

    pub(crate) fn add(&self, name: &str, rate: u32, channels: u16, encoding: &str) {
        // A server that was killed leaves its pipes behind, and the next one refuses them.
        let _ = fs::remove_file(self.pipe(name));
        self.pactl(&[
            "load-module",
            "module-pipe-source",
            &format!("source_name={name}"),
            &format!("file={}", self.pipe(name).display()),
            &format!("format={encoding}"),
            &format!("rate={rate}"),
            &format!("channels={channels}"),
            &format!("source_properties=device.description=Name_of_{name}"),
        ]);
    }

    /// A microphone with this property.
    pub(crate) fn add_with(&self, name: &str, property: &str) {
        let (name_is, file) = (format!("source_name={name}"), format!("file={}", self.pipe(name).display()));
        self.pactl(&["load-module", "module-pipe-source", &name_is, &file, &format!("source_properties={property}")]);
    }

    pub(crate) fn remove(&self, name: &str) {
        let modules = self.pactl(&["list", "short", "modules"]);
        let wanted = format!("source_name={name} ");
        let line = modules.lines().find(|line| line.contains(&wanted)).unwrap();
        self.pactl(&["unload-module", line.split('\t').next().unwrap()]);
    }

    /// The numbers of Tawk's recordings.
    fn recordings(&self) -> Vec<String> {
        let list = self.pactl(&["list", "source-outputs"]);
        let outputs = list.split("Source Output #").skip(1);
        let ours = outputs.filter(|output| output.contains("application.name = \"Tawk\""));
        ours.filter_map(|output| output.lines().next().map(str::to_owned)).collect()
    }

    pub(crate) fn wait_for_no_recording(&self) {
        self.wait_until("all recordings have ended", |desk| desk.recordings().is_empty());
    }

    pub(crate) fn kill_recordings(&self) {
        for recording in self.recordings() {
            let mut cli = UnixStream::connect(self.folder.join("cli")).unwrap();
            cli.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            writeln!(cli, "kill-source-output {recording}").unwrap();
            // The server acts on a line only while its sender listens.
            while cli.read(&mut [0; 256]).is_ok_and(|bytes| bytes > 0) {}
            self.wait_until("the recording is gone", |desk| !desk.recordings().contains(&recording));
        }
    }

    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Desk) -> bool) {
        let started = Instant::now();
        while !condition(self) {
            assert!(started.elapsed() < Duration::from_secs(10), "timed out: {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.freeze_server(false);
        }
        self.kill_server();
    }
}

/// Hears what a source delivers, by a program that is not Tawk's.
pub(crate) struct Listener {
    program: Child,
    heard: PathBuf,
}

impl Desk {
    pub(crate) fn listen(&self, source: &str) -> Listener {
        let device = format!("--device={source}");
        let heard = self.folder.join("heard.raw");
        let program = Command::new("parec")
            .args([device.as_str(), "--raw", "--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=20"])
            .stdout(File::create(&heard).unwrap())
            .spawn()
            .unwrap();
        self.wait_until("somebody listens", |_| fs::metadata(&heard).is_ok_and(|file| file.len() > 0));
        Listener { program, heard }
    }
}

impl Listener {
    /// Everything heard so far, at 48 kHz.
    pub(crate) fn stop(mut self) -> Vec<f32> {
        // Asked to end, parec writes what it has; the sound that was just played is still on its way to it.
        thread::sleep(Duration::from_millis(200));
        kill(Pid::from_raw(self.program.id() as i32), Signal::SIGTERM).unwrap();
        self.program.wait().unwrap();
        let bytes = fs::read(&self.heard).unwrap();
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    }
}

/// When the noise of all microphones began: sample `n` is spoken `n` sample times after it, whenever a feed starts.
pub(crate) fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// Speaks noise into a microphone, in real time, until it is dropped.
pub(crate) struct Feed {
    name: String,
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
    channels: usize,
}

/// Noise that never repeats within a test, equal in every run, of about -12 dBFS. Each microphone has its own.
pub(crate) fn noise(microphone: &str, index: u64) -> f32 {
    let name = microphone.bytes().fold(0_u64, |name, byte| name.wrapping_mul(31).wrapping_add(byte.into()));
    let mut x = index.wrapping_add(name << 40).wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) as i32 as f32) / i32::MAX as f32 * 0.25
}

impl Feed {
    /// Writes a block every `every`.
    pub(crate) fn start(desk: &Desk, name: &str, rate: u32, channels: u16, encoding: &str, every: Duration) -> Feed {
        let stop = Arc::new(AtomicBool::new(false));
        let pipe = open(&desk.pipe(name));
        let is_float = encoding == "float32le";
        let flag = Arc::clone(&stop);
        let channels = u64::from(channels);
        let spoken = name.to_owned();
        let writer = thread::spawn(move || speak(pipe, &flag, u64::from(rate), channels, is_float, every, &spoken));
        Feed { name: name.to_owned(), stop, writer: Some(writer), channels: channels as usize }
    }

    /// The correlation of `heard`, all of it, with the stretch of the noise that it begins with. 0 when it
    /// begins with nothing that was spoken.
    pub(crate) fn correlation(&self, heard: &[f32]) -> f64 {
        let is_here =
            |at: u64| heard[..50].iter().enumerate().all(|(i, s)| (s - self.noise(at + i as u64)).abs() < 1e-3);
        let Some(start) = (0..60 * 48_000).map(|frame| frame * self.channels as u64).find(|&at| is_here(at)) else {
            return 0.0;
        };
        let spoken: Vec<f32> = (0..heard.len() as u64).map(|i| self.noise(start + i)).collect();
        correlation(heard, &spoken)
    }

    fn noise(&self, index: u64) -> f32 {
        noise(&self.name, index)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn open(pipe: &Path) -> File {
    // Non-blocking: a microphone does not wait for its listener.
    OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(pipe).unwrap()
}

/// Bytes that a pipe takes whole or not at all, so that a sample is never torn.
const BLOCK: usize = 4_096;

fn speak(mut pipe: File, stop: &AtomicBool, rate: u64, channels: u64, is_float: bool, every: Duration, name: &str) {
    let due = || (epoch().elapsed().as_secs_f64() * rate as f64) as u64 * channels;
    let mut sent = due();
    while !stop.load(Ordering::Relaxed) {
        let due = due();
        let mut bytes = Vec::new();
        for index in sent..due {
            let sample = noise(name, index);
            if is_float {
                bytes.extend_from_slice(&sample.to_le_bytes());
            } else {
                bytes.extend_from_slice(&((sample * 32_767.0) as i16).to_le_bytes());
            }
        }
        for block in bytes.chunks(BLOCK) {
            match pipe.write(block) {
                Ok(written) => assert_eq!(written, block.len()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The microphone was unplugged.
                Err(_) => return,
            }
        }
        sent = due;
        thread::sleep(every);
    }
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(p, q)| f64::from(*p) * f64::from(*q)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE)
}
