//! One error type for the whole program: a kind that says what to do next, and a sentence.

use std::fmt;

/// The result of everything in Tawk that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, sorted by what the user can do about it.
///
/// The user interface and scripts switch on [`ErrorKind::code`] or [`ErrorKind::exit_code`], never
/// on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A fault of Tawk itself; report it.
    Internal,
    /// The command or a value given to it is wrong; correct it.
    Usage,
    /// A file or a named thing is not there; check the name.
    NotFound,
    /// A file is not what it should be (no audio, truncated, lying header); give another.
    BadInput,
    /// The settings hold a value that cannot be used; mend the named line.
    BadSettings,
    /// No model is installed that could recognise speech; fetch or import one.
    NoModel,
    /// The model file is damaged or foreign; remove it and fetch it again.
    BadModel,
    /// There is no microphone; connect one or choose another.
    NoMicrophone,
    /// The microphone is there but cannot be opened; close the program that holds it.
    MicrophoneBusy,
    /// The microphone went away while it was in use; connect it or choose another.
    MicrophoneLost,
    /// The microphone gave no voice; see that it is the right one and not muted.
    NothingHeard,
    /// The system does not let Tawk use the microphone; grant the permission.
    MicrophoneDenied,
    /// The system does not let Tawk type; grant the permission.
    TypingDenied,
    /// A password field or secure input holds the keyboard; paste the text elsewhere.
    SecureInput,
    /// The focus moved away from the window that was dictated into; paste the text where wanted.
    FocusMoved,
    /// There is no display to type into or show windows on.
    NoDisplay,
    /// The hotkey belongs to another program; choose another.
    HotkeyTaken,
    /// A file cannot be read or written (permission, full disk); make room or correct the access.
    Storage,
    /// The network or the server failed; try again.
    Network,
    /// Tawk is running already.
    AlreadyRunning,
    /// Tawk is not running; start it.
    NotRunning,
    /// The work was stopped on request.
    Aborted,
    /// This cannot be done on this system.
    Unsupported,
}

impl ErrorKind {
    /// Every kind, for documentation and for tests.
    pub const ALL: [ErrorKind; 23] = [
        ErrorKind::Internal,
        ErrorKind::Usage,
        ErrorKind::NotFound,
        ErrorKind::BadInput,
        ErrorKind::BadSettings,
        ErrorKind::NoModel,
        ErrorKind::BadModel,
        ErrorKind::NoMicrophone,
        ErrorKind::MicrophoneBusy,
        ErrorKind::MicrophoneLost,
        ErrorKind::NothingHeard,
        ErrorKind::MicrophoneDenied,
        ErrorKind::TypingDenied,
        ErrorKind::SecureInput,
        ErrorKind::FocusMoved,
        ErrorKind::NoDisplay,
        ErrorKind::HotkeyTaken,
        ErrorKind::Storage,
        ErrorKind::Network,
        ErrorKind::AlreadyRunning,
        ErrorKind::NotRunning,
        ErrorKind::Aborted,
        ErrorKind::Unsupported,
    ];

    /// The stable name that the user interface and `--json` output switch on.
    pub const fn code(self) -> &'static str {
        match self {
            ErrorKind::Internal => "internal",
            ErrorKind::Usage => "usage",
            ErrorKind::NotFound => "not-found",
            ErrorKind::BadInput => "bad-input",
            ErrorKind::BadSettings => "bad-settings",
            ErrorKind::NoModel => "no-model",
            ErrorKind::BadModel => "bad-model",
            ErrorKind::NoMicrophone => "no-microphone",
            ErrorKind::MicrophoneBusy => "microphone-busy",
            ErrorKind::MicrophoneLost => "microphone-lost",
            ErrorKind::NothingHeard => "nothing-heard",
            ErrorKind::MicrophoneDenied => "microphone-denied",
            ErrorKind::TypingDenied => "typing-denied",
            ErrorKind::SecureInput => "secure-input",
            ErrorKind::FocusMoved => "focus-moved",
            ErrorKind::NoDisplay => "no-display",
            ErrorKind::HotkeyTaken => "hotkey-taken",
            ErrorKind::Storage => "storage",
            ErrorKind::Network => "network",
            ErrorKind::AlreadyRunning => "already-running",
            ErrorKind::NotRunning => "not-running",
            ErrorKind::Aborted => "aborted",
            ErrorKind::Unsupported => "unsupported",
        }
    }

    /// The exit code of the command line for this kind. 0 is success and 2 is a wrong command, as
    /// everywhere; the others are Tawk's own and listed in `tawk --help`.
    pub const fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Internal | ErrorKind::Unsupported => 1,
            ErrorKind::Usage => 2,
            ErrorKind::NotFound | ErrorKind::BadInput => 3,
            ErrorKind::NoModel | ErrorKind::BadModel => 4,
            ErrorKind::NoMicrophone
            | ErrorKind::MicrophoneBusy
            | ErrorKind::MicrophoneLost
            | ErrorKind::NothingHeard => 5,
            ErrorKind::MicrophoneDenied | ErrorKind::TypingDenied => 6,
            ErrorKind::NoDisplay | ErrorKind::HotkeyTaken => 7,
            ErrorKind::SecureInput | ErrorKind::FocusMoved => 8,
            ErrorKind::Storage => 9,
            ErrorKind::Network => 10,
            ErrorKind::BadSettings => 11,
            ErrorKind::AlreadyRunning | ErrorKind::NotRunning => 12,
            ErrorKind::Aborted => 130,
        }
    }
}

/// What went wrong, and a sentence for the user that says so and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What the user can do about it.
    pub kind: ErrorKind,
    /// One or two whole sentences. Never contains a transcript.
    pub message: String,
}

impl Error {
    /// Makes an error of `kind`; `message` is a sentence that ends with what to do next.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique() {
        let codes: HashSet<_> = ErrorKind::ALL.iter().map(|k| k.code()).collect();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn no_error_exits_with_success() {
        assert!(ErrorKind::ALL.iter().all(|k| k.exit_code() != 0));
    }
}
