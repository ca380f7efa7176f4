//! From a decoded file to segments in one call.

use tawk_core::microphone::ChannelChoice;
use tawk_core::{Error, ErrorKind, Result};

use crate::{ChannelPicker, Clip, Resampler, Segment, Segmenter, SegmenterConfig};

/// How many frames are worked on at a time: the whole of a long recording is not copied at each step.
const BLOCK_FRAMES: usize = 65_536;

/// `clip` as one channel of [`tawk_core::SAMPLE_RATE`].
///
/// # Errors
/// `BadInput` when the clip has no channels or a rate that no sound has.
pub fn mono_16k(clip: &Clip, choice: ChannelChoice) -> Result<Vec<f32>> {
    let mut out = Vec::new();
    each_block(clip, choice, |block| out.extend_from_slice(block))?;
    Ok(out)
}

/// The segments of `clip` with the default [`SegmenterConfig`], as live capture would have cut them. Empty when
/// nobody speaks.
///
/// # Errors
/// As [`mono_16k`].
pub fn segments_of(clip: &Clip, choice: ChannelChoice) -> Result<Vec<Segment>> {
    let mut segmenter = Segmenter::new(SegmenterConfig::default());
    let mut segments = Vec::new();
    each_block(clip, choice, |block| segmenter.push(block, &mut segments))?;
    segments.extend(segmenter.finish());
    Ok(segments)
}

fn each_block(clip: &Clip, choice: ChannelChoice, mut take: impl FnMut(&[f32])) -> Result<()> {
    if clip.format.channels == 0 {
        return Err(Error::new(ErrorKind::BadInput, "The recording has no channels. Give another file."));
    }
    let mut picker = ChannelPicker::new(clip.format, choice);
    let mut resampler = Resampler::new(clip.format.rate)?;
    let (mut mono, mut even) = (Vec::new(), Vec::new());
    for block in clip.samples.chunks(BLOCK_FRAMES * usize::from(clip.format.channels)) {
        mono.clear();
        even.clear();
        picker.push(block, &mut mono);
        resampler.push(&mono, &mut even);
        take(&even);
    }
    mono.clear();
    even.clear();
    picker.finish(&mut mono);
    resampler.push(&mono, &mut even);
    resampler.finish(&mut even);
    take(&even);
    Ok(())
}
