//! `tawk bench`: what dictation costs on this machine, and how much of it is felt.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tawk_app::{Batch, Bench, BenchOptions, Timing, until_last_word};
use tawk_core::microphone::ChannelChoice;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};
use tawk_whisper::WhisperTranscribers;

use crate::{World, output, wer};

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Audio files to dictate at real-time pace
    #[arg(value_name = "FILE", required_unless_present = "wer")]
    files: Vec<PathBuf>,
    /// A model's id or file, instead of the one in the settings
    #[arg(long, value_name = "ID|FILE")]
    model: Option<String>,
    /// How often each file is dictated; the medians are shown
    #[arg(long, default_value_t = 5, value_name = "N")]
    runs: usize,
    /// How long after the last word the key is let go, in ms; several, separated by commas, make a row each
    #[arg(long, default_value = "300", value_delimiter = ',', value_name = "MS")]
    release_after: Vec<u64>,
    /// Also dictate without recognising ahead when the voice falls silent
    #[arg(long)]
    without_ahead: bool,
    /// Do not recognise the whole clip at once for comparison
    #[arg(long)]
    no_batch: bool,
    /// Threads for the recogniser
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Instead: the word error rate over a folder of clips with transcripts, live and batch side by side. The folder is
    /// LibriSpeech's (*.trans.txt beside FLACs) or holds .tsv files of path and text
    #[arg(long, value_name = "DIR")]
    wer: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One file, let go of at one moment; times in ms, medians over the runs.
#[derive(Serialize)]
struct Row {
    file: String,
    audio: f64,
    release_after: u64,
    timing: Timing,
    /// The 95th percentile of the overhead over all runs.
    own_overhead_p95: Option<f64>,
    /// From the release to the text without recognising ahead.
    without_ahead: Option<f64>,
    batch_full_window: Option<f64>,
    batch_sized_window: Option<f64>,
    /// `timing.release_to_text` as a fraction of `batch_full_window`.
    live_to_batch: Option<f64>,
    /// Time the recogniser worked, as a fraction of the audio's length.
    real_time_factor: f64,
    drafts_used: u32,
    drafts_in_vain: u32,
}

#[derive(Serialize)]
struct Answer {
    model: String,
    runs: usize,
    files: Vec<Row>,
    peak_memory_bytes: Option<u64>,
}

pub(crate) fn run(world: &World, args: &BenchArgs) -> Result<ExitCode> {
    world.folders.create()?;
    let transcribers = args.threads.map_or_else(WhisperTranscribers::new, WhisperTranscribers::with_threads);
    let model = args.model.clone().unwrap_or_else(|| world.settings().settings().recognition.model.clone());
    if let Some(folder) = &args.wer {
        return wer::run(world, &transcribers, &model, folder, args.json);
    }
    let mut batch = (!args.no_batch).then(|| Batch::load(&world.folders, &transcribers, &model)).transpose()?;
    let options = BenchOptions { model: Some(model.clone()) };
    let bench = Bench::start(&world.folders, Arc::new(transcribers), &options)?;
    let mut files = Vec::new();
    for path in &args.files {
        files.extend(file(&bench, batch.as_mut(), path, args)?);
    }
    let answer = Answer { model, runs: args.runs.max(1), files, peak_memory_bytes: tawk_platform::peak_memory() };
    if args.json {
        output::json(&answer)?;
    } else {
        print(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

/// What was measured of one file and one moment of release.
#[derive(Default)]
struct Measured {
    live: Vec<Timing>,
    without_ahead: Vec<f64>,
}

/// What recognising the whole file at once took, in ms.
#[derive(Default)]
struct BatchTimes {
    full: Vec<f64>,
    sized: Vec<f64>,
}

fn file(bench: &Bench, mut batch: Option<&mut Batch>, path: &Path, args: &BenchArgs) -> Result<Vec<Row>> {
    let clip = tawk_audio::decode_file(path)?;
    let samples = tawk_audio::mono_16k(&clip, ChannelChoice::default())?;
    let spoken = until_last_word(&samples);
    if spoken.is_empty() {
        return Err(Error::new(
            ErrorKind::BadInput,
            format!("Nothing is said in {}. Give a file with speech.", path.display()),
        ));
    }
    let mut releases: Vec<(u64, Measured)> =
        args.release_after.iter().map(|&after| (after, Measured::default())).collect();
    let mut times = BatchTimes::default();
    bench.dictate(spoken, Duration::ZERO)?; // Warms up.
    // Interleaved, so that whatever else the machine does befalls all ways alike.
    for _ in 0..args.runs.max(1) {
        for (after, measured) in &mut releases {
            let after = Duration::from_millis(*after);
            measured.live.push(bench.dictate(spoken, after)?.0);
            if args.without_ahead {
                bench.set_ahead(false)?;
                measured.without_ahead.extend(bench.dictate(spoken, after)?.0.release_to_text);
                bench.set_ahead(true)?;
            }
        }
        if let Some(batch) = &mut batch {
            times.full.push(batch.recognise(spoken, true)?.0.as_secs_f64() * 1000.0);
            times.sized.push(batch.recognise(spoken, false)?.0.as_secs_f64() * 1000.0);
        }
    }
    let audio = spoken.len() as f64 * 1000.0 / f64::from(SAMPLE_RATE);
    Ok(releases.iter().map(|(after, measured)| row(path, audio, *after, measured, &times)).collect())
}

fn row(path: &Path, audio: f64, release_after: u64, measured: &Measured, times: &BatchTimes) -> Row {
    let live = &measured.live;
    let all = |of: fn(&Timing) -> Option<f64>| live.iter().filter_map(of).collect::<Vec<_>>();
    let middle = |of: fn(&Timing) -> Option<f64>| median(&all(of));
    let recognising = middle(|timing| Some(timing.recognising)).unwrap_or_default();
    let batch_full_window = median(&times.full);
    let release_to_text = middle(|timing| timing.release_to_text);
    Row {
        file: path.display().to_string(),
        audio,
        release_after,
        timing: Timing {
            key_to_first_sample: middle(|timing| timing.key_to_first_sample),
            release_to_text,
            release_to_first_key: middle(|timing| timing.release_to_first_key),
            own_overhead: middle(|timing| timing.own_overhead),
            recognising,
            in_vain: middle(|timing| Some(timing.in_vain)).unwrap_or_default(),
            ..live.first().copied().unwrap_or_default()
        },
        own_overhead_p95: percentile(&all(|timing| timing.own_overhead), 0.95),
        without_ahead: median(&measured.without_ahead),
        batch_full_window,
        batch_sized_window: median(&times.sized),
        live_to_batch: release_to_text.zip(batch_full_window).map(|(text, batch)| text / batch),
        real_time_factor: recognising / audio,
        drafts_used: live.iter().map(|timing| timing.drafts_used).sum(),
        drafts_in_vain: live.iter().map(|timing| timing.drafts_in_vain).sum(),
    }
}

fn print(answer: &Answer) {
    output::line(&format!("model {}, {} runs each; times in ms, medians", answer.model, answer.runs));
    output::line(
        "audio s  let go after  first sample  release>text  without ahead  batch full  batch sized  live/batch  \
         release>key  own (p95)      RTF   in vain  drafts hit/miss  segments  file",
    );
    for row in &answer.files {
        let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        output::line(&format!(
            "{:7.1}  {:>12}  {:>12}  {:>12}  {:>13}  {:>10}  {:>11}  {:>10}  {:>11}  {:>6} ({:>5})  {:.2}  {:7.1}  {:>15}  {:8}  {}",
            row.audio / 1000.0,
            row.release_after,
            ms(row.timing.key_to_first_sample),
            ms(row.timing.release_to_text),
            ms(row.without_ahead),
            ms(row.batch_full_window),
            ms(row.batch_sized_window),
            row.live_to_batch.map_or("-".to_owned(), |ratio| format!("{ratio:.3}")),
            ms(row.timing.release_to_first_key),
            ms(row.timing.own_overhead),
            ms(row.own_overhead_p95),
            row.real_time_factor,
            row.timing.in_vain,
            format!("{}/{}", row.drafts_used, row.drafts_in_vain),
            row.timing.segments,
            row.file,
        ));
    }
    if let Some(bytes) = answer.peak_memory_bytes {
        output::line(&format!("peak memory {:.0} MB{}", bytes as f64 / 1e6, two_models(answer)));
    }
}

/// The comparison loads the model once more.
fn two_models(answer: &Answer) -> &'static str {
    if answer.files.iter().any(|row| row.batch_full_window.is_some()) { ", of two loaded models" } else { "" }
}

fn median(values: &[f64]) -> Option<f64> {
    percentile(values, 0.5)
}

/// The value below which `fraction` of the values lie, by nearest rank.
fn percentile(values: &[f64], fraction: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (fraction * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(median(&values), Some(3.0));
        assert_eq!(percentile(&values, 0.95), Some(5.0));
        assert_eq!(percentile(&values, 0.2), Some(1.0));
        assert_eq!(median(&[]), None);
    }
}
