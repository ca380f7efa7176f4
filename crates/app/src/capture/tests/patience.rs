//! Microphones that are silent from the beginning, that change their format, or that hang.

use tawk_core::permission::{Permission, PermissionState};

use super::*;

const HANGS: Duration = Duration::from_secs(30);

#[test]
fn one_that_opens_and_never_says_anything_is_passed_over() {
    let room = Room::new();
    let began = Instant::now();
    room.start(U1, &[A, "default", B]);
    let fed = room.feed(B, 0.5) - began;
    assert!((FIRST_SOUND..2 * FIRST_SOUND).contains(&fed), "{fed:?}");
    room.wait("the silent one is closed", || room.machine.microphones.open_streams() == 1);
    // It comes last from now on, also as the system's default.
    thread::sleep(Duration::from_millis(2_100));
    room.feed(B, 0.5);
    room.machine.microphones.kill_streams(B);
    // What is fed at once counts as heard before.
    thread::sleep(Duration::from_millis(200));
    room.feed(B, 0.25);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    assert_eq!(over.heard, ["A", "B", "B"]);
    assert_eq!(over.notes[0], Note::Replaced("B".into()));
    let runs = runs(&over.samples);
    assert_eq!((runs[0], runs[runs.len() - 1]), ((0.5, 3_200), (0.25, 1_600)), "nothing stands for the silence before");
}

#[test]
fn the_last_that_can_be_opened_is_waited_for() {
    let room = Room::new();
    room.machine.microphones.set_busy(B, true);
    room.start(U1, &[A, B]);
    thread::sleep(FIRST_SOUND + Duration::from_millis(700));
    room.feed(A, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!((over.error, over.heard), (None, vec!["A".to_owned()]));
    assert_eq!(runs(&over.samples), [(0.5, 1_600)]);
    assert_eq!(room.machine.microphones.times_opened(), 1);
}

#[test]
fn no_time_passes_while_the_user_is_asked_for_the_permission() {
    let room = Room::new();
    room.machine.permissions.set(Permission::Microphone, PermissionState::NotAsked);
    room.start(U1, &[A, B]);
    thread::sleep(FIRST_SOUND + Duration::from_millis(500));
    room.machine.permissions.set(Permission::Microphone, PermissionState::Granted);
    thread::sleep(Duration::from_millis(500));
    room.feed(A, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!((over.error, over.heard), (None, vec!["A".to_owned()]));
}

#[test]
fn one_that_comes_to_life_while_the_next_is_opened_stays() {
    let room = Room::new();
    room.machine.microphones.set_open_delay(B, Duration::from_millis(1_500));
    room.start(U1, &[A, B]);
    room.wait("open", || room.machine.microphones.open_streams() == 1);
    thread::sleep(FIRST_SOUND + Duration::from_millis(500));
    room.machine.microphones.feed(A, &[0.25; 1_600]);
    room.wait("the other is opened and closed", || room.machine.microphones.times_opened() == 2);
    room.wait("closed", || room.machine.microphones.open_streams() == 1);
    room.feed(A, 0.25);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(5));
    assert_eq!((over.heard, over.notes.len()), (vec!["A".to_owned()], 0));
    assert_eq!(over.samples.iter().filter(|sample| **sample == 0.25).count(), 3_200);
}

#[test]
fn a_refused_permission_is_told_instead_of_trying_the_next() {
    let room = Room::new();
    room.start(U1, &[A, B]);
    room.wait("open", || room.machine.microphones.open_streams() == 1);
    room.machine.permissions.set(Permission::Microphone, PermissionState::Denied);
    let over = room.over(U1, 2 * FIRST_SOUND);
    assert_eq!(over.error, Some(ErrorKind::MicrophoneDenied));
    assert_eq!(room.machine.microphones.times_opened(), 1);
}

/// Lets A change its format once it is open for the `time`th time.
fn change_format(room: &Room, time: u64) {
    let is_open = || room.machine.microphones.times_opened() == time && room.machine.microphones.open_streams() > 0;
    room.wait(&format!("open for the {time}th time"), is_open);
    room.machine.microphones.set_format(A, StreamFormat { rate: 16_000, channels: 1 + (time % 2) as u16 });
}

#[test]
fn a_headset_that_changes_its_profile_as_it_starts_keeps_its_place() {
    let room = Room::new();
    room.start(U1, &[A, B]);
    for time in 1..=2 {
        change_format(&room, time);
    }
    room.feed(A, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    assert_eq!(over.heard, ["A", "A", "A"]);
    assert_eq!(over.notes, [], "the user hears nothing of it");
    assert_eq!(over.interruptions.last(), Some(&false));
    assert_eq!(room.machine.microphones.times_opened(), 3);
}

#[test]
fn a_headset_that_gives_a_little_sound_before_it_changes_its_profile_has_the_time_it_needs() {
    let room = Room::new();
    room.start(U1, &[A, B]);
    room.feed(A, 0.25);
    room.machine.microphones.set_open_delay(A, Duration::from_millis(1_500));
    change_format(&room, 1);
    room.wait("open again", || room.machine.microphones.open_streams() == 1);
    thread::sleep(Duration::from_millis(1_500));
    room.feed(A, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    assert_eq!(over.heard, ["A", "A"]);
    let runs = runs(&over.samples);
    assert_eq!((runs[0], runs[1].0, runs[runs.len() - 1].0), ((0.25, 1_600), 0.0, 0.5), "the gap keeps its length");
    assert!(runs[1].1 > 16_000 * 5 / 2, "{:?}", runs[1]);
    let [Note::Unheard(gap, name)] = &over.notes[..] else { panic!("{:?}", over.notes) };
    let silence = Duration::from_secs_f64(runs[1].1 as f64 / 16_000.0);
    assert!(silence.abs_diff(*gap) < Duration::from_millis(1), "{gap:?} is told of {silence:?}");
    assert_eq!(name, "A");
}

#[test]
fn one_that_never_stops_changing_its_format_makes_way() {
    let room = Room::new();
    room.start(U1, &[A, B]);
    for time in 1..=4 {
        change_format(&room, time);
    }
    room.feed(B, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    assert_eq!(over.heard, ["A", "A", "A", "A", "B"]);
    assert_eq!(over.notes, [Note::Replaced("B".into())]);
}

#[test]
fn letting_go_ends_the_search_through_a_list_that_hangs() {
    let room = Room::new();
    for id in [A, B] {
        room.machine.microphones.set_open_delay(id, HANGS);
    }
    let began = Instant::now();
    room.start(U1, &[A, B]);
    thread::sleep(Duration::from_millis(200));
    room.stop(U1);
    let over = room.over(U1, 2 * OPEN_LIMIT);
    assert_eq!(over.error, Some(ErrorKind::MicrophoneBusy));
    assert!(began.elapsed() < 2 * OPEN_LIMIT, "{:?}", began.elapsed());
}
