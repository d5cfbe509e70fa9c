//! Days of the Gregorian calendar, for all that reads or writes times.

/// Year, month and day of so many days after 1970-01-01, in the Gregorian calendar reaching back.
pub fn civil(days: i64) -> (i64, u8, u8) {
    // Years are counted from March on, so that the day of a leap year is the last; 400 years have 146,097 days.
    let shifted = i128::from(days) + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = i64::try_from(era * 400 + year + next).unwrap_or(i64::MAX);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(of_month).unwrap_or(1))
}

/// How many days after 1970-01-01 a day is; none where the calendar has no such day, or its year is not of four digits.
pub fn days(year: u16, month: u8, day: u8) -> Option<i64> {
    if year > 9999 || !(1..=12).contains(&month) {
        return None;
    }
    let (from_march, part) = (i64::from(month + 9) % 12, i64::from(day) - 1);
    let year_of = i64::from(year) - i64::from(month < 3);
    let leaps = year_of.div_euclid(4) - year_of.div_euclid(100) + year_of.div_euclid(400);
    let days = year_of * 365 + leaps + (from_march * 153 + 2) / 5 + part - 719_468;
    (civil(days) == (i64::from(year), month, day)).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_of_four_digits_is_its_own_number() {
        let (first, last) = (days(0, 1, 1).unwrap(), days(9999, 12, 31).unwrap());
        assert_eq!((first, last), (-719_528, 2_932_896));
        let mut before = (-1, 12, 31);
        for at in first..=last {
            let (year, month, day) = civil(at);
            assert_eq!(days(u16::try_from(year).unwrap(), month, day), Some(at));
            let next = (before.0, before.1, before.2 + 1);
            assert!(
                [next, (before.0, before.1 + 1, 1), (before.0 + 1, 1, 1)]
                    .contains(&(year, month, day))
            );
            before = (year, month, day);
        }
    }

    #[test]
    fn days_that_are_none_have_no_number() {
        for (year, month, day) in [
            (2026, 2, 29),
            (1900, 2, 29),
            (2026, 4, 31),
            (2026, 13, 1),
            (2026, 0, 1),
            (2026, 1, 0),
            (2026, 1, 255),
            (2026, 255, 1),
            (10_000, 1, 1),
        ] {
            assert_eq!(days(year, month, day), None, "{year}-{month}-{day}");
        }
        assert!(days(2000, 2, 29).is_some() && days(1600, 2, 29).is_some());
        assert!(civil(i64::MIN).0 < 0 && civil(i64::MAX).0 > 0);
    }
}
