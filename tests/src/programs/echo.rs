//! `tokio`: an echo server on the loopback interface and its clients, on several threads of one runtime.
//!
//! Bounded in connections, messages and bytes; buffers are allocated by one worker and often freed by
//! another, since tasks move between them.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::digest::Digest;
use crate::random::Random;

const CLIENTS: u64 = 32;
const MESSAGES: usize = 40;
const LONGEST: usize = 96 << 10;

/// Ends a run that hangs; a run that works never gets near it.
const LIMIT: Duration = Duration::from_secs(120);

/// Sends every client's messages through the server and compares what comes back.
///
/// # Panics
///
/// If a message comes back changed, if the sockets fail, or if it takes longer than the limit.
#[must_use]
pub fn run() -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("four threads can be started");
    let echoed = runtime.block_on(async { tokio::time::timeout(LIMIT, serve_and_ask()).await });
    let digests = echoed
        .expect("the echo hangs")
        .expect("the loopback interface works");
    let mut digest = Digest::new();
    let bytes: usize = digests.iter().map(|(bytes, _)| bytes).sum();
    digests.iter().for_each(|(_, echoed)| digest.word(*echoed));
    format!(
        "{CLIENTS} clients, {} messages, {bytes} bytes, digest {:016x}",
        MESSAGES * digests.len(),
        digest.finish()
    )
}

/// Runs server and clients to their end; bytes and digest of each client, in their order.
async fn serve_and_ask() -> io::Result<Vec<(usize, u64)>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let mut server = JoinSet::new();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(async move { (client, ask(port, client).await) });
        let (stream, _) = listener.accept().await?;
        server.spawn(echo(stream));
    }
    let mut answers = clients.join_all().await;
    for served in server.join_all().await {
        served?;
    }
    answers.sort_by_key(|(client, _)| *client);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Sends back whatever `stream` brings, in buffers of its own.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    // Without this each answer may wait for the acknowledgement of the one before.
    stream.set_nodelay(true)?;
    loop {
        let mut bytes = Vec::with_capacity(8 << 10);
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        // Another task, and so perhaps another thread, writes and frees what this one allocated.
        stream =
            tokio::spawn(async move { stream.write_all(&bytes).await.map(|()| stream) }).await??;
    }
}

/// One client: writes and reads at the same time, so that no message is too long for the sockets' buffers.
async fn ask(port: u16, client: u64) -> io::Result<(usize, u64)> {
    let mut random = Random::new(client);
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let (mut from, mut to) = stream.into_split();
    let (mut digest, mut bytes) = (Digest::new(), 0);
    for message in 0..MESSAGES {
        let sent: Arc<[u8]> = vec![(client as usize + message) as u8; random.size(LONGEST)].into();
        let writing = tokio::spawn(write(to, Arc::clone(&sent)));
        let mut echoed = vec![0; sent.len()];
        from.read_exact(&mut echoed).await?;
        to = writing.await??;
        assert!(
            echoed == *sent,
            "message {message} of client {client} came back changed"
        );
        digest.bytes(&echoed);
        bytes += echoed.len();
    }
    Ok((bytes, digest.finish()))
}

/// Writes a message and gives the stream back.
async fn write(mut to: OwnedWriteHalf, message: Arc<[u8]>) -> io::Result<OwnedWriteHalf> {
    to.write_all(&message).await?;
    Ok(to)
}
