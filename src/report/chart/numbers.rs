//! Numbers in pictures.

use crate::report::phrases::grouped;

/// A number for where there is little room: exact below 10,000, three digits of it above.
pub(super) fn short(number: u64) -> String {
    let tenths = |unit: u64, sign: &str| {
        let (whole, tenth) = (number / unit, number % unit / (unit / 10));
        let digits = grouped(usize::try_from(whole).unwrap_or(usize::MAX));
        if tenth == 0 || whole >= 100 { format!("{digits}{sign}") } else { format!("{digits}.{tenth}{sign}") }
    };
    match number {
        0..10_000 => exact(number),
        10_000..1_000_000 => tenths(1000, "k"),
        1_000_000..1_000_000_000 => tenths(1_000_000, "M"),
        1_000_000_000..1_000_000_000_000 => tenths(1_000_000_000, "G"),
        _ => ">999G".to_owned(),
    }
}

/// A number in full.
pub(super) fn exact(number: u64) -> String {
    grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

/// A share in percent, where none and all are said of no other: `<1%`, `>99%`.
pub(super) fn percent(part: usize, whole: usize) -> String {
    let whole = whole.max(1) as u128;
    let rounded = (part as u128 * 200 + whole) / (2 * whole);
    match rounded {
        0 if part > 0 => "<1%".to_owned(),
        100 if (part as u128) < whole => ">99%".to_owned(),
        rounded => format!("{rounded}%"),
    }
}

/// The distance between the lines of an axis that ends at or above `highest`: 1, 2 or 5 and noughts, so that
/// there are at most four.
pub(super) fn step(highest: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for times in [1, 2, 5] {
            let step = unit.saturating_mul(times);
            if highest.div_ceil(step) <= 4 {
                return step;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_little_room_and_stay_true() {
        for (number, text) in [
            (0, "0"),
            (9_999, "9,999"),
            (10_000, "10k"),
            (12_345, "12.3k"),
            (999_999, "999k"),
            (1_000_000, "1M"),
            (1_250_000, "1.2M"),
            (1_000_000_000_000, ">999G"),
        ] {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn none_and_all_are_said_of_nothing_else() {
        for (part, whole, text) in [
            (0, 0, "0%"),
            (0, 9, "0%"),
            (9, 9, "100%"),
            (1, 1000, "<1%"),
            (999, 1000, ">99%"),
            (1, 3, "33%"),
            (usize::MAX, usize::MAX, "100%"),
        ] {
            assert_eq!(percent(part, whole), text, "{part} of {whole}");
        }
    }

    #[test]
    fn an_axis_has_one_to_four_steps() {
        for (highest, expected) in
            [(1, 1), (4, 1), (5, 2), (8, 2), (9, 5), (21, 10), (66, 20), (1_000_000, 500_000)]
        {
            assert_eq!(step(highest), expected, "{highest}");
        }
        assert!(u64::MAX.div_ceil(step(u64::MAX)) <= 4);
    }
}
