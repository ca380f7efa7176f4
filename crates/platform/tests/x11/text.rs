//! Text that is hard to type.

const LINES: &str =
    "Good morning! “quotes” (brackets) [square] {curly} <angle> & 100% #1 @home $5 £3 €7 ^ ~ ` | \\ / + = _.
Größe, façade, naïve, Ångström, čeština, żółć, ñandú, œuvre, İstanbul, ışık, tiếng Việt.
Привет, мир! καλημέρα. שלום. مرحبا. नमस्ते. สวัสดี.
日本語のテキスト、漢字とかな。中文输入测试。한국어 입력 안녕하세요.
😀 👍🏽 👩🏽‍❤️‍💋‍👨🏿 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇯🇵 🧑🏿‍🚀 1️⃣ ❤️ ☕ e\u{301} a\u{308}.
\tOne tab.\t\tTwo tabs.
";

/// Text of `length` characters: Latin with every kind of accent, other scripts, emoji of several characters, line
/// breaks and tabs.
pub(crate) fn hard_text(length: usize) -> String {
    LINES.chars().cycle().take(length).collect()
}

/// Text of `length` characters that are all on a US keyboard.
pub(crate) fn plain_text(length: usize) -> String {
    "The quick brown Fox jumps over the lazy Dog; 1234567890 times!\n".chars().cycle().take(length).collect()
}

/// At least `length` characters of graphemes that each are several: families of emoji, skin tones, flags, and letters with
/// one or more combining marks.
pub(crate) fn long_graphemes(length: usize) -> String {
    let marks = "\u{301}\u{323}".repeat(10);
    let graphemes = ["👨‍👩‍👧‍👦", "e\u{301}", "👩🏽‍❤️‍💋‍👨🏿", "a\u{308}\u{323}", "🇩🇪", &format!("o{marks}"), "🏳️‍🌈", "น้ำ"];
    let mut text = String::new();
    for grapheme in graphemes.into_iter().cycle() {
        if text.chars().count() >= length {
            break;
        }
        text.push_str(grapheme);
    }
    text
}
