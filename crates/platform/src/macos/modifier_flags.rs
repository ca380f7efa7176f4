//! What a keyboard event's flags say about one modifier key. Plain data: knows no system call.

use tawk_core::hotkey::{ModifierKey, Sighting};

use super::keycodes::modifier_code;

/// An event of the keyboard as an event tap sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawEvent {
    /// What moved.
    pub(crate) kind: Kind,
    /// The virtual key code of the key that moved.
    pub(crate) code: u16,
    /// The event's flags, device-dependent bits included.
    pub(crate) flags: u64,
    /// Whether the key is being held and repeats itself.
    pub(crate) repeat: bool,
    /// Whether a program posted the event. Then its flags are the program's, not the keyboard's.
    pub(crate) posted: bool,
}

/// What moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A modifier, up or down.
    Flags,
    /// Another key, down.
    Down,
    /// Another key, up.
    Up,
}

/// `kCGEventFlagMaskSecondaryFn`: Fn is held, or the key belongs to the arrows or function keys.
const FN: u64 = 0x80_0000;

/// A modifier of both sides: `kCGEventFlagMask…` of CGEventTypes.h, and the device-dependent bits `NX_DEVICE…KEYMASK` of
/// IOKit's IOLLEvent.h for left and right, with the left and right key codes.
struct Family {
    mask: u64,
    left: (u64, u16),
    right: (u64, u16),
}

const FAMILIES: [Family; 4] = [
    Family { mask: 0x02_0000, left: (0x02, 0x38), right: (0x04, 0x3C) },
    Family { mask: 0x04_0000, left: (0x01, 0x3B), right: (0x2000, 0x3E) },
    Family { mask: 0x08_0000, left: (0x20, 0x3A), right: (0x40, 0x3D) },
    Family { mask: 0x10_0000, left: (0x08, 0x37), right: (0x10, 0x36) },
];

/// The modifiers that are held by `flags`, one bit a key: its device-dependent bit, or both sides' where the flags know
/// no side.
fn held(flags: u64) -> u64 {
    FAMILIES.iter().fold(0, |all, family| {
        let sides = family.left.0 | family.right.0;
        match flags & sides {
            0 if flags & family.mask != 0 => all | sides,
            known => all | known,
        }
    })
}

/// The device-dependent bit of the key with `code`.
fn bit_of(code: u16) -> Option<u64> {
    let sides = FAMILIES.iter().flat_map(|family| [family.left, family.right]);
    sides.into_iter().find(|(_, other)| *other == code).map(|(bit, _)| bit)
}

/// Reads `event` with respect to the key `watched`. The caller adds what else bars a press.
///
/// Only the flags of the event count, never those of an earlier one (Handy issue 862), and the key code that changed
/// tells whose they are (os-clovy pull request 193).
pub(crate) fn sighting(watched: ModifierKey, event: RawEvent) -> Sighting {
    let code = modifier_code(watched);
    let moved = event.kind == Kind::Flags && event.code == code;
    let held_keys = held(event.flags);
    let own_bit = bit_of(code);
    let is_held = match own_bit {
        Some(bit) => Some(held_keys & bit != 0),
        // Fn has no side. Of its flag, other keys' presence proves nothing, its absence does.
        None if event.flags & FN == 0 => Some(false),
        None => (event.kind == Kind::Flags).then_some(true),
    };
    let others = match own_bit {
        // Where the flags know no side, the other side's bit is this key's own.
        Some(bit) => {
            let family = FAMILIES.iter().find(|family| bit & (family.left.0 | family.right.0) != 0);
            let sideless = family.is_some_and(|f| event.flags & (f.left.0 | f.right.0) == 0);
            let own = if sideless { family.map_or(bit, |f| f.left.0 | f.right.0) } else { bit };
            held_keys & !own != 0 || (event.kind == Kind::Flags && event.flags & FN != 0)
        }
        None => held_keys != 0,
    };
    let other_pressed = match event.kind {
        Kind::Down => !event.repeat,
        Kind::Flags if !moved => bit_of(event.code).is_some_and(|bit| held_keys & bit != 0),
        _ => false,
    };
    Sighting {
        // A posted event speaks for this key only if it is this key's.
        held: is_held.filter(|_| moved || !event.posted),
        moved,
        other_pressed,
        barred: others,
        deafened: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tawk_core::hotkey::LoneKey;
    use tawk_core::ports::KeyEdge;

    const RIGHT_OPTION: u64 = 0x08_0040;
    const LEFT_OPTION: u64 = 0x08_0020;
    const LEFT_SHIFT: u64 = 0x02_0002;
    /// What real events carry besides (`NX_NONCOALSESCEDMASK`).
    const REAL: u64 = 0x100;

    fn event(kind: Kind, code: u16, flags: u64) -> RawEvent {
        RawEvent { kind, code, flags: flags | REAL, repeat: false, posted: false }
    }

    /// Plays events 50 ms apart and returns the edges.
    fn play(watched: ModifierKey, events: &[RawEvent]) -> Vec<KeyEdge> {
        let mut key = LoneKey::default();
        let edges = events
            .iter()
            .zip(0..)
            .map(|(event, at)| key.step(sighting(watched, *event), Duration::from_millis(50 * at)));
        edges.flatten().collect()
    }

    #[test]
    fn right_option_alone() {
        let tape = [event(Kind::Flags, 61, RIGHT_OPTION), event(Kind::Flags, 61, 0)];
        assert_eq!(play(ModifierKey::RightAlt, &tape), [KeyEdge::Down, KeyEdge::Up]);
        assert_eq!(play(ModifierKey::LeftAlt, &tape), []);
        assert_eq!(play(ModifierKey::RightMeta, &tape), []);
    }

    #[test]
    fn every_key_is_heard_and_only_by_its_own() {
        for key in ModifierKey::ALL {
            let code = modifier_code(key);
            let flags = match bit_of(code) {
                Some(bit) => {
                    let family = FAMILIES.iter().find(|f| bit & (f.left.0 | f.right.0) != 0).unwrap();
                    family.mask | bit
                }
                None => FN,
            };
            let tape = [event(Kind::Flags, code, flags), event(Kind::Flags, code, 0)];
            for watched in ModifierKey::ALL {
                let expected: &[KeyEdge] = if watched == key { &[KeyEdge::Down, KeyEdge::Up] } else { &[] };
                assert_eq!(play(watched, &tape), expected, "{watched} hears {key}");
            }
        }
    }

    #[test]
    fn the_e_of_an_accent_cancels() {
        let tape = [
            event(Kind::Flags, 61, RIGHT_OPTION),
            event(Kind::Down, 14, RIGHT_OPTION),
            event(Kind::Up, 14, RIGHT_OPTION),
            event(Kind::Flags, 61, 0),
        ];
        assert_eq!(play(ModifierKey::RightAlt, &tape), [KeyEdge::Down, KeyEdge::Cancelled]);
    }

    #[test]
    fn another_modifier_cancels_or_bars() {
        let after = [event(Kind::Flags, 61, RIGHT_OPTION), event(Kind::Flags, 56, RIGHT_OPTION | LEFT_SHIFT)];
        assert_eq!(play(ModifierKey::RightAlt, &after), [KeyEdge::Down, KeyEdge::Cancelled]);
        let before = [event(Kind::Flags, 56, LEFT_SHIFT), event(Kind::Flags, 61, RIGHT_OPTION | LEFT_SHIFT)];
        assert_eq!(play(ModifierKey::RightAlt, &before), []);
        let twin = [event(Kind::Flags, 58, LEFT_OPTION), event(Kind::Flags, 61, RIGHT_OPTION | LEFT_OPTION)];
        assert_eq!(play(ModifierKey::RightAlt, &twin), []);
        let caps_lock_is_on = [event(Kind::Flags, 61, RIGHT_OPTION | 0x01_0000)];
        assert_eq!(play(ModifierKey::RightAlt, &caps_lock_is_on), [KeyEdge::Down]);
    }

    #[test]
    fn the_twin_still_held_does_not_hide_a_release() {
        let tape = [event(Kind::Flags, 61, RIGHT_OPTION), event(Kind::Flags, 61, LEFT_OPTION)];
        assert_eq!(play(ModifierKey::RightAlt, &tape), [KeyEdge::Down, KeyEdge::Up]);
    }

    #[test]
    fn a_release_that_the_tap_missed_shows_in_the_next_key() {
        let mut tape = vec![event(Kind::Flags, 61, RIGHT_OPTION)];
        tape.push(event(Kind::Down, 0, 0));
        assert_eq!(play(ModifierKey::RightAlt, &tape), [KeyEdge::Down, KeyEdge::Up]);
    }

    #[test]
    fn the_arrow_keys_are_not_fn() {
        let arrow = [event(Kind::Down, 0x7B, FN | 0x20_0000), event(Kind::Up, 0x7B, FN | 0x20_0000)];
        assert_eq!(play(ModifierKey::Fn, &arrow), []);
        let mut tape = vec![event(Kind::Flags, 63, FN)];
        tape.extend(arrow);
        tape.push(event(Kind::Flags, 63, 0));
        assert_eq!(play(ModifierKey::Fn, &tape), [KeyEdge::Down, KeyEdge::Cancelled]);
    }

    #[test]
    fn a_key_that_repeats_was_pressed_before() {
        let repeat = RawEvent { repeat: true, ..event(Kind::Down, 0, RIGHT_OPTION) };
        let tape = [event(Kind::Flags, 61, RIGHT_OPTION), repeat];
        assert_eq!(play(ModifierKey::RightAlt, &tape), [KeyEdge::Down]);
    }

    #[test]
    fn programs_that_post_events_do_not_end_a_press() {
        let posted = |event| RawEvent { posted: true, ..event };
        let up = posted(event(Kind::Up, 0, 0));
        let tape = [event(Kind::Flags, 61, RIGHT_OPTION), up];
        assert_eq!(play(ModifierKey::RightAlt, &tape), [KeyEdge::Down]);
        // A remote desktop may know only that Option is held, not which.
        let remote = [posted(event(Kind::Flags, 61, 0x08_0000)), posted(event(Kind::Flags, 61, 0))];
        assert_eq!(play(ModifierKey::RightAlt, &remote), [KeyEdge::Down, KeyEdge::Up]);
    }
}
