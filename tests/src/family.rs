//! The processes that a program has started, and what they take of the machine.

use std::fs;

/// A process below another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its process id.
    pub id: u32,
    /// Its name, of which the system keeps 15 characters.
    pub name: String,
    /// The memory that is its own, with its share of what several use (the proportional set size), in kilobytes.
    pub memory_kb: u64,
}

/// The process `id` itself, first, and all that it and they have started and that still run.
pub fn family(id: u32) -> Vec<Member> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process| Some((process, parent_of(process)?)))
        .collect();
    let mut ids = vec![id];
    let mut at = 0;
    while let Some(parent) = ids.get(at).copied() {
        ids.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(process, _)| *process));
        at += 1;
    }
    ids.into_iter().filter_map(member).collect()
}

/// The fields of a process's or a thread's `stat` after its name, which may hold anything: state, parent, ….
fn fields(file: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(file).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

fn parent_of(id: u32) -> Option<u32> {
    fields(&format!("/proc/{id}/stat"))?.get(1)?.parse().ok()
}

fn member(id: u32) -> Option<Member> {
    let name = fs::read_to_string(format!("/proc/{id}/comm")).ok()?.trim().to_owned();
    let memory = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse().ok());
    Some(Member { id, name, memory_kb: memory.unwrap_or_default() })
}

/// The time that the threads of the process `id` with this name have computed, in clock ticks (hundredths of a second).
pub fn thread_ticks(id: u32, name: &str) -> u64 {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten().map(|entry| entry.path());
    let named = threads.filter(|path| fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name));
    let ticks = named.filter_map(|path| {
        let fields = fields(path.join("stat").to_str()?)?;
        // User and system time: the 14th and 15th field, of which two stand before these.
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    });
    ticks.sum()
}
