//! A moment as part of a file name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `at` in UTC as `20251120T133705.123Z`: sorts by time and needs no character that a file system forbids.
/// Moments before 1970 count as 1970.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}.{:03}Z", since.subsec_millis())
}

/// The moment that a file name begins with, as [`timestamp`] writes it, in ms since 1970; `None` when it begins otherwise.
pub(crate) fn moment(name: &str) -> Option<u64> {
    let stamp = name.get(..20).filter(|stamp| stamp.is_ascii())?;
    let number = |from: usize, until: usize| stamp[from..until].parse::<u64>().ok();
    let date = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
    let days = (date.0 >= 1970 && (1..=12).contains(&date.1) && (1..=31).contains(&date.2)).then(|| days(date))?;
    let at = ((days * 24 + hour) * 60 + minute) * 60 + second;
    let ms = at * 1000 + number(16, 19)?;
    // A time that is written otherwise is none.
    (timestamp(UNIX_EPOCH + Duration::from_millis(ms)) == stamp).then_some(ms)
}

/// The inverse of [`civil_date`].
fn days((year, month, day): (u64, u64, u64)) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of the Gregorian calendar, `days` after 1 January 1970.
///
/// Counts in eras of 400 years (146,097 days) that begin on 1 March, so that the leap day is a year's last.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // from 1 March of the year 0
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153; // counted from March
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (milliseconds, text) in [
            (0, "19700101T000000.000Z"),
            (951_782_400_000, "20000229T000000.000Z"),
            (1_709_251_199_999, "20240229T235959.999Z"),
            (1_709_251_200_000, "20240301T000000.000Z"),
            (1_735_689_599_000, "20241231T235959.000Z"),
            (4_107_542_400_000, "21000301T000000.000Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_millis(milliseconds)), text);
            assert_eq!(moment(&format!("{text}.2")), Some(milliseconds));
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for name in [
            "",
            "held.wav",
            "20240230T000000.000Z",
            "20241301T000000.000Z",
            "20240101 000000.000Z",
            "2024010éT000000.00",
        ] {
            assert_eq!(moment(name), None, "{name}");
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut last = civil_date(0);
        for day in 1..60_000 {
            let next = civil_date(day);
            assert_eq!(days(next), day);
            assert!(next > last && (1..=12).contains(&next.1) && (1..=31).contains(&next.2), "{next:?}");
            last = next;
        }
    }
}
