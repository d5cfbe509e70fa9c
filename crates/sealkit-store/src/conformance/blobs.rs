//! Promises about blobs.

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest};

use super::{assert_not_found, if_supported, read, write};
use crate::Repository;

/// More than one buffer of any store, and no multiple of one.
fn large() -> Vec<u8> {
    (0_u32..(5 << 20) / 2 + 3).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// `stat` of an absent blob is none, reading it is `NotFound`.
pub async fn an_absent_blob_has_no_size_and_can_not_be_read(repository: &dyn Repository) {
    let absent = Descriptor::of("x", b"absent");
    assert_eq!(repository.stat(&absent.digest).await.unwrap(), None);
    assert_not_found(read(repository, &absent, 0..1).await, "reading an absent blob");
}

/// What was written comes back, whole and in ranges.
pub async fn a_written_blob_is_read_whole_and_in_ranges(repository: &dyn Repository) {
    let bytes = large();
    let blob = write(repository, &bytes).await;
    assert_eq!(repository.stat(&blob.digest).await.unwrap(), Some(blob.size));
    assert_eq!(read(repository, &blob, 0..blob.size).await.unwrap(), bytes);
    let half = bytes.len() / 2;
    for (start, end) in [(0, 1), (7, 7 + 1024), (half, bytes.len()), (bytes.len() - 1, bytes.len())]
    {
        let part = read(repository, &blob, start as u64..end as u64).await.unwrap();
        assert_eq!(part, &bytes[start..end], "{start}..{end}");
    }
}

/// The file of a blob, where there is one, is the blob.
pub async fn the_file_of_a_blob_has_its_bytes(repository: &dyn Repository) {
    use std::io::Read as _;
    let bytes = large();
    let blob = write(repository, &bytes).await;
    if let Some(mut file) = repository.file(&blob.digest).await.unwrap() {
        let mut all = Vec::new();
        file.read_to_end(&mut all).unwrap();
        assert!(all == bytes, "{} bytes of {}", all.len(), bytes.len());
    }
    let absent = repository.file(&Digest::of(b"absent")).await;
    assert!(!matches!(absent, Ok(Some(_))), "an absent blob has a file");
}

/// A blob of no bytes is a blob like any other.
pub async fn an_empty_blob_is_a_blob(repository: &dyn Repository) {
    let blob = write(repository, b"").await;
    assert_eq!(repository.stat(&blob.digest).await.unwrap(), Some(0));
    assert_eq!(read(repository, &blob, 0..0).await.unwrap(), b"");
}

/// A range that ends behind the blob is an error, not a short answer.
pub async fn a_range_behind_the_end_is_an_error(repository: &dyn Repository) {
    let blob = write(repository, b"0123456789").await;
    for range in [0..11, 10..11, 5..u64::MAX] {
        assert!(read(repository, &blob, range.clone()).await.is_err(), "{range:?}");
    }
}

/// Bytes that hash to another digest are reported, and no blob appears.
pub async fn wrong_bytes_are_reported_and_leave_nothing(repository: &dyn Repository) {
    let expected = Descriptor::of("x", b"right");
    let mut upload = repository.write(&expected).await.unwrap();
    upload.append(Bytes::from_static(b"wrong")).await.unwrap();
    assert!(upload.finish().await.is_err(), "wrong bytes were accepted");
    assert_eq!(repository.stat(&expected.digest).await.unwrap(), None);
    let again = repository.write(&expected).await.unwrap();
    assert_eq!(again.offset(), 0, "wrong bytes were kept for a later write");
    drop(again);
    write(repository, b"right").await;
}

/// Bytes of another length than the descriptor's are no blob.
pub async fn too_few_and_too_many_bytes_are_no_blob(repository: &dyn Repository) {
    let expected = Descriptor::of("x", b"0123456789");
    for bytes in [&b"01234"[..], b"0123456789more", b""] {
        let mut upload = repository.write(&expected).await.unwrap();
        let offset = usize::try_from(upload.offset()).unwrap().min(bytes.len());
        let appended = upload.append(Bytes::copy_from_slice(&bytes[offset..])).await;
        if appended.is_ok() && (upload.offset() != expected.size) {
            assert!(upload.finish().await.is_err(), "{} bytes were accepted", bytes.len());
        }
        assert_eq!(repository.stat(&expected.digest).await.unwrap(), None);
    }
}

/// An aborted write leaves neither a blob nor bytes to go on with.
pub async fn an_aborted_write_leaves_nothing(repository: &dyn Repository) {
    let expected = Descriptor::of("x", b"0123456789");
    let mut upload = repository.write(&expected).await.unwrap();
    upload.append(Bytes::from_static(b"01234")).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(repository.stat(&expected.digest).await.unwrap(), None);
    assert_eq!(repository.write(&expected).await.unwrap().offset(), 0);
}

/// A write that was dropped goes on at an offset that is not behind what was sent.
pub async fn a_dropped_write_goes_on_at_its_offset(repository: &dyn Repository) {
    let bytes = large();
    let expected = Descriptor::of("x", &bytes);
    let half = bytes.len() / 2;
    let mut upload = repository.write(&expected).await.unwrap();
    upload.append(Bytes::copy_from_slice(&bytes[..half])).await.unwrap();
    drop(upload);
    assert_eq!(repository.stat(&expected.digest).await.unwrap(), None);
    let mut upload = repository.write(&expected).await.unwrap();
    let offset = usize::try_from(upload.offset()).unwrap();
    assert!(offset <= half, "offset {offset} is behind what was sent");
    upload.append(Bytes::copy_from_slice(&bytes[offset..])).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(read(repository, &expected, 0..expected.size).await.unwrap(), bytes);
}

/// Writing a blob that is there already succeeds and changes nothing.
pub async fn a_blob_can_be_written_twice(repository: &dyn Repository) {
    let blob = write(repository, b"twice").await;
    write(repository, b"twice").await;
    assert_eq!(read(repository, &blob, 0..5).await.unwrap(), b"twice");
    let upload = repository.write(&blob).await.unwrap();
    drop(upload);
    assert_eq!(repository.stat(&blob.digest).await.unwrap(), Some(5), "a dropped write took it");
}

/// A deleted blob is gone, deleting it again is `NotFound`.
pub async fn a_deleted_blob_is_gone(repository: &dyn Repository) {
    let blob = write(repository, b"to be deleted").await;
    let Some(deleted) = if_supported(repository.delete_blob(&blob.digest).await) else { return };
    deleted.unwrap();
    assert_eq!(repository.stat(&blob.digest).await.unwrap(), None);
    assert_not_found(repository.delete_blob(&blob.digest).await, "deleting twice");
}

/// `mount` says true only where the blob can be used afterwards.
pub async fn mounting_says_whether_the_blob_is_there(repository: &dyn Repository) {
    let absent = Descriptor::new("x", Digest::of(b"nowhere"), 7);
    assert!(!repository.mount(&absent, "some/other").await.unwrap(), "mounted an absent blob");
    assert_eq!(repository.stat(&absent.digest).await.unwrap(), None);
    let there = write(repository, b"there").await;
    let _ = repository.mount(&there, "some/other").await.unwrap();
    assert_eq!(repository.stat(&there.digest).await.unwrap(), Some(5));
}
