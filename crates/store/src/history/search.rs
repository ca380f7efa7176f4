//! From what the user types to a condition that SQLite understands.

/// A condition on `dictation`, and the value of its `?2`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) sql: &'static str,
    pub(super) value: String,
}

/// What `query` asks for; see [`super::History::search`].
pub(super) fn condition(query: &str) -> Condition {
    let query = query.trim();
    if query.is_empty() {
        return Condition { sql: "?2 = ''", value: String::new() };
    }
    let mut words = query.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).peekable();
    if words.peek().is_none() || query.contains(is_spaceless) {
        let escaped = query.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        return Condition { sql: r"text LIKE ?2 ESCAPE '\'", value: format!("%{escaped}%") };
    }
    // In quotation marks nothing is an operator; the star lets the word go on.
    let words: Vec<_> = words.map(|word| format!("\"{}\"*", word.replace('"', "\"\"").replace('\0', ""))).collect();
    Condition { sql: "id IN (SELECT rowid FROM words WHERE words MATCH ?2)", value: words.join(" ") }
}

/// Scripts that write no spaces between words, so that the index has whole phrases for words: Thai to Khmer, Kana, Han.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
        || matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_the_user_types_is_an_operator() {
        assert_eq!(condition("a OR b").value, r#""a"* "OR"* "b"*"#);
        assert_eq!(condition(r#"x" OR "y"#).value, r#""x"""* "OR"* """y"*"#);
        assert_eq!(condition("100%").value, r#""100%"*"#);
        assert_eq!(condition(" ?! ").value, "%?!%");
        assert_eq!(condition("100 % _").value, r#""100"*"#);
        assert_eq!(condition(r"\_%").value, r"%\\\_\%%");
        assert_eq!(condition("日本 100%").value, r"%日本 100\%%");
        assert_eq!(condition("  ").sql, "?2 = ''");
    }
}
