//! Where everything stands, in points.

use std::sync::Arc;

use crate::background::REACH;
use crate::meter;
use crate::shapes::Frame;
use crate::state::{Phase, State};
use crate::text::LeaveOut;
use crate::typesetter::{SetText, Setting, Typesetter};
use crate::words;

/// The width of the panel.
const WIDTH: f32 = 320.0;
/// From the panel's edge to what stands in it.
const PADDING: f32 = 14.0;
/// Where the words begin, beside the symbol.
const WORDS: f32 = 42.0;
/// The middle of the symbol.
const SYMBOL: f32 = 23.0;
/// The height of the part with the title.
const HEAD: f32 = 48.0;
/// From the words to the meter.
const GAP: f32 = 10.0;
/// The height of the meter.
const METER: f32 = 24.0;

const TITLE: Type = Type { size: 13.0, line: 17.0 };
const DETAIL: Type = Type { size: 11.0, line: 14.0 };
const BODY: Type = Type { size: 13.0, line: 18.0 };

/// So many lines of the text so far are shown.
const BODY_LINES: usize = 2;
/// A message is short; the menu and the window show it whole.
const MESSAGE_LINES: usize = 3;
const STEP_LINES: usize = 5;

struct Type {
    size: f32,
    line: f32,
}

/// A text at its place.
pub(crate) struct Placed {
    pub(crate) text: Arc<SetText>,
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Where everything stands in the picture.
pub(crate) struct Layout {
    /// The size of the picture.
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) panel: Frame,
    pub(crate) symbol: (f32, f32),
    pub(crate) title: Placed,
    pub(crate) detail: Option<Placed>,
    pub(crate) body: Option<Placed>,
    pub(crate) meter: Frame,
}

impl Layout {
    /// Sets the texts of `state` for `scale` pixels a point.
    pub(crate) fn new(state: &State, scale: f32, typesetter: &mut Typesetter) -> Self {
        let mut set = |text: &str, face: &Type, width: f32, lines: usize, leave_out: LeaveOut| {
            let (size, line, width) = (face.size * scale, face.line * scale, width * scale);
            typesetter.set(text, Setting { size, line, width, lines, leave_out })
        };
        let has_message = matches!(state.phase, Phase::Held { .. } | Phase::Cancelled { .. } | Phase::Trouble { .. });
        let beside = if has_message { 0.0 } else { GAP + meter::WIDTH };
        let words = WIDTH - WORDS - PADDING - beside;
        let (title_lines, detail_lines) = if has_message { (MESSAGE_LINES, STEP_LINES) } else { (1, 1) };

        let title = set(words::title(&state.phase), &TITLE, words, title_lines, LeaveOut::End);
        let detail = words::detail(state);
        // What is wrong with the microphone needs more room than its name.
        let detail_lines = if state.note == detail && !detail.is_empty() { STEP_LINES } else { detail_lines };
        let detail = (!detail.is_empty()).then(|| set(&detail, &DETAIL, words, detail_lines, LeaveOut::End));
        let shows_body = !has_message && !state.text.trim().is_empty();
        let body = shows_body.then(|| set(&state.text, &BODY, WIDTH - 2.0 * PADDING, BODY_LINES, LeaveOut::Beginning));

        let title_height = title.lines as f32 * TITLE.line;
        let detail_height = detail.as_ref().map_or(0.0, |detail| detail.lines as f32 * DETAIL.line + 1.0);
        let head = (title_height + detail_height + 17.0).max(HEAD);
        let body_height = body.as_ref().map_or(0.0, |body| body.lines as f32 * BODY.line + PADDING - 6.0);
        // Whole pixels, or the lower edge would be blurred.
        let height = ((head + body_height) * scale).ceil() / scale;

        let panel = Frame { x: REACH, y: REACH, width: WIDTH, height };
        let top = panel.y + (head - title_height - detail_height) / 2.0;
        let first_line = if head > HEAD { top + TITLE.line / 2.0 + 2.0 } else { panel.y + head / 2.0 };
        let at = |text, x, y| Placed { text, x: panel.x + x, y };
        Self {
            width: WIDTH + 2.0 * REACH,
            height: height + 2.0 * REACH,
            panel,
            symbol: (panel.x + SYMBOL, first_line),
            title: at(title, WORDS, top),
            detail: detail.map(|detail| at(detail, WORDS, top + title_height + 1.0)),
            body: body.map(|body| at(body, PADDING, panel.y + head - 3.0)),
            meter: Frame {
                x: panel.x + WIDTH - PADDING - meter::WIDTH,
                y: panel.y + (head - METER) / 2.0,
                width: meter::WIDTH,
                height: METER,
            },
        }
    }
}
