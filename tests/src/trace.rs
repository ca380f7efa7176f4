//! The calls in a trace that `strace -f -o` wrote.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A call to the kernel.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name, such as `openat`.
    pub name: String,
    /// Its arguments as the tracer prints them.
    pub arguments: String,
    /// Whether it succeeded. One that the process's end cut off counts as having succeeded.
    pub succeeded: bool,
}

/// The calls in a trace. Where threads call at the same time, the tracer tears a call's line in two,
/// `ID name(arguments <unfinished ...>` and `ID <... name resumed>) = result`; here it is one call again.
pub fn calls_in(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((id, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(beginning) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(id, beginning.trim_end());
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let end = resumed.split_once(" resumed>").map(|(_, end)| end);
            calls.extend(begun.remove(id).zip(end).and_then(|(beginning, end)| read(&format!("{beginning}{end}"))));
        } else {
            calls.extend(read(rest));
        }
    }
    calls.extend(begun.into_values().filter_map(read));
    calls
}

/// A call printed as `name(arguments) = result`.
fn read(call: &str) -> Option<Call> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, succeeded) = match rest.rsplit_once(" = ") {
        Some((arguments, result)) => (arguments.trim_end().trim_end_matches(')'), !result.starts_with("-1 ")),
        None => (rest, true),
    };
    Some(Call { name: name.into(), arguments: arguments.into(), succeeded })
}

impl Call {
    /// The file that was opened, and whether for writing. None for other calls and for those that failed. A relative
    /// path is taken from the folder `working`.
    pub fn opened(&self, working: &Path) -> Option<(PathBuf, bool)> {
        if !self.succeeded || !["open", "openat", "openat2", "creat"].contains(&self.name.as_str()) {
            return None;
        }
        let path = self.arguments.split('"').nth(1)?;
        let writes =
            self.name == "creat" || ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| self.arguments.contains(flag));
        Some((working.join(path), writes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is opened, in the working folder `/w`.
    fn opened(trace: &str) -> Vec<(String, bool)> {
        let calls = calls_in(trace);
        let files = calls.iter().filter_map(|call| call.opened(Path::new("/w")));
        files.map(|(path, writes)| (path.to_string_lossy().into_owned(), writes)).collect()
    }

    #[test]
    fn a_file_counts_once_it_is_open() {
        let trace = "7  openat(AT_FDCWD, \"/a\", O_RDONLY|O_CLOEXEC) = 3\n\
                     7  openat(AT_FDCWD, \"b\", O_WRONLY|O_CREAT, 0600) = 4\n\
                     7  openat(AT_FDCWD, \"/c\", O_RDONLY) = -1 ENOENT (No such file or directory)\n\
                     7  socket(AF_UNIX, SOCK_STREAM, 0)   = 5\n\
                     7  openat(AT_FDCWD</w>, \"/d\", O_RDONLY) = 6</d>\n\
                     7  fdatasync(6</d>) = 0\n";
        assert_eq!(opened(trace), [("/a".into(), false), ("/w/b".into(), true), ("/d".into(), false)]);
    }

    #[test]
    fn a_torn_call_is_one_call_with_its_own_result() {
        let trace = "7  openat(AT_FDCWD, \"/gone\", O_RDONLY <unfinished ...>\n\
                     8  openat(AT_FDCWD, \"/there\", O_RDWR <unfinished ...>\n\
                     7  <... openat resumed>)             = -1 ENOENT (No such file or directory)\n\
                     8  <... openat resumed>)             = 15\n";
        assert_eq!(opened(trace), [("/there".into(), true)]);
    }

    #[test]
    fn a_call_without_a_result_is_taken_to_have_succeeded() {
        assert_eq!(opened("7  openat(AT_FDCWD, \"/cut\", O_RDONLY <unfinished ...>\n"), [("/cut".into(), false)]);
        assert_eq!(opened("7  openat(AT_FDCWD, \"/cut\", O_RDONLY"), [("/cut".into(), false)]);
    }

    #[test]
    fn a_socket_tells_its_family() {
        let [call] = &calls_in("7  socket(AF_INET6, SOCK_DGRAM <unfinished ...>\n")[..] else { panic!("One call.") };
        assert_eq!((call.name.as_str(), call.arguments.as_str()), ("socket", "AF_INET6, SOCK_DGRAM"));
    }
}
