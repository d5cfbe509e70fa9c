//! Timestamps: yaml.v3 reads four forms and Go stores them as RFC 3339.

/// Reads a timestamp and writes it as Go's `time.RFC3339Nano` would; none where it is none.
pub(super) fn parse(text: &str) -> Option<String> {
    let mut rest = Cursor(text);
    let year = rest.number(4, 4)?;
    rest.take('-')?;
    let month = rest.number(1, 2)?;
    rest.take('-')?;
    let day = rest.number(1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(month, year) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.0.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let has_zone = rest.take('T').or_else(|| rest.take('t')).is_some();
    if !has_zone {
        rest.take(' ')?;
        rest = Cursor(rest.0.trim_start_matches(' '));
    }
    let clock = clock(&mut rest)?;
    let zone = if has_zone { zone(&mut rest)? } else { "Z".to_owned() };
    rest.0.is_empty().then(|| format!("{date}T{clock}{zone}"))
}

fn clock(rest: &mut Cursor<'_>) -> Option<String> {
    let hour = rest.number(1, 2)?;
    rest.take(':')?;
    let minute = rest.number(1, 2)?;
    rest.take(':')?;
    let second = rest.number(1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    let fraction = rest.0.strip_prefix(['.', ',']).unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let nanos = fraction.get(..digits.min(9))?.trim_end_matches('0');
        if !nanos.is_empty() {
            text = format!("{text}.{nanos}");
        }
        rest.0 = fraction.get(digits..)?;
    }
    Some(text)
}

/// `Z`, or hours and minutes, two digits each.
fn zone(rest: &mut Cursor<'_>) -> Option<String> {
    if rest.take('Z').is_some() {
        return Some("Z".to_owned());
    }
    let sign = if rest.take('+').is_some() { '+' } else { rest.take('-').map(|()| '-')? };
    let hours = rest.number(2, 2)?;
    rest.take(':')?;
    let minutes = rest.number(2, 2)?;
    // Go accepts an offset of a whole day, and sixty minutes.
    if hours > 24 || minutes > 60 {
        return None;
    }
    Some(match hours * 60 + minutes {
        0 => "Z".to_owned(),
        total => format!("{sign}{:02}:{:02}", total / 60, total % 60),
    })
}

fn days_in(month: u32, year: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn take(&mut self, c: char) -> Option<()> {
        self.0 = self.0.strip_prefix(c)?;
        Some(())
    }

    /// A number of `least` to `most` digits, as many as there are.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }
}
