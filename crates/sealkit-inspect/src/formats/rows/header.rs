//! Whether the first row of a table names its columns.

use super::kinds::{Kind, Kinds, of_cell};

/// Takes the cells of the first row, and what stands below each of them in the second: nothing where there is none.
pub(super) fn is_header(first: &[String], seconds: &[Kinds]) -> bool {
    let kinds: Vec<Kind> = first.iter().map(|cell| of_cell(cell.as_bytes())).collect();
    if first.iter().all(|cell| cell.trim().is_empty()) {
        return false;
    }
    if !kinds.iter().copied().any(is_value) {
        return true;
    }
    is_count(first, seconds)
        || are_steps(first, &kinds, seconds)
        || is_above_values(&kinds, seconds)
}

fn is_value(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Number | Kind::Date)
}

fn holds_value(kinds: Kinds) -> bool {
    [Kind::Integer, Kind::Number, Kind::Date].into_iter().any(|kind| kinds.has(kind))
}

/// `0`, `1`, `2` and so on, which pandas writes for columns without names; before them may stand the index,
/// whose name is empty.
fn is_count(first: &[String], seconds: &[Kinds]) -> bool {
    let has_index = first.first().is_some_and(String::is_empty);
    let counted = first.get(usize::from(has_index)..).unwrap_or_default();
    // Two numbers may be an edge of a graph.
    let is_enough = counted.len() > 2 || has_index && !counted.is_empty();
    let is_followed = seconds.iter().any(|kinds| *kinds != Kinds::default());
    is_enough && is_followed && counted.iter().enumerate().all(|(at, cell)| *cell == at.to_string())
}

/// Names, and then years that follow each other or days that rise: one column for each. Two years may be a row
/// of values, and so may days over days.
fn are_steps(first: &[String], kinds: &[Kind], seconds: &[Kinds]) -> bool {
    let values = || first.iter().zip(kinds).zip(seconds).filter(|((_, kind), _)| is_value(**kind));
    let are_days = values().all(|((_, kind), below)| *kind == Kind::Date && !below.has(Kind::Date));
    let cells: Vec<&String> = values().map(|((cell, _), _)| cell).collect();
    let years: Option<Vec<u16>> = cells.iter().map(|cell| cell.parse().ok()).collect();
    let years = years.filter(|years| years.iter().all(|year| (1800..2200).contains(year)));
    let are_years = years.is_some_and(|years| {
        years.len() >= 3 && years.array_windows().all(|[year, next]| year + 1 == *next)
    });
    let rise = cells.len() >= 2 && cells.array_windows().all(|[a, b]| a < b);
    kinds.contains(&Kind::Text) && rise && (are_days || are_years)
}

/// More words that stand over values than values that stand over values.
fn is_above_values(kinds: &[Kind], seconds: &[Kinds]) -> bool {
    let over = |is: fn(Kind) -> bool| {
        kinds.iter().zip(seconds).filter(|(kind, below)| is(**kind) && holds_value(**below)).count()
    };
    over(|kind| kind == Kind::Text) > over(is_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(first: &str, second: &str) -> bool {
        let first: Vec<String> = first.split(',').map(str::to_owned).collect();
        let mut below = vec![Kinds::default(); first.len()];
        for (kinds, cell) in below.iter_mut().zip(second.split(',')) {
            match of_cell(cell.as_bytes()) {
                Kind::Missing => {}
                kind => kinds.add(kind),
            }
        }
        is_header(&first, &below)
    }

    #[test]
    fn names_are_told_from_values() {
        for (first, second) in [
            ("a,b", "1,2"),
            ("a,b", "x,y"),
            ("a,b", ""),
            // What pandas writes where there are no names.
            (",0,1", "0,7,8"),
            (",0", "0,7"),
            ("0,1,2", "5,6,7"),
            // One column for each year or day.
            ("Country,Code,1960,1961,1962", "Aruba,ABW,54211,55438,56225"),
            ("Country,1960,1961,1962", "Aruba,,55438,"),
            ("region,2020-01-01,2020-02-01", "X,0,0"),
            // The iris table of scikit-learn.
            ("150,4,setosa,versicolor,virginica", "5.1,3.5,1.4,0.2,0"),
        ] {
            assert!(header(first, second), "{first} over {second}");
        }
        for (first, second) in [
            ("1,2", "3,4"),
            ("0,1", "0,2"),
            ("0,1,2", ""),
            ("5.1,3.5,setosa", "4.9,3.0,setosa"),
            ("x,1990,1991", "y,1992,1993"),
            ("x,2020-01-01,2020-02-01", "y,2021-01-01,2021-02-01"),
            ("x,5,6", "y,7,8"),
            ("1,0,3,Braund,male,22,A/5 21171", "2,1,1,Cumings,female,38,17599"),
            (",,", "1,2,3"),
            ("2020-01-01,2", "2020-01-02,3"),
        ] {
            assert!(!header(first, second), "{first} over {second}");
        }
    }
}
