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
        for one in &listed {
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

        let aside = home.folders.data.join("history-damaged-1.sqlite3");
        match history.notice() {
            Some(notice) => {
                assert!(
                    aside.is_file() && notice.message.contains("history-damaged-1"),
                    "seed {seed}, {how}: {notice}"
                );
                set_aside += 1;
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
