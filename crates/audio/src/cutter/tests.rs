use super::*;
use proptest::prelude::*;

const HOP: usize = 4;

/// 1000 hops a second, so that ms and hops are the same.
fn config() -> SegmenterConfig {
    SegmenterConfig {
        onset: 4,
        hangover: 15,
        min_speech: 150,
        max_pause: 125,
        max_segment: 750,
        pad_before: 15,
        pad_after: 15,
    }
}

fn cutter() -> Cutter {
    Cutter::new(&config(), HOP, 1000 * HOP as u32)
}

/// Feeds hops whose samples are their own indices, and gives the segments as hops.
fn cut(voiced: &[bool]) -> Vec<(u64, u64)> {
    let mut cutter = cutter();
    let mut segments = Vec::new();
    for (n, &voiced) in voiced.iter().enumerate() {
        let samples: Vec<f32> = (0..HOP).map(|k| (n * HOP + k) as f32).collect();
        cutter.push(&samples, voiced, &mut segments);
        assert!(cutter.kept_hops() <= 751, "memory is bounded: {} hops", cutter.kept_hops());
    }
    segments.extend(cutter.finish(&[]));
    for segment in &segments {
        let first = segment.samples[0];
        assert_eq!(first, segment.start as f32, "samples are those of their place");
        assert!(segment.samples.iter().enumerate().all(|(n, &s)| s == first + n as f32));
        assert!(segment.voiced_until > segment.start && segment.voiced_until <= segment.end());
    }
    segments.iter().map(|s| (s.start / HOP as u64, s.end() / HOP as u64)).collect()
}

fn stretch(parts: &[(bool, usize)]) -> Vec<bool> {
    parts.iter().flat_map(|&(voiced, length)| std::iter::repeat_n(voiced, length)).collect()
}

#[test]
fn a_pause_after_enough_speech_closes() {
    let hops = stretch(&[(false, 50), (true, 200), (false, 60), (true, 200), (false, 50)]);
    assert_eq!(cut(&hops), [(35, 265), (295, 525)]);
}

#[test]
fn short_phrases_are_joined() {
    let hops = stretch(&[(false, 50), (true, 60), (false, 60), (true, 60), (false, 60), (true, 60), (false, 60)]);
    assert_eq!(cut(&hops), [(35, 365)]);
}

#[test]
fn a_long_pause_closes_even_a_short_word() {
    let hops = stretch(&[(false, 50), (true, 20), (false, 400), (true, 20), (false, 5)]);
    assert_eq!(cut(&hops), [(35, 85), (455, 495)]);
}

#[test]
fn clicks_are_no_speech() {
    assert_eq!(cut(&stretch(&[(false, 50), (true, 3), (false, 50), (true, 3), (false, 50)])), []);
    assert_eq!(cut(&[]), []);
}

#[test]
fn padding_is_shared_without_overlap() {
    // 20 silent hops between: not enough for both paddings of 15.
    let hops = stretch(&[(true, 200), (false, 20), (true, 200)]);
    assert_eq!(cut(&hops), [(0, 215), (215, 420)]);
}

#[test]
fn without_a_pause_the_quietest_place_of_the_second_half_is_cut() {
    let mut cutter = cutter();
    let mut segments = Vec::new();
    for n in 0..1000 {
        let loud = if (600..605).contains(&n) { 0.1 } else { 0.5 };
        cutter.push(&[loud; HOP], true, &mut segments);
    }
    segments.extend(cutter.finish(&[]));
    let hops: Vec<_> = segments.iter().map(|s| (s.start / HOP as u64, s.end() / HOP as u64)).collect();
    assert_eq!(hops, [(0, 602), (602, 1000)]);
}

#[test]
fn a_breath_is_preferred_to_a_quiet_syllable() {
    // The hangover of 15 is never reached, but a pause of 10 is there.
    let hops = stretch(&[(true, 500), (false, 10), (true, 400)]);
    assert_eq!(cut(&hops), [(0, 505), (505, 910)]);
}

#[test]
fn what_waits_in_a_pause_is_what_finish_takes() {
    let mut cutter = cutter();
    let mut out = Vec::new();
    for voiced in stretch(&[(false, 30), (true, 50), (false, 20)]) {
        cutter.push(&[0.1; HOP], voiced, &mut out);
    }
    let waiting = cutter.open_segment();
    assert!(!cutter.is_voiced() && waiting.is_some());
    for _ in 0..50 {
        cutter.push(&[0.1; HOP], false, &mut out);
        assert_eq!(cutter.open_segment(), waiting);
    }
    assert_eq!(cutter.finish(&[]), waiting);
    assert_eq!(cutter.finish(&[]), None, "and it begins anew");
}

#[test]
fn the_end_keeps_the_samples_that_fill_no_hop() {
    let mut cutter = cutter();
    for _ in 0..50 {
        cutter.push(&[0.1; HOP], true, &mut Vec::new());
    }
    let last = cutter.finish(&[0.2, 0.3]).unwrap();
    assert_eq!(last.end(), 50 * HOP as u64 + 2);
    assert_eq!(last.samples[last.samples.len() - 2..], [0.2, 0.3]);
}

proptest! {
    /// In order, no overlap, none too long, and every run of voice that is long enough is in exactly one
    /// segment, or is cut between two that touch.
    #[test]
    fn nothing_is_lost_and_nothing_counts_twice(
        parts in prop::collection::vec((any::<bool>(), prop_oneof![1usize..12, 1usize..80, 1usize..900]), 0..40)
    ) {
        let hops = stretch(&parts);
        let segments = cut(&hops);
        for two in segments.windows(2) {
            prop_assert!(two[0].1 <= two[1].0, "{segments:?}");
        }
        for &(start, end) in &segments {
            prop_assert!(start < end && end <= hops.len() as u64 && end - start <= 750, "{segments:?}");
        }
        let covered = |hop: usize| segments.iter().filter(|(a, b)| (*a..*b).contains(&(hop as u64))).count();
        let mut first = 0;
        while first < hops.len() {
            let length = hops[first..].iter().take_while(|&&voiced| voiced == hops[first]).count();
            if hops[first] && length >= 4 {
                for hop in first..first + length {
                    prop_assert_eq!(covered(hop), 1, "hop {} of the voice from {}: {:?}", hop, first, &segments);
                }
            }
            first += length;
        }
    }
}
