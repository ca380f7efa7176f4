//! The desk itself: if these fail, nothing else means anything.

use std::fs;
use std::time::Duration;

use tawk_tests::clip::Clip;
use tawk_tests::keys;
use tawk_tests::process::Process;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::pause;

use crate::world::World;

pub(crate) fn checks() -> Vec<Check<World>> {
    let mut checks = vec![
        check("desk_hears_only_the_microphone_that_plays", hears_only_the_microphone_that_plays),
        check("desk_unplugs_and_plugs_a_microphone", unplugs_and_plugs),
    ];
    for kind in Kind::ALL {
        checks.push(check(format!("desk_types_into_{}", kind.name()), move |world| types_into(world, kind)));
    }
    checks
}

/// Records a source for as long as `during` takes, and gives its samples.
fn record(world: &World, source: &str, during: impl FnOnce()) -> Vec<i16> {
    let home = &world.desk.home;
    let file = home.path("recorded.raw");
    let mut parec = home.command("parec");
    parec.args(["--latency-msec=10", "--raw", "--format=s16le", "--rate=48000", "--channels=1"]);
    parec.arg(format!("--device={source}")).arg(&file);
    let recorder = Process::start("recorder", &home.path(""), &mut parec);
    pause(500);
    during();
    pause(300);
    drop(recorder);
    let bytes = fs::read(&file).expect("parec has recorded.");
    fs::remove_file(file).expect("The recording can be removed.");
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn hears_only_the_microphone_that_plays(world: &mut World) {
    let clip = Clip::noise(Duration::from_millis(700), 0.5);
    let played: Vec<_> = clip.samples().collect();
    let heard = record(world, "mic_a", || world.desk.sound.mic_a.say(&clip));
    let begin = heard.iter().position(|&sample| sample != 0).expect("Microphone A is heard.");
    assert!(heard[begin..].starts_with(&played[played.iter().take_while(|&&s| s == 0).count()..]), "Samples are lost.");
    let heard = record(world, "mic_b", || world.desk.sound.mic_a.say(&clip));
    assert!(!heard.is_empty() && heard.iter().all(|&sample| sample == 0), "Microphone B hears what A plays.");
}

fn unplugs_and_plugs(world: &mut World) {
    let desk = &mut world.desk;
    desk.sound.unplug(&desk.home, "mic_b");
    desk.sound.plug(&desk.home, "mic_b");
    let clip = Clip::noise(Duration::from_millis(300), 0.5);
    let heard = record(world, "mic_b", || world.desk.sound.mic_b.say(&clip));
    assert!(heard.iter().any(|&sample| sample != 0), "Microphone B is silent after it was plugged in again.");
}

fn types_into(world: &mut World, kind: Kind) {
    world.receiver(kind);
    keys::type_ascii(&world.desk.home, "The quick brown fox, 42!");
    let receiver = world.receivers.get_mut(&kind).expect("It is open.");
    receiver.expect("The quick brown fox, 42!", Duration::from_secs(5));
    receiver.clear();
    receiver.expect_nothing(Duration::from_millis(300));
}
