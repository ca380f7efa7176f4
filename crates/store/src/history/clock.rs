//! What time it is for the ages of things. The machine's clock may be wrong for a while, and no mistake of it may delete what
//! was said.
//!
//! Each look at the clock is compared with the last one that was believed, which a small file beside the history keeps:
//!
//! - A step of a tenth of the age limit, six hours at least and a week at most, is believed at once. Whoever uses Tawk every
//!   few days sees things go on time.
//! - A larger one, ahead or back, is doubted: the machine was off, or the clock is wrong. Until it is believed, the time stands
//!   still for all ages, so that nothing grows old by it.
//! - It is believed at a look two days later by the same clock. A machine that was off for weeks forgets what is due two
//!   days after it is on again; a clock that was put right before that has changed nothing. A step of a day and a half at the
//!   most, which is doubted only where things stay for some days, is believed after six hours: it may be any night.
//! - A step back that was believed may be a mistake all the same. So the time before it is remembered for as long as things
//!   stay. Until then ages count by the time after it, so that nothing grows old, but what is new counts as from the time
//!   before it, and what has a later time keeps it. If the clock gets there again, it was the mistake, and nothing has changed.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::disk;

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A step that was doubted is believed after so long.
pub(super) const SETTLED_MS: i64 = 2 * DAY_MS;

/// And a step of [`NIGHT_MS`] at the most after so long. So much is also believed at once, however short things stay.
const HOURS_MS: i64 = DAY_MS / 4;

/// From an early evening to a late visit on the next day.
const NIGHT_MS: i64 = 36 * 60 * 60 * 1000;

/// A clock that went back is believed also after a pause of so long. Ahead, a pause is another step to be doubted.
const LONGEST_PAUSE_MS: i64 = 30 * DAY_MS;

/// The file lags behind by so much at the most: it need not be written after each dictation.
const LAG_MS: i64 = 60 * 60 * 1000;

/// What was seen of the clock, in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// What was believed last.
    pub(super) believed: i64,
    /// What the clock said when it was first doubted; `None` while it is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) doubted: Option<i64>,
    /// A step back that was believed and may yet turn out to be a mistake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) back: Option<Back>,
}

/// A step back that was believed, in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Back {
    /// The latest time that was believed before it.
    from: i64,
    /// What the clock said when it was first seen.
    since: i64,
    /// How long the time after it has been believed, in ms. A pause counts as a step that is believed at once.
    lasted: i64,
}

impl Seen {
    pub(super) fn at(believed: i64) -> Self {
        Self { believed, doubted: None, back: None }
    }

    /// Whether this is the time for all that is known, so that what is from a later one is known to be wrong.
    pub(super) fn is_certain(self) -> bool {
        self.doubted.is_none() && self.back.is_none()
    }

    /// The time that what is new has at least.
    pub(super) fn floor(self) -> i64 {
        self.back.map_or(self.believed, |back| back.from.max(self.believed))
    }

    /// Whether what has the time `written` may be from when the clock was behind, as far as that is known.
    pub(super) fn may_be_behind(self, written: i64) -> bool {
        let within = |from: i64, until: i64| (from.saturating_sub(DAY_MS)..until).contains(&written);
        let doubt = self.doubted.filter(|&first| first < self.believed);
        doubt.is_some_and(|first| within(first, first.saturating_add(SETTLED_MS)))
            || self.back.is_some_and(|back| within(back.since, self.believed.saturating_add(DAY_MS).min(back.from)))
    }

    /// What is known after a look at which the clock says `now`, with an age limit of so many days.
    fn look(self, now: i64, days: u32) -> Self {
        let plausible = plausible(days);
        let since = |then: i64| now.saturating_sub(then);
        if since(self.believed).saturating_abs() <= plausible {
            return self.believe(now, days);
        }
        let is_ahead = now > self.believed;
        let doubt = Self { doubted: Some(now), ..self };
        // A clock that was put somewhere else meanwhile is doubted anew.
        let Some(first) = self.doubted.filter(|&first| first <= now && (first > self.believed) == is_ahead) else {
            return doubt;
        };
        let step = first.saturating_sub(self.believed).saturating_abs();
        let settled = if step <= NIGHT_MS { HOURS_MS } else { SETTLED_MS };
        match since(first) {
            passed if passed < settled => self,
            passed if passed <= settled + if is_ahead { plausible } else { LONGEST_PAUSE_MS } => {
                self.believe(now, days)
            }
            _ if is_ahead => Self { doubted: Some(now), ..self.believe(first, days) },
            _ => doubt,
        }
    }

    /// The clock is believed when it says `now`.
    fn believe(self, now: i64, days: u32) -> Self {
        let plausible = plausible(days);
        let step = now.saturating_sub(self.believed);
        let back = if step < -plausible {
            Some(Back { from: self.floor(), since: self.doubted.unwrap_or(now), lasted: 0 })
        } else {
            let lasting = if days == 0 { LONGEST_PAUSE_MS } else { i64::from(days) * DAY_MS };
            let on = |back: Back| Back { lasted: back.lasted.saturating_add(step.min(plausible)), ..back };
            self.back.map(on).filter(|back| now < back.from && back.lasted < lasting)
        };
        Self { believed: now, doubted: None, back }
    }
}

/// The step that is believed at once, with an age limit of so many days.
fn plausible(days: u32) -> i64 {
    if days == 0 { DAY_MS } else { (i64::from(days) * DAY_MS / 10).clamp(HOURS_MS, 7 * DAY_MS) }
}

/// The file that keeps it.
#[derive(Debug)]
pub(super) struct Clock {
    path: PathBuf,
}

impl Clock {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// What was seen last; `None` when nothing was, or it cannot be read.
    pub(super) fn seen(&self) -> Option<Seen> {
        serde_json::from_slice(&fs::read(&self.path).ok()?).ok()
    }

    /// Looks at the clock, which says `now`, and returns what was seen before and what is known now. Where nothing was seen,
    /// `before` is what the history itself tells.
    pub(super) fn look(&self, now: SystemTime, days: u32, before: impl FnOnce() -> Option<i64>) -> (Seen, Seen) {
        let now = milliseconds(now);
        let last = self.seen();
        let known = last.unwrap_or_else(|| Seen::at(before().unwrap_or(now)));
        let next = known.look(now, days);
        let is_worth_it = last.is_none_or(|last| {
            let passed = next.believed.saturating_sub(last.believed).saturating_abs();
            let turn = |seen: Seen| (seen.doubted, seen.back.map(|back| (back.from, back.since)));
            turn(last) != turn(next) || passed >= LAG_MS
        });
        if is_worth_it && let Err(error) = self.keep(next) {
            // Not kept, a step is doubted again: nothing is deleted too early.
            tracing::warn!("the time of this look is not kept: {error}");
        }
        (known, next)
    }

    pub(super) fn keep(&self, seen: Seen) -> tawk_core::Result<()> {
        disk::replace(&self.path, &serde_json::to_vec(&seen).unwrap_or_default())
    }
}

/// Milliseconds since 1970; moments before count as 1970.
pub(super) fn milliseconds(at: SystemTime) -> i64 {
    i64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// The inverse of [`milliseconds`].
pub(super) fn moment_of(ms: i64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(ms).unwrap_or_default())).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 20_000 * DAY_MS;
    const HOUR_MS: i64 = DAY_MS / 24;

    /// What is known after looks at these times, in hours after [`START`], at which the clock was believed.
    fn after(hours: &[i64]) -> (i64, Option<i64>) {
        let seen = hours.iter().fold(Seen::at(START), |seen, hour| seen.look(START + hour * HOUR_MS, 30));
        ((seen.believed - START) / HOUR_MS, seen.doubted.map(|first| (first - START) / HOUR_MS))
    }

    #[test]
    fn every_day_and_after_a_weekend_the_clock_is_believed() {
        assert_eq!(after(&[1, 10, 24, 40, 41]), (41, None));
        assert_eq!(after(&[64]), (64, None));
        assert_eq!(after(&[2, 1, -10]), (-10, None), "an hour back in autumn, or in another country");
    }

    #[test]
    fn a_leap_ahead_is_believed_two_days_later() {
        let leap = 40 * 24;
        assert_eq!(after(&[leap]), (0, Some(leap)));
        assert_eq!(after(&[leap, leap + 1, leap + 2, leap + 47]), (0, Some(leap)), "however often it is asked");
        assert_eq!(after(&[leap, leap + 10, leap + 48]), (leap + 48, None));
        // Put right in between, it was nothing.
        assert_eq!(after(&[leap, leap + 10, 12]), (12, None));
        assert_eq!(after(&[leap, leap + 10, 100]), (0, Some(100)), "put right after some days");
        assert_eq!(after(&[leap, leap + 10, 100, 100 + 48]), (148, None));
    }

    #[test]
    fn whoever_comes_once_a_week_is_one_visit_behind() {
        let week = 7 * 24;
        assert_eq!(after(&[week, 2 * week, 3 * week, 4 * week]), (3 * week, Some(4 * week)));
        // So one wrong step is not believed because of a right one before it.
        let year = 365 * 24;
        assert_eq!(after(&[week, year]), (week, Some(year)));
    }

    #[test]
    fn a_clock_that_went_back_is_doubted_too() {
        let year = 365 * 24;
        assert_eq!(after(&[-year, -year + 5]), (0, Some(-year)));
        assert_eq!(after(&[-year, 5]), (5, None));
        assert_eq!(after(&[-year, 100]), (0, Some(100)), "what came before the doubt counts, not the doubt");
        // The clock was wrong before: it was a year ahead for days.
        assert_eq!(after(&[-year, -year + 50]), (-year + 50, None));
        assert_eq!(after(&[-year, -year + 7 * 24]), (-year + 7 * 24, None), "once a week is enough");
        // A machine that forgets the time at every start never gets there.
        assert_eq!(after(&[-year, -year + 5, -year, -year + 47, -year - 1]), (0, Some(-year - 1)));
    }

    #[test]
    fn the_time_before_a_step_back_is_remembered_for_as_long_as_things_stay() {
        let year = 365 * 24;
        let look = |hours: &[i64], days| {
            hours.iter().fold(Seen::at(START), |seen, hour| seen.look(START + hour * HOUR_MS, days))
        };
        let seen = look(&[-year, -year + 48], 30);
        assert_eq!((seen.believed, seen.floor()), (START + (48 - year) * HOUR_MS, START));
        assert!(!seen.is_certain());
        // What was written by the clock that is behind is known by its time.
        let behind = |hour: i64| seen.may_be_behind(START + hour * HOUR_MS);
        assert_eq!([-year - 25, -year - 1, -year + 47, -year + 80, 0].map(behind), [false, true, true, false, false]);
        // Put right, it is forgotten two days later.
        let right = look(&[-year, -year + 48, 50, 97], 30);
        assert_eq!((right.floor(), right.is_certain()), (START, false));
        assert_eq!(look(&[-year, -year + 48, 50, 98], 30), Seen::at(START + 98 * HOUR_MS));
        // Neither right nor as it was: in between.
        let between = look(&[-year, -year + 48, -1000, -950], 30);
        assert_eq!((between.believed, between.floor()), (START - 950 * HOUR_MS, START));
        // Otherwise it was the time before that was wrong. Days on which nobody looked hardly count.
        let daily = |days: i64| (0..=days).map(|day| day * 24 - year).collect::<Vec<_>>();
        assert!(!look(&daily(31), 30).is_certain() && look(&daily(32), 30).is_certain());
        assert!(!look(&daily(31), 0).is_certain() && look(&daily(32), 0).is_certain());
        assert!(!look(&[-year, -year + 48, -year + 1000, -year + 1050], 30).is_certain());
        let weekly: Vec<_> = (0..20).map(|week| week * 7 * 24 - year).collect();
        let is_open = |weeks: usize| look(&weekly[..weeks], 30).back.is_some();
        assert!(is_open(10) && !is_open(20), "but nothing lasts for ever");
        // Another step back begins anew.
        let again = look(&[&daily(20)[..], &[-2 * year, -2 * year + 48, -2 * year + 480]].concat(), 30);
        assert_eq!((again.floor(), again.is_certain()), (START, false));
    }

    #[test]
    fn where_things_stay_for_some_days_a_wrong_day_is_no_day() {
        let look = |hours: &[i64], days| {
            let seen = hours.iter().fold(Seen::at(START), |seen, hour| seen.look(START + hour * HOUR_MS, days));
            (seen.believed - START) / HOUR_MS
        };
        for days in 1..10 {
            assert_eq!(look(&[24], days), 0, "{days}");
            assert_eq!(look(&[24, 29, 6], days), 6, "{days}");
        }
        // On by day, off by night: believed in the afternoon.
        assert_eq!(look(&[5, 9, 24, 26], 1), 9);
        assert_eq!(look(&[5, 9, 24, 26, 30, 33], 1), 33);
        // Whoever comes for an hour a day is a day behind, at different hours too.
        assert_eq!(look(&[24, 48, 72, 73], 1), 48);
        assert_eq!(look(&[20, 55, 70, 105, 120], 1), 105);
        // A night is believed at once where things stay for a week.
        assert_eq!(look(&[8, 24], 7), 24);
    }

    #[test]
    fn any_number_is_a_time() {
        for believed in [i64::MIN, -1, 0, i64::MAX] {
            for doubted in [None, Some(i64::MIN), Some(i64::MAX)] {
                for now in [0, START, i64::MAX] {
                    for time in [i64::MIN, START, i64::MAX] {
                        for back in [None, Some(Back { from: time, since: -time.max(-i64::MAX), lasted: time })] {
                            for days in [0, 1, 30, u32::MAX] {
                                let seen = Seen { believed, doubted, back }.look(now, days);
                                seen.may_be_behind(now);
                                seen.floor();
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(milliseconds(moment_of(START)), START);
        assert_eq!(milliseconds(moment_of(i64::MIN)), 0);
        moment_of(i64::MAX);
    }

    #[test]
    fn what_was_seen_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::at(folder.path().join("clock"));
        let look = |hour: i64| clock.look(moment_of(START + hour * HOUR_MS), 30, || Some(START)).1;
        assert_eq!(look(1), Seen::at(START + HOUR_MS));
        assert_eq!(clock.seen(), Some(Seen::at(START + HOUR_MS)));
        let leap = 40 * 24;
        look(leap);
        assert_eq!(look(leap + 40).believed, START + HOUR_MS);
        assert_eq!(look(leap + 48), Seen::at(START + (leap + 48) * HOUR_MS));
        fs::write(folder.path().join("clock"), "rubbish").unwrap();
        assert_eq!(clock.seen(), None);
        assert_eq!(look(2 * leap).believed, START, "then the history tells");
        // A folder that is not there.
        let nowhere = Clock::at(folder.path().join("none/clock"));
        assert_eq!(nowhere.look(moment_of(START), 30, || None).1, Seen::at(START));
    }
}
