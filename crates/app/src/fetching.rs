//! A model's download in the background.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::{Catalogue, Entry, ModelFolder, Origin};

use crate::message::Message;
use crate::shared::{Shared, locked};
use crate::status::{FetchState, Trouble};

/// Faces are told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// The download that runs or ran last.
pub(crate) struct Fetching {
    pub(crate) state: FetchState,
    pub(crate) abort: AbortSwitch,
}

impl Fetching {
    /// Starts downloading the model `id` on a thread of its own.
    pub(crate) fn start(shared: &Arc<Shared>, id: &str) -> Result<()> {
        let entry = find(id)?;
        let mut slot = locked(&shared.fetching);
        if let Some(running) = slot.as_ref().filter(|fetching| !fetching.state.finished) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{} is being downloaded. Wait for it or cancel it first.", running.state.id),
            ));
        }
        let abort = AbortSwitch::default();
        let state = FetchState { id: id.into(), done: 0, total: entry.bytes, finished: false, error: None };
        *slot = Some(Self { state, abort: abort.clone() });
        drop(slot);
        let unstarted = Arc::clone(shared);
        let shared = Arc::clone(shared);
        let spawned = thread::Builder::new().name("fetch".into()).spawn(move || {
            let mut told: Option<Instant> = None;
            let result = tawk_store::fetch(
                entry,
                &ModelFolder::new(&shared.folders),
                &Origin::publisher(),
                &mut |done, total| {
                    let due = told.is_none_or(|at| at.elapsed() >= TELL_EVERY);
                    if due {
                        told = Some(Instant::now());
                    }
                    tell(&shared, due, |state| (state.done, state.total) = (done, total));
                },
                &abort,
            );
            tell(&shared, true, |state| {
                state.finished = true;
                state.error = result.as_ref().err().map(Trouble::from);
            });
            shared.send(Message::Settings);
        });
        spawned.map(drop).map_err(|error| {
            *locked(&unstarted.fetching) = None;
            Error::new(
                ErrorKind::Internal,
                format!("A thread could not be started ({error}). Close other programs and try again."),
            )
        })
    }
}

fn tell(shared: &Shared, aloud: bool, change: impl FnOnce(&mut FetchState)) {
    let mut slot = locked(&shared.fetching);
    let Some(fetching) = slot.as_mut() else { return };
    change(&mut fetching.state);
    let state = fetching.state.clone();
    drop(slot);
    if aloud {
        shared.listener.fetch_changed(&state);
    }
}

/// The catalogue's entry for `id`.
///
/// # Errors
/// `NotFound`.
pub fn find(id: &str) -> Result<&'static Entry> {
    Catalogue::get().entry(id).filter(|entry| !entry.demo).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("“{id}” is not a model that can be downloaded. See tawk models list."))
    })
}
