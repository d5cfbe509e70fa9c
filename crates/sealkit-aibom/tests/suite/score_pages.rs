//! Profiles are read strictly, and scores are shown without any stranger's markup.

use sealkit_aibom::{
    Bom, Component, ComponentId, Kind, Profile, ProfileError, Requirement, ScoreContext,
    profile_ids, score, score_html, score_markdown,
};

fn id(text: &str) -> ComponentId {
    ComponentId(text.to_owned())
}

fn profiles() -> impl Iterator<Item = Profile> {
    profile_ids().map(|id| Profile::built_in(id).unwrap())
}

/// A kit, a model and a dataset that say nothing, not even their names.
fn silent() -> Bom {
    let mut bom = Bom::new(Component::new(id("kit"), Kind::Kit, ""));
    bom.components =
        vec![Component::new(id("m"), Kind::Model, ""), Component::new(id("d"), Kind::Dataset, "")];
    bom
}

#[test]
fn a_hundred_names_are_enough() {
    let mut bom = silent();
    for at in 0..500 {
        bom.components.push(Component::new(id(&format!("f{at}")), Kind::File, format!("f{at}")));
    }
    let score = score(&bom, &Profile::built_in("cisa-2026").unwrap(), &ScoreContext::default());
    let hash = score.elements.iter().find(|element| element.id == "hash-value").unwrap();
    assert_eq!((hash.asked, hash.missing.len()), (503, 100));
    assert!(score_markdown(&score).contains("and 498 more"));
}

#[test]
fn pages_escape_what_comes_from_files() {
    let evil = "<script>alert(1)</script>|\u{1b}[31m";
    let mut bom = silent();
    bom.components[0].name = evil.to_owned();
    for profile in profiles() {
        let mut score = score(&bom, &profile, &ScoreContext::default());
        score.elements[0].title = evil.to_owned();
        let (page, text) = (score_html(&score), score_markdown(&score));
        for page in [&page, &text] {
            assert!(!page.contains("<script") && !page.contains('\u{1b}'));
            assert!(
                page.contains(&score.elements[0].id.replace('_', "\\_"))
                    || page.contains(&score.elements[0].id)
            );
        }
        assert!(page.contains("default-src 'none'") && page.ends_with("</html>\n"));
        let head = text.lines().find(|line| line.starts_with("| id")).unwrap();
        let cells = head.matches('|').count();
        for line in text.lines().filter(|line| line.starts_with('|')) {
            assert_eq!(line.replace("\\|", "").matches('|').count(), cells, "{line}");
        }
    }
}

#[test]
fn a_profile_is_read_strictly() {
    let good = serde_json::json!({
        "id": "p", "title": "P", "edition": "1", "source": "us",
        "elements": [{
            "id": "a", "cluster": "C", "title": "A", "requirement": "must", "applies-to": "model",
            "satisfied-by": ["description"], "supply": {"flag": "--a"},
        }],
    });
    let parse = |json: &serde_json::Value| Profile::parse(json.to_string().as_bytes());
    assert_eq!(parse(&good).unwrap().elements[0].requirement, Requirement::Must);
    let with = |pointer: &str, value: serde_json::Value| {
        let mut json = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = json.pointer_mut(parent).unwrap();
        match parent {
            serde_json::Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            list => list.as_array_mut().unwrap().push(value),
        }
        parse(&json)
    };
    let element = good["elements"][0].clone();
    assert!(matches!(with("/elements/-", element), Err(ProfileError::Duplicate { .. })));
    for bad in ["", "bom.unheard-of", "relation.sideways", "unheard.of", "has.cake", "link."] {
        let test = with("/elements/0/satisfied-by", serde_json::json!([bad]));
        assert!(matches!(test, Err(ProfileError::Test { .. })), "{bad}");
    }
    let none = with("/elements/0/satisfied-by", serde_json::json!([]));
    assert!(matches!(none, Err(ProfileError::Test { .. })));
    let category = serde_json::json!([{"cluster": "D", "points": 1.0}]);
    assert!(matches!(with("/categories", category), Err(ProfileError::Category { .. })));
    assert!(matches!(with("/colour", 1.into()), Err(ProfileError::Json(_))));
    assert!(matches!(with("/elements/0/colour", 1.into()), Err(ProfileError::Json(_))));
    assert!(matches!(with("/elements/0/requirement", "some".into()), Err(ProfileError::Json(_))));
    assert!(Profile::parse(b"[").is_err());
}
