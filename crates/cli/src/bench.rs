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
    /// How long after the last word the key is let go, in ms
    #[arg(long, default_value_t = 300, value_name = "MS")]
    release_after: u64,
    /// Do not recognise ahead when the voice falls silent
    #[arg(long)]
    no_ahead: bool,
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

/// One file's result; times in ms, medians over the runs.
#[derive(Serialize)]
struct Row {
    file: String,
    audio: f64,
    timing: Timing,
    /// The 95th percentile of the overhead over all runs.
    own_overhead_p95: Option<f64>,
    batch_full_window: f64,
    batch_sized_window: f64,
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
    release_after: u64,
    ahead: bool,
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
    let mut batch = Batch::load(&world.folders, &transcribers, &model)?;
    let options = BenchOptions { model: Some(model.clone()), ahead: !args.no_ahead };
    let bench = Bench::start(&world.folders, Arc::new(transcribers), &options)?;
    let mut rows = Vec::new();
    for path in &args.files {
        rows.push(file(&bench, &mut batch, path, args)?);
    }
    let answer = Answer {
        model,
        release_after: args.release_after,
        ahead: !args.no_ahead,
        runs: args.runs,
        files: rows,
        peak_memory_bytes: tawk_platform::peak_memory(),
    };
    if args.json {
        output::json(&answer)?;
    } else {
        print(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

fn file(bench: &Bench, batch: &mut Batch, path: &Path, args: &BenchArgs) -> Result<Row> {
    let clip = tawk_audio::decode_file(path)?;
    let samples = tawk_audio::mono_16k(&clip, ChannelChoice::default())?;
    let spoken = until_last_word(&samples);
    if spoken.is_empty() {
        return Err(Error::new(
            ErrorKind::BadInput,
            format!("Nothing is said in {}. Give a file with speech.", path.display()),
        ));
    }
    let runs = args.runs.max(1);
    let mut timings = Vec::new();
    let (mut full, mut sized) = (Vec::new(), Vec::new());
    // Interleaved, so that whatever else the machine does befalls all three alike. The first round warms up.
    for round in 0..=runs {
        let (timing, _) = bench.dictate(spoken, Duration::from_millis(args.release_after))?;
        let whole = batch.recognise(spoken, true)?.0;
        let small = batch.recognise(spoken, false)?.0;
        if round > 0 {
            timings.push(timing);
            full.push(whole.as_secs_f64() * 1000.0);
            sized.push(small.as_secs_f64() * 1000.0);
        }
    }
    let middle = |of: fn(&Timing) -> Option<f64>| median(&timings.iter().filter_map(of).collect::<Vec<_>>());
    let audio = spoken.len() as f64 * 1000.0 / f64::from(SAMPLE_RATE);
    let recognising = middle(|timing| Some(timing.recognising)).unwrap_or_default();
    let batch_full_window = median(&full).unwrap_or_default();
    let release_to_text = middle(|timing| timing.release_to_text);
    Ok(Row {
        file: path.display().to_string(),
        audio,
        timing: Timing {
            key_to_first_sample: middle(|timing| timing.key_to_first_sample),
            release_to_text,
            release_to_first_key: middle(|timing| timing.release_to_first_key),
            own_overhead: middle(|timing| timing.own_overhead),
            recognising,
            in_vain: middle(|timing| Some(timing.in_vain)).unwrap_or_default(),
            ..timings.first().copied().unwrap_or_default()
        },
        own_overhead_p95: percentile(
            &timings.iter().filter_map(|timing| timing.own_overhead).collect::<Vec<_>>(),
            0.95,
        ),
        batch_full_window,
        batch_sized_window: median(&sized).unwrap_or_default(),
        live_to_batch: release_to_text.map(|text| text / batch_full_window),
        real_time_factor: recognising / audio,
        drafts_used: timings.iter().map(|timing| timing.drafts_used).sum(),
        drafts_in_vain: timings.iter().map(|timing| timing.drafts_in_vain).sum(),
    })
}

fn print(answer: &Answer) {
    output::line(&format!(
        "model {}, {} runs each, key let go {} ms after the last word; times in ms, medians",
        answer.model, answer.runs, answer.release_after
    ));
    output::line(
        "audio s  first sample  release>text  release>key  own (p95)     batch full  batch sized  live/batch  RTF   in vain  drafts hit/miss  segments  file",
    );
    for row in &answer.files {
        let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        output::line(&format!(
            "{:7.1}  {:>12}  {:>12}  {:>11}  {:>6} ({:>5})  {:10.1}  {:11.1}  {:>10}  {:.2}  {:7.1}  {:>15}  {:8}  {}",
            row.audio / 1000.0,
            ms(row.timing.key_to_first_sample),
            ms(row.timing.release_to_text),
            ms(row.timing.release_to_first_key),
            ms(row.timing.own_overhead),
            ms(row.own_overhead_p95),
            row.batch_full_window,
            row.batch_sized_window,
            row.live_to_batch.map_or("-".to_owned(), |ratio| format!("{ratio:.3}")),
            row.real_time_factor,
            row.timing.in_vain,
            format!("{}/{}", row.drafts_used, row.drafts_in_vain),
            row.timing.segments,
            row.file,
        ));
    }
    if let Some(bytes) = answer.peak_memory_bytes {
        output::line(&format!("peak memory {:.0} MB, of two loaded models", bytes as f64 / 1e6));
    }
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
