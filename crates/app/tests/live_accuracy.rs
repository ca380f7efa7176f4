//! Live dictation (segments, drafts and prompts as they come) hears as well as the whole clip at once in the full window.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic, and its modules are shared with others")]

mod live;
#[path = "../../../tests/src/wer.rs"]
mod wer;

use std::path::Path;

use live::Live;
use tawk_app::Batch;
use tawk_core::SAMPLE_RATE;
use tawk_store::Folders;
use tawk_whisper::WhisperTranscribers;
use wer::Wer;

/// Live may be worse than batch by so many points of word error rate.
const MOST_POINTS: f64 = 1.0;

/// The clips of a set with what is said in them.
fn set(name: &str) -> Vec<(Vec<f32>, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio");
    let table = std::fs::read_to_string(folder.join(format!("{name}.tsv"))).unwrap();
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let clip = tawk_audio::decode_file(&folder.join(columns.next().unwrap())).unwrap();
        (tawk_audio::mono_16k(&clip, Default::default()).unwrap(), columns.next().unwrap().to_owned())
    };
    table.lines().map(row).collect()
}

/// Utterances one after the other in one recording, with pauses of 0.4 to 1.6 s as between thoughts.
fn together(clips: &[(Vec<f32>, String)]) -> (Vec<f32>, String) {
    let mut samples = Vec::new();
    for (at, (clip, _)) in clips.iter().enumerate() {
        samples.extend(clip);
        samples.extend(vec![0.0; SAMPLE_RATE as usize * (4 + 4 * (at % 4)) / 10]);
    }
    (samples, clips.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" "))
}

fn rates(live: &Live, batch: &mut Batch, clips: &[(Vec<f32>, String)], speed: f32) -> (Wer, Wer) {
    let (mut heard_live, mut heard_at_once) = (Wer::default(), Wer::default());
    let (mut used, mut in_vain, mut segments) = (0, 0, 0);
    for (samples, said) in clips {
        let heard = live.dictate(samples, speed);
        heard_live += Wer::of(said, &heard.text);
        heard_at_once += Wer::of(said, &batch.recognise(samples, true).unwrap().1);
        assert_eq!(heard.withheld, 0, "speech was withheld: {said}");
        used += heard.timing.drafts_used;
        in_vain += heard.timing.drafts_in_vain;
        segments += heard.timing.segments;
    }
    eprintln!("live {heard_live}, batch {heard_at_once}; {segments} segments, drafts {used} used, {in_vain} in vain");
    assert!(heard_live.percent() <= heard_at_once.percent() + MOST_POINTS, "live {heard_live}, batch {heard_at_once}");
    (heard_live, heard_at_once)
}

#[test]
fn live_is_at_most_a_point_worse_than_batch() {
    let live = Live::start();
    let home = tempfile::tempdir().unwrap();
    let model = live::fixture().display().to_string();
    let transcribers = WhisperTranscribers::with_threads(1);
    let mut batch = Batch::load(&Folders::under(home.path()), &transcribers, &model).unwrap();

    let sentences = set("heldout");
    let (heard, _) = rates(&live, &mut batch, &sentences, 12.0);
    assert_eq!(heard.words, 530);
    assert!(heard.percent() < 2.0, "{heard}");

    // Several utterances in one recording: clips of the set, and 5 held-out sentences each with pauses between.
    let mut long = set("long");
    long.extend(sentences.chunks(5).step_by(4).map(together));
    rates(&live, &mut batch, &long, 12.0);
}
