//! List items with a label, as the templates of cards have them: `- **Developed by:** A lab`.

use super::markdown::{Document, Kind};
use super::prose::place;
use super::{About, emissions, hyper, links, titles};
use crate::pick::{Pen, cut, is_placeholder};
use crate::{LinkInfo, OriginInfo, PartyInfo, Value, property};

/// Longest value that is taken, in bytes.
const MAX_VALUE: usize = 1024;

/// Reads every labelled item outside of lists of settings.
pub(super) fn read(pen: &mut Pen<'_>, document: &Document, about: About) {
    for line in document.lines.iter().filter(|line| line.kind == Kind::Text) {
        let Some((label, value)) = hyper::item(&line.text) else { continue };
        let shown = links::plain(&value);
        if is_placeholder(&shown) || shown.to_lowercase().contains("information needed") {
            continue;
        }
        let shown = cut(&shown, MAX_VALUE).to_owned();
        let place = place(line.number, line.number);
        let label = titles::normal(&label.to_lowercase().replace("[optional]", ""));
        one(pen, &place, (&label, &value, shown), about);
    }
}

fn one(pen: &mut Pen<'_>, place: &str, (label, raw, shown): (&str, &str, String), about: About) {
    let url = links::links(raw).into_iter().next().map(|link| link.url);
    let url = url.or_else(|| address(&shown));
    let plain = match label {
        "license" | "licence" => property::LICENCE,
        "language s nlp" | "language s" | "language" | "languages" => property::LANGUAGE,
        "hardware type" | "hardware" | "hardware used" => property::HARDWARE,
        "compute region" => property::ENERGY_REGION,
        "cloud provider" | "model type" => {
            pen.about(label, place, property::METADATA, Value::Text(shown));
            return;
        }
        "repository" => return link(pen, place, "vcs", url),
        "paper" | "documentation" => return link(pen, place, "documentation", url),
        "demo" | "homepage" | "website" => return link(pen, place, "website", url),
        "finetuned from model" | "finetuned from" | "base model" if about == About::Model => {
            return base(pen, place, &shown, url);
        }
        "hours used" => return hours(pen, place, &shown),
        "carbon emitted" | "co2 emissions" | "co2 emissions in grams" => {
            if let Some(grams) = emissions::grams(&shown, label.ends_with("grams")) {
                pen.declared(place, property::CO2_GRAMS, Value::Float(grams));
            }
            return;
        }
        "energy consumed" => {
            let (amount, unit) = shown.split_once(' ').unwrap_or((&shown, ""));
            let energy = amount.parse::<f64>().ok().filter(|e| unit == "kWh" && *e >= 0.0);
            if let Some(energy) = energy.filter(|energy| energy.is_finite()) {
                pen.declared(place, property::ENERGY_KWH, Value::Float(energy));
            }
            return;
        }
        "maximum sequence length" => return size(pen, place, property::CONTEXT_LENGTH, &shown),
        "output dimensionality" => return size(pen, place, property::EMBEDDING_SIZE, &shown),
        _ => {
            if let Some(role) = role(label) {
                let name = shown;
                let role = Some(role.to_owned());
                let party = PartyInfo { name, url, role, ..PartyInfo::default() };
                pen.declared(place, property::PARTY, Value::Party(party));
            }
            return;
        }
    };
    // The front matter says these better.
    let in_front = [property::LICENCE, property::LANGUAGE].contains(&plain)
        && pen.facts.of(plain).next().is_some();
    if !in_front {
        pen.declared(place, plain, Value::Text(shown));
    }
}

fn role(label: &str) -> Option<&'static str> {
    Some(match label {
        "developed by" | "model developers" | "developers" | "developer" | "author" | "authors" => {
            "author"
        }
        "curated by" | "created by" | "creator" => "creator",
        "funded by" => "funder",
        "shared by" => "publisher",
        "point of contact" | "contact" => "contact",
        _ => return None,
    })
}

fn base(pen: &mut Pen<'_>, place: &str, shown: &str, url: Option<String>) {
    let of_url = url.as_deref().and_then(links::id_of).map(str::to_owned);
    let name = of_url.unwrap_or_else(|| shown.to_owned());
    let role = Some("finetune".to_owned());
    let origin = OriginInfo { role, url, ..OriginInfo::named(name) };
    pen.declared(place, property::BASE_MODEL, Value::Origin(origin));
}

fn link(pen: &mut Pen<'_>, place: &str, kind: &str, url: Option<String>) {
    if let Some(url) = url {
        let link = LinkInfo { kind: kind.to_owned(), url };
        pen.declared(place, property::LINK, Value::Link(link));
    }
}

fn hours(pen: &mut Pen<'_>, place: &str, shown: &str) {
    let first = shown.split_whitespace().next().unwrap_or_default().replace(',', "");
    let seconds = first.parse::<f64>().ok().map(|hours| hours * 3600.0);
    if let Some(seconds) = seconds.filter(|s| s.is_finite() && *s >= 0.0) {
        pen.declared(place, property::TRAINING_SECONDS, Value::Float(seconds));
    }
}

/// `384 dimensions`, `512 tokens`.
fn size(pen: &mut Pen<'_>, place: &str, property: &'static str, shown: &str) {
    let first = shown.split_whitespace().next().unwrap_or_default();
    if let Some(number) = crate::pick::grouped(first) {
        pen.declared(place, property, Value::Uint(number));
    }
}

/// A text that is an address itself.
fn address(text: &str) -> Option<String> {
    let url = text.split_whitespace().next()?.trim_matches(['<', '>']);
    (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
}
