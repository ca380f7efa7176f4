//! What becomes of a history whose file was damaged on the disk.

use std::fs;

use super::tests::{Home, said};
use super::*;

const DICTATIONS: usize = 40;

/// Numbers that look random and are the same in every run (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// A whole history's bytes: several pages of each kind.
fn sound() -> Vec<u8> {
    let home = Home::new();
    for number in 0..DICTATIONS {
        let text =
            format!("Dictation {number} says: {}", "the quick brown fox jumps over the lazy dog. ".repeat(number));
        let withheld = vec![WithheldText { text: "Thank you.".into(), reason: "known-phrase".into() }];
        let audio = Some(PathBuf::from(format!("2023111{}T221320.000Z-delivered.wav", number % 10)));
        home.history.add(&Dictation { withheld, audio, ..said(&text) }).unwrap();
    }
    fs::read(home.history.path()).unwrap()
}

/// Damages the file in one of the ways that disks and crashes have.
fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) -> String {
    let page = 4096;
    match dice.below(5) {
        0 => {
            let length = dice.below(bytes.len());
            bytes.truncate(length);
            format!("cut to {length} bytes")
        }
        1 => {
            let at = dice.below(bytes.len() / page) * page;
            bytes[at..at + page].fill(0);
            format!("page at {at} zeroed")
        }
        2 => {
            let at = dice.below(100);
            bytes[at] ^= 1 << dice.below(8);
            format!("a bit of byte {at} flipped")
        }
        3 => {
            let count = 1 + dice.below(64);
            for _ in 0..count {
                let at = dice.below(bytes.len());
                bytes[at] ^= 1 << dice.below(8);
            }
            format!("{count} bits flipped")
        }
        _ => {
            let (at, length) = (dice.below(bytes.len()), dice.below(2 * page));
            for byte in bytes.iter_mut().skip(at).take(length) {
                *byte = dice.below(256) as u8;
            }
            format!("{length} bytes at {at} replaced")
        }
    }
}

#[test]
fn a_damaged_history_works_or_is_set_aside() {
    let sound = sound();
    let (mut worked, mut set_aside) = (0, 0);
    let (mut saved, mut saved_none) = (0, 0);
    for seed in 1..=200_u64 {
        let home = Home::new();
        for number in 0..3 {
            let name = format!("2023111{number}T221320.000Z-delivered.wav");
            fs::write(home.folders.recordings.join(name), [number; 100]).unwrap();
        }
        let recordings = || {
            let files = fs::read_dir(&home.folders.recordings).unwrap().flatten();
            let mut files: Vec<_> = files.map(|file| (file.path(), fs::read(file.path()).unwrap())).collect();
            files.sort();
            files
        };
        let before = recordings();
        let mut bytes = sound.clone();
        let how = damage(&mut bytes, &mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        fs::write(home.history.path(), &bytes).unwrap();

        let history = &home.history;
        let failed = |what: &str, error: Error| -> ! { panic!("seed {seed}, {how}: {what}: {error}") };
        let listed = history.list(None, 1000).unwrap_or_else(|error| failed("list", error));
        history.search("quick dict", None, 1000).unwrap_or_else(|error| failed("search", error));
        history.search("日本", None, 1000).unwrap_or_else(|error| failed("search for characters", error));
        let aside = home.folders.data.join("history-damaged-1.sqlite3");
        // What was saved lies in a file that is whole: some of it will do.
        for one in listed.iter().step_by(if aside.exists() { 7 } else { 1 }) {
            match history.show(one.id) {
                Err(error) if error.kind != ErrorKind::NotFound => failed("show", error),
                _ => {}
            }
        }
        // An older one may only now turn out to be damaged, and then it is gone from the new history.
        for one in listed.iter().step_by(7) {
            match history.set_text(one.id, "changed words", "m") {
                Err(error) if error.kind != ErrorKind::NotFound => failed("set_text", error),
                _ => {}
            }
        }
        let new = history.add(&said("afterwards")).unwrap_or_else(|error| failed("add", error));
        history.set_text(new, "afterwards changed", "m").unwrap_or_else(|error| failed("set_text", error));
        assert_eq!(history.show(new).unwrap().dictation.text, "afterwards changed");
        history.export(Format::JsonLines, &mut Vec::new()).unwrap_or_else(|error| failed("export", error));
        assert_eq!(recordings(), before, "seed {seed}, {how}: recordings were touched");

        match history.notice() {
            Some(notice) => {
                assert!(
                    aside.is_file() && notice.message.contains("history-damaged-1"),
                    "seed {seed}, {how}: {notice}"
                );
                set_aside += 1;
                let left = history.list(None, 1000).unwrap().len() - 1;
                saved += left;
                saved_none += usize::from(left == 0);
                let told = match left {
                    0 => "no dictation could be read".into(),
                    1 => "1 dictation could be read".into(),
                    left => format!("{left} dictations could be read"),
                };
                assert!(notice.message.contains(&told), "seed {seed}, {how}: {notice}");
            }
            None => {
                assert!(!aside.exists(), "seed {seed}, {how}: set aside and not told");
                worked += 1;
            }
        }
        history.delete(&[new]).unwrap_or_else(|error| failed("delete", error));
    }
    // Both ways were really taken.
    assert!(worked >= 20 && set_aside >= 80, "{worked} worked, {set_aside} set aside");
    // Nothing is left where a file was cut to its first pages, and little where many pages are hit.
    let in_all = set_aside * DICTATIONS;
    assert!(
        saved_none * 10 <= set_aside && saved * 10 >= in_all * 7,
        "{saved} of {in_all} saved; nothing in {saved_none} of {set_aside}"
    );
}

/// The numbers of the pages of each table or index, in a file that is whole. Those of the list of tables are not among them.
fn pages_of(bytes: &[u8]) -> Vec<(String, Vec<usize>)> {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.deserialize_read_exact(rusqlite::MAIN_DB, bytes, bytes.len(), true).unwrap();
    let mut roots = connection.prepare("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0").unwrap();
    let roots = roots.query_map([], |row| Ok((row.get(0)?, row.get::<_, u32>(1)? as usize))).unwrap();
    roots.map(|root| root.map(|(name, page)| (name, pages_below(bytes, page))).unwrap()).collect()
}

/// The pages of a tree, without those of texts that are longer than a page.
fn pages_below(bytes: &[u8], page: usize) -> Vec<usize> {
    let start = (page - 1) * 4096;
    let short = |at: usize| usize::from(u16::from_be_bytes([bytes[start + at], bytes[start + at + 1]]));
    let long = |at: usize| u32::from_be_bytes(bytes[start + at..start + at + 4].try_into().unwrap()) as usize;
    let mut pages = vec![page];
    // The inner pages of tables and indexes.
    if [5, 2].contains(&bytes[start]) {
        let children = (0..short(3)).map(|cell| long(short(12 + 2 * cell))).chain([long(8)]);
        pages.extend(children.flat_map(|child| pages_below(bytes, child)));
    }
    pages
}

/// What is left of `bytes`: numbers and texts, oldest first.
fn left_of(bytes: &[u8]) -> (Home, Vec<(i64, String)>) {
    let home = Home::new();
    fs::write(home.history.path(), bytes).unwrap();
    let mut left: Vec<_> =
        home.history.list(None, 1000).unwrap().into_iter().map(|one| (one.id, one.dictation.text)).collect();
    left.reverse();
    (home, left)
}

#[test]
fn a_damaged_search_index_costs_no_dictation() {
    let sound = sound();
    let (_, all) = left_of(&sound);
    assert_eq!(all.len(), DICTATIONS);
    let tables = pages_of(&sound);
    let index = tables.iter().filter(|(name, _)| name.starts_with("words") || name.starts_with("withheld_by"));
    let mut damaged = sound.clone();
    for page in index.flat_map(|(_, pages)| pages) {
        damaged[(page - 1) * 4096..page * 4096].fill(0xA5);
    }
    let (home, left) = left_of(&damaged);
    assert_eq!(left, all);
    let notice = home.history.notice().unwrap();
    assert!(notice.message.contains("40 dictations could be read"), "{notice}");
    assert_eq!(home.history.search("quick dict", None, 100).unwrap().len(), DICTATIONS - 1, "the index is made anew");
    let one = home.history.show(7).unwrap().dictation;
    assert_eq!((one.withheld.len(), one.fate.as_str()), (1, TYPED));
    assert_eq!(home.say("next"), DICTATIONS as i64 + 1);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(home.history.path()).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_damaged_page_costs_the_dictations_on_it_and_no_others() {
    let sound = sound();
    let (_, all) = left_of(&sound);
    let tables = pages_of(&sound);
    let of_dictations = &tables.iter().find(|(name, _)| name == "dictation").unwrap().1;
    assert!(of_dictations.len() > 5, "{of_dictations:?}");
    for page in 1..=sound.len() / 4096 {
        let mut damaged = sound.clone();
        damaged[(page - 1) * 4096..page * 4096].fill(0);
        let (_, left) = left_of(&damaged);
        assert!(left.iter().all(|one| all.contains(one)), "page {page}: a text that was never said");
        if page == of_dictations[0] {
            continue; // the root tells where all the others are
        }
        let lost = all.len() - left.len();
        assert!(lost <= DICTATIONS / 2, "page {page}: {lost} are lost");
        if tables.iter().any(|(name, pages)| name != "dictation" && pages.contains(&page)) || page == 1 {
            assert_eq!(lost, 0, "page {page}");
        }
    }
}

#[test]
fn rubbish_in_a_history_is_no_dictation() {
    let home = Home::new();
    for number in 1..=5 {
        home.say(&format!("{number}"));
    }
    let sound = fs::read(home.history.path()).unwrap();
    // Nobody but the damage writes this: the table would refuse it.
    let spoil = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'dictation';
        PRAGMA writable_schema = RESET;
        UPDATE dictation SET at_ms = 'soon' WHERE id = 1;
        UPDATE dictation SET text = x'00ff' WHERE id = 2;
        UPDATE dictation SET at_ms = 9223372036854775807, length_ms = -9223372036854775807 WHERE id = 3;
        UPDATE dictation SET id = 9223372036854775807 WHERE id = 4;";
    let connection = Connection::open(home.history.path()).unwrap();
    connection.execute_batch(spoil).unwrap();
    drop(connection);
    let (home, left) = left_of(&fs::read(home.history.path()).unwrap());
    assert_eq!(left, [(3, "3".into()), (5, "5".into())]);
    let one = home.history.show(3).unwrap();
    assert!(one.local_time.starts_with("9999") || one.local_time.starts_with("10000"), "{}", one.local_time);
    assert_eq!(one.dictation.length_ms, 0);
    home.say("next");
    // A history of version 1 that is damaged gives what it has, too.
    let v1 = Connection::open_in_memory().unwrap();
    v1.execute_batch(concat!(include_str!("v1.sql"), include_str!("v1-sample.sql"))).unwrap();
    v1.execute_batch("CREATE TABLE what_is_this (x)").unwrap();
    let mut v1 = v1;
    let bytes = v1.serialize(rusqlite::MAIN_DB).unwrap().to_vec();
    let (home, left) = left_of(&bytes);
    assert!(left[0] == (1, "The quick brown fox.".into()) && left.len() == 2, "{left:?}");
    assert!(home.history.notice().is_some());
    // And what is none at all gives nothing.
    for length in [0, 1, 4096, 10_000] {
        assert_eq!(left_of(&vec![7; length]).1, []);
    }
    assert_eq!(left_of(&sound).1.len(), 5);
}

#[test]
fn what_is_set_aside_is_what_was_there() {
    let home = Home::new();
    let bytes = b"This is not a history at all. ".repeat(100);
    fs::write(home.history.path(), &bytes).unwrap();
    home.say("one");
    assert_eq!(fs::read(home.folders.data.join("history-damaged-1.sqlite3")).unwrap(), bytes);
    let notice = home.history.notice().unwrap();
    assert!(notice.message.starts_with("The history was damaged. It is kept as "), "{notice}");
    assert_eq!(home.history.notice(), None, "told once");
    fs::write(home.history.path(), &bytes).unwrap();
    home.say("two");
    assert!(home.folders.data.join("history-damaged-2.sqlite3").exists());
    assert_eq!(home.history.list(None, 9).unwrap().len(), 1);
}

#[test]
fn two_that_find_the_damage_set_it_aside_once() {
    let home = Home::new();
    fs::write(home.history.path(), b"This is not a history at all. ".repeat(100)).unwrap();
    let writers: Vec<_> = (0..4)
        .map(|number| {
            let history = History::new(&home.folders);
            std::thread::spawn(move || history.add(&said(&format!("{number}"))).unwrap())
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(home.history.list(None, 9).unwrap().len(), 4);
    assert!(!home.folders.data.join("history-damaged-2.sqlite3").exists());
}

#[test]
fn a_newer_history_is_left_alone() {
    let home = Home::new();
    home.say("one");
    let newer = "PRAGMA user_version = 9; PRAGMA application_id = 1415673609";
    home.history.work(|connection| Ok(connection.execute_batch(newer)?)).unwrap();
    let error = home.history.list(None, 9).unwrap_err();
    assert!(error.kind == ErrorKind::Storage && error.message.contains("newer Tawk"), "{error}");
    assert!(!home.folders.data.join("history-damaged-1.sqlite3").exists());
}
