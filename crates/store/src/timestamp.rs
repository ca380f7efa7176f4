//! A moment as part of a file name.

use std::time::{SystemTime, UNIX_EPOCH};

/// `at` in UTC as `20251120T133705.123Z`: sorts by time and needs no character that a file system forbids.
/// Moments before 1970 count as 1970.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}.{:03}Z", since.subsec_millis())
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
    use std::time::Duration;

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
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut last = civil_date(0);
        for day in 1..60_000 {
            let next = civil_date(day);
            assert!(next > last && (1..=12).contains(&next.1) && (1..=31).contains(&next.2), "{next:?}");
            last = next;
        }
    }
}
