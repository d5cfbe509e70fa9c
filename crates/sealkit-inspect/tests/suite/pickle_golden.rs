//! Pickles that CPython 3.11 wrote and read, and what it made of them.

use crate::pickle_common::{paths, show, trace, traced, unhex};
use sealkit_inspect::pickle::Limits;
use serde_json::Value as Json;

fn lines(text: &str) -> impl Iterator<Item = Json> + '_ {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn raw_paths(trace: &sealkit_inspect::pickle::Trace) -> Vec<String> {
    let known = |part: &Option<String>| part.clone().unwrap_or_default();
    let reached = trace.imports.iter().filter(|import| import.reached);
    reached.map(|i| format!("{}.{}", known(&i.module), known(&i.name))).collect()
}

/// `pickle.dumps` of random values by both picklers and every protocol: the same value, and the
/// same names in the same order.
#[test]
fn values_and_imports_are_those_of_python() {
    let (mut values, mut imports) = (0, 0);
    for case in lines(include_str!("../golden/pickle.jsonl")) {
        let bytes = unhex(case["hex"].as_str().unwrap());
        let trace = trace(&bytes);
        let [stream] = trace.streams.as_slice() else { panic!("{case}") };
        assert!(stream.is_complete(), "{case}: {stream:?}");
        assert_eq!(stream.range, 0..bytes.len() as u64, "{case}");
        assert!(!trace.heap.is_lossy() && !trace.overflow);
        let expected: Vec<_> =
            case["imports"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(raw_paths(&trace), expected, "{case}");
        imports += expected.len();
        if let Some(value) = case.get("value") {
            assert_eq!(&show(&trace, &bytes, stream.root), value, "{case}");
            values += 1;
        }
    }
    assert!(values > 60 && imports > 150, "{values} values, {imports} imports");
}

/// Odd and broken pickles: what the C unpickler looked up before it stopped, and whether it did.
#[test]
fn verdicts_are_those_of_the_c_unpickler() {
    // What only running tells, or a process that has registered nothing.
    const NOT_OURS: &[&str] = &["TypeError", "ValueError", "UnpicklingError", "AttributeError"];
    let (mut loaded, mut refused, mut unseen) = (0, 0, 0);
    for case in lines(include_str!("../golden/unpickler.jsonl")) {
        let bytes = unhex(case["hex"].as_str().unwrap());
        let trace = traced(&bytes, Limits::streams(1));
        let stream = trace.streams.first().unwrap_or_else(|| panic!("{case}"));
        let ours = raw_paths(&trace);
        for name in case["imports"].as_array().unwrap() {
            let known = ours.iter().any(|our| our == name.as_str().unwrap());
            assert!(known, "{case}: not among {ours:?}");
        }
        match (case["error"].as_str(), stream.is_complete()) {
            (None, complete) => {
                assert!(complete, "{case}: {stream:?}");
                loaded += 1;
            }
            (Some(_), false) => refused += 1,
            (Some(error), true) => {
                assert!(NOT_OURS.contains(&error), "{case}");
                unseen += 1;
            }
        }
    }
    assert!(loaded > 80 && refused > 80 && unseen < 20, "{loaded} {refused} {unseen}");
}

#[test]
fn a_pickle_read_in_small_budgets_says_where_it_stopped() {
    for case in lines(include_str!("../golden/pickle.jsonl")).step_by(7) {
        let bytes = unhex(case["hex"].as_str().unwrap());
        let mut budget = sealkit_report::Budget::new(8, 10, 1 << 20, 4);
        let range = 0..bytes.len() as u64;
        let trace = sealkit_inspect::pickle::trace(&bytes, range, Limits::default(), &mut budget);
        assert!(bytes.len() <= 8 || !trace.is_complete(), "{case}");
    }
    assert_eq!(paths(&trace(b"cos\nsystem\n.")), ["os.system"]);
}
