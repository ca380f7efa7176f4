//! What Tawk touches while it dictates, as the kernel sees it.

use std::fs;
use std::path::{Path, PathBuf};

use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::trace::calls_in;

use crate::trouble::expect_no_words;
use crate::world::{Mic, World, seconds_of};

/// Where the system and its libraries keep what every program reads.
const SYSTEM: [&str; 9] = ["/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev", "/var"];

/// What the desktop's libraries read in every home: looks, fonts, languages, PulseAudio's cookie.
const DESKTOP: [&str; 17] = [
    ".config/gtk-3.0",
    ".config/fontconfig",
    ".config/dconf",
    ".config/pulse",
    ".config/user-dirs.dirs",
    ".config/mimeapps.list",
    ".local/share/icons",
    ".local/share/fonts",
    ".local/share/mime",
    ".local/share/themes",
    ".local/share/applications",
    ".cache/fontconfig",
    ".cache/mesa_shader_cache",
    ".icons",
    ".fonts",
    ".themes",
    ".Xauthority",
];

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![check("a_dictation_uses_no_network_and_touches_no_foreign_file", traced)]
}

fn traced(world: &mut World) {
    world.app();
    world.tawk(&["history", "delete", "--all", "--yes"]).ok();
    let trace = world.desk.home.path("trace.txt");
    world.restart_under_trace("[log]\nlevel = \"debug\"\n", &trace);
    world.dictate(Kind::Gtk, Mic::A, 0);
    world.end_app();
    let calls = fs::read_to_string(&trace).expect("The trace can be read.");
    let calls = calls_in(&calls);

    let sockets: Vec<_> = calls.iter().filter(|call| call.name == "socket").collect();
    assert!(sockets.iter().any(|call| call.arguments.starts_with("AF_UNIX")), "The trace holds no socket at all.");
    let network: Vec<_> = sockets.iter().filter(|call| call.arguments.starts_with("AF_INET")).collect();
    assert!(network.is_empty(), "Network sockets were made: {network:?}");

    let home = world.desk.home.path("home");
    let own: Vec<PathBuf> = [".local/share/tawk", ".config/tawk", ".cache/tawk", ".local/state/tawk"]
        .iter()
        .map(|folder| home.join(folder))
        .chain([world.desk.home.path("run/tawk")])
        .collect();
    let opened: Vec<(PathBuf, bool)> =
        calls.iter().filter_map(|call| call.opened(world.desk.home.path("").as_path())).collect();
    let is_in = |path: &Path, folders: &[PathBuf]| folders.iter().any(|folder| path.starts_with(folder));
    assert!(opened.iter().any(|(path, writes)| *writes && is_in(path, &own)), "The trace holds no recording.");

    // Devices, pipes and shared memory are no files that stay.
    let passing = ["/dev", "/proc"].map(PathBuf::from);
    let mut written: Vec<_> = opened
        .iter()
        .filter(|(path, writes)| *writes && !is_in(path, &own) && !is_in(path, &passing))
        .map(|(path, _)| path)
        .collect();
    written.dedup();
    assert!(written.is_empty(), "These were opened for writing: {written:#?}");

    let mut readable: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    readable.extend(DESKTOP.iter().map(|place| home.join(place)));
    readable.extend(own);
    readable.push(tawk_tests::programs::tawk_app());
    let mut read: Vec<_> = opened.iter().map(|(path, _)| path).filter(|path| !is_in(path, &readable)).collect();
    read.dedup();
    assert!(read.is_empty(), "These are not Tawk's and were opened: {read:#?}");

    // Written at once and synced every 250 ms at most, which a tracer and a slow disk stretch: once a second would not do.
    let syncs = calls.iter().filter(|call| call.name == "fdatasync" && call.arguments.contains(".journal")).count();
    let seconds: f64 = world.desk.home.delivered().iter().map(|recording| seconds_of(recording)).sum();
    println!("{syncs} syncs of a recording of {seconds:.1} s");
    assert!(seconds > 1.0 && syncs as f64 > seconds, "{syncs} syncs of a recording of {seconds} s");
    assert!(syncs as f64 <= 4.0 * (seconds + 2.0), "{syncs} syncs of a recording of {seconds} s wear out the disk");

    expect_no_words(&world.desk.home.log());
    world.restart_with("");
}
