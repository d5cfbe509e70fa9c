//! Pictures and recordings, as Pillow and libsndfile write them, and headers that lie.

use crate::common::{format, rules};
use crate::data::{golden, head};
use sealkit_inspect::{Value, property};
use sealkit_report::Known;

#[test]
fn pictures_say_their_size() {
    let files = [
        ("a.png", "png"),
        ("a.jpg", "jpeg"),
        ("prog.jpg", "jpeg"),
        ("a.gif", "gif"),
        ("a.webp", "webp"),
        ("lossless.webp", "webp"),
        ("alpha.webp", "webp"),
    ];
    for (name, id) in files {
        let facts = head(name, &golden(name));
        assert_eq!(facts.text(property::FORMAT), Some(id));
        assert_eq!(facts.uint(property::WIDTH), Some(37), "{name}");
        assert_eq!(facts.uint(property::HEIGHT), Some(21), "{name}");
        assert_eq!(facts.text(property::MODALITY), Some("image"));
        assert_eq!(facts.findings, []);
    }
}

#[test]
fn recordings_say_rate_channels_and_length() {
    let files = [
        ("st.wav", 48_000, Some(0.25)),
        ("a.flac", 44_100, Some(0.272)),
        ("a.ogg", 44_100, None),
        ("a.opus", 48_000, None),
        // The encoder adds silence at both ends.
        ("a.mp3", 44_100, Some(0.313)),
    ];
    for (name, rate, seconds) in files {
        let facts = head(name, &golden(name));
        assert_eq!(facts.uint(property::SAMPLE_RATE), Some(rate), "{name}");
        assert_eq!(facts.uint(property::CHANNELS), Some(2), "{name}");
        let told = facts.of(property::DURATION_SECONDS).next().map(|fact| fact.value.clone());
        assert_eq!(told, seconds.map(Value::Float), "{name}");
        assert_eq!(facts.text(property::MODALITY), Some("audio"));
        let rate = facts.of(property::SAMPLE_RATE).next().unwrap();
        assert_eq!(rate.evidence.known, Known::Measured);
        assert!(rate.evidence.place.starts_with("bytes 0-"));
    }
}

fn wav(chunks: &[(&[u8; 4], u32, &[u8])]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
    for (id, size, body) in chunks {
        bytes.extend(*id);
        bytes.extend(size.to_le_bytes());
        bytes.extend(*body);
    }
    bytes
}

/// PCM, one channel, 8000 samples and 16000 bytes in a second.
const PCM: [u8; 16] = [1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0];

#[test]
fn sound_that_states_more_than_there_is_has_no_length() {
    let known = |bytes: &[u8]| {
        let facts = head("a.wav", bytes);
        assert_eq!(facts.uint(property::SAMPLE_RATE), Some(8000));
        facts.of(property::DURATION_SECONDS).next().map(|fact| fact.value.clone())
    };
    let good = wav(&[(b"fmt ", 16, &PCM), (b"LIST", 3, b"abc\0"), (b"data", 4, &[0; 4])]);
    assert_eq!(known(&good), Some(Value::Float(0.0)));
    let streaming = wav(&[(b"fmt ", 16, &PCM), (b"data", u32::MAX, &[0; 4])]);
    assert_eq!(known(&streaming), None);
    let without = wav(&[(b"fmt ", 16, &PCM)]);
    assert_eq!(known(&without), None);
    let mut still = PCM;
    still[8..12].fill(0);
    assert_eq!(known(&wav(&[(b"fmt ", 16, &still), (b"data", 4, &[0; 4])])), None);
}

#[test]
fn headers_that_cannot_be_are_said() {
    let mut png = golden("a.png");
    png[12] = b'X';
    let mut no_frame = golden("a.jpg");
    no_frame.truncate(20);
    no_frame.extend([0xFF, 0xDA, 0, 8]);
    let mut short_segment = golden("a.jpg");
    short_segment[4..6].fill(0);
    let mut flac = golden("a.flac");
    flac[4] = 4;
    let mut ogg = golden("a.ogg");
    ogg[28..36].fill(b'x');
    let cases = [
        ("a.png", png),
        ("a.jpg", no_frame),
        ("a.jpg", short_segment),
        ("a.flac", flac),
        ("a.ogg", ogg),
        ("a.mp3", b"ID3\x04\0\0\0\0\0\0no frame here".to_vec()),
        ("a.mp3", b"ID3\x04\0\0\x7F\x7F\x7F\x7Fshort".to_vec()),
        ("a.wav", wav(&[(b"fmt ", 16, &PCM[..8])])),
    ];
    for (name, bytes) in cases {
        let facts = head(name, &bytes);
        assert!(facts.incomplete, "{name}");
        assert_eq!(rules(&facts), ["not-inspected"], "{name}");
    }
}

#[test]
fn a_picture_of_absurd_size_is_a_finding() {
    let mut png = golden("a.png");
    png[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    let facts = head("a.png", &png);
    assert_eq!(rules(&facts), ["picture-size"]);
    assert_eq!(facts.uint(property::WIDTH), Some(0x7FFF_FFFF));
}

#[test]
fn truncated_at_every_byte_nothing_breaks() {
    let names = ["a.png", "a.jpg", "a.gif", "a.webp", "st.wav", "a.flac", "a.ogg", "a.mp3"];
    for name in names {
        let bytes = golden(name);
        for end in 1..bytes.len().min(200) {
            let facts = head(name, &bytes[..end]);
            let size = facts.uint(property::WIDTH).or(facts.uint(property::SAMPLE_RATE));
            assert!(size.is_some() || facts.incomplete || rules(&facts) == ["format-mismatch"]);
        }
    }
}

#[test]
fn sound_needs_its_name_where_its_magic_is_short() {
    assert_eq!(format("a.mp3", &golden("a.mp3")), "mp3");
    assert_eq!(format("a", b"\xFF\xFB\x90\0"), "-");
}
