//! A `hyper` server that tells its allocator's statistics at `/metrics`, for Prometheus to scrape, while it serves.
//!
//! Clients in the same process keep it busy on connections of their own; meanwhile another one scrapes, checks what it
//! reads, and at last the text is printed. It ends by itself.
//!
//! ```text
//! cargo run --release --example metrics
//! cargo run --release --example metrics -- 127.0.0.1:9184
//! ```
//!
//! With an address it goes on serving there afterwards, until it is interrupted: `curl 127.0.0.1:9184/metrics`.

mod prometheus;

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[global_allocator]
#[orthotope::allocator(preset = "general", arena = "4GiB")]
static GLOBAL: ServeAlloc;

/// What may go wrong in a task.
type Failure = Box<dyn Error + Send + Sync>;

const CLIENTS: usize = 16;
const REQUESTS: usize = 500;

/// Answers one request: `/metrics`, or `/words/N`, which makes and sorts `N` words.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let words = path.strip_prefix("/words/").and_then(|n| n.parse().ok());
    Ok(match (path, words) {
        ("/metrics", _) => {
            let mut response = Response::new(prometheus::text(&ServeAlloc::stats()).into());
            let form = HeaderValue::from_static(prometheus::CONTENT_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, form);
            response
        }
        (_, Some(count @ 0..10_000)) => Response::new(sorted_words(count).into()),
        _ => {
            let mut response =
                Response::new("there is /metrics, and /words/N below 10000\n".into());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

/// Words in order: a string each, as a service has them.
fn sorted_words(count: usize) -> String {
    let mut words: Vec<String> = (0..count)
        .map(|n| format!("word-{:x}", n.wrapping_mul(0x9e37_79b9)))
        .collect();
    words.sort_unstable();
    words.join("\n")
}

/// Takes connections, each in a task of its own.
async fn serve(listener: TcpListener) -> Result<(), Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            if let Err(error) = connection.await {
                eprintln!("metrics: a connection ended early: {error}");
            }
        });
    }
}

/// A client's connection, kept alive from request to request.
struct Client {
    requests: SendRequest<Empty<Bytes>>,
    host: HeaderValue,
}

impl Client {
    async fn connect(server: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(server).await?;
        let (requests, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let host = HeaderValue::from_str(&server.to_string())?;
        Ok(Self { requests, host })
    }

    /// The body of an answer, and its `content-type`.
    async fn get(&mut self, path: &str) -> Result<(String, Option<HeaderValue>), Failure> {
        let request = Request::get(path)
            .header(HOST, &self.host)
            .body(Empty::new())?;
        self.requests.ready().await?;
        let response = self.requests.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("{path}: {}", response.status()).into());
        }
        let form = response.headers().get(CONTENT_TYPE).cloned();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((String::from_utf8(body.into())?, form))
    }

    /// Scrapes, and checks what every scrape must hold.
    async fn scrape(&mut self) -> Result<String, Failure> {
        let (text, form) = self.get("/metrics").await?;
        if form.is_none_or(|form| form != prometheus::CONTENT_TYPE) {
            return Err("the metrics are not said to be Prometheus' text".into());
        }
        let samples = prometheus::parse(&text)?;
        let figure = |name: &str| samples.get(name).copied().ok_or(format!("no {name}"));
        // A scrape stops nobody, so figures that are counted apart are compared loosely.
        if figure("orthotope_allocated_bytes")? <= 0.0
            || figure("orthotope_resident_bytes")? > figure("orthotope_arena_bytes")?
            || figure("orthotope_class_resident_bytes{class=\"64\"}")? <= 0.0
        {
            return Err(format!("figures that cannot be:\n{text}").into());
        }
        Ok(text)
    }
}

/// Sends requests of many sizes over one connection; how many bytes came back.
async fn load(server: SocketAddr, number: usize) -> Result<usize, Failure> {
    let mut client = Client::connect(server).await?;
    let mut received = 0;
    for request in 0..REQUESTS {
        let words = (number * 31 + request * 7) % 400;
        let (body, _) = client.get(&format!("/words/{words}")).await?;
        received += body.len();
    }
    Ok(received)
}

async fn run(address: Option<String>) -> Result<(), Failure> {
    let at = address.as_deref().unwrap_or("127.0.0.1:0");
    let listener = TcpListener::bind(at).await.map_err(|error| {
        format!("cannot listen at {at:?}: {error}; write an address and a free port of it, as 127.0.0.1:9184")
    })?;
    let server = listener.local_addr()?;
    let serving: JoinHandle<Result<(), Failure>> = tokio::spawn(serve(listener));

    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(load(server, number)))
        .collect();
    let mut scraper = Client::connect(server).await?;
    let mut scrapes = 0;
    while !clients.iter().all(JoinHandle::is_finished) {
        scraper.scrape().await?;
        scrapes += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut received = 0;
    for client in clients {
        received += client.await??;
    }
    println!("{}", scraper.scrape().await?);
    println!(
        "{} requests answered with {received} bytes; {scrapes} scrapes meanwhile, each in order",
        CLIENTS * REQUESTS
    );
    if address.is_some() {
        println!("serving http://{server}/metrics");
        serving.await??;
    }
    Ok(())
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = runtime
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(env::args().nth(1))));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("metrics: {error}");
            ExitCode::FAILURE
        }
    }
}
