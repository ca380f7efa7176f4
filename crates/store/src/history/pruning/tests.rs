//! What stays and what goes, by clocks that are right and wrong.

use std::time::{Duration, UNIX_EPOCH};

use super::super::tests::{Home, said};
use super::super::{Dictation, RECOVERED};
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NO_LIMITS: Limits = Limits { days: 0, count: 0, megabytes: 0 };

/// A file of the folder of recordings, last written `age` days before [`now`].
fn file(home: &Home, name: &str, bytes: usize, age: u32) -> PathBuf {
    let path = home.folders.recordings.join(name);
    fs::write(&path, vec![0; bytes]).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(now() - DAY * age).unwrap();
    path
}

fn now() -> SystemTime {
    UNIX_EPOCH + DAY * 20_000
}

/// A dictation of so many days ago with a recording of so many bytes.
fn remember(home: &Home, text: &str, fate: &str, age: u32, bytes: usize) -> (i64, PathBuf) {
    let word = if fate == "typed" { "delivered" } else { fate };
    let audio = file(home, &format!("2024{:04}T000000.000Z-{word}.wav", 9_999 - age), bytes, age);
    let at_ms = (now() - DAY * age).duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let dictation = Dictation { at_ms, fate: fate.into(), audio: Some(audio.clone()), ..said(text) };
    (home.history.add(&dictation).unwrap(), audio)
}

/// The machine was in use all the time.
fn prune(home: &Home, limits: Limits) -> usize {
    home.history.clock.keep(Seen::at(milliseconds(now()))).unwrap();
    home.history.prune(limits, now()).unwrap()
}

const THIRTY: Limits = Limits { days: 30, ..NO_LIMITS };
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What is said at a moment by the machine's clock, and looked at as the app does.
fn say_at(home: &Home, text: &str, at: SystemTime) {
    home.history.add(&Dictation { at_ms: milliseconds(at), ..said(text) }).unwrap();
    home.history.prune(THIRTY, at).unwrap();
}

fn left(home: &Home) -> Vec<String> {
    home.history.list(None, 999).unwrap().into_iter().rev().map(|one| one.dictation.text).collect()
}

/// A recording that belongs to no dictation, made when the clock said `at`.
fn orphan(home: &Home, at: SystemTime) -> PathBuf {
    let path = home.folders.recordings.join(format!("{}-held.wav", crate::timestamp::timestamp(at)));
    fs::write(&path, "sound").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    path
}

#[test]
fn in_use_what_is_old_goes_on_its_day() {
    let home = Home::new();
    for day in 0..40 {
        say_at(&home, &format!("{day}"), now() + DAY * day);
    }
    assert_eq!(left(&home).len(), 31, "exactly as old as allowed stays");
    // Not on from Friday to Monday.
    home.history.prune(THIRTY, now() + DAY * 42).unwrap();
    assert_eq!(left(&home)[0], "12");
}

#[test]
fn a_clock_that_leaps_ahead_deletes_nothing_and_put_right_all_is_as_before() {
    for leap in [DAY * 31, DAY * 365, DAY * 36_500] {
        let home = Home::new();
        say_at(&home, "Before.", now());
        let recording = orphan(&home, now());
        let aside = home.folders.data.join("history-damaged-1.sqlite3");
        fs::write(&aside, "x").unwrap();
        fs::File::options().write(true).open(&aside).unwrap().set_modified(now()).unwrap();
        let mut later = PathBuf::new();
        for hour in 0..47 {
            say_at(&home, "Ahead.", now() + leap + HOUR * hour);
            later = orphan(&home, now() + leap + HOUR * hour);
        }
        assert!(left(&home).len() == 48 && recording.exists() && aside.exists() && later.exists());
        say_at(&home, "Put right.", now() + HOUR * 48);
        assert_eq!(left(&home).len(), 49);
        // What was said meanwhile stays no longer than anything else.
        for day in 3..=31 {
            home.history.prune(THIRTY, now() + DAY * day).unwrap();
        }
        assert_eq!(left(&home).len(), 48);
        assert!(!recording.exists() && !aside.exists() && later.exists());
        for day in 32..=35 {
            home.history.prune(THIRTY, now() + DAY * day).unwrap();
        }
        assert!(left(&home).is_empty() && !later.exists());
    }
}

#[test]
fn after_a_long_absence_what_is_old_goes_two_days_later() {
    let home = Home::new();
    say_at(&home, "Before.", now());
    let recording = orphan(&home, now());
    say_at(&home, "After.", now() + DAY * 40);
    say_at(&home, "After.", now() + DAY * 41);
    assert!(left(&home).len() == 3 && recording.exists());
    home.history.prune(THIRTY, now() + DAY * 42).unwrap();
    assert_eq!(left(&home), ["After.", "After."]);
    assert!(!recording.exists());
}

#[test]
fn what_is_said_while_the_clock_is_behind_is_not_old_when_it_is_put_right() {
    let home = Home::new();
    say_at(&home, "Before.", now());
    let behind = now() - DAY * 5_000;
    for hour in 0..4 {
        say_at(&home, "Behind.", behind + HOUR * hour);
    }
    let recordings = [orphan(&home, behind), orphan(&home, behind + HOUR * 4)];
    say_at(&home, "Put right.", now() + HOUR * 5);
    home.history.prune(THIRTY, now() + DAY * 2).unwrap();
    assert_eq!(left(&home).len(), 6);
    assert!(recordings.iter().all(|path| path.exists()));
    for day in 3..=33 {
        home.history.prune(THIRTY, now() + DAY * day).unwrap();
    }
    assert!(left(&home).is_empty() && recordings.iter().all(|path| !path.exists()));
}

#[test]
fn a_time_that_was_wrongly_believed_does_not_last() {
    let home = Home::new();
    // A year ahead for days, so that it is believed.
    for day in 0..4 {
        say_at(&home, "Ahead.", now() + DAY * (365 + day));
    }
    let recording = orphan(&home, now() + DAY * 368);
    // Which of the two was right is settled when the second has lasted for as long as things stay.
    for day in 4..=35 {
        say_at(&home, "Put right.", now() + DAY * day);
    }
    assert_eq!(left(&home).len(), 36);
    for day in 36..=67 {
        home.history.prune(THIRTY, now() + DAY * day).unwrap();
    }
    assert_eq!(left(&home), [""; 0]);
    assert!(!recording.exists());
}

#[test]
fn a_clock_that_was_behind_for_days_deletes_nothing_when_it_is_put_right() {
    let year = now() - DAY * 365;
    for behind in [year, UNIX_EPOCH, UNIX_EPOCH + HOUR, now() - DAY * 20] {
        let home = Home::new();
        for day in 0..5 {
            say_at(&home, "Before.", now() + DAY * day);
        }
        let start = now() + DAY * 4;
        let mut files = vec![orphan(&home, start)];
        for hour in 0..72 {
            say_at(&home, "Behind.", behind + HOUR * hour);
            files.push(orphan(&home, behind + HOUR * hour));
        }
        let aside = ["20240101T000000.000Z-damaged.journal", "20240102T000000.000Z-delivered.wav"];
        for name in aside {
            let path = file(&home, name, 10, 0);
            fs::File::options().write(true).open(&path).unwrap().set_modified(behind + HOUR * 72).unwrap();
            files.push(path);
        }
        // One that is taken in meanwhile is as new as the others.
        let taken = orphan(&home, behind + HOUR * 70 + Duration::from_secs(1));
        home.history.pass_over().unwrap();
        let late = orphan(&home, behind + HOUR * 71 + Duration::from_secs(1));
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 1);
        files.extend([taken, late]);
        say_at(&home, "Behind.", behind + HOUR * 73);
        for hour in 0..72 {
            say_at(&home, "Put right.", start + HOUR * (74 + hour));
        }
        assert_eq!(left(&home).len(), 5 + 72 + 1 + 1 + 72);
        assert!(files.iter().all(|path| path.exists()), "{behind:?}");
        assert!(home.history.clock.seen().unwrap().is_certain());
        // And all of it goes on its day.
        for day in 7..=30 {
            home.history.prune(THIRTY, start + DAY * day).unwrap();
        }
        assert_eq!(left(&home).len(), 1 + 72 + 1 + 1 + 72);
        assert!(files.iter().all(|path| path.exists()), "{behind:?}");
        for day in 31..=37 {
            home.history.prune(THIRTY, start + DAY * day).unwrap();
        }
        assert_eq!(left(&home), [""; 0]);
        assert!(files.iter().all(|path| !path.exists()), "{behind:?}");
    }
}

#[test]
fn where_things_stay_for_a_day_a_wrong_day_deletes_nothing() {
    let home = Home::new();
    let day = Limits { days: 1, ..NO_LIMITS };
    for hour in 0..9 {
        home.history.add(&Dictation { at_ms: milliseconds(now() + HOUR * hour), ..said("Before.") }).unwrap();
        home.history.prune(day, now() + HOUR * hour).unwrap();
    }
    for hour in [32, 33, 37, 9] {
        assert_eq!(home.history.prune(day, now() + HOUR * hour).unwrap(), 0);
    }
    // The night after, what is due goes six hours later.
    for hour in 24..30 {
        assert_eq!(home.history.prune(day, now() + HOUR * hour).unwrap(), 0);
    }
    assert_eq!(home.history.prune(day, now() + HOUR * 30).unwrap(), 6);
}

#[test]
fn a_history_from_before_tells_the_time_itself() {
    let home = Home::new();
    home.history.add(&Dictation { at_ms: milliseconds(now()), ..said("Before.") }).unwrap();
    assert_eq!(home.history.prune(THIRTY, now() + DAY * 365).unwrap(), 0);
    assert_eq!(home.history.prune(THIRTY, now() + HOUR).unwrap(), 0);
    assert_eq!(left(&home), ["Before."]);
}

#[test]
fn a_journal_in_which_nothing_could_be_read_goes_by_age() {
    let home = Home::new();
    let old = file(&home, "20240101T000000.000Z-damaged.journal", 10, 31);
    let new = file(&home, "20240201T000000.000Z-damaged.journal", 10, 29);
    prune(&home, NO_LIMITS);
    assert!(old.exists() && new.exists());
    prune(&home, THIRTY);
    assert!(!old.exists() && new.exists());
}

#[test]
fn a_recording_lives_as_long_as_its_dictation_whatever_became_of_it() {
    let home = Home::new();
    let fates = ["typed", "held", "cancelled", "failed", "locked", "quit", "nothing-heard"];
    for (number, fate) in fates.into_iter().enumerate() {
        let text = if fate == "typed" || fate == "held" { "Words." } else { "" };
        // Older than any recording ever stayed by another rule.
        remember(&home, text, fate, 300 + number as u32, 10);
    }
    assert_eq!(prune(&home, Limits { days: 365, ..NO_LIMITS }), 0);
    let has_audio = |home: &Home| home.history.list(None, 99).unwrap().iter().all(|one| one.dictation.audio.is_some());
    assert!(has_audio(&home));
    assert_eq!(prune(&home, NO_LIMITS), 0);
    assert!(has_audio(&home), "0 days keep for good");
    assert_eq!(prune(&home, Limits { days: 303, ..NO_LIMITS }), 3);
    assert!(has_audio(&home));
    assert_eq!(fs::read_dir(&home.folders.recordings).unwrap().count(), 4, "and goes with it");
}

#[test]
fn what_has_no_text_goes_neither_by_number_nor_by_size() {
    let home = Home::new();
    let megabyte = 1_000_000;
    let needed = [
        remember(&home, "", "cancelled", 5, megabyte),
        remember(&home, "Half of", "failed", 4, megabyte),
        remember(&home, "Half of", "held", 3, megabyte),
        remember(&home, "", RECOVERED, 2, megabyte),
    ];
    let (_, whole) = remember(&home, "Whole.", "typed", 1, megabyte);
    for limits in [Limits { count: 1, ..NO_LIMITS }, Limits { megabytes: 1, ..NO_LIMITS }] {
        assert_eq!(prune(&home, limits), 0);
        assert!(whole.exists() && needed.iter().all(|(_, audio)| audio.exists()), "{limits:?}");
    }
    // Once it is recognised, it is like any other.
    home.history.set_text(needed[1].0, "Half of it and the rest.", "small").unwrap();
    prune(&home, Limits { megabytes: 1, ..NO_LIMITS });
    assert!(!needed[1].1.exists() && whole.exists());
    assert_eq!(prune(&home, Limits { count: 1, ..NO_LIMITS }), 1);
    assert_eq!(prune(&home, Limits { days: 2, ..NO_LIMITS }), 2, "by age it goes");
    assert!(!needed[0].1.exists() && !needed[2].1.exists() && needed[3].1.exists());
}

#[test]
fn recordings_that_belong_to_no_dictation_go_by_the_same_age() {
    let home = Home::new();
    let old = ["20240101T000000.000Z-cancelled.wav", "20240102T000000.000Z-delivered.wav"];
    let old = old.map(|name| file(&home, name, 10, 31));
    let new = ["20240201T000000.000Z-failed.wav", "20240202T000000.000Z-delivered.wav"];
    let new = new.map(|name| file(&home, name, 10, 29));
    assert_eq!(prune(&home, NO_LIMITS), 0);
    assert!(old.iter().chain(&new).all(|path| path.exists()));
    prune(&home, Limits { days: 30, ..NO_LIMITS });
    assert!(old.iter().all(|path| !path.exists()) && new.iter().all(|path| path.exists()));
}

#[test]
fn what_a_crash_cut_short_and_what_is_not_tawks_is_never_removed() {
    let home = Home::new();
    let names = [
        "20240101T000000.000Z-unfinished.journal",
        "20240101T000001.000Z-unfinished.wav",
        "notes.wav",
        "a-cancelled.wav",
        "2025T-unknown.wav",
    ];
    let files = names.map(|name| file(&home, name, 2_000_000, 9_999));
    prune(&home, Limits { days: 1, count: 1, megabytes: 1 });
    assert!(files.iter().all(|path| path.exists()));
}

#[test]
fn a_recording_that_was_renamed_behind_its_back_is_still_its_own() {
    let home = Home::new();
    let (id, audio) = remember(&home, "Typed after all.", "cancelled", 40, 10);
    let renamed = audio.with_file_name(audio.file_name().unwrap().to_str().unwrap().replace("cancelled", "delivered"));
    fs::rename(&audio, &renamed).unwrap();
    assert_eq!(home.history.show(id).unwrap().dictation.audio.as_ref(), Some(&renamed));
    prune(&home, Limits { days: 60, ..NO_LIMITS });
    assert!(renamed.exists());
    home.history.delete(&[id]).unwrap();
    assert!(!renamed.exists());
}
