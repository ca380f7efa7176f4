//! Listening between dictations.

use super::*;

fn pre_roll(list: &[&str], ms: u64) -> Command {
    let microphones = list.iter().map(|id| MicrophoneChoice::of(id)).collect();
    Command::PreRoll(Some(PreRoll { microphones, channel: ChannelChoice::Loudest, length: Duration::from_millis(ms) }))
}

#[test]
fn what_came_before_the_key_belongs_to_the_dictation_and_only_so_much() {
    let room = Room::new();
    room.capture.send(pre_roll(&[A], 300));
    room.feed(A, 0.125);
    room.machine.microphones.feed(A, &[0.25; 8_000]);
    room.read(A);
    room.start(U1, &[A]);
    room.wait("it is taken", || room.journal.len() > 2);
    room.feed(A, 0.5);
    assert_eq!(room.machine.microphones.times_opened(), 1, "it was open already");
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(runs(&over.samples), [(0.25, 4_800), (0.5, 1_600)]);
    assert_eq!(over.length, Duration::from_millis(100), "a brushed key stays a brushed key");
    // What was dictated is not what comes before the next one.
    room.feed(A, 0.75);
    room.start(U2, &[A]);
    room.wait("it is taken", || !room.journal.is_empty());
    room.feed(A, 0.5);
    room.stop(U2);
    assert_eq!(runs(&room.over(U2, Duration::from_secs(2)).samples), [(0.75, 1_600), (0.5, 1_600)]);
}

#[test]
fn nothing_is_heard_between_dictations_unless_it_is_asked_for_nor_while_the_screen_is_locked() {
    let room = Room::new();
    let open = |count| move |room: &Room| room.machine.microphones.open_streams() == count;
    room.capture.send(pre_roll(&[A], 300));
    room.feed(A, 0.25);
    room.capture.send(Command::Rest);
    room.wait("it rests", || open(0)(&room));
    // Settings that change meanwhile do not wake it.
    room.capture.send(pre_roll(&[B], 300));
    room.start(U1, &[B]);
    room.feed(B, 0.5);
    assert_eq!(room.machine.microphones.times_opened(), 2);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(runs(&over.samples), [(0.5, 1_600)], "nothing from before");
    room.wait("it hears again", || open(1)(&room));
    room.capture.send(Command::PreRoll(None));
    room.wait("it is off", || open(0)(&room));
}

#[test]
fn between_dictations_the_best_microphone_of_the_list_is_followed_and_a_lost_one_replaced() {
    let room = Room::new();
    room.machine.microphones.disconnect(A);
    room.capture.send(pre_roll(&[A, B], 300));
    room.feed(B, 0.125);
    room.machine.microphones.connect(A, "A", MONO);
    room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    room.feed(B, 0.5);
    room.start(U1, &[A, B]);
    room.wait("it is taken", || room.journal.len() > 2);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(runs(&over.samples), [(0.5, 1_600)]);
    assert_eq!(over.heard, ["B"]);
}

/// Lets `id` hear this value for so long, a tenth of a second at a time.
fn keep_feeding(room: &Room, id: &str, value: f32, length: Duration) {
    let began = Instant::now();
    while began.elapsed() < length {
        room.machine.microphones.feed(id, &[value; 1_600]);
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_better_one_that_cannot_be_opened_costs_the_one_that_is_heard_nothing() {
    let room = Room::new();
    room.machine.microphones.set_busy(A, true);
    room.capture.send(pre_roll(&[A, B], 20_000));
    room.feed(B, 0.5);
    // It is looked for a better one every two seconds.
    keep_feeding(&room, B, 0.5, Duration::from_millis(4_500));
    room.read(B);
    room.start(U1, &[A, B]);
    room.wait("it is taken", || room.journal.len() > 2);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.heard, ["B"]);
    assert!(over.samples.len() > 16_000 * 4, "only {} samples are left", over.samples.len());
    // It went away and came back, so that it is tried again before long.
    room.capture.send(pre_roll(&[A, B], 300));
    room.feed(B, 0.5);
    room.machine.microphones.disconnect(A);
    keep_feeding(&room, B, 0.5, Duration::from_millis(2_500));
    room.machine.microphones.connect(A, "A", MONO);
    room.feed(A, 0.25);
    room.wait("the other is closed", || room.machine.microphones.open_streams() == 1);
}

#[test]
fn a_key_does_not_wait_for_the_list_of_microphones() {
    let room = Room::new();
    room.machine.microphones.play_on_open(A, Some(vec![0.5; 16_000]));
    room.capture.send(pre_roll(&[A], 300));
    room.wait("it hears", || room.machine.microphones.open_streams() == 1);
    room.machine.microphones.set_list_delay(Duration::from_secs(8));
    thread::sleep(Duration::from_millis(2_500));
    let pressed = Instant::now();
    room.start(U1, &[A]);
    room.wait("it is taken", || room.journal.len() > 2);
    assert!(pressed.elapsed() < Duration::from_secs(1), "{:?}", pressed.elapsed());
    room.stop(U1);
    room.over(U1, Duration::from_secs(2));
    assert_eq!(room.machine.microphones.times_opened(), 1);
}

#[test]
fn a_silent_one_gives_way_to_the_next() {
    let room = Room::new();
    room.capture.send(pre_roll(&[A, B], 300));
    room.wait("it hears", || room.machine.microphones.open_streams() == 1);
    room.feed(B, 0.5);
    assert_eq!(room.machine.microphones.open_streams(), 1);
}
