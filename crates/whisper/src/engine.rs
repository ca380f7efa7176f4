//! whisper.cpp's context and state as one owned thing.
//!
//! whisper-rs' own wrapper leaks every language and prompt that it is given, and its abort callback is unsound
//! (`set_abort_callback_safe` of 0.16 casts a boxed trait object to the closure's type), so this calls its bindings.

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

use whisper_rs::whisper_rs_sys as sys;

use crate::loader::Loader;

/// whisper.cpp splits prompts with a recursive regular expression; this many characters at the end are plenty.
const MOST_PROMPT_CHARACTERS: usize = 1000;

/// A loaded model with the memory for one run at a time.
pub(crate) struct Engine {
    context: NonNull<sys::whisper_context>,
    state: NonNull<sys::whisper_state>,
}

/// How one run is to be done.
pub(crate) struct Run<'a> {
    /// A language that whisper.cpp knows; `None` to detect it.
    pub(crate) language: Option<&'a CStr>,
    /// Tokens of the text before.
    pub(crate) prompt: &'a [i32],
    /// The encoder window in units of 20 ms.
    pub(crate) window: u32,
    /// Decoding ends after so many tokens.
    pub(crate) max_tokens: usize,
    /// The number of threads.
    pub(crate) threads: usize,
    /// Whether to try again with more and more chance when the text looks bad.
    pub(crate) retry: bool,
}

/// What came out of a run.
pub(crate) struct Output {
    /// The text as whisper.cpp wrote it; broken characters at a token limit are replaced.
    pub(crate) text: String,
    /// The text's tokens.
    pub(crate) tokens: Vec<i32>,
    /// The mean natural logarithm of their probabilities, the end of the text included; `None` without any.
    pub(crate) log_probability: Option<f32>,
}

/// Why a run or a load gave nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// whisper.cpp refused; its code.
    Refused(c_int),
    /// There is not enough memory for the state.
    NoState,
    /// The model was refused while it was read.
    BadModel,
    /// Reading the file failed.
    Io(std::io::Error),
}

#[allow(unsafe_code)]
// SAFETY: context and state are owned by this value alone, every use takes `&self` for what is read only or `&mut
// self`, and whisper.cpp keeps nothing in thread-local storage.
unsafe impl Send for Engine {}

impl Engine {
    /// Reads a model; `loader` must give a file that [`crate::model_file::check`] has passed.
    pub(crate) fn load(mut loader: Loader<'_>, use_gpu: bool) -> Result<Self, Failure> {
        #[allow(unsafe_code)]
        // SAFETY: takes no arguments and returns a plain struct.
        let mut params = unsafe { sys::whisper_context_default_params() };
        params.use_gpu = use_gpu;
        params.flash_attn = true;
        #[allow(unsafe_code)]
        // SAFETY: the loader and its C struct live until this returns, and whisper.cpp does not keep them.
        let context = loader.lend(|raw| unsafe { sys::whisper_init_with_params_no_state(raw, params) });
        let context = NonNull::new(context);
        if let Some(error) = loader.fault() {
            free_context(context);
            return Err(Failure::Io(error));
        }
        let context = context.ok_or(Failure::BadModel)?;
        #[allow(unsafe_code)]
        // SAFETY: the context is valid; the state is freed before it (see Drop).
        let state = unsafe { sys::whisper_init_state(context.as_ptr()) };
        match NonNull::new(state) {
            Some(state) => Ok(Self { context, state }),
            None => {
                free_context(Some(context));
                Err(Failure::NoState)
            }
        }
    }

    /// Whether the model hears other languages than English.
    pub(crate) fn is_multilingual(&self) -> bool {
        #[allow(unsafe_code)]
        // SAFETY: the context is valid.
        unsafe {
            sys::whisper_is_multilingual(self.context.as_ptr()) != 0
        }
    }

    /// The last `most` tokens of `text`. Nothing in the text becomes a special token; NULs are left out.
    pub(crate) fn tokenize(&self, text: &str, most: usize) -> Vec<i32> {
        let skipped = text.chars().count().saturating_sub(MOST_PROMPT_CHARACTERS);
        let clean: String = text.chars().skip(skipped).filter(|&c| c != '\0').collect();
        let Ok(clean) = CString::new(clean) else { return Vec::new() };
        // A token is at least one byte.
        let mut tokens = vec![0; clean.as_bytes().len()];
        #[allow(unsafe_code)]
        // SAFETY: the context is valid, the text ends with NUL and `tokens` has room for what is announced.
        let (count, end_of_text) = unsafe {
            let context = self.context.as_ptr();
            let room = tokens.len() as c_int;
            (sys::whisper_tokenize(context, clean.as_ptr(), tokens.as_mut_ptr(), room), sys::whisper_token_eot(context))
        };
        tokens.truncate(usize::try_from(count).unwrap_or(0));
        tokens.retain(|&token| token < end_of_text);
        tokens.split_off(tokens.len().saturating_sub(most))
    }

    /// Runs the model over `samples`, which must fit into the window. When `abort` becomes true the run fails
    /// after the present encode or token; the engine can be used again.
    pub(crate) fn run(&mut self, samples: &[f32], run: &Run<'_>, abort: &AtomicBool) -> Result<Output, Failure> {
        #[allow(unsafe_code)]
        // SAFETY: takes a constant and returns a plain struct.
        let mut params =
            unsafe { sys::whisper_full_default_params(sys::whisper_sampling_strategy_WHISPER_SAMPLING_GREEDY) };
        params.n_threads = run.threads as c_int;
        params.no_context = true;
        params.no_timestamps = true;
        params.single_segment = true;
        params.print_progress = false;
        params.print_timestamps = false;
        params.max_tokens = run.max_tokens as c_int;
        params.audio_ctx = run.window as c_int;
        params.greedy.best_of = 1;
        params.temperature_inc = if run.retry { 0.4 } else { 0.0 };
        // whisper.cpp drops a text by a probability that it reads from a row which was not filled: see `no_speech`.
        params.no_speech_thold = f32::INFINITY;
        params.language = run.language.map_or(std::ptr::null(), CStr::as_ptr);
        if !run.prompt.is_empty() {
            params.prompt_tokens = run.prompt.as_ptr();
            params.prompt_n_tokens = run.prompt.len() as c_int;
        }
        params.abort_callback = Some(is_aborted);
        params.abort_callback_user_data = std::ptr::from_ref(abort).cast_mut().cast();
        let length = c_int::try_from(samples.len()).unwrap_or(c_int::MAX);
        #[allow(unsafe_code)]
        // SAFETY: context and state are valid and borrowed exclusively. What `params` points to (language, prompt,
        // switch) and the samples outlive the call, and whisper.cpp keeps none of it.
        let code = unsafe {
            sys::whisper_full_with_state(self.context.as_ptr(), self.state.as_ptr(), params, samples.as_ptr(), length)
        };
        if code == 0 { Ok(self.output()) } else { Err(Failure::Refused(code)) }
    }

    /// How likely the model takes it that nobody speaks in what [`Engine::run`] heard last, 0.0..=1.0; costs the decoding of a
    /// token.
    ///
    /// OpenAI reads it behind the token that starts a transcript (whisper/decoding.py, `sot_index`). whisper.cpp 1.8.3
    /// reads the first row of the logits, which is that one only if the prompt is a single token; without timestamps it
    /// never is, and the row then holds what was there before. So it is asked for here, with that token alone. Measured
    /// with the fixture model: 0.72 to 0.79 on silence, noise and hum, at most 0.0012 on speech.
    pub(crate) fn no_speech(&mut self, threads: usize) -> Option<f32> {
        #[allow(unsafe_code)]
        // SAFETY: context and state are valid and borrowed exclusively. The state holds the encoded sound of the last run; the
        // decoder writes a row of `n_vocab` logits for the last of the tokens, here the only one, and nothing else
        // touches them before they are copied.
        let (logits, nobody) = unsafe {
            let context = self.context.as_ptr();
            let start = sys::whisper_token_sot(context);
            let threads = threads as c_int;
            if sys::whisper_decode_with_state(context, self.state.as_ptr(), &raw const start, 1, 0, threads) != 0 {
                return None;
            }
            let logits = sys::whisper_get_logits_from_state(self.state.as_ptr());
            let count = usize::try_from(sys::whisper_n_vocab(context)).unwrap_or(0);
            if logits.is_null() || count == 0 {
                return None;
            }
            (std::slice::from_raw_parts(logits, count).to_vec(), sys::whisper_token_nosp(context))
        };
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
        let nobody = logits.get(usize::try_from(nobody).ok()?)?;
        Some((nobody - most).exp() / all).filter(|probability| probability.is_finite())
    }

    fn output(&mut self) -> Output {
        let (mut bytes, mut tokens, mut logarithms) = (Vec::new(), Vec::new(), Vec::new());
        #[allow(unsafe_code)]
        // SAFETY: context and state are valid, the indices are below the counts that whisper.cpp gives for them,
        // and the text is copied before anything else touches the state.
        unsafe {
            let state = self.state.as_ptr();
            let end_of_text = sys::whisper_token_eot(self.context.as_ptr());
            for segment in 0..sys::whisper_full_n_segments_from_state(state) {
                let text = sys::whisper_full_get_segment_text_from_state(state, segment);
                if !text.is_null() {
                    bytes.extend_from_slice(CStr::from_ptr(text).to_bytes());
                }
                for token in 0..sys::whisper_full_n_tokens_from_state(state, segment) {
                    let token = sys::whisper_full_get_token_data_from_state(state, segment, token);
                    tokens.push(token.id);
                    logarithms.push(token.plog);
                }
            }
            tokens.retain(|&token| token < end_of_text);
        }
        let count = logarithms.len() as f32;
        let log_probability = (count > 0.0).then(|| logarithms.iter().sum::<f32>() / count);
        Output { text: String::from_utf8_lossy(&bytes).into_owned(), tokens, log_probability }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        #[allow(unsafe_code)]
        // SAFETY: both are valid and nobody uses them after this; the state goes first.
        unsafe {
            sys::whisper_free_state(self.state.as_ptr());
        }
        free_context(Some(self.context));
    }
}

fn free_context(context: Option<NonNull<sys::whisper_context>>) {
    if let Some(context) = context {
        #[allow(unsafe_code)]
        // SAFETY: the context came from whisper.cpp, and the caller gives it up.
        unsafe {
            sys::whisper_free(context.as_ptr());
        }
    }
}

/// What whisper.cpp asks after each encode and each token.
#[allow(unsafe_code)]
unsafe extern "C" fn is_aborted(flag: *mut c_void) -> bool {
    // SAFETY: the pointer is that of the `&AtomicBool` of `Engine::run`, which outlives the run.
    unsafe { (*flag.cast::<AtomicBool>()).load(Ordering::Acquire) }
}

/// Whether whisper.cpp knows `code` as a language.
pub(crate) fn is_language(code: &CStr) -> bool {
    #[allow(unsafe_code)]
    // SAFETY: the string ends with NUL; the answer is a number.
    unsafe {
        sys::whisper_lang_id(code.as_ptr()) >= 0
    }
}
