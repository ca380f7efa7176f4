//! [`Transcribers`] and [`Transcriber`] over whisper.cpp.

use std::ffi::CString;
use std::fs::File;
use std::io::{BufReader, ErrorKind as IoKind};
use std::path::Path;

use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, FULL_ENCODER_WINDOW, Recognition, RecognitionRequest, suspicion};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use crate::doubt::{is_doubtful, is_loop};
use crate::engine::{Engine, Failure, Output, Run, is_language};
use crate::loader::Loader;
use crate::model_file::{self, Fault};
use crate::threads::free_threads;
use crate::window::window_for;
use crate::{annotation, default_threads, graphics, log, pieces};

/// Whisper returns nothing for clips of less than a second (whisper.cpp issue 2065); shorter ones are filled up
/// with silence to this.
const LEAST_SAMPLES: usize = SAMPLE_RATE as usize * 11 / 10;

/// Sound whose every sample is below this (-74 dBFS) is silence: of speech that faint, 16 bits leave a few steps.
const SILENCE_PEAK: f32 = 0.0002;

/// A piece whose peak is below this (-3 dBFS) is raised to it: Whisper's features depend on the level, and what it
/// was trained on was not faint.
const RAISED_PEAK: f32 = 0.7;

/// How many tokens of what came before are passed on. Whisper takes up to 223; a few sentences say as much.
const MOST_PROMPT_TOKENS: usize = 120;

/// The most tokens that whisper.cpp decodes in a run (half its text window, less four).
const MOST_TOKENS: usize = 220;

/// Loads models with whisper.cpp.
#[derive(Clone, Debug)]
pub struct WhisperTranscribers {
    threads: usize,
}

impl WhisperTranscribers {
    /// Recognition with [`default_threads`].
    pub fn new() -> Self {
        Self::with_threads(default_threads())
    }

    /// Recognition with `threads` threads, at least one.
    pub fn with_threads(threads: usize) -> Self {
        Self { threads: threads.max(1) }
    }

    /// As [`Transcribers::load`], with the type known.
    ///
    /// # Errors
    /// As there.
    pub fn load_model(&self, path: &Path, progress: &mut dyn FnMut(f32)) -> Result<WhisperTranscriber> {
        log::install();
        let file = File::open(path).map_err(|error| match error.kind() {
            IoKind::NotFound => Error::new(
                ErrorKind::NotFound,
                format!("There is no model file {}. Fetch a model with tawk models fetch.", path.display()),
            ),
            _ => unreadable(path, &error),
        })?;
        let about = file.metadata().map_err(|error| unreadable(path, &error))?;
        if !about.is_file() {
            return Err(bad_model(path, "it is not a file"));
        }
        let mut file = BufReader::with_capacity(1 << 16, file);
        let model = model_file::check(&mut file, about.len()).map_err(|fault| match fault {
            Fault::Foreign(why) => bad_model(path, why),
            Fault::Truncated => bad_model(path, "it is cut short"),
            Fault::Io(error) => unreadable(path, &error),
        })?;
        let loader = Loader::new(&mut file, about.len(), progress);
        let engine = Engine::load(loader, graphics::USED).map_err(|failure| match failure {
            Failure::Io(error) => unreadable(path, &error),
            Failure::NoState => Error::new(
                ErrorKind::BadModel,
                "There is not enough memory to run this model. Close other programs or choose a smaller model.",
            ),
            Failure::BadModel | Failure::Refused(_) => bad_model(path, "whisper.cpp cannot use it"),
        })?;
        progress(1.0);
        Ok(WhisperTranscriber { engine, takes_prompts: model.takes_prompts, threads: self.threads, padded: Vec::new() })
    }
}

impl Default for WhisperTranscribers {
    fn default() -> Self {
        Self::new()
    }
}

impl Transcribers for WhisperTranscribers {
    fn load(&self, path: &Path, progress: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        Ok(Box::new(self.load_model(path, progress)?))
    }
}

/// A loaded Whisper model.
///
/// Decodes greedily, without timestamps and without memory of earlier runs, so that the same samples and request
/// always give the same text. Clips of more than 28 s are cut at their quietest places and recognised piece by
/// piece. Memory does not grow with the number of runs.
pub struct WhisperTranscriber {
    engine: Engine,
    takes_prompts: bool,
    threads: usize,
    /// The present piece with its silence after it; kept to spare allocation.
    padded: Vec<f32>,
}

impl WhisperTranscriber {
    /// Whether the model hears other languages than English. If not, the request's language is not looked at.
    pub fn is_multilingual(&self) -> bool {
        self.engine.is_multilingual()
    }

    /// Recognises what fits into one window. `None` when it is silence.
    fn piece(
        &mut self,
        samples: &[f32],
        language: Option<&CString>,
        prompt: &str,
        asked: Option<u32>,
        abort: &AbortSwitch,
    ) -> Result<Option<Piece>> {
        let peak = samples.iter().filter(|s| s.is_finite()).fold(0.0_f32, |peak, s| peak.max(s.abs()));
        if peak < SILENCE_PEAK {
            return Ok(None);
        }
        let gain = (RAISED_PEAK / peak).max(1.0);
        let most = if self.takes_prompts { MOST_PROMPT_TOKENS } else { 0 };
        let tokens = self.engine.tokenize(prompt, most);
        self.padded.clear();
        self.padded.extend(samples.iter().map(|&s| if s.is_finite() { (s * gain).clamp(-1.0, 1.0) } else { 0.0 }));
        self.padded.resize(samples.len().max(LEAST_SAMPLES), 0.0);
        let seconds = samples.len() / SAMPLE_RATE as usize + 1;
        let first = Run {
            language: language.map(CString::as_c_str),
            prompt: &tokens,
            window: window_for(samples.len(), asked),
            // Several times as many as anyone speaks, in any script: only a loop gets there.
            max_tokens: (40 + 20 * seconds).min(MOST_TOKENS),
            threads: free_threads(self.threads),
            retry: false,
        };
        let mut output = self.engine.run(&self.padded, &first, abort.flag()).map_err(|e| failed(&e, abort))?;
        let mut runs = 1;
        if is_doubtful(&output, first.max_tokens) {
            // A small window and a prompt are what makes the decoder loop, so it gets neither.
            let again = Run { prompt: &[], window: FULL_ENCODER_WINDOW, retry: true, ..first };
            let other = self.engine.run(&self.padded, &again, abort.flag()).map_err(|e| failed(&e, abort))?;
            output = better(output, other, again.max_tokens);
            runs += 1;
        }
        let text = annotation::strip(&output.text);
        let log_probability = output.log_probability.filter(|_| !text.is_empty());
        // One more token to decode, so only where it may decide.
        let asks = suspicion(&text, prompt, log_probability).is_some();
        let no_speech = if asks { self.engine.no_speech(first.threads) } else { None };
        Ok(Some(Piece { text, log_probability, no_speech, runs }))
    }
}

/// What was understood of a piece.
struct Piece {
    text: String,
    log_probability: Option<f32>,
    no_speech: Option<f32>,
    runs: u32,
}

/// Which of two answers to keep: one that is no loop, then the more likely.
fn better(first: Output, second: Output, max_tokens: usize) -> Output {
    let loops = (is_loop(&first, max_tokens), is_loop(&second, max_tokens));
    let likely = first.log_probability > second.log_probability;
    match loops {
        (false, true) => first,
        (false, false) if likely && !second.text.trim().is_empty() => first,
        _ => second,
    }
}

impl Transcriber for WhisperTranscriber {
    fn transcribe(
        &mut self,
        samples: &[f32],
        request: &RecognitionRequest,
        abort: &AbortSwitch,
    ) -> Result<Recognition> {
        let language = language_of(request, self.is_multilingual())?;
        let mut texts: Vec<String> = Vec::new();
        let mut whole = Recognition::default();
        for piece in pieces::pieces(samples) {
            if abort.is_aborted() {
                return Err(aborted());
            }
            let prompt = if texts.is_empty() {
                request.prompt.clone()
            } else {
                format!("{} {}", request.prompt, texts.join(" "))
            };
            let heard = self.piece(&samples[piece], language.as_ref(), &prompt, request.encoder_window, abort)?;
            let Some(piece) = heard else { continue };
            // Of several pieces the least sure one speaks for all.
            whole.log_probability = least(whole.log_probability, piece.log_probability);
            whole.no_speech = least(whole.no_speech, piece.no_speech);
            whole.runs += piece.runs;
            texts.push(piece.text);
        }
        let code = if self.is_multilingual() { request.language.as_deref() } else { Some("en") };
        whole.text = tawk_core::text::join(&texts, code);
        Ok(whole)
    }
}

fn least(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    a.into_iter().chain(b).reduce(f32::min)
}

/// The language to tell whisper.cpp; `None` to let it detect one. A model that hears English only is told so.
fn language_of(request: &RecognitionRequest, multilingual: bool) -> Result<Option<CString>> {
    if !multilingual {
        return Ok(Some(c"en".to_owned()));
    }
    let Some(code) = request.language.as_deref().filter(|code| *code != "auto" && !code.is_empty()) else {
        return Ok(None);
    };
    CString::new(code).ok().filter(|code| is_language(code)).map(Some).ok_or_else(|| {
        Error::new(
            ErrorKind::BadSettings,
            format!("Whisper does not know the language “{code}”. Use auto or a code such as en or de."),
        )
    })
}

fn failed(failure: &Failure, abort: &AbortSwitch) -> Error {
    if abort.is_aborted() {
        return aborted();
    }
    let why = match failure {
        Failure::Refused(code) => format!("code {code}"),
        other => format!("{other:?}"),
    };
    Error::new(ErrorKind::Internal, format!("Recognition failed ({why}). Try again; if it stays so, report it."))
}

fn aborted() -> Error {
    Error::new(ErrorKind::Aborted, "The recognition was stopped.")
}

fn bad_model(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::BadModel,
        format!("{} is not a usable model: {why}. Remove it and fetch it again.", path.display()),
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("{} cannot be read ({error}). Check its permissions.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_checked_for_models_that_hear_several() {
        log::install();
        let of = |code: &str, multilingual| {
            let request = RecognitionRequest { language: Some(code.into()), ..Default::default() };
            language_of(&request, multilingual).map_err(|error| error.kind)
        };
        assert_eq!(of("de", true), Ok(Some(c"de".to_owned())));
        assert_eq!(of("auto", true), Ok(None));
        assert_eq!(of("", true), Ok(None));
        for unknown in ["klingon", "d\0e", "xx"] {
            assert_eq!(of(unknown, true), Err(ErrorKind::BadSettings));
            assert_eq!(of(unknown, false), Ok(Some(c"en".to_owned())));
        }
        for known in tawk_core::settings::LANGUAGES {
            assert!(of(known, true).is_ok(), "{known}");
        }
    }
}
