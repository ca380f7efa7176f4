//! Types standard input into the window that has the focus: `type_text [HOTKEY [WAIT_MS]] < text.txt`.

use std::io::Read as _;
use std::time::{Duration, Instant};

use tawk_core::keystroke::{PlanStyle, plan};
use tawk_core::ports::TypingStyle;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let hotkey = arguments.next().filter(|text| text != "-").map(|text| text.parse()).transpose()?;
    let wait = arguments.next().map(|text| text.parse()).transpose()?.unwrap_or(500);
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let strokes = plan(&text, PlanStyle::default());
    let style = TypingStyle { release_wait: Duration::from_millis(wait), hotkey, ..TypingStyle::default() };

    let platform = tawk_platform::native();
    let start = Instant::now();
    let mut typist = platform.typists.open()?;
    eprintln!("opened in {:?}; focus: {:?}", start.elapsed(), platform.focus.current()?);
    let start = Instant::now();
    let mut first = None;
    let mut go_on = || {
        first.get_or_insert_with(|| start.elapsed());
        true
    };
    let typed = typist.type_strokes(&strokes, &style, &mut go_on)?;
    eprintln!("typed {} of {} strokes in {:?}; ready after {first:?}", typed.strokes, strokes.len(), start.elapsed());
    Ok(())
}
