//! `.kitignore` beyond what the golden table compares.

use proptest::prelude::*;
use sealkit_kitfile::{IgnoreError, IgnoreRules};

fn rules(text: &str) -> IgnoreRules {
    IgnoreRules::parse(text).unwrap()
}

#[test]
fn the_kits_own_files_are_always_ignored_at_the_root() {
    let rules = rules("!Kitfile\n!.kitignore\n");
    for name in ["Kitfile", "kitfile", ".kitfile", ".kitignore", "./Kitfile"] {
        assert!(rules.matches(name), "{name}");
        assert!(IgnoreRules::default().matches(name), "{name}");
    }
    assert!(!rules.matches("sub/Kitfile"));
    assert!(!rules.matches("KITFILE"));
}

#[test]
fn what_systems_leave_behind_is_ignored_on_request_alone() {
    let plain = rules("!*.db\n");
    assert!(!plain.matches(".DS_Store"));
    let strict = plain.without_os_junk();
    for path in [".DS_Store", "a/.ds_store", "a/THUMBS.DB", "$Recycle.Bin/x", ".Trashes/a/b"] {
        assert!(strict.matches(path), "{path}");
    }
    assert!(!strict.matches("a/.DS_Store2"));
    assert!(!strict.may_skip_dir(".Trashes"), "a negation is there");
    assert!(rules("").without_os_junk().may_skip_dir(".Trashes"));
}

#[test]
fn comments_marks_and_line_ends_are_understood() {
    let rules = rules("\u{feff}# comment\r\n  *.log  \r\n\n/root.txt\r\n #x\n");
    assert!(rules.matches("a.log"));
    assert!(rules.matches("root.txt"));
    assert!(rules.matches("#x"));
    assert!(!rules.matches("sub/a.log"));
    assert!(!rules.matches("# comment"));
}

#[test]
fn folders_are_skipped_only_where_nothing_can_come_back() {
    let strict = rules("build\n");
    assert!(strict.may_skip_dir("build") && strict.matches("build/x/y"));
    let with_negation = rules("build\n!build/keep\n");
    assert!(with_negation.matches("build/x"));
    assert!(!with_negation.matches("build/keep"));
    assert!(!with_negation.may_skip_dir("build"));
    assert!(!strict.may_skip_dir("src"));
}

#[test]
fn bad_patterns_are_told_with_their_line() {
    let error = IgnoreRules::parse("ok\n\n[a-\n").unwrap_err();
    assert_eq!(error, IgnoreError::Pattern { line: 3, pattern: "[a-".into() });
    for bad in ["[", "[]", "[z-a]", "a\\", "!", "[^"] {
        assert!(IgnoreRules::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn hostile_rules_take_no_more_than_their_size() {
    let hard = rules(&"*a".repeat(200));
    assert!(!hard.matches(&"a".repeat(190)));
    assert!(rules(&"**/".repeat(200)).matches("a/b"));
    let many = "a\n".repeat(20_000);
    assert_eq!(IgnoreRules::parse(&many).unwrap_err(), IgnoreError::TooLarge);
    let large = "a".repeat(2 << 20);
    assert_eq!(IgnoreRules::parse(&large).unwrap_err(), IgnoreError::TooLarge);
}

proptest! {
    #[test]
    fn no_rules_make_it_panic(text in "[ab*?!\\[\\]\\\\/^.# \n-]{0,40}", path in "\\PC{0,20}") {
        let rules = IgnoreRules::parse(&text);
        let skips = rules.as_ref().is_ok_and(|rules| rules.may_skip_dir(&path));
        prop_assert!(!skips || rules.is_ok_and(|rules| rules.matches(&path)));
    }

    #[test]
    fn a_plain_name_ignores_itself_and_what_is_below(name in "[a-z]{1,8}", below in "[a-z/]{1,8}") {
        let rules = IgnoreRules::parse(&name).unwrap();
        prop_assert!(rules.matches(&name));
        let file = format!("{name}/{below}");
        prop_assert!(rules.matches(&file));
        let other = format!("{name}x");
        prop_assert!(!rules.matches(&other));
    }
}
