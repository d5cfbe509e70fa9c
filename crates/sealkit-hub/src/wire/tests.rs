use std::fs::File;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use rustix::fs::{Advice, fadvise};
use rustix::io::Errno;
use sealkit_registry::FileSender;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::lent::PIECE;
use super::part::Part;
use super::sending::or_copy;
use super::*;

fn numbers(count: usize, salt: usize) -> Vec<u8> {
    (0..count).map(|at| (at / 5 + at / 1_003 + salt) as u8).collect()
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// A wire, and all that comes out of its other end.
async fn wire() -> (Wire, Lent, JoinHandle<Vec<u8>>) {
    let (wire, lent, mut far) = pair().await;
    let all = tokio::spawn(async move {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        all
    });
    (wire, lent, all)
}

async fn streams() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

async fn pair() -> (Wire, Lent, TcpStream) {
    let (near, far) = streams().await;
    let lent = Lent::default();
    (Wire::new(Socket::new(near), &lent), lent, far)
}

/// Writes as the HTTP library does: as many pieces at once as there are.
async fn write_all(wire: &mut Wire, pieces: &[&[u8]]) -> io::Result<()> {
    let mut pieces: Vec<&[u8]> = pieces.to_vec();
    while !pieces.is_empty() {
        let slices: Vec<IoSlice<'_>> = pieces.iter().map(|one| IoSlice::new(one)).collect();
        let mut count = wire.write_vectored(&slices).await?;
        while let Some(first) = pieces.first_mut() {
            let step = count.min(first.len());
            *first = &first[step..];
            count -= step;
            if !first.is_empty() {
                break;
            }
            pieces.remove(0);
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_lent_comes_out_as_the_file_and_all_else_as_it_is() {
    let (mut wire, lent, all) = wire().await;
    let (long, short) = (numbers(3 * PIECE + 77, 1), numbers(300_000, 9));
    let sender = lent.sender().unwrap();
    let range = 5..long.len() as u64 - 3;
    let body: Vec<_> = sender.send(file(&long), range).await.unwrap().try_collect().await.unwrap();
    assert_eq!(body.len(), 4);
    let other: Vec<_> =
        sender.send(file(&short), 0..300_000).await.unwrap().try_collect().await.unwrap();
    // Bytes as long and as empty as those that are lent.
    let zeros = vec![0; 10_000];
    let mut pieces: Vec<&[u8]> = vec![b"head", b""];
    pieces.extend(body.iter().map(|one| &one[..]));
    pieces.extend([&b""[..], b"between", &zeros]);
    pieces.extend(other.iter().map(|one| &one[..]));
    pieces.push(b"end");
    write_all(&mut wire, &pieces).await.unwrap();
    drop(wire);
    let end = long.len() - 3;
    let wanted = [b"head", &long[5..end], b"between", &zeros, &short[..], b"end"].concat();
    assert!(all.await.unwrap() == wanted);
}

#[tokio::test]
async fn who_reads_slowly_gets_every_byte() {
    let (mut wire, lent, mut far) = pair().await;
    let bytes = numbers(8 * PIECE, 3);
    let wanted = bytes.clone();
    let writes = tokio::spawn(async move {
        let mut body = lent.send(file(&bytes), 0..bytes.len() as u64).await.unwrap();
        while let Some(piece) = body.try_next().await.unwrap() {
            wire.write_all(&piece).await.unwrap();
        }
    });
    let (mut all, mut buffer) = (Vec::new(), vec![0; 50_000]);
    loop {
        match far.read(&mut buffer).await.unwrap() {
            0 => break,
            count => all.extend_from_slice(&buffer[..count]),
        }
        if all.len() % 7 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    writes.await.unwrap();
    assert!(all == wanted);
}

#[tokio::test]
async fn what_is_left_out_or_written_twice_or_elsewhere_ends_the_connection() {
    let bytes = numbers(300, 0);
    for wrong in 0..4 {
        let ((mut wire, lent, all), (mut other, _, others)) = (wire().await, self::wire().await);
        let [first, second] =
            [lend(&lent, &bytes, 0..200).await, lend(&lent, &bytes, 200..300).await];
        let refused = match wrong {
            0 => wire.write_all(&second).await,
            1 => {
                wire.write_all(&first).await.unwrap();
                wire.write_all(&first).await
            }
            // Only so much is sent as was to be written.
            2 => {
                wire.write_all(&first[..150]).await.unwrap();
                wire.write_all(&second).await
            }
            _ => other.write_all(&first).await,
        };
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::Other, "{wrong}");
        drop((wire, other));
        assert_eq!(all.await.unwrap(), bytes[..[0, 200, 150, 0][wrong]], "{wrong}");
        assert_eq!(others.await.unwrap(), b"");
    }
}

/// What is lent for a range of a file, which is of one piece.
async fn lend(lent: &Lent, bytes: &[u8], range: Range<u64>) -> Bytes {
    let mut body = lent.send(file(bytes), range).await.unwrap();
    let piece = body.try_next().await.unwrap().unwrap();
    assert!(body.try_next().await.unwrap().is_none());
    piece
}

#[tokio::test]
async fn a_file_that_is_cut_short_is_an_error_and_no_zeros() {
    let (mut wire, lent, all) = wire().await;
    let bytes = numbers(PIECE + 1_000, 4);
    let short = file(&bytes);
    let own = short.try_clone().unwrap();
    let mut body = lent.send(short, 0..2 * PIECE as u64).await.unwrap();
    let piece = body.try_next().await.unwrap().unwrap();
    wire.write_all(&piece[..700]).await.unwrap();
    own.set_len(1_000).unwrap();
    let cut = wire.write_all(&piece[700..]).await.unwrap_err();
    assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    assert!(lent.send(file(b"abc"), 0..4).await.is_err(), "an error before anything is sent");
    assert!(lent.send(file(b"abc"), u64::MAX - 1..u64::MAX).await.is_err());
    drop(wire);
    assert_eq!(all.await.unwrap(), bytes[..700]);
}

#[tokio::test]
async fn where_the_system_can_not_send_a_file_it_is_copied() {
    let bytes = numbers(PIECE, 8);
    for errno in [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::PERM] {
        let (near, mut far) = streams().await;
        near.writable().await.unwrap();
        let part = Part { file: Arc::new(file(&bytes)), at: 1, size: 1_000 };
        assert_eq!(or_copy(Err(errno.into()), &near, &part).unwrap(), 1_000, "{errno}");
        let behind = Part { at: PIECE as u64, ..part.clone() };
        assert_eq!(or_copy(Err(errno.into()), &near, &behind).unwrap(), 0);
        drop(near);
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, bytes[1..1_001]);
    }
    let (near, _far) = streams().await;
    let part = Part { file: Arc::new(file(&bytes)), at: 0, size: 10 };
    let other = or_copy(Err(Errno::IO.into()), &near, &part).unwrap_err();
    assert_eq!(Errno::from_io_error(&other), Some(Errno::IO));
    assert_eq!(or_copy(Ok(5), &near, &part).unwrap(), 5);
}

#[tokio::test]
async fn who_goes_away_is_an_error_and_no_signal() {
    let (mut wire, lent, far) = pair().await;
    drop(far);
    let bytes = numbers(PIECE, 2);
    let body = async {
        loop {
            let mut body = lent.send(file(&bytes), 0..PIECE as u64).await.unwrap();
            wire.write_all(&body.try_next().await.unwrap().unwrap()).await?;
        }
    };
    let gone: io::Result<()> = tokio::time::timeout(Duration::from_secs(10), body).await.unwrap();
    let kind = gone.unwrap_err().kind();
    assert!(matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset), "{kind:?}");
}

#[tokio::test]
async fn what_stays_on_this_machine_is_not_paced_and_all_else_is_as_the_system_says() {
    for (address, paced) in [("127.0.0.1:0", UNPACED), ("0.0.0.0:0", PACED)] {
        let listener = TcpListener::bind(address).await.unwrap();
        let default = tcp_congestion(&listener).unwrap();
        let has_it = set_tcp_congestion(&listener, PACED).is_ok();
        unpace(&listener);
        let port = listener.local_addr().unwrap().port();
        let _far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (near, _) = listener.accept().await.unwrap();
        if has_it {
            assert_eq!(tcp_congestion(&near).unwrap(), paced, "{address}");
        } else {
            println!("skipped: this system has no {PACED}");
            assert_eq!(tcp_congestion(&near).unwrap(), default, "{address}");
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    set_tcp_congestion(&listener, UNPACED).unwrap();
    unpace(&listener);
    assert_eq!(tcp_congestion(&listener).unwrap(), UNPACED);
}

#[tokio::test]
async fn what_is_no_longer_in_memory_is_read_before_it_is_sent() {
    let (mut wire, lent, all) = wire().await;
    let bytes = numbers(3 * PIECE, 6);
    // Beside this program, which is on a disk: what has no other place than memory can not be given up.
    let program = std::env::current_exe().unwrap();
    let path = tempfile::NamedTempFile::new_in(program.parent().unwrap()).unwrap();
    std::fs::write(path.path(), &bytes).unwrap();
    let on_disk = File::open(path.path()).unwrap();
    on_disk.sync_all().unwrap();
    let mut body = lent.send(on_disk.try_clone().unwrap(), 0..bytes.len() as u64).await.unwrap();
    let whole = Part { file: Arc::new(on_disk), at: 0, size: bytes.len() };
    let mut was_cold = false;
    while let Some(piece) = body.try_next().await.unwrap() {
        fadvise(&*whole.file, 0, None, Advice::DontNeed).unwrap();
        was_cold |= whole.is_in_memory() == Some(false);
        wire.write_all(&piece).await.unwrap();
    }
    drop(wire);
    assert!(all.await.unwrap() == bytes);
    if !was_cold {
        println!("skipped: this file system keeps what it has");
    }
}
