//! A private sound server with two microphones and a loudspeaker.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::display::output_of;
use crate::home::Home;
use crate::microphone::Microphone;
use crate::process::Process;
use crate::wait::wait_until;

/// The microphones: PulseAudio's name and the description that people read.
const MICROPHONES: [(&str, &str); 2] = [("mic_a", "Desk Microphone A"), ("mic_b", "Headset Microphone B")];

/// PulseAudio with what hangs on it.
pub struct Sound {
    /// The system's default microphone.
    pub mic_a: Microphone,
    /// The other one.
    pub mic_b: Microphone,
    // In the order of their end: the readers before the server.
    readers: Vec<Process>,
    server: Process,
}

impl Sound {
    /// The name of microphone A that people read.
    pub const NAME_A: &'static str = MICROPHONES[0].1;
    /// The name of microphone B that people read.
    pub const NAME_B: &'static str = MICROPHONES[1].1;

    /// Starts the server and both microphones and names the server in `home`'s environment.
    #[track_caller]
    pub fn start(home: &mut Home) -> Self {
        let server = start_server(home);
        let mics = MICROPHONES.map(|(name, _)| Microphone::start(name, pipe(home, name)));
        let readers = MICROPHONES.map(|(name, _)| keep_alive(home, name)).into();
        let [mic_a, mic_b] = mics;
        Self { mic_a, mic_b, readers, server }
    }

    /// Starts the server again after [`Sound::kill_server`].
    #[track_caller]
    pub fn restart(&mut self, home: &mut Home) {
        self.readers.clear();
        self.kill_server();
        *self = Self::start(home);
    }

    /// Ends the sound server, as a crash would.
    pub fn kill_server(&mut self) {
        self.server.signal(nix::sys::signal::Signal::SIGKILL);
        self.server.end(Duration::from_secs(5));
    }

    /// Pulls the plug of a microphone.
    #[track_caller]
    pub fn unplug(&mut self, home: &Home, microphone: &str) {
        pactl(home, &["unload-module", &module_of(home, microphone)]);
    }

    /// Plugs a microphone in again.
    #[track_caller]
    pub fn plug(&mut self, home: &Home, microphone: &str) {
        let (name, description) =
            *MICROPHONES.iter().find(|(name, _)| *name == microphone).expect("It is one of the two.");
        let source = source(home, name, description);
        let arguments: Vec<_> =
            ["load-module", "module-pipe-source"].into_iter().chain(source.iter().map(String::as_str)).collect();
        pactl(home, &arguments);
        let plugged = Microphone::start(name, pipe(home, name));
        match name {
            "mic_a" => self.mic_a = plugged,
            _ => self.mic_b = plugged,
        }
        self.readers.push(keep_alive(home, name));
    }

    /// Writes what the loudspeaker plays into a new WAV file, until the program is ended by SIGINT.
    #[track_caller]
    pub fn listen(&self, home: &Home, to: &Path) -> Process {
        let mut parec = home.command("parec");
        parec.args(["--latency-msec=20", "--file-format=wav", "--format=s16le", "--rate=16000", "--channels=1"]);
        parec.arg("--device=speaker.monitor").arg(to);
        let ear = Process::start("parec-speaker", &home.path(""), &mut parec);
        wait_until("what the loudspeaker plays", Duration::from_secs(10), || {
            fs::metadata(to).is_ok_and(|facts| facts.len() > 1_000)
        });
        ear
    }

    /// Makes a microphone the system's default.
    #[track_caller]
    pub fn make_default(&self, home: &Home, microphone: &str) {
        pactl(home, &["set-default-source", microphone]);
    }
}

fn start_server(home: &mut Home) -> Process {
    let socket = home.path("run/pulse.sock");
    // A server that was killed leaves these, and the next one stumbles over them.
    let _ = fs::remove_file(&socket);
    for (name, _) in MICROPHONES {
        let _ = fs::remove_file(pipe(home, name));
    }
    let mut script = format!("load-module module-native-protocol-unix socket={} auth-anonymous=1\n", socket.display());
    for (name, description) in MICROPHONES {
        script += &format!("load-module module-pipe-source {}\n", source(home, name, description).join(" "));
    }
    script += "load-module module-null-sink sink_name=speaker\nset-default-source mic_a\nset-default-sink speaker\n";
    let file = home.path("pulse.pa");
    fs::write(&file, script).expect("PulseAudio's script can be written.");
    home.set("PULSE_SERVER", format!("unix:{}", socket.display()));

    let mut pulse = home.command("pulseaudio");
    pulse
        .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes", "-F"])
        .arg(file);
    let mut server = Process::start("pulseaudio", &home.path(""), &mut pulse);
    wait_until("a sound server", Duration::from_secs(20), || {
        assert!(server.runs(), "PulseAudio has ended. {}", server.last_words());
        output_of(home.command("pactl").args(["list", "short", "sinks"])).contains("speaker")
    });
    let sources = output_of(home.command("pactl").args(["list", "short", "sources"]));
    for (name, _) in MICROPHONES {
        assert!(sources.contains(name), "The sound server has no {name}. {}", server.last_words());
    }
    server
}

/// The arguments of module-pipe-source for a microphone.
fn source(home: &Home, name: &str, description: &str) -> Vec<String> {
    vec![
        format!("source_name={name}"),
        format!("file={}", pipe(home, name).display()),
        "format=s16le".into(),
        "rate=48000".into(),
        "channels=1".into(),
        format!("source_properties=\"device.description='{description}'\""),
    ]
}

fn pipe(home: &Home, name: &str) -> std::path::PathBuf {
    home.path(format!("{name}.pipe"))
}

/// A reader that keeps the source from being suspended; otherwise the first samples of a recording are old ones.
fn keep_alive(home: &Home, name: &str) -> Process {
    let mut parec = home.command("parec");
    parec.args(["--latency-msec=10", "--raw", &format!("--device={name}"), "/dev/null"]);
    Process::start(&format!("parec-{name}"), &home.path(""), &mut parec)
}

fn module_of(home: &Home, name: &str) -> String {
    let modules = output_of(home.command("pactl").args(["list", "short", "modules"]));
    let line = modules.lines().find(|line| line.contains(&format!("source_name={name} ")));
    let line = line.unwrap_or_else(|| panic!("There is no {name} among the sound server's modules:\n{modules}"));
    line.split_whitespace().next().expect("A module has a number.").into()
}

#[track_caller]
fn pactl(home: &Home, arguments: &[&str]) {
    let done = home.command("pactl").args(arguments).output().expect("pactl can be started. Run scripts/setup.");
    assert!(done.status.success(), "pactl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
