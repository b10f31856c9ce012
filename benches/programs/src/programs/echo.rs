//! `axum`: a server on the loopback interface that parses JSON and writes it back, under its own clients.
//!
//! The clients reuse two buffers each, so that what is allocated is the server's. They are bounded in number,
//! requests and time, and each has one request under way.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::routing::post;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::document;
use crate::digest::Digest;

const CONNECTIONS: u64 = 16;
const RECORDS: usize = 12;

/// Ends a run that hangs; a run that works never gets near.
const LIMIT: Duration = Duration::from_secs(300);

/// Has each connection send so many requests and compares what comes back.
pub(super) fn run(requests: u32) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("two threads can be started");
    runtime
        .block_on(async { tokio::time::timeout(LIMIT, serve_and_ask(requests)).await })
        .expect("the echo hangs")
        .expect("the loopback interface works")
}

async fn serve_and_ask(requests: u32) -> io::Result<u64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    // Answers are small: waiting to fill a segment would measure the kernel's timers.
    let listener =
        listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket takes the option"));
    let routes = Router::new().route("/echo", post(echo));
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let mut clients = JoinSet::new();
    for client in 0..CONNECTIONS {
        clients.spawn(async move { (client, ask(port, client, requests).await) });
    }
    let mut digests = clients.join_all().await;
    digests.sort_unstable_by_key(|(client, _)| *client);
    server.abort();
    let mut digest = Digest::new();
    for (_, echoed) in digests {
        digest.word(echoed?);
    }
    Ok(digest.finish())
}

async fn echo(Json(value): Json<Value>) -> Json<Value> {
    Json(value)
}

/// Sends the client's text again and again; the digest of all answers.
async fn ask(port: u16, client: u64, requests: u32) -> io::Result<u64> {
    let body = document::array(RECORDS, client);
    let request = format!(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: */*\r\n\
         user-agent: programs\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let mut digest = Digest::new();
    let mut answer = Vec::with_capacity(64 << 10);
    for _ in 0..requests {
        stream.write_all(request.as_bytes()).await?;
        let start = read_answer(&mut stream, &mut answer).await?;
        assert!(
            answer[start..] == *body.as_bytes(),
            "the text changed on the way"
        );
        digest.bytes(&answer[start..]);
    }
    Ok(digest.finish())
}

/// Reads one answer into `answer` and returns where its body starts.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<usize> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((start, length)) = body_of(answer)
            && answer.len() >= start + length
        {
            return Ok(start);
        }
    }
}

/// Where the body of an answer starts and how long its head says it is, once the head is complete.
fn body_of(answer: &[u8]) -> Option<(usize, usize)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = str::from_utf8(&answer[..end]).expect("heads are ASCII");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("the server states a length");
    Some((end + 4, length.parse().expect("the length is a number")))
}
