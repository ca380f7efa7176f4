//! The power button: Tawk is killed at random moments of dictations, and nothing that was said may be lost.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use tawk_store::journal::Contents;
use tawk_tests::clip::{Clip, RATE};
use tawk_tests::dice::Dice;
use tawk_tests::home::{files, is_delivered};
use tawk_tests::keys;
use tawk_tests::programs;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check, check_within};
use tawk_tests::wait::{pause, wait_until};

use crate::world::{Mic, SOON, World};

/// How many rounds; `scripts/soak crash` asks for more.
const ROUNDS: &str = "TAWK_SOAK_ROUNDS";

/// The most sound that a kill may cost.
const MOST_LOST: f64 = 0.250;

/// Sounds are compared at this rate, in Hz: enough to tell 1 ms.
const COMPARED: usize = 4_000;

pub(crate) fn checks() -> Vec<Check<World>> {
    let rounds = env::var(ROUNDS).ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let bound = Duration::from_secs(60 + 60 * rounds);
    vec![
        check_within("kills_in_dictations_lose_no_word", bound, move |world| kills(world, rounds)),
        check("what_a_crash_cut_short_is_recovered_from_the_menu", from_the_menu),
        check("a_folder_of_recordings_that_goes_in_mid_dictation_is_made_anew", folder_removed),
    ]
}

/// What a round has shown.
enum Outcome {
    /// The text had been typed before the kill.
    Delivered,
    /// So much of the sound that had reached the microphone was missing, in seconds. `None` where too little was said to tell.
    /// The virtual microphone itself was so `late`.
    Recovered { missing: Option<f64>, known: usize, late: Duration },
}

fn kills(world: &mut World, rounds: u64) {
    let seed = env::var("TAWK_SOAK_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x7A5EED);
    let mut dice = Dice::new(seed);
    let (mut delivered, mut missing, mut known, mut latest) = (0, Vec::new(), 0, Duration::ZERO);
    for round in 1..=rounds {
        match kill(world, round as usize, &mut dice) {
            Outcome::Delivered => delivered += 1,
            Outcome::Recovered { missing: lost, known: texts, late } => {
                known += texts;
                latest = latest.max(late);
                if let Some(lost) = lost {
                    assert!(lost <= MOST_LOST, "Round {round}: {:.0} ms of sound are missing.", lost * 1000.0);
                    missing.push(lost.max(0.0));
                }
            }
        }
    }
    missing.sort_by(f64::total_cmp);
    let at = |share: f64| missing.get(((missing.len() as f64 * share) as usize).min(missing.len().max(1) - 1));
    let ms = |seconds: Option<&f64>| seconds.map_or("-".into(), |seconds| format!("{:.0}", seconds * 1000.0));
    println!(
        "  {rounds} kills (seed {seed}): {delivered} after delivery; sound missing in {} measured: median {} ms, 95 % {} ms, \
         most {} ms; {known} texts were on disk already; the virtual microphone was {} ms late at most",
        missing.len(),
        ms(at(0.5)),
        ms(at(0.95)),
        ms(missing.last()),
        latest.as_millis(),
    );
}

fn kill(world: &mut World, round: usize, dice: &mut Dice) -> Outcome {
    let ((first, one), (second, two)) = (world.demo(round), world.demo(round + 3));
    let clip = one.then(&Clip::silence(Duration::from_millis(700))).then(&two);
    world.app();
    world.receiver(Kind::Gtk);
    // Known beforehand, so that nothing comes between the look at the microphone and the kill.
    let process = Pid::from_raw(world.app_as_it_is().process().id().cast_signed());
    // From the first sound until it is typed, and a little beyond.
    let after = Duration::from_secs_f64((clip.length().as_secs_f64() + 2.0) * dice.share());
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    let begun = world.mic(Mic::A).play(&clip).wait_start();
    let spoken_until = begun + clip.length();
    if after < clip.length() {
        sleep_until(begun + after);
        held.forget();
    } else {
        sleep_until(spoken_until);
        drop(held);
        sleep_until(begun + after);
    }
    // What a busy machine's virtual microphone has not said yet cannot be heard.
    let (delivered, killed) = (world.mic(Mic::A).played(), Instant::now());
    signal::kill(process, Signal::SIGKILL).expect("It runs.");
    let late = killed.min(spoken_until).saturating_duration_since(begun).saturating_sub(delivered);
    world.wait_app_end();
    world.mic(Mic::A).hush();
    keys::let_go_of_all(&world.desk.home);

    let journals = journals(world);
    let Some(journal) = journals.first() else {
        // Nothing is left only if everything has arrived.
        world.open_receiver(Kind::Gtk).expect(&format!("{first} {second} "), Duration::from_secs(2));
        return Outcome::Delivered;
    };
    assert_eq!(journals.len(), 1, "{journals:?}");
    let contents = Contents::read(&fs::read(journal).expect("The journal can be read."));
    assert_eq!(contents.missing, 0, "A kill leaves no gap: {contents:?}");
    let heard = contents.samples.len();
    let delivered = delivered.as_secs_f64();
    let missing = place(&clip, delivered, &contents.samples).map(|at| delivered - (heard as f64 / 16_000.0 - at));
    if missing.is_none_or(|missing| missing > MOST_LOST) && delivered > 1.5 {
        // For whoever looks into it.
        let kept = programs::repository().join("target/desk");
        let _ = fs::create_dir_all(&kept).and_then(|()| fs::copy(journal, kept.join("odd.journal")));
    }
    if missing.is_none() && delivered > 1.5 {
        panic!("Nothing of the {delivered:.2} s that were said is found in the {heard} samples of the journal.");
    }
    check_recovery(world, journal, heard);
    Outcome::Recovered { missing, known: contents.texts.len(), late }
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

/// The text that recovery gives is that of the sound which is left, and the sound is kept until it is told otherwise.
fn check_recovery(world: &World, journal: &Path, heard: usize) {
    let list = world.tawk(&["recover", "--json"]).json();
    let id = list[0]["id"].as_str().unwrap_or_else(|| panic!("Nothing is offered: {list}")).to_owned();
    assert!(journal.to_string_lossy().contains(&id), "{list}");
    let answer = world.tawk(&["recover", &id, "--json"]).json();
    let file = PathBuf::from(answer[0]["file"].as_str().unwrap_or_default());
    let mut reader = hound::WavReader::open(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(reader.samples::<i16>().filter(Result::is_ok).count(), heard, "Every sample is kept.");
    let transcribed = world.tawk(&["transcribe", "--json", &file.display().to_string()]).json();
    assert_eq!(answer[0]["text"], transcribed["files"][0]["text"], "after {heard} samples");
    assert!(!journal.exists(), "The journal stays although its recording is kept.");
    world.tawk(&["recover", &id, "--discard"]).ok();
    assert!(files(&world.desk.home.data("recordings")).iter().all(|file| is_delivered(file)));
}

fn journals(world: &World) -> Vec<PathBuf> {
    let is_journal = |path: &PathBuf| path.extension() == Some("journal".as_ref());
    files(&world.desk.home.data("recordings")).into_iter().filter(is_journal).collect()
}

/// Where in the recording the clip begins, in seconds, judged by the last piece of its voice that is there: the sound server
/// may have lost some of what was before. `until` is how much of the clip was spoken, in seconds. `None` where no piece is there.
fn place(clip: &Clip, until: f64, recording: &[i16]) -> Option<f64> {
    let clip = thinned(&clip.samples().collect::<Vec<_>>(), RATE as usize / COMPARED);
    let recording = thinned(recording, 16_000 / COMPARED);
    let energy = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
    let mean = energy(&clip) / clip.len() as f32;
    let (piece, step) = (COMPARED * 2 / 5, COMPARED / 5);
    let last = (until * COMPARED as f64) as usize / step;
    (0..=last).rev().find_map(|number| {
        let wanted = clip.get(number * step..number * step + piece)?;
        let own = energy(wanted);
        if own < mean * piece as f32 / 2.0 {
            return None; // A pause is like any other.
        }
        let alike = |found: &[f32]| {
            let product: f32 = wanted.iter().zip(found).map(|(a, b)| a * b).sum();
            product / (own * energy(found)).sqrt().max(1.0)
        };
        // The journal begins a little before the clip is played; where the sound server lost sound, after it.
        let from = (number * step).saturating_sub(2 * COMPARED);
        let windows = recording.get(from..)?.windows(piece).take(8 * COMPARED);
        let (at, likeness) =
            windows.enumerate().map(|(at, found)| (at, alike(found))).max_by(|a, b| a.1.total_cmp(&b.1))?;
        (likeness > 0.9).then(|| (from + at) as f64 / COMPARED as f64 - (number * step) as f64 / COMPARED as f64)
    })
}

/// Means of so many samples each.
fn thinned(samples: &[i16], by: usize) -> Vec<f32> {
    samples.chunks_exact(by).map(|part| part.iter().map(|&sample| f32::from(sample)).sum::<f32>() / by as f32).collect()
}

fn from_the_menu(world: &mut World) {
    let (text, clip) = world.demo(1);
    world.app();
    assert!(!menu(world).iter().any(|label| label.starts_with("Recover")), "There is nothing to recover.");
    world.receiver(Kind::Gtk);
    keys::hold_hotkey(&world.desk.home).forget();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.app_as_it_is().process().signal(Signal::SIGKILL);
    world.wait_app_end();
    keys::let_go_of_all(&world.desk.home);

    // The next start leaves it alone, and everybody says that it is there.
    world.app();
    wait_until("the offer in the menu", SOON, || menu(world).iter().any(|label| label == "Recover Dictation…"));
    let status = tawk_tests::app::status(&world.desk.home);
    assert_eq!(status["recoverable"], 1, "{status}");
    let report = world.tawk(&["doctor"]).ok();
    assert!(report.contains("1 cut short") && report.contains("tawk recover"), "{report}");

    world.receiver(Kind::Gtk);
    world.desk.tray.click(&["Recover Dictation…"]);
    wait_until("the recovery", SOON, || {
        tawk_tests::app::status(&world.desk.home)["notice"].as_str().is_some_and(|n| n.contains("Copy Last Text"))
    });
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(500));
    world.desk.tray.click(&["Copy Last Text"]);
    pause(300);
    keys::press(&world.desk.home, &["ctrl+v"]);
    world.open_receiver(Kind::Gtk).expect(&text, SOON);
    wait_until("the end of the offer", SOON, || !menu(world).iter().any(|label| label.starts_with("Recover")));
    let listed = world.tawk(&["history", "list", "--json", "--limit", "1"]).json();
    assert_eq!((&listed[0]["text"], &listed[0]["fate"]), (&text.into(), &"recovered".into()), "{listed}");
    assert!(listed[0]["audio"].as_str().is_some_and(|file| file.ends_with("-held.wav")), "{listed}");
    world.expect_recording("held", clip.length().mul_f32(0.8));
    world.dictate(Kind::Gtk, Mic::A, 2);
}

fn menu(world: &mut World) -> Vec<String> {
    world
        .desk
        .tray
        .menu()
        .into_iter()
        .filter(|entry| entry.path.len() == 1)
        .map(|entry| entry.path[0].clone())
        .collect()
}

fn folder_removed(world: &mut World) {
    let (text, clip) = world.demo(3);
    world.app();
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    let begun = world.mic(Mic::A).play(&clip).wait_start();
    pause(700);
    let folder = world.desk.home.data("recordings");
    // Tawk may make a file in it meanwhile.
    wait_until("the end of the folder", SOON, || fs::remove_dir_all(&folder).is_ok());
    wait_until("a new journal", Duration::from_secs(5), || !journals(world).is_empty());
    sleep_until(begun + clip.length());
    drop(held);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    assert_eq!(world.wait_trouble(), "storage");
    world.expect_no_recording();
    assert!(journals(world).is_empty());
    world.dictate(Kind::Gtk, Mic::A, 0);
}
