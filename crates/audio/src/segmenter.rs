//! Hearing where somebody speaks, and cutting there.

use earshot::Detector;
use tawk_core::SAMPLE_RATE;

use crate::cutter::{Cutter, Quiet, Segment, SegmenterConfig};

/// The samples of one hop: 16 ms, what the detector takes.
pub const HOP: usize = 256;

/// A hop at or above this score begins voice. The detector's own advice is 0.5, but noise that sets in suddenly
/// reaches 0.6 for a moment.
const VOICE_BEGINS: f32 = 0.6;

/// While voice lasts, a hop at or above this score continues it.
const VOICE_LASTS: f32 = 0.35;

/// The level that the detector is fed at: the RMS of the loudest hop of late is brought up or down to this (-30 dBFS). It
/// hears speech well down to -45 dBFS, so that a faint microphone has to be helped; above, it takes deep rumble, loud
/// breath and hum for voice.
const FED_RMS: f32 = 0.03;

/// No more than this (36 dB) is added: what is fainter is the converter's own noise.
const MOST_GAIN: f32 = 64.0;

/// No more than this (30 dB) is taken away: full scale comes to the level.
const LEAST_GAIN: f32 = FED_RMS;

/// How fast what was loud is forgotten, per hop: 30 dB in a second, so that a soft word soon after a loud one is heard.
const LOUD_KEPT_PER_HOP: f32 = 0.946;

/// How fast it is forgotten above the level: 60 dB in a second, so that after a bang, or a word next to the microphone, the soft
/// words that follow are heard at once. Steady noise stays as loud as it is.
const LOUDEST_KEPT_PER_HOP: f32 = 0.895;

/// The detector was made for rooms, in which nothing is quite silent: when it is fresh, or after digital silence,
/// it takes any noise for voice. So it is fed faint noise (-71 dBFS) beneath everything, and a second of that alone
/// before a recording.
const FAINT: f32 = 0.0005;
const PRIMED_HOPS: usize = 64;

/// Finds speech in a stream of mono samples at [`SAMPLE_RATE`] and cuts it at pauses.
///
/// Segments come in order and never overlap, also with their padding: no sample counts twice. Room noise and hum
/// are no speech at any level; a steady tone or buzz of a few hundred Hz, and deep rumble above -25 dBFS (wind in
/// the microphone), are taken for it.
pub struct Segmenter {
    detector: Box<Detector>,
    cutter: Cutter,
    /// Samples that do not fill a hop yet.
    pending: Vec<f32>,
    /// The hop as the detector gets it.
    fed: Vec<f32>,
    noise: Noise,
    /// The RMS of the loudest hop of late.
    loud: f32,
    voiced: bool,
}

impl Segmenter {
    /// A segmenter at the start of a recording.
    pub fn new(config: SegmenterConfig) -> Self {
        let mut segmenter = Self {
            detector: Detector::default_boxed(),
            cutter: Cutter::new(&config, HOP, SAMPLE_RATE),
            pending: Vec::with_capacity(HOP),
            fed: Vec::with_capacity(HOP),
            noise: Noise(1),
            loud: 0.0,
            voiced: false,
        };
        segmenter.begin();
        segmenter
    }

    /// Makes ready for the start of a recording.
    fn begin(&mut self) {
        self.detector.reset();
        self.noise = Noise(1);
        for _ in 0..PRIMED_HOPS {
            self.pending.clear();
            self.pending.resize(HOP, 0.0);
            self.is_voice();
        }
        self.pending.clear();
        self.loud = 0.0;
        self.voiced = false;
    }

    /// Takes the next samples, any number of them, and appends to `out` the segments that they close.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<Segment>) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(HOP - self.pending.len()));
            self.pending.extend(part.iter().map(|&s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
            rest = later;
            if self.pending.len() == HOP {
                self.voiced = self.is_voice();
                self.cutter.push(&self.pending, self.voiced, out);
                self.pending.clear();
            }
        }
    }

    /// Whether the hop in `pending` is voice.
    fn is_voice(&mut self) -> bool {
        let rms = (self.pending.iter().map(|s| s * s).sum::<f32>() / HOP as f32).sqrt();
        let kept = (self.loud * LOUDEST_KEPT_PER_HOP).max(self.loud.min(FED_RMS) * LOUD_KEPT_PER_HOP);
        self.loud = rms.max(kept);
        let gain = (FED_RMS / self.loud.max(f32::MIN_POSITIVE)).clamp(LEAST_GAIN, MOST_GAIN);
        self.fed.clear();
        let noise = &mut self.noise;
        self.fed.extend(self.pending.iter().map(|s| (s * gain + FAINT * noise.next()).clamp(-1.0, 1.0)));
        let score = self.detector.predict_f32(&self.fed);
        score >= if self.voiced { VOICE_LASTS } else { VOICE_BEGINS }
    }

    /// Ends the recording: takes the open rest, if somebody spoke in it, and is ready for a new recording.
    pub fn finish(&mut self) -> Option<Segment> {
        let segment = self.cutter.finish(&self.pending);
        self.begin();
        segment
    }

    /// A copy of the segment that is open, as [`Segmenter::finish`] would take it now. Once
    /// [`Segmenter::is_voiced`] says no it stays the same until somebody speaks again, so that it can be recognised
    /// ahead.
    pub fn open_segment(&self) -> Option<Segment> {
        self.cutter.open_segment()
    }

    /// The silence at the end of the open segment; `None` when none is open.
    pub fn quiet(&self) -> Option<Quiet> {
        self.cutter.quiet()
    }

    /// Whether the last whole hop was voice.
    pub(crate) fn hop_is_voiced(&self) -> bool {
        self.voiced
    }

    /// Whether somebody speaks, pauses shorter than the hangover included.
    pub fn is_voiced(&self) -> bool {
        self.cutter.is_voiced()
    }
}

/// White noise, the same for every recording: a linear congruential generator with the constants of Numerical Recipes.
struct Noise(u32);

impl Noise {
    /// -1.0..=1.0.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{decode_file, mono_16k};
    use tawk_core::microphone::ChannelChoice;

    const AUDIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/audio");

    fn clip(name: &str) -> Vec<f32> {
        mono_16k(&decode_file(format!("{AUDIO}/{name}").as_ref()).unwrap(), ChannelChoice::Loudest).unwrap()
    }

    fn folder(name: &str) -> Vec<String> {
        let files = std::fs::read_dir(format!("{AUDIO}/{name}")).unwrap();
        files.map(|f| format!("{name}/{}", f.unwrap().file_name().to_str().unwrap())).collect()
    }

    fn segments(samples: &[f32], piece: usize) -> Vec<Segment> {
        let mut segmenter = Segmenter::new(SegmenterConfig::default());
        let mut out = Vec::new();
        for part in samples.chunks(piece) {
            segmenter.push(part, &mut out);
        }
        out.extend(segmenter.finish());
        out
    }

    fn scaled(samples: &[f32], db: f32) -> Vec<f32> {
        samples.iter().map(|s| s * 10_f32.powf(db / 20.0)).collect()
    }

    fn noise(seconds: usize, level: f32, smooth: f32) -> Vec<f32> {
        let (mut source, mut last) = (Noise(7), 0.0);
        let mut next = || {
            last += smooth * (source.next() - last);
            level * last / smooth.sqrt()
        };
        (0..seconds * SAMPLE_RATE as usize).map(|_| next()).collect()
    }

    #[test]
    fn silence_noise_and_hum_are_no_speech_at_any_level() {
        for file in folder("silence") {
            for db in [0.0, -10.0, -20.0, -40.0] {
                assert_eq!(segments(&scaled(&clip(&file), db), 1000).len(), 0, "{file} at {db} dB");
            }
        }
    }

    #[test]
    fn noise_that_begins_is_no_speech() {
        for level in [0.001, 0.01, 0.05] {
            for smooth in [1.0, 0.3] {
                let mut sound = vec![0.0; 16_000];
                sound.extend(noise(4, level, smooth));
                assert_eq!(segments(&sound, 512), [], "level {level}, smooth {smooth}");
                assert_eq!(segments(&sound[16_000..], 512), [], "level {level}, smooth {smooth}, at once");
            }
        }
    }

    #[test]
    fn every_sentence_is_heard_also_from_a_faint_microphone() {
        for file in folder("heldout") {
            let clip = clip(&file);
            for db in [0.0, -20.0, -40.0] {
                let samples: usize = segments(&scaled(&clip, db), 1000).iter().map(|s| s.samples.len()).sum();
                // The clips have at most half a second of silence at either end.
                assert!(samples + 16_000 > clip.len() * 9 / 10, "{file} at {db} dB: {samples} of {}", clip.len());
            }
        }
    }

    #[test]
    fn a_single_short_word_is_heard() {
        // The first words of clips that begin with a short one, 0.2 and 0.3 s of voice with silence around.
        for file in ["demo/05.flac", "demo/00.flac", "long/06.flac", "demo/06.flac"] {
            let clip = clip(file);
            let begin = clip.iter().position(|s| s.abs() > 0.05).unwrap();
            for length in [3200, 4800] {
                let mut word = vec![0.0; 8000];
                word.extend(&clip[begin..begin + length]);
                word.extend([0.0; 8000]);
                let found = segments(&word, 777);
                assert_eq!(found.len(), 1, "{length} samples of {file}");
                assert!(
                    found[0].start <= 8000 && found[0].end() >= 8000 + length as u64,
                    "{file}: {:?}",
                    found[0].start
                );
            }
        }
    }

    #[test]
    fn the_size_of_the_pieces_does_not_matter() {
        let clip = clip("long/08.flac");
        let whole = segments(&clip, clip.len());
        assert!(whole.len() >= 2);
        for piece in [1, 100, 256, 4801] {
            assert_eq!(segments(&clip, piece), whole, "pieces of {piece}");
        }
    }

    #[test]
    fn an_hour_of_silence_keeps_no_memory() {
        let mut segmenter = Segmenter::new(SegmenterConfig::default());
        let mut out = Vec::new();
        for _ in 0..3600 {
            segmenter.push(&[0.0; SAMPLE_RATE as usize], &mut out);
            assert!(segmenter.cutter.kept_hops() < 40);
        }
        assert!(out.is_empty());
    }

    #[test]
    fn what_is_no_number_does_not_deafen_it() {
        let mut sound = [f32::NAN, f32::INFINITY, -1e30, 1e30].repeat(1000);
        let before = sound.len();
        sound.extend([0.0; 16_000]);
        sound.extend(clip("demo/01.flac"));
        let found = segments(&sound, 500);
        assert!(found.last().unwrap().end() as usize > before + 16_000 + 32_000);
    }

    #[test]
    fn it_says_when_somebody_speaks_and_can_be_used_again() {
        let clip = clip("demo/01.flac");
        let mut segmenter = Segmenter::new(SegmenterConfig::default());
        let mut rests = Vec::new();
        for _ in 0..2 {
            assert!(!segmenter.is_voiced());
            segmenter.push(&clip[..clip.len() / 2], &mut Vec::new());
            assert!(segmenter.is_voiced());
            segmenter.push(&clip[clip.len() / 2..], &mut Vec::new());
            segmenter.push(&[0.0; 8000], &mut Vec::new());
            assert!(!segmenter.is_voiced());
            rests.push(segmenter.finish());
        }
        assert_eq!(rests[0], rests[1]);
    }

    /// The 20 ms pieces of `clip` that are clearly voice: those within 20 dB of its loudest.
    fn loud(clip: &[f32]) -> Vec<usize> {
        let power = |piece: &[f32]| piece.iter().map(|s| s * s).sum::<f32>();
        let most = clip.chunks(320).map(power).fold(0.0, f32::max);
        (0..clip.len() / 320).filter(|n| power(&clip[n * 320..(n + 1) * 320]) > most / 100.0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Speech of any length with any pauses between: what is said is in the segments exactly once, in order, as it
        /// was recorded.
        #[test]
        fn what_is_said_is_heard_exactly_once(
            parts in prop::collection::vec((0usize..100, 0usize..60_000, 0.05f32..1.0), 1..9),
            piece in 100usize..5000,
        ) {
            let files = folder("heldout");
            let (mut sound, mut voiced) = (vec![0.0; 3_000], Vec::new());
            for (file, pause, gain) in parts {
                let clip = clip(&files[file % files.len()]);
                let from = sound.len();
                voiced.extend(loud(&clip).into_iter().map(|n| from + n * 320));
                sound.extend(clip.iter().map(|sample| sample * gain));
                sound.resize(sound.len() + pause, 0.0);
            }
            let found = segments(&sound, piece);
            for two in found.windows(2) {
                prop_assert!(two[0].end() <= two[1].start, "no sample counts twice");
            }
            for segment in &found {
                let (start, end) = (segment.start as usize, segment.end() as usize);
                prop_assert!(segment.samples[..] == sound[start..end], "its samples are those of its place");
            }
            for at in voiced {
                let covering = found.iter().filter(|s| s.start <= at as u64 && at as u64 + 320 <= s.end());
                let parted = found.windows(2).any(|two| two[0].end() == two[1].start && (at as u64..at as u64 + 320).contains(&two[0].end()));
                prop_assert!(parted || covering.count() == 1, "the voice at {} is lost", at);
            }
        }
    }
}
