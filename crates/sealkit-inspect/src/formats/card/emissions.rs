//! `co2_eq_emissions` of a card: a number of grams, or a map with what it stands on.

use serde_json::Value as Json;

use crate::pick::{Pen, float, text};
use crate::{Value, property};

/// Reads the entry of the front matter.
pub(super) fn front(pen: &mut Pen<'_>, json: &Json) {
    const PLACE: &str = "/co2_eq_emissions";
    let Json::Object(map) = json else {
        amount(pen, PLACE, json);
        return;
    };
    if let Some(emissions) = map.get("emissions") {
        amount(pen, "/co2_eq_emissions/emissions", emissions);
    }
    let texts = [
        ("source", property::CO2_SOURCE),
        ("training_type", property::ENERGY_ACTIVITY),
        ("geographical_location", property::ENERGY_REGION),
        ("hardware_used", property::HARDWARE),
    ];
    for (key, property) in texts {
        pen.each(&format!("{PLACE}/{key}"), property, map.get(key));
    }
}

fn amount(pen: &mut Pen<'_>, place: &str, json: &Json) {
    let grams = float(json).or_else(|| grams(&text(json)?, true));
    if let Some(grams) = grams.filter(|grams| *grams >= 0.0) {
        pen.declared(place, property::CO2_GRAMS, Value::Float(grams));
    }
}

/// Grams in a text such as `12.5 kg`, `3 tCO2eq`, `700 g`; one without unit counts only where it
/// is known that grams are meant.
pub(super) fn grams(shown: &str, bare: bool) -> Option<f64> {
    let shown = shown.trim().replace(',', "");
    let end = shown.find(|c: char| !(c.is_ascii_digit() || ".eE+-".contains(c)));
    let (digits, unit) = shown.split_at(end.unwrap_or(shown.len()));
    let number = digits.trim().parse::<f64>().ok().filter(|n| n.is_finite())?;
    let unit = unit.trim().to_lowercase();
    let word: String = unit.chars().take_while(char::is_ascii_alphabetic).collect();
    let factor = match word.as_str() {
        "" if bare && unit.is_empty() => 1.0,
        "g" | "gram" | "grams" | "gco" => 1.0,
        "kg" | "kgs" | "kilogram" | "kilograms" | "kgco" => 1e3,
        "t" | "ton" | "tons" | "tonne" | "tonnes" | "tco" => 1e6,
        _ => return None,
    };
    Some(number * factor).filter(|n| n.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_apart() {
        let cases = [
            ("12.5 kg", false, Some(12_500.0)),
            ("3 tCO2eq", false, Some(3e6)),
            ("1,200 gCO2eq", false, Some(1200.0)),
            ("700", true, Some(700.0)),
            ("700", false, None),
            ("7 pounds", true, None),
            ("a few kg", true, None),
            ("", true, None),
        ];
        for (text, bare, expected) in cases {
            assert_eq!(grams(text, bare), expected, "{text}");
        }
    }
}
