//! What Whisper writes for sounds that are no speech.

/// What Whisper names in round brackets or between asterisks. Other words there may have been dictated.
const SOUNDS: [&str; 26] = [
    "applause",
    "beep",
    "beeping",
    "blank",
    "breathing",
    "clapping",
    "clicking",
    "cough",
    "coughing",
    "crowd",
    "footsteps",
    "inaudible",
    "keyboard",
    "laughing",
    "laughs",
    "laughter",
    "music",
    "no audio",
    "noise",
    "ringing",
    "sigh",
    "sighs",
    "silence",
    "speaking in",
    "static",
    "typing",
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
            ('[', Some(end)) => rest = &inside[end + 1..],
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

fn is_sound(words: &str) -> bool {
    let words = words.trim().to_lowercase();
    SOUNDS.iter().any(|sound| {
        words.strip_prefix(sound).is_some_and(|more| more.is_empty() || more.starts_with([' ', ',']))
            || words.strip_suffix(sound).is_some_and(|before| before.ends_with(' '))
    })
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
        assert_eq!(strip("你好。"), "你好。");
        assert_eq!(strip("♪ la la ♪"), "la la");
    }
}
