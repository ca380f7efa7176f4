//! What Whisper writes for sounds that are no speech.

/// The words that Whisper names sounds with. An annotation is made of these alone; anything else in brackets may have
/// been dictated.
const SOUND_WORDS: [&str; 39] = [
    "and",
    "applause",
    "audio",
    "background",
    "beep",
    "beeping",
    "blank",
    "breathing",
    "clapping",
    "clicking",
    "clicks",
    "cough",
    "coughing",
    "crowd",
    "dramatic",
    "footsteps",
    "gentle",
    "inaudible",
    "indistinct",
    "keyboard",
    "laughing",
    "laughs",
    "laughter",
    "music",
    "no",
    "noise",
    "playing",
    "ringing",
    "sigh",
    "sighs",
    "silence",
    "soft",
    "speech",
    "static",
    "sound",
    "sounds",
    "the",
    "typing",
    "upbeat",
];

/// `text` without annotations such as `[BLANK_AUDIO]`, `(music)`, `*laughs*` and `♪`; spaces are tidied. Empty when
/// nothing is left that could be read aloud.
pub(crate) fn strip(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['[', '(', '*', '♪', '♫']) {
        let (before, group) = rest.split_at(open);
        kept.push_str(before);
        let bracket = group.chars().next().unwrap_or(' ');
        let inside = &group[bracket.len_utf8()..];
        let closing = match bracket {
            '[' => ']',
            '(' => ')',
            other => other,
        };
        match (bracket, inside.find(closing)) {
            ('♪' | '♫', _) => rest = inside,
            ('[', Some(end)) if is_token(&inside[..end]) => rest = &inside[end + 1..],
            ('(' | '*', Some(end)) if is_sound(&inside[..end]) => rest = &inside[end + 1..],
            _ => {
                kept.push(bracket);
                rest = inside;
            }
        }
    }
    kept.push_str(rest);
    let tidy = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if tidy.chars().any(char::is_alphanumeric) { tidy } else { String::new() }
}

/// Whether `words` are an annotation: known words for sounds alone, or `speaking in …`.
fn is_sound(words: &str) -> bool {
    let words = words.trim().to_lowercase();
    let mut all = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    words.starts_with("speaking in ") || (all.peek().is_some() && all.all(|word| SOUND_WORDS.contains(&word)))
}

/// Whether what stands in square brackets is an annotation: a token in capitals such as `BLANK_AUDIO`, or a sound.
fn is_token(words: &str) -> bool {
    let words = words.trim();
    let capitals = words.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '_' | ' '));
    (capitals && !words.is_empty()) || is_sound(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_alone_are_nothing() {
        for text in [
            " [BLANK_AUDIO]",
            "[MUSIC]",
            "(music)",
            " ♪",
            "♪ ♪",
            "♪ (upbeat music) ♪",
            "*laughs*",
            "[ Silence ]",
            " ...",
            ".",
            "(Speaking in foreign language)",
            "-",
            "",
            " ",
            "(keyboard clicking)",
            "( Music playing )",
        ] {
            assert_eq!(strip(text), "", "{text}");
        }
    }

    #[test]
    fn speech_stays() {
        assert_eq!(strip(" Hello [laughter] world. (applause)"), "Hello world.");
        assert_eq!(strip(" f(x) is 2 * 3 * 4 (roughly)."), "f(x) is 2 * 3 * 4 (roughly).");
        assert_eq!(strip("The (silent) musician"), "The (silent) musician");
        assert_eq!(strip("An open [ bracket"), "An open [ bracket");
        for text in ["(static analysis)", "(keyboard shortcuts)", "(music, art and history)", "see [1] and [sic]"] {
            assert_eq!(strip(text), text);
        }
        assert_eq!(strip("你好。"), "你好。");
        assert_eq!(strip("♪ la la ♪"), "la la");
    }
}
