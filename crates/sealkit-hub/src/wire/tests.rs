use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use hyper::http::Extensions;
use rustix::net::sockopt::tcp_congestion;
use sealkit_registry::FileSender;
use sealkit_store::StoreError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use super::lent::PIECE;
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
    let mut extensions = Extensions::new();
    lent.offer(&mut extensions);
    let sender: &Arc<dyn FileSender> = extensions.get().unwrap();
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
    for wrong in 0..3 {
        let ((mut wire, lent, all), (mut other, _, others)) = (wire().await, self::wire().await);
        let first: Vec<_> =
            lent.send(file(&bytes), 0..200).await.unwrap().try_collect().await.unwrap();
        let second: Vec<_> =
            lent.send(file(&bytes), 200..300).await.unwrap().try_collect().await.unwrap();
        let refused = match wrong {
            0 => wire.write_all(&second[0]).await,
            1 => {
                wire.write_all(&first[0]).await.unwrap();
                wire.write_all(&first[0]).await
            }
            _ => other.write_all(&first[0]).await,
        };
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::Other, "{wrong}");
        drop((wire, other));
        assert_eq!(all.await.unwrap(), if wrong == 1 { &bytes[..200] } else { b"" });
        assert_eq!(others.await.unwrap(), b"");
    }
}

#[tokio::test]
async fn a_file_that_is_cut_short_is_an_error_and_no_zeros() {
    let (mut wire, lent, all) = wire().await;
    let bytes = numbers(PIECE + 1_000, 4);
    let short = file(&bytes);
    let own = short.try_clone().unwrap();
    let mut body = lent.send(short, 0..2 * PIECE as u64).await.unwrap();
    let piece = body.try_next().await.unwrap().unwrap();
    own.set_len(1_000).unwrap();
    let cut = wire.write_all(&piece).await.unwrap_err();
    assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    // What is not there is not lent either.
    let next = body.try_next().await.unwrap_err();
    assert!(matches!(next, StoreError::Io { .. }), "{next:?}");
    assert!(lent.send(file(b"abc"), 0..4).await.is_err(), "an error before anything is sent");
    assert!(lent.send(file(b"abc"), u64::MAX - 1..u64::MAX).await.is_err());
    drop(wire);
    assert_eq!(all.await.unwrap(), &bytes[..1_000]);
}

#[tokio::test]
async fn where_the_system_can_not_send_a_file_it_is_copied() {
    let (wire, lent, all) = wire().await;
    let bytes = numbers(PIECE, 8);
    let mut piece = lent.send(file(&bytes), 1..PIECE as u64).await.unwrap();
    let mut place = place_of(&piece.try_next().await.unwrap().unwrap()).unwrap();
    while let Some(due) = lent.due(place) {
        let copied = std::future::poll_fn(|context| {
            wire.socket.with(|stream| {
                ready!(stream.poll_write_ready(context))?;
                match copy(&stream, &due) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Ready(Ok(0)),
                    copied => Poll::Ready(copied),
                }
            })
        });
        let count = copied.await.unwrap();
        lent.sent(count);
        place += count;
    }
    let nothing = Lent::default();
    let lend = nothing.lend(Arc::new(file(b"")), 0, 1);
    let due = nothing.due(place_of(&lend).unwrap()).unwrap();
    let (near, _) = streams().await;
    assert_eq!(copy(&near, &due).unwrap(), 0);
    drop(wire);
    assert!(all.await.unwrap() == bytes[1..]);
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
    let default = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap();
    for (address, wanted) in [("127.0.0.1:0", UNPACED), ("0.0.0.0:0", default.trim())] {
        let listener = TcpListener::bind(address).await.unwrap();
        unpace(&listener);
        let port = listener.local_addr().unwrap().port();
        let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (near, _) = listener.accept().await.unwrap();
        assert_eq!(tcp_congestion(&near).unwrap(), wanted, "{address}");
        assert_eq!(tcp_congestion(&far).unwrap(), default.trim(), "the client's is its own");
    }
}
