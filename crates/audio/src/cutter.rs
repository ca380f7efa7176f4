//! Where a recording is cut, decided from which of its hops are voiced. Knows no detector.

use std::collections::VecDeque;
use std::fmt;

/// A stretch of a recording that holds speech. `Debug` shows where it is and not what is in it: nobody's voice
/// belongs in a log.
#[derive(Clone, PartialEq)]
pub struct Segment {
    /// The index in the recording of the first sample.
    pub start: u64,
    /// Mono samples at [`tawk_core::SAMPLE_RATE`]; never empty.
    pub samples: Vec<f32>,
    /// The index in the recording after the last voiced sample. Two takes of a segment with the same end of voice hold
    /// the same words.
    pub voiced_until: u64,
}

/// Silence in a segment that is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The index in the recording after the last voiced sample.
    pub voiced_until: u64,
    /// How many samples have been silent since.
    pub samples: u64,
}

impl Segment {
    /// The index in the recording after the last sample.
    pub fn end(&self) -> u64 {
        self.start + self.samples.len() as u64
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({}..{}, voiced until {})", self.start, self.end(), self.voiced_until)
    }
}

/// When a segment begins and ends; all in ms, rounded to hops of 16 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmenterConfig {
    /// Voice must hold this long to begin a segment. Clicks and knocks are shorter, the shortest words longer.
    pub onset: u32,
    /// So long after the last voice the voice counts as over. Shorter than a breath, longer than the closure of a
    /// plosive; at least `pad_after`, so that a segment that waits at its end no longer changes.
    pub hangover: u32,
    /// A pause closes a segment only when it holds this much voice (with the short pauses in it, about 3 s):
    /// Whisper is weak on fragments, so that short ones are joined to what follows.
    pub min_speech: u32,
    /// A pause of this length closes a segment with any amount of voice.
    pub max_pause: u32,
    /// The longest segment. When no pause came until then, it is cut at the best place in its second half.
    pub max_segment: u32,
    /// What is kept before the first voiced hop: soft consonants that the detector misses.
    pub pad_before: u32,
    /// What is kept after the last voiced hop.
    pub pad_after: u32,
}

impl Default for SegmenterConfig {
    fn default() -> Self {
        Self {
            onset: 64,
            hangover: 240,
            min_speech: 2_500,
            max_pause: 2_000,
            max_segment: 12_000,
            pad_before: 400,
            pad_after: 240,
        }
    }
}

/// What is known of one hop.
#[derive(Clone, Copy, Debug)]
struct Hop {
    voiced: bool,
    /// The mean square of its samples.
    power: f32,
}

/// A segment that has begun; positions are hops of the recording.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: u64,
    last_voiced: u64,
    voiced: u64,
}

/// [`SegmenterConfig`] in hops.
#[derive(Clone, Copy, Debug)]
struct Limits {
    onset: u64,
    hangover: u64,
    min_speech: u64,
    max_pause: u64,
    max_segment: u64,
    pad_before: u64,
    pad_after: u64,
}

/// Cuts a stream of hops. Hops are never given out twice, and what is kept is bounded by the longest segment.
#[derive(Debug)]
pub(crate) struct Cutter {
    hop_samples: usize,
    limits: Limits,
    hops: VecDeque<Hop>,
    samples: VecDeque<f32>,
    /// The position of the first hop that is kept.
    base: u64,
    /// The position of the next hop to be judged; behind the last one only while a rest is judged anew.
    at: u64,
    /// The first hop that no segment has had.
    free: u64,
    /// Voiced hops in a row up to `at`.
    run: u64,
    open: Option<Open>,
}

impl Cutter {
    pub(crate) fn new(config: &SegmenterConfig, hop_samples: usize, rate: u32) -> Self {
        let hops = |ms: u32| u64::from(ms) * u64::from(rate) / 1000 / hop_samples as u64;
        let onset = hops(config.onset).max(1);
        let limits = Limits {
            onset,
            hangover: hops(config.hangover).max(1),
            min_speech: hops(config.min_speech),
            max_pause: hops(config.max_pause).max(1),
            max_segment: hops(config.max_segment).max(4 * onset),
            pad_before: hops(config.pad_before),
            pad_after: hops(config.pad_after.min(config.hangover)),
        };
        Self {
            hop_samples,
            limits,
            hops: VecDeque::new(),
            samples: VecDeque::new(),
            base: 0,
            at: 0,
            free: 0,
            run: 0,
            open: None,
        }
    }

    /// Takes one hop of samples and appends to `out` the segment that it closes, if any.
    pub(crate) fn push(&mut self, samples: &[f32], voiced: bool, out: &mut Vec<Segment>) {
        self.keep(samples, voiced);
        while self.at < self.end() {
            self.judge(out);
        }
    }

    /// Ends the recording; `tail` is what did not fill a hop. Takes the open segment and begins anew.
    pub(crate) fn finish(&mut self, tail: &[f32]) -> Option<Segment> {
        let total = self.base * self.hop_samples as u64 + (self.samples.len() + tail.len()) as u64;
        let mut padded = tail.to_vec();
        padded.resize(self.hop_samples, 0.0);
        self.keep(&padded, false);
        let mut segment = self.open_segment();
        if let Some(segment) = &mut segment {
            segment.samples.truncate((total - segment.start) as usize);
        }
        self.hops.clear();
        self.samples.clear();
        (self.base, self.at, self.free, self.run, self.open) = (0, 0, 0, 0, None);
        segment
    }

    /// The open segment as [`Cutter::finish`] would take it now.
    pub(crate) fn open_segment(&self) -> Option<Segment> {
        let open = self.open?;
        Some(self.copy(
            open.start,
            (open.last_voiced + 1 + self.limits.pad_after).min(self.end()),
            open.last_voiced + 1,
        ))
    }

    /// The silence at the end of the open segment; `None` when none is open.
    pub(crate) fn quiet(&self) -> Option<Quiet> {
        let open = self.open?;
        let hop = self.hop_samples as u64;
        let voiced_until = open.last_voiced + 1;
        Some(Quiet { voiced_until: voiced_until * hop, samples: self.at.saturating_sub(voiced_until) * hop })
    }

    /// Whether somebody speaks: from the onset until the hangover is over.
    pub(crate) fn is_voiced(&self) -> bool {
        self.open.is_some_and(|open| self.at - open.last_voiced <= self.limits.hangover)
    }

    fn end(&self) -> u64 {
        self.base + self.hops.len() as u64
    }

    fn keep(&mut self, samples: &[f32], voiced: bool) {
        let power = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
        self.hops.push_back(Hop { voiced, power });
        self.samples.extend(samples);
    }

    /// Judges the hop `at`.
    fn judge(&mut self, out: &mut Vec<Segment>) {
        let limits = self.limits;
        let voiced = self.hop(self.at).voiced;
        self.run = if voiced { self.run + 1 } else { 0 };
        self.at += 1;
        let Some(open) = &mut self.open else {
            if self.run >= limits.onset {
                let first = self.at - self.run;
                let start = first.saturating_sub(limits.pad_before).max(self.free).max(self.base);
                self.open = Some(Open { start, last_voiced: self.at - 1, voiced: self.run });
            } else {
                self.forget_before(self.at.saturating_sub(limits.pad_before + limits.onset));
            }
            return;
        };
        if voiced {
            open.last_voiced = self.at - 1;
            open.voiced += 1;
        }
        let open = *open;
        let pause = self.at - 1 - open.last_voiced;
        let enough = open.voiced >= limits.min_speech || pause >= limits.max_pause;
        if pause >= limits.hangover && enough {
            let voiced = open.last_voiced + 1;
            self.give(open.start, (voiced + limits.pad_after).min(self.at), voiced, self.at, out);
        } else if self.at - open.start >= limits.max_segment {
            let (end, resume) = self.best_cut(open);
            self.give(open.start, end, end, resume, out);
        }
    }

    /// Gives out the hops `start..end` and judges anew from `resume`, which is after `end` when a pause between is
    /// left out.
    fn give(&mut self, start: u64, end: u64, voiced: u64, resume: u64, out: &mut Vec<Segment>) {
        out.push(self.copy(start, end, voiced));
        self.open = None;
        self.run = 0;
        self.free = end;
        self.at = resume.max(end);
        self.forget_before(end.max(self.at.saturating_sub(self.limits.pad_before)));
    }

    /// Where to cut a segment that grew to its greatest length: the end of the first part and where to go on. In the
    /// longest pause of the last two thirds; if there is none, at the quietest place of the second half.
    fn best_cut(&self, open: Open) -> (u64, u64) {
        let limits = self.limits;
        let length = self.at - open.start;
        let mut best: Option<(u64, u64)> = None;
        let mut began = None;
        for position in open.start + length / 3..=self.at {
            let silent = position < self.at && !self.hop(position).voiced;
            match (silent, began) {
                (true, None) => began = Some(position),
                (false, Some(first)) => {
                    if best.is_none_or(|(a, b)| position - first >= b - a) {
                        best = Some((first, position));
                    }
                    began = None;
                }
                _ => {}
            }
        }
        if let Some((first, last)) = best.filter(|(first, last)| last - first >= limits.onset) {
            let end = (first + limits.pad_after).min(first + (last - first) / 2).max(open.start + 1);
            return (end, if last == self.at { last } else { end });
        }
        // A valley of five hops (80 ms) is between syllables rather than within one.
        let (from, to) = (open.start + length / 2, self.at - limits.onset - 2);
        let valley = |position: u64| (position - 2..=position + 2).map(|p| self.hop(p).power).sum::<f32>();
        let quietest = (from.max(open.start + 2)..to).min_by(|&a, &b| valley(a).total_cmp(&valley(b)));
        let end = quietest.unwrap_or(self.at);
        (end, end)
    }

    fn hop(&self, position: u64) -> Hop {
        let silent = Hop { voiced: false, power: 0.0 };
        self.hops.get((position - self.base) as usize).copied().unwrap_or(silent)
    }

    fn copy(&self, start: u64, end: u64, voiced: u64) -> Segment {
        let hop = self.hop_samples as u64;
        let (from, to) = ((start - self.base) * hop, (end - self.base) * hop);
        let to = to.min(self.samples.len() as u64);
        let samples = self.samples.range(from as usize..to as usize).copied().collect();
        Segment { start: start * hop, samples, voiced_until: voiced * hop }
    }

    fn forget_before(&mut self, position: u64) {
        let count = position.min(self.end()).saturating_sub(self.base) as usize;
        self.hops.drain(..count);
        self.samples.drain(..count * self.hop_samples);
        self.base += count as u64;
    }

    #[cfg(test)]
    pub(crate) fn kept_hops(&self) -> usize {
        self.hops.len()
    }
}

#[cfg(test)]
mod tests;
