//! The reader's end of an open microphone.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rtrb::Consumer;
use tawk_core::microphone::{Microphone, StreamFormat};
use tawk_core::ports::InputStream;
use tawk_core::{Error, ErrorKind, Result};

use super::shared::{Fault, Shared};

/// A microphone from which nothing comes any more for so long is lost, whatever the system says: a hung sound server, a
/// device that sleeps. Every device delivers several times a second, and a machine that is merely busy catches up within
/// less. The first sound may take longer: a Mac withholds it until the user has answered its prompt.
const STALL: Duration = Duration::from_secs(1);

/// An open microphone. The stream itself belongs to the `devices` thread, which drops it when this is dropped;
/// nobody waits for that, since stopping a device takes longer than a user should wait for the text.
pub(super) struct CpalInput {
    format: StreamFormat,
    microphone: Microphone,
    ring: Consumer<f32>,
    shared: Arc<Shared>,
    handed_out_until: Option<Instant>,
    /// When the last frames were there.
    fed: Instant,
}

impl CpalInput {
    pub(super) fn new(format: StreamFormat, microphone: Microphone, ring: Consumer<f32>, shared: Arc<Shared>) -> Self {
        Self { format, microphone, ring, shared, handed_out_until: None, fed: Instant::now() }
    }

    /// Moves all frames out of the ring.
    fn take(&mut self, out: &mut Vec<f32>) -> usize {
        // Read before the ring: the samples up to this moment are then surely among those popped.
        let until = self.shared.captured_until();
        let channels = usize::from(self.format.channels);
        let frames = self.ring.slots() / channels;
        if let Ok(chunk) = self.ring.read_chunk(frames * channels) {
            let (older, newer) = chunk.as_slices();
            out.extend_from_slice(older);
            out.extend_from_slice(newer);
            chunk.commit_all();
        }
        self.handed_out_until = until;
        frames
    }

    fn lost(&self, fault: Fault) -> Error {
        let name = &self.microphone.name;
        let message = match fault {
            Fault::DeviceGone => format!("{name} went away. Connect it again or choose another microphone."),
            Fault::Stalled => {
                format!("{name} stopped delivering sound. Connect it again or choose another microphone.")
            }
            Fault::FormatChanged => format!("{name} changed the form of its sound. Start again."),
            Fault::StreamBroken => {
                format!(
                    "The sound system stopped listening to {name}. Start again; if that fails, restart the sound server."
                )
            }
        };
        Error::new(ErrorKind::MicrophoneLost, message)
    }
}

impl InputStream for CpalInput {
    fn format(&self) -> StreamFormat {
        self.format
    }

    fn microphone(&self) -> &Microphone {
        &self.microphone
    }

    fn read(&mut self, out: &mut Vec<f32>, wait: Duration) -> Result<usize> {
        for attempt in 0..2 {
            // Looked at before the ring: what was pushed before the fault is handed out before the error.
            let fault = self.shared.fault();
            let frames = self.take(out);
            if frames > 0 {
                self.fed = Instant::now();
                return Ok(frames);
            }
            if let Some(fault) = fault {
                return Err(self.lost(fault));
            }
            if self.handed_out_until.is_some() && self.fed.elapsed() > STALL {
                self.shared.fail(Fault::Stalled);
                return Err(self.lost(Fault::Stalled));
            }
            if attempt == 0 {
                thread::park_timeout(wait);
            }
        }
        Ok(0)
    }

    fn captured_until(&self) -> Option<Instant> {
        self.handed_out_until
    }

    fn is_outdated(&self) -> bool {
        self.shared.fault() == Some(Fault::FormatChanged)
    }

    fn overruns(&self) -> u64 {
        self.shared.overruns()
    }
}

impl Drop for CpalInput {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::{Producer, RingBuffer};

    fn input() -> (CpalInput, Producer<f32>, Arc<Shared>) {
        let (producer, consumer) = RingBuffer::new(64);
        let shared = Arc::new(Shared::new(thread::current()));
        let microphone =
            Microphone { id: "pulseaudio:mic_a".into(), name: "Desk".into(), is_default: true, is_bluetooth: false };
        let format = StreamFormat { rate: 16_000, channels: 2 };
        (CpalInput::new(format, microphone, consumer, Arc::clone(&shared)), producer, shared)
    }

    #[test]
    fn reading_takes_everything_and_moves_the_clock() {
        let (mut input, mut producer, shared) = input();
        assert_eq!(input.captured_until(), None);
        producer.push_entire_slice(&[0.1, 0.2, 0.3, 0.4]).unwrap();
        shared.heard(Duration::ZERO, 0);
        assert_eq!(input.captured_until(), None, "nothing was handed out yet");
        let mut out = vec![9.0];
        assert_eq!(input.read(&mut out, Duration::ZERO).unwrap(), 2);
        assert_eq!(out, [9.0, 0.1, 0.2, 0.3, 0.4]);
        assert!(input.captured_until().is_some());
    }

    #[test]
    fn waiting_ends_with_the_first_samples() {
        let (mut input, mut producer, shared) = input();
        let callback = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            producer.push_entire_slice(&[0.1, 0.2]).unwrap();
            shared.heard(Duration::ZERO, 0);
        });
        let started = Instant::now();
        assert_eq!(input.read(&mut Vec::new(), Duration::from_secs(20)).unwrap(), 1);
        assert!(started.elapsed() < Duration::from_secs(10));
        callback.join().unwrap();
    }

    #[test]
    fn an_unpark_by_somebody_else_ends_the_wait_without_samples() {
        let (mut input, _producer, _shared) = input();
        thread::current().unpark();
        let started = Instant::now();
        assert_eq!(input.read(&mut Vec::new(), Duration::from_secs(20)).unwrap(), 0);
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn what_was_heard_comes_before_the_loss() {
        let (mut input, mut producer, shared) = input();
        producer.push_entire_slice(&[0.1, 0.2]).unwrap();
        shared.fail(Fault::DeviceGone);
        assert_eq!(input.read(&mut Vec::new(), Duration::from_secs(20)).unwrap(), 1);
        let error = input.read(&mut Vec::new(), Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::MicrophoneLost);
        assert!(error.message.contains("Desk"));
    }

    #[test]
    fn a_change_of_format_is_a_loss_that_opening_again_mends() {
        let (mut input, _producer, shared) = input();
        assert!(!input.is_outdated());
        shared.fail(Fault::FormatChanged);
        let error = input.read(&mut Vec::new(), Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::MicrophoneLost);
        assert!(input.is_outdated());
    }

    #[test]
    fn a_microphone_that_says_nothing_any_more_is_lost() {
        let (mut input, mut producer, shared) = input();
        producer.push_entire_slice(&[0.1, 0.2]).unwrap();
        shared.heard(Duration::ZERO, 0);
        assert_eq!(input.read(&mut Vec::new(), Duration::ZERO).unwrap(), 1);
        let started = Instant::now();
        let error = loop {
            match input.read(&mut Vec::new(), Duration::from_millis(100)) {
                Ok(frames) => assert_eq!(frames, 0),
                Err(error) => break error,
            }
            assert!(started.elapsed() < 5 * STALL, "the stall was not noticed");
        };
        assert!(started.elapsed() >= STALL);
        assert_eq!(error.kind, ErrorKind::MicrophoneLost);
        assert!(shared.is_over(), "the stream is given up");
    }

    #[test]
    fn dropping_the_reader_ends_the_stream() {
        let (input, _producer, shared) = input();
        drop(input);
        assert!(shared.is_over());
    }
}
