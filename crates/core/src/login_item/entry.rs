//! The autostart entry of a Linux desktop: a desktop file, by the freedesktop.org Desktop Entry and Autostart
//! specifications.

use crate::{Error, ErrorKind, Result};

/// The file's name in the autostart folder.
pub const NAME: &str = "tawk.desktop";

/// The text of an entry that starts the program at `path`.
///
/// # Errors
/// `Unsupported` for a path that such a file cannot name: one that is not absolute, holds “=” or a control character, or
/// “%”, which GLib does not find although the specification lets it be written.
pub fn text(path: &str) -> Result<String> {
    if !path.starts_with('/') || path.contains(['=', '%']) || path.chars().any(char::is_control) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "No autostart entry can name the program {path:?}. Move Tawk to a folder whose path is plain text \
                 without “=” and “%”, and try again."
            ),
        ));
    }
    let program = escaped(&quoted(path));
    Ok(format!(
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Tawk\nComment=Voice dictation on this machine\nExec={program}\n\
         Terminal=false\nX-GNOME-Autostart-enabled=true\n"
    ))
}

/// One argument of a command line as the specification quotes it.
fn quoted(argument: &str) -> String {
    let mut quoted = String::from("\"");
    for c in argument.chars() {
        match c {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A string as a value of the file, where a backslash is an escape of its own, undone before the quotes are.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\")
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The program that it starts; empty when it names none.
    pub program: String,
    /// Whether the desktop heeds it: users' tools switch entries off instead of removing them.
    pub is_enabled: bool,
}

impl Entry {
    /// Reads the text of a desktop file. Only its first group counts.
    pub fn read(text: &str) -> Self {
        let mut entry = Self { program: String::new(), is_enabled: true };
        let mut groups = 0;
        for line in text.lines().map(str::trim) {
            groups += usize::from(line.starts_with('['));
            let Some((key, value)) = line.split_once('=').filter(|_| groups == 1) else { continue };
            let (key, value) = (key.trim_end(), value.trim_start());
            match key {
                "Exec" => entry.program = first_argument(&unescaped(value)),
                "Hidden" => entry.is_enabled &= value != "true",
                "X-GNOME-Autostart-enabled" => entry.is_enabled &= value != "false",
                _ => {}
            }
        }
        entry
    }
}

fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        text.push(match c {
            '\\' => match rest.next() {
                Some('s') => ' ',
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            c => c,
        });
    }
    text
}

fn first_argument(command: &str) -> String {
    let mut argument = String::new();
    let mut rest = command.chars().peekable();
    let is_quoted = rest.next_if_eq(&'"').is_some();
    while let Some(c) = rest.next() {
        match c {
            '"' if is_quoted => break,
            ' ' if !is_quoted => break,
            '\\' if is_quoted => argument.extend(rest.next()),
            '%' => argument.extend(rest.next_if_eq(&'%')),
            c => argument.push(c),
        }
    }
    argument
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exec(path: &str) -> String {
        let text = text(path).unwrap();
        text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap().to_owned()
    }

    /// The examples of the specification: four backslashes for one, `\\$` for a dollar sign.
    #[test]
    fn the_program_is_quoted_twice() {
        assert_eq!(exec("/usr/bin/tawk-app"), r#""/usr/bin/tawk-app""#);
        assert_eq!(exec("/opt/my apps/tawk-app"), r#""/opt/my apps/tawk-app""#);
        assert_eq!(exec(r"/a\b"), r#""/a\\\\b""#);
        assert_eq!(exec("/a$b"), r#""/a\\$b""#);
        assert_eq!(exec("/a\"b`c"), r#""/a\\"b\\`c""#);
    }

    #[test]
    fn a_path_that_no_entry_can_name_is_refused() {
        for path in ["tawk-app", "", "/a=b/tawk-app", "/100%/tawk-app", "/a\nExec=/bin/sh/tawk-app", "/a\tb"] {
            let error = text(path).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unsupported, "{path:?}");
            assert!(error.message.ends_with('.'));
        }
    }

    #[test]
    fn what_others_wrote_is_understood() {
        let read = |text: &str| {
            let entry = Entry::read(text);
            (entry.program, entry.is_enabled)
        };
        let on = |program: &str| (program.to_owned(), true);
        assert_eq!(read("[Desktop Entry]\nExec=/usr/bin/tawk-app --window\n"), on("/usr/bin/tawk-app"));
        assert_eq!(read("[Desktop Entry]\nExec = \"/a b/tawk-app\" %U\n"), on("/a b/tawk-app"));
        assert_eq!(read("[Desktop Entry]\nExec=/a\\sb\n"), on("/a"));
        assert_eq!(read("[Desktop Entry]\nExec=\"/100%% a/b\"%u\n"), on("/100% a/b"));
        assert_eq!(
            read("# Hidden=true\n[Desktop Entry]\nExec=/a\n[Desktop Action x]\nExec=/b\nHidden=true\n"),
            on("/a")
        );
        assert_eq!(read("[Desktop Entry]\nExec=/a\nHidden=true\n"), ("/a".into(), false));
        assert_eq!(read("[Desktop Entry]\nX-GNOME-Autostart-enabled=false\nExec=/a"), ("/a".into(), false));
        assert_eq!(read(""), on(""));
        assert_eq!(read("Exec=/a"), on(""));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(tail in "[^\\p{Cc}=%]{0,40}") {
            let path = format!("/{tail}");
            let entry = Entry::read(&text(&path).unwrap());
            prop_assert_eq!(entry, Entry { program: path, is_enabled: true });
        }
    }
}
