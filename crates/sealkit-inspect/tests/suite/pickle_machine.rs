//! What the machine does with each kind of opcode.

use crate::pickle_common::{odd, paths, text, trace};
use sealkit_inspect::pickle::{Anomaly, How, Item, Node, Trace, Why, opcode_name};

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn root(trace: &Trace) -> Item {
    trace.streams[0].root
}

fn fault(bytes: &[u8]) -> Option<&'static str> {
    trace(bytes).streams[0].fault.map(|fault| fault.what)
}

#[test]
fn every_way_to_name_something_is_seen() {
    let os = text("os");
    let system = text("system");
    let cases: &[(&[u8], How)] = &[
        (b"cos\nsystem\n.", How::Global),
        (b"(ios\nsystem\n.", How::Inst),
        (&join(&[&os, &system, b"\x93."]), How::StackGlobal),
        (b"S'os'\nS'system'\n\x93.", How::StackGlobal),
        (b"S\"\\x6fs\"\nS'\\163ystem'\n\x93.", How::StackGlobal),
        (b"V\\u006fs\nVsystem\n\x93.", How::StackGlobal),
        (b"U\x02osU\x06system\x93.", How::StackGlobal),
        (b"T\x02\0\0\0osT\x06\0\0\0system\x93.", How::StackGlobal),
        (b"X\x02\0\0\0osX\x06\0\0\0system\x93.", How::StackGlobal),
        (b"\x8d\x02\0\0\0\0\0\0\0osX\x06\0\0\0system\x93.", How::StackGlobal),
    ];
    for (bytes, how) in cases {
        let trace = trace(bytes);
        assert_eq!(paths(&trace), ["os.system"], "{bytes:?}");
        assert_eq!(trace.imports[0].how, *how, "{bytes:?}");
        assert_eq!(odd(&trace), [], "{bytes:?}");
    }
}

#[test]
fn names_that_take_a_walk_are_followed() {
    let os = text("os");
    let system = text("system");
    let games: &[&[&[u8]]] = &[
        // Through the memo, in both notations, and with an index that is not the next.
        &[&os, b"\x94", &system, b"\x94", b"00h\0h\x01\x93."],
        &[&os, b"q\x05", &system, b"q\x07", b"00h\x05h\x07\x93."],
        &[&os, b"p07\n", &system, b"p+8\n", b"00g7\ng 8\n\x93."],
        &[&os, b"r\0\0\0\x80", b"0j\0\0\0\x80", &system, b"\x93."],
        // Overwritten before it is used.
        &[&text("safe"), b"q\0", b"0", &os, b"q\0", b"0h\0", &system, b"\x93."],
        // With marks and pops between.
        &[&os, b"(N1", &system, b"(0", b"\x93."],
        &[&os, &system, b"2", b"0", b"\x93."],
        &[&os, b"((NN1", b"N00", &system, b"\x93."],
        // `MEMOIZE` counts entries, not indices.
        &[b"Nq\x050", &os, b"\x94", b"0", &system, b"\x94", b"0h\x01h\x02\x93."],
    ];
    for game in games {
        let bytes = game.concat();
        assert!(paths(&trace(&bytes)).contains(&"os.system".to_owned()), "{bytes:?}");
    }
}

#[test]
fn names_that_only_running_tells_are_said_to_be_so() {
    let call = b"cstr\njoin\n)R";
    let cases: &[&[&[u8]]] = &[
        &[call, &text("system"), b"\x93."],
        &[&text("os"), call, b"\x93."],
        &[b"Ppid\n", &text("system"), b"\x93."],
    ];
    for case in cases {
        let trace = trace(&case.concat());
        assert!(odd(&trace).contains(&Anomaly::DynamicImport), "{case:?}");
        let last = trace.imports.last().unwrap();
        assert!(!last.is_resolved());
        assert!(last.path().contains('?'), "{}", last.path());
    }
    assert_eq!(fault(b"K\x01K\x02\x93."), Some("a name that is no text"));
}

#[test]
fn names_of_python_2_are_mapped_below_protocol_3_only() {
    let cases: &[(&[u8], &str)] = &[
        (b"c__builtin__\neval\n.", "builtins.eval"),
        (b"\x80\x02c__builtin__\nreduce\n.", "functools.reduce"),
        (b"\x80\x02ccommands\ngetoutput\n.", "subprocess.getoutput"),
        (b"\x80\x02c__builtin__\nxrange\n.", "builtins.range"),
        (b"\x80\x02ccollections\nOrderedDict\n.", "collections.OrderedDict"),
        (b"\x80\x03c__builtin__\neval\n.", "__builtin__.eval"),
        (b"\x80\x04\x80\x02c__builtin__\neval\n.", "builtins.eval"),
    ];
    for (bytes, path) in cases {
        assert_eq!(paths(&trace(bytes)), [*path], "{bytes:?}");
    }
    let both = trace(b"c__builtin__\neval\n\x80\x04c__builtin__\neval\n\x86.");
    assert_eq!(paths(&both), ["builtins.eval", "__builtin__.eval"]);
    assert_eq!(odd(&both), [Anomaly::ProtocolChanged]);
    assert_eq!(both.imports[0].module.as_deref(), Some("__builtin__"));
}

#[test]
fn dotted_and_odd_names_are_kept_as_they_are() {
    let bytes = join(&[b"\x80\x04", &text("pathlib"), &text("os.system"), b"\x93."]);
    assert_eq!(paths(&trace(&bytes)), ["pathlib.os.system"]);
    let trace_odd = trace("c\u{e9}\nx\u{fc}\n.".as_bytes());
    assert_eq!(paths(&trace_odd), ["\u{e9}.x\u{fc}"]);
    assert_eq!(odd(&trace_odd), [Anomaly::OddName]);
    let long = "a".repeat(5000);
    let bytes = join(&[b"X", &5000_u32.to_le_bytes(), long.as_bytes(), b"Vx\n\x93."]);
    let trace = trace(&bytes);
    assert_eq!(trace.imports[0].module.as_ref().map(String::len), Some(1024));
    assert_eq!(odd(&trace), [Anomaly::OddName]);
}

#[test]
fn equal_names_stand_once_with_their_counts() {
    let mut bytes = b"(".to_vec();
    for _ in 0..5000 {
        bytes.extend(b"c__builtin__\nset\n)R");
    }
    bytes.extend(b"l.");
    let trace = trace(&bytes);
    assert_eq!(trace.imports.len(), 1);
    assert_eq!((trace.imports[0].count, trace.imports[0].calls), (5000, 5000));
    assert!(trace.calls.len() < 100 && !trace.overflow);
    let Some(Node::List(list)) = trace.heap.node(root(&trace)) else { panic!() };
    assert_eq!(list.total, 5000);
}

#[test]
fn every_way_to_call_is_noted_with_its_arguments() {
    let cases: &[(&[u8], &str)] = &[
        (b"cos\nsystem\n(S'id'\ntR.", "REDUCE"),
        (b"(cos\nsystem\nS'id'\no.", "OBJ"),
        (b"(S'id'\nios\nsystem\n.", "INST"),
        (b"cos\nsystem\n(S'id'\nt\x81.", "NEWOBJ"),
        (b"cos\nsystem\n(S'id'\nt}\x92.", "NEWOBJ_EX"),
    ];
    for (bytes, name) in cases {
        let trace = trace(bytes);
        let [call] = trace.calls.as_slice() else { panic!("{name}") };
        assert_eq!(opcode_name(call.opcode), Some(*name));
        assert_eq!(trace.path(call.callee).as_deref(), Some("os.system"), "{name}");
        let args = trace.heap.tuple(call.args).unwrap();
        assert_eq!(trace.heap.text(args[0]), Some("id"), "{name}");
        assert!(call.reached);
    }
}

#[test]
fn what_is_done_to_a_result_is_a_call_of_its_methods() {
    let trace = trace(b"cA\nB\n)R(K\x01K\x02e(Va\nK\x03u}(Vx\nK\x04ub.");
    let names: Vec<_> = trace.calls.iter().map(|call| opcode_name(call.opcode)).collect();
    assert_eq!(names, [Some("REDUCE"), Some("APPENDS"), Some("SETITEMS"), Some("BUILD")]);
    let object = root(&trace);
    let after = trace.heap.object(object).and_then(|object| object.after.as_ref()).unwrap();
    assert_eq!(after.items.items, [Item::Int(1), Item::Int(2)]);
    assert_eq!(trace.heap.get(object, "a"), Some(Item::Int(3)));
    assert_eq!(trace.heap.get(after.state.unwrap(), "x"), Some(Item::Int(4)));
}

#[test]
fn a_call_of_a_result_is_odd() {
    let trace = trace(b"c__builtin__\ngetattr\n(cos\nmodule\nVsystem\ntR(Vid\ntR.");
    assert_eq!(paths(&trace), ["builtins.getattr", "os.module"]);
    assert_eq!(odd(&trace), [Anomaly::CallOfResult]);
    assert_eq!(trace.calls.len(), 2);
}

#[test]
fn extension_codes_and_ids_are_listed() {
    let found = trace(b"\x82\x07\x83\x08\x01\x84\x09\0\0\0\x87.");
    let codes: Vec<_> = found.imports.iter().map(|i| i.name.as_deref().unwrap()).collect();
    assert_eq!(codes, ["7", "264", "9"]);
    assert_eq!(odd(&found), [Anomaly::ExtensionCode; 3]);
    assert_eq!(fault(b"\x82\0."), Some("an extension code that is not above 0"));
    let found = trace(b"Pabc\nK\x05Q\x86.");
    assert_eq!(found.persistent.len(), 2);
    assert_eq!(found.heap.text(found.persistent[0].id), Some("abc"));
    assert_eq!(found.persistent[1].id, Item::Int(5));
    assert!(!found.is_plain_data());
}

#[test]
fn frames_that_do_not_fit_are_odd() {
    let frame = |len: u8, rest: &[u8]| join(&[b"\x80\x04\x95", &[len], &[0; 7], rest]);
    assert_eq!(odd(&trace(&frame(3, b"K\x01."))), []);
    assert_eq!(odd(&trace(&frame(1, b"K\x01."))), [Anomaly::FrameCrossed]);
    assert_eq!(odd(&trace(&frame(9, b"K\x01."))), [Anomaly::FrameTooLong, Anomaly::FrameNotUsed]);
    let inner = frame(20, b"\x95\x02\0\0\0\0\0\0\0N.........");
    assert!(odd(&trace(&inner)).contains(&Anomaly::FrameInFrame));
    let left = trace(&frame(4, b"N.ab"));
    assert!(odd(&left).contains(&Anomaly::FrameNotUsed));
    assert_eq!((left.streams[0].range.end, left.streams[0].next), (13, 15));
}

#[test]
fn what_stands_behind_a_fault_is_read_but_not_reached() {
    let trace = trace(b"cA\nB\n0h\x09cos\nsystem\n.");
    assert_eq!(paths(&trace), ["A.B"]);
    assert_eq!(trace.imports.len(), 2);
    assert_eq!(trace.streams[0].fault.map(|fault| fault.at), Some(6));
    assert!(!trace.is_complete());
}

#[test]
fn bytes_that_end_or_mean_nothing_cut_the_stream() {
    for (bytes, why) in [
        (&b"\x80\x04K"[..], Why::Truncated),
        (b"\x80\x04X\xff\xff\xff\xffab", Why::Truncated),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffab.", Why::Truncated),
        (b"\x80\x04\x8b\xff\xff\xff\x7f.", Why::Truncated),
        (b"\x80\x04N?", Why::NotOpcode),
        (b"I12", Why::Truncated),
    ] {
        let trace = trace(bytes);
        assert_eq!(trace.streams[0].cut.map(|cut| cut.why), Some(why), "{bytes:?}");
        assert!(!why.to_string().is_empty());
    }
}

#[test]
fn plain_values_are_built() {
    let trace = trace(b"}(Vkey\n]((K\x01K\x02tNeVn\n\x8a\x09\0\0\0\0\0\0\0\0\x01u.");
    let heap = &trace.heap;
    let list = heap.get(root(&trace), "key").unwrap();
    let elements = heap.elements(list).unwrap();
    assert_eq!(heap.tuple(elements[0]), Some(&[Item::Int(1), Item::Int(2)][..]));
    assert_eq!(elements[1], Item::None);
    let big = heap.get(root(&trace), "n").unwrap();
    assert!(matches!(heap.node(big), Some(Node::Long { len: 9, text: false, .. })));
    assert_eq!(heap.get(root(&trace), "absent"), None);
}
