//! A portal for a while: it has photos at addresses that look signed, takes pictures, and remembers who came.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;
use vision_protocol::Digest;

/// Most bytes of a picture that is put here.
const MOST_BYTES: u64 = 64 << 20;
/// Most requests that are remembered.
const MOST_SEEN: usize = 100_000;

/// A portal that answers for its files alone. It ends when it is dropped.
pub struct Portal {
    address: SocketAddr,
    base: Url,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

/// What stands at an address.
#[derive(Clone)]
pub enum Place {
    /// A photo.
    Photo(Arc<[u8]>),
    /// Nothing that this link may have.
    Refused,
    /// A hint to another address.
    Moved(Url),
    /// So many bytes are announced, and none of them comes.
    Huge(u64),
    /// Room for a picture.
    Room,
}

#[derive(Default)]
struct State {
    offered: u64,
    places: HashMap<String, Place>,
    seen: Vec<Seen>,
    stored: HashMap<String, Vec<u8>>,
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// GET, as a rule.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
}

impl Portal {
    /// Listens. `url` is how a runner gets there, if not by the address itself.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: SocketAddr, url: Option<Url>) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let own = format!("http://{address}");
        let base = url.map_or_else(|| own.parse().map_err(io::Error::other), Ok)?;
        let state = Arc::new(Mutex::new(State::default()));
        let serving = tokio::spawn(serve(listener, state.clone()));
        Ok(Self { address, base, state, serving })
    }

    /// What the runner must be told as its portal.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new address at which this stands.
    pub fn offer(&self, place: Place) -> Url {
        let mut state = locked(&self.state);
        state.offered += 1;
        let number = state.offered;
        let mut url = self.base.clone();
        url.set_path(&format!("/files/{number}"));
        // The escapes must come back as they are: a runner that rewrites them breaks signatures.
        let signature = Digest::of(format!("file {number}").as_bytes());
        url.set_query(Some(&format!("release=1&run=a%2Fb%20c&expires=4102444800000&key=1&signature={signature}")));
        state.places.insert(target(&url), place);
        url
    }

    /// Forgets an address and what was put there.
    pub fn withdraw(&self, url: &Url) {
        let mut state = locked(&self.state);
        let target = target(url);
        state.places.remove(&target);
        state.stored.remove(&target);
        state.seen.retain(|seen| seen.target != target);
    }

    /// The requests for this address, by their methods.
    pub fn methods(&self, url: &Url) -> Vec<String> {
        let target = target(url);
        locked(&self.state).seen.iter().filter(|seen| seen.target == target).map(|seen| seen.method.clone()).collect()
    }

    /// Requests for addresses that were never given out.
    pub fn strays(&self) -> Vec<String> {
        let state = locked(&self.state);
        let strays = state.seen.iter().filter(|seen| !state.places.contains_key(&seen.target));
        strays.map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    /// The picture that was put there.
    pub fn stored(&self, url: &Url) -> Option<Vec<u8>> {
        locked(&self.state).stored.get(&target(url)).cloned()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn target(url: &Url) -> String {
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        // A runner that breaks off has its reasons; whoever asked it looks at what it answers.
        tokio::spawn(async move { converse(stream, &state).await.ok() });
    }
}

/// One request after another, as the real portal does.
async fn converse(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream).await? {
        let Answer { head, body, ends } = answer(&request, state);
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        if ends || request.last {
            break;
        }
    }
    stream.shutdown().await
}

/// A request, as far as it matters here.
struct Request {
    method: String,
    target: String,
    body: Vec<u8>,
    /// Whether the caller wants no other on this connection.
    last: bool,
}

impl Request {
    /// `None` when the caller has hung up.
    async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some(first) = line(stream).await? else { return Ok(None) };
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (mut length, mut chunked, mut last) = (0, false, !first.ends_with("HTTP/1.1"));
        while let Some(header) = line(stream).await? {
            match header.to_ascii_lowercase().split_once(':') {
                None => break,
                Some(("content-length", value)) => length = value.trim().parse().map_err(io::Error::other)?,
                Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
                Some(("connection", value)) => last = value.contains("close"),
                // Whoever asks whether to go on waits for the answer.
                Some(("expect", _)) => stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
                Some(_) => {}
            }
        }
        let body = if chunked { read_chunks(stream).await? } else { read(stream, length).await? };
        Ok(Some(Self { method: method.to_owned(), target: target.to_owned(), body, last }))
    }
}

/// An answer.
struct Answer {
    head: String,
    body: Arc<[u8]>,
    /// Whether the connection ends with it.
    ends: bool,
}

impl Answer {
    fn new(status: &str, headers: &str, body: Arc<[u8]>) -> Self {
        Self { head: head(status, headers, body.len() as u64), body, ends: false }
    }
}

fn answer(request: &Request, state: &Mutex<State>) -> Answer {
    let mut state = locked(state);
    if state.seen.len() < MOST_SEEN {
        state.seen.push(Seen { method: request.method.clone(), target: request.target.clone() });
    }
    let nothing = || Arc::from([]);
    match (&*request.method, state.places.get(&request.target).cloned()) {
        ("GET", Some(Place::Photo(photo))) => {
            Answer::new("200 OK", &format!("content-type: {}\r\n", media_type(&photo)), photo)
        }
        ("GET", Some(Place::Huge(bytes))) => Answer { head: head("200 OK", "", bytes), body: nothing(), ends: true },
        ("GET", Some(Place::Moved(to))) => Answer::new("302 Found", &format!("location: {to}\r\n"), nothing()),
        ("PUT", Some(Place::Room)) => {
            state.stored.insert(request.target.clone(), request.body.clone());
            Answer::new("201 Created", "", nothing())
        }
        (_, Some(_)) => Answer::new("403 Forbidden", "", nothing()),
        (_, None) => Answer::new("404 Not Found", "", nothing()),
    }
}

/// What kind of picture a file is, by its first bytes.
fn media_type(file: &[u8]) -> &'static str {
    match file {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        [b'B', b'M', ..] => "image/bmp",
        _ => "application/octet-stream",
    }
}

fn head(status: &str, headers: &str, length: u64) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n")
}

/// A line without its end; `None` if there is no more.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.take(16 << 10).read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

async fn read(stream: &mut BufReader<TcpStream>, length: u64) -> io::Result<Vec<u8>> {
    if length > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body).await?;
    Ok(body)
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(stream).await?.unwrap_or_default();
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.map_err(io::Error::other)?;
        body.extend(read(stream, size).await?);
        line(stream).await?;
        if size == 0 || body.len() as u64 > MOST_BYTES {
            return Ok(body);
        }
    }
}
