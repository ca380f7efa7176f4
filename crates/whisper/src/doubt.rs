//! Whether what the decoder wrote looks like a text at all, so that it is not run again in vain.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tawk_core::recognition::DOUBTFUL_LOG_PROBABILITY;

use crate::engine::Output;

/// OpenAI's `compression_ratio_threshold` (whisper/transcribe.py): a text that zlib makes smaller than by this repeats
/// itself.
const MOST_COMPRESSION: f32 = 2.4;

/// Whether `output` is to be tried again with the full window: its decoder ran in circles or into the bound of tokens, its
/// text repeats itself, or it is unlikely.
///
/// The fixture model's probabilities mean something too: -0.37 to 0 was measured on its 100 held-out clips, -0.26 to
/// -0.94 on human speech whose words it does not know.
pub(crate) fn is_doubtful(output: &Output, max_tokens: usize) -> bool {
    is_loop(output, max_tokens)
        || compression_ratio(&output.text) > MOST_COMPRESSION
        || output.log_probability.is_some_and(|mean| mean < DOUBTFUL_LOG_PROBABILITY)
}

/// Whether the decoder ran in circles: it reached the limit, or its end is one phrase four times and more over a
/// dozen tokens.
pub(crate) fn is_loop(output: &Output, max_tokens: usize) -> bool {
    let tokens = &output.tokens;
    let circles = |period: usize| {
        let repeated = tokens.iter().rev().zip(tokens.iter().rev().skip(period)).take_while(|(a, b)| a == b).count();
        repeated >= 3 * period && repeated + period >= 12
    };
    tokens.len() >= max_tokens || (1..=tokens.len() / 4).any(circles)
}

/// How many times smaller zlib makes the text, measured as OpenAI does: whisper/utils.py, `compression_ratio`.
fn compression_ratio(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    match encoder.write_all(text.trim().as_bytes()).and_then(|()| encoder.finish()) {
        Ok(packed) => text.trim().len() as f32 / packed.len().max(1) as f32,
        Err(_) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(tokens: &[i32]) -> Output {
        Output { text: String::new(), tokens: tokens.to_vec(), log_probability: None }
    }

    fn written(text: &str, log_probability: f32) -> Output {
        Output { text: text.into(), tokens: vec![1, 2, 3], log_probability: Some(log_probability) }
    }

    #[test]
    fn circles_are_seen_and_speech_is_not() {
        assert!(is_loop(&output(&[7; 20]), 100));
        assert!(is_loop(&output(&[9, 9, 9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]), 100));
        assert!(is_loop(&output(&(0..50).collect::<Vec<_>>()), 50));
        assert!(!is_loop(&output(&(0..49).collect::<Vec<_>>()), 50));
        assert!(!is_loop(&output(&[5, 5, 5, 5, 5, 5]), 100), "no, no, no is speech");
        assert!(!is_loop(&output(&[]), 100));
    }

    #[test]
    fn texts_that_repeat_themselves_are_seen() {
        // Python's zlib gives 6.3 and 1.4; this one packs short texts less tightly.
        let ratio = compression_ratio(&"I am going to the king. ".repeat(9));
        assert!(ratio > 4.0, "{ratio}");
        let speech = "I went to the station because the train was late, and then I waited for an hour until it came, \
                      which was not what I had planned when I left the house in the morning.";
        assert!((1.0..1.8).contains(&compression_ratio(speech)), "{}", compression_ratio(speech));
        assert!(compression_ratio("") < 0.1 && compression_ratio("No, no, no.") < 1.0);
    }

    #[test]
    fn unlikely_texts_are_doubtful() {
        assert!(is_doubtful(&written("Good morning.", -1.01), 100));
        assert!(!is_doubtful(&written("Good morning.", -0.99), 100));
        assert!(!is_doubtful(&Output { log_probability: None, ..written("", 0.0) }, 100));
        assert!(is_doubtful(&written(&"I am going to the king. ".repeat(9), -0.1), 100));
    }
}
