//! A server on the loopback that answers as it is told, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// An answer: its head, and what is sent of its body before the connection is closed.
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
}

impl Reply {
    /// A status and headers, and a body that is announced in full, of which `sent` bytes are sent.
    pub(crate) fn new(status: &str, headers: &str, body: &[u8], sent: usize) -> Self {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}", body.len());
        Self { head, body: body[..sent.min(body.len())].to_vec() }
    }

    /// All of `body`.
    pub(crate) fn whole(body: &[u8]) -> Self {
        Self::new("200 OK", "", body, body.len())
    }

    /// `body` from `start` on.
    pub(crate) fn rest(body: &[u8], start: u64) -> Self {
        let range = format!("Content-Range: bytes {start}-{}/{}\r\n", body.len() - 1, body.len());
        let rest = &body[usize::try_from(start).expect("a place in memory")..];
        Self::new("206 Partial Content", &range, rest, rest.len())
    }

    /// A status without a body.
    pub(crate) fn status(status: &str) -> Self {
        Self::new(status, "", b"", 0)
    }

    /// A body of no announced length.
    pub(crate) fn endless(body: &[u8]) -> Self {
        Self { head: "HTTP/1.1 200 OK\r\n".to_owned(), body: body.to_vec() }
    }
}

/// What was asked: the path, and where in the file the answer is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) start: Option<u64>,
}

/// A server that ends with the test.
pub(crate) struct Server {
    pub(crate) base: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Answers each request by `reply`, which is told how many came before.
    pub(crate) async fn start(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                serve(stream, &reply, &seen).await;
            }
        });
        Self { base, asked, task }
    }

    /// An address of it.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.base.join(path).expect("a valid path")
    }

    /// All that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics here").clone()
    }

    /// Where each answer was to begin.
    pub(crate) fn starts(&self) -> Vec<Option<u64>> {
        self.asked().into_iter().map(|asked| asked.start).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, reply: &impl Fn(usize, &Asked) -> Reply, seen: &Mutex<Vec<Asked>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let range = head.lines().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let start = range.map(|range| range.trim_end_matches('-').parse().expect("a range to the end"));
    let asked = Asked { path, start };
    let before = {
        let mut seen = seen.lock().expect("no test panics here");
        seen.push(asked.clone());
        seen.len() - 1
    };
    let Reply { head, body } = reply(before, &asked);
    // Whoever asks may have had enough.
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await;
    let _ = stream.write_all(&body).await;
    let _ = stream.shutdown().await;
}
