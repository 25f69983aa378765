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

/// The portal of the checks. It ends when it is dropped.
pub struct Portal {
    address: SocketAddr,
    base: Url,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

/// What stands at an address.
#[derive(Clone)]
pub(super) enum Place {
    /// A photo.
    Photo(Vec<u8>),
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
    places: HashMap<String, Place>,
    seen: Vec<Seen>,
    stored: HashMap<String, Vec<u8>>,
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// GET, as a rule.
    pub(super) method: String,
    /// Path and query, as they came.
    pub(super) target: String,
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
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new address at which this stands.
    pub(super) fn offer(&self, place: Place) -> Url {
        let mut state = locked(&self.state);
        let number = state.places.len() + 1;
        let mut url = self.base.clone();
        url.set_path(&format!("/files/{number}"));
        // The escapes must come back as they are: a runner that rewrites them breaks signatures.
        let signature = Digest::of(format!("file {number}").as_bytes());
        url.set_query(Some(&format!("release=1&run=a%2Fb%20c&expires=4102444800000&key=1&signature={signature}")));
        state.places.insert(target(&url), place);
        url
    }

    /// The requests for this address, by their methods.
    pub(super) fn methods(&self, url: &Url) -> Vec<String> {
        let target = target(url);
        locked(&self.state).seen.iter().filter(|seen| seen.target == target).map(|seen| seen.method.clone()).collect()
    }

    /// Requests for addresses that were never given out.
    pub(super) fn strays(&self) -> Vec<String> {
        let state = locked(&self.state);
        let strays = state.seen.iter().filter(|seen| !state.places.contains_key(&seen.target));
        strays.map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    /// The picture that was put there.
    pub(super) fn stored(&self, url: &Url) -> Option<Vec<u8>> {
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
        // A runner that breaks off has its reasons; the checks look at what it answers.
        tokio::spawn(async move { answer(stream, &state).await.ok() });
    }
}

/// One request per connection.
async fn answer(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = line(&mut stream).await?;
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(&mut stream).await?.to_ascii_lowercase();
        match header.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse().map_err(io::Error::other)?,
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            // Whoever asks whether to go on waits for the answer.
            Some(("expect", _)) => stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
            Some(_) => {}
        }
    }
    let body = if chunked { read_chunks(&mut stream).await? } else { read(&mut stream, length).await? };
    let place = {
        let mut state = locked(state);
        state.seen.push(Seen { method: method.to_owned(), target: target.to_owned() });
        state.places.get(target).cloned()
    };
    let answer = match (method, place) {
        ("GET", Some(Place::Photo(photo))) => head("200 OK", "content-type: image/png\r\n", photo.len() as u64, &photo),
        ("GET", Some(Place::Huge(bytes))) => head("200 OK", "", bytes, &[]),
        ("GET", Some(Place::Moved(to))) => head("302 Found", &format!("location: {to}\r\n"), 0, &[]),
        ("PUT", Some(Place::Room)) => {
            locked(state).stored.insert(target.to_owned(), body);
            head("201 Created", "", 0, &[])
        }
        (_, Some(_)) => head("403 Forbidden", "", 0, &[]),
        (_, None) => head("404 Not Found", "", 0, &[]),
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

fn head(status: &str, headers: &str, length: u64, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(16 << 10).read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
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
        let size = line(stream).await?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.map_err(io::Error::other)?;
        body.extend(read(stream, size).await?);
        line(stream).await?;
        if size == 0 || body.len() as u64 > MOST_BYTES {
            return Ok(body);
        }
    }
}
