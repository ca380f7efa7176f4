//! Changes to a TOML document that leave everything else in it as the user wrote it.

use toml::Value;
use toml_edit::{DocumentMut, Item, RawString, Table, TableLike};

/// Where the setting's section should be, there is something else.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSection;

/// Writes one value. Returns whether the document changed.
pub(super) fn put(document: &mut DocumentMut, section: &str, name: &str, value: &Value) -> Result<bool, NoSection> {
    if !document.contains_key(section) {
        let mut table = Table::new();
        if document.is_empty() {
            // The comments of a file without settings belong before the first one.
            let comments = text(Some(document.trailing())).to_owned();
            document.set_trailing("");
            table.decor_mut().set_prefix(if comments.is_empty() { comments } else { format!("{comments}\n") });
        }
        document.insert(section, Item::Table(table));
    }
    let entries = document.get_mut(section).and_then(Item::as_table_like_mut).ok_or(NoSection)?;
    let Some(mut new) = written(value) else { return Ok(false) };
    if let Some(old) = entries.get(name).and_then(Item::as_value) {
        if old.clone().decorated("", "").to_string() == new.to_string() {
            return Ok(false);
        }
        *new.decor_mut() = old.decor().clone();
    }
    match entries.get_mut(name) {
        // Only the value is exchanged: inserting would make the key anew and lose the comment above it.
        Some(old) => *old = Item::Value(new),
        None => drop(entries.insert(name, Item::Value(new))),
    }
    Ok(true)
}

/// `value` as it stands in a file, a list on one line. `None` for a date, which settings do not hold.
fn written(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Array(values) => values.iter().map(written).collect::<Option<toml_edit::Array>>()?.into(),
        Value::Table(parts) => {
            let mut table = toml_edit::InlineTable::new();
            for (name, value) in parts {
                table.insert(name, written(value)?);
            }
            table.into()
        }
        Value::Datetime(_) => return None,
    })
}

/// Takes one value out, and its section when nothing is left in it; comments stay. Returns whether the document
/// changed.
pub(super) fn remove(document: &mut DocumentMut, section: &str, name: &str) -> Result<bool, NoSection> {
    let Some(item) = document.get_mut(section) else {
        return Ok(false);
    };
    let entries = item.as_table_like_mut().ok_or(NoSection)?;
    let Some(before) = entries.key(name).map(|key| text(key.leaf_decor().prefix()).to_owned()) else {
        return Ok(false);
    };
    let behind = match entries.remove(name) {
        Some(Item::Value(value)) => text(value.decor().suffix()).trim().to_owned(),
        _ => String::new(),
    };
    let comments = match (before.contains('#'), behind.is_empty()) {
        (false, true) => String::new(),
        (true, true) => before,
        (_, false) => format!("{before}{behind}\n"),
    };
    let empty = entries.is_empty();
    if !comments.is_empty() {
        keep(document, section, &comments);
    }
    let bare = document
        .get(section)
        .and_then(Item::as_table)
        .is_none_or(|table| !text(table.decor().prefix()).contains('#') && !text(table.decor().suffix()).contains('#'));
    if empty && bare {
        document.remove(section);
    }
    Ok(true)
}

/// Puts the comments of a removed value before the next value of its section, or else at the end of the file.
fn keep(document: &mut DocumentMut, section: &str, comments: &str) {
    if let Some(table) = document.get_mut(section).and_then(Item::as_table_mut) {
        let next = TableLike::iter(table).map(|(name, _)| name.to_owned()).next();
        if let Some(mut key) = next.and_then(|name| table.key_mut(&name)) {
            let own = text(key.leaf_decor().prefix()).to_owned();
            key.leaf_decor_mut().set_prefix(format!("{comments}{own}"));
            return;
        }
    }
    let trailing = text(Some(document.trailing())).to_owned();
    document.set_trailing(format!("{trailing}{comments}"));
}

fn text(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(start: &str, edit: impl FnOnce(&mut DocumentMut) -> Result<bool, NoSection>) -> String {
        let mut document: DocumentMut = start.parse().unwrap();
        edit(&mut document).unwrap();
        let after = document.to_string();
        after.parse::<DocumentMut>().unwrap_or_else(|error| panic!("no longer TOML: {error}\n{after}"));
        after
    }

    #[test]
    fn a_first_value_comes_below_the_files_comments() {
        let after = edited("# mine\n", |d| put(d, "sound", "volume", &Value::Float(0.5)));
        assert_eq!(after, "# mine\n\n[sound]\nvolume = 0.5\n");
        assert_eq!(edited("", |d| put(d, "sound", "enabled", &Value::Boolean(false))), "[sound]\nenabled = false\n");
    }

    #[test]
    fn a_changed_value_keeps_its_comments() {
        let start = "[log]\n# why\nlevel = \"warn\" # for now\n\n[other]\nx = 1\n";
        let after = edited(start, |d| put(d, "log", "level", &Value::String("debug".into())));
        assert_eq!(after, start.replace("warn", "debug"));
    }

    #[test]
    fn sections_written_otherwise_are_understood() {
        let after = edited("log.level = \"warn\"\n", |d| put(d, "log", "level", &Value::String("debug".into())));
        assert_eq!(after, "log.level = \"debug\"\n");
        let after = edited("log = { level = \"warn\" }\n", |d| put(d, "log", "level", &Value::String("debug".into())));
        assert_eq!(after, "log = { level = \"debug\" }\n");
        assert_eq!(edited("log = { level = \"warn\" }\n", |d| remove(d, "log", "level")), "");
        assert_eq!(edited("log.level = \"warn\"\n", |d| remove(d, "log", "level")), "");
    }

    #[test]
    fn a_removed_value_leaves_its_comments() {
        let start = "[sound]\n# quiet please\nvolume = 0.1 # really\n# and on\nenabled = true\n";
        let after = edited(start, |d| remove(d, "sound", "volume"));
        assert_eq!(after, "[sound]\n# quiet please\n# really\n# and on\nenabled = true\n");
        let after = edited("[sound]\n# quiet please\nvolume = 0.1\n", |d| remove(d, "sound", "volume"));
        assert!(after.contains("# quiet please") && !after.contains("volume"), "{after}");
    }

    #[test]
    fn a_list_is_written_on_one_line() {
        let list = toml::toml! { list = ["a", { id = "b", name = "B \"x\"" }] }["list"].clone();
        let after = edited("# mine\n[microphone]\n", |d| put(d, "microphone", "priority", &list));
        assert_eq!(after, "# mine\n[microphone]\npriority = [\"a\", { id = \"b\", name = 'B \"x\"' }]\n");
        assert_eq!(after, edited(&after, |d| put(d, "microphone", "priority", &list)));
    }

    #[test]
    fn an_emptied_section_goes() {
        let start = "[log]\nlevel = \"warn\"\n\n[sound]\nvolume = 0.1\n";
        assert_eq!(edited(start, |d| remove(d, "sound", "volume")), "[log]\nlevel = \"warn\"\n");
        let commented = "# about sound\n[sound]\nvolume = 0.1\n";
        assert_eq!(edited(commented, |d| remove(d, "sound", "volume")), "# about sound\n[sound]\n");
    }

    #[test]
    fn what_is_no_section_is_left_alone() {
        let mut document: DocumentMut = "sound = 3\n".parse().unwrap();
        assert_eq!(put(&mut document, "sound", "volume", &Value::Float(0.5)), Err(NoSection));
        assert_eq!(remove(&mut document, "sound", "volume"), Err(NoSection));
        assert_eq!(document.to_string(), "sound = 3\n");
    }
}
