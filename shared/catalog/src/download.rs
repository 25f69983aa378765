//! One download: continued where it broke off, and never longer than what is wanted.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_RANGE, RANGE},
};
use url::Url;

/// Attempts in a row that bring nothing more.
const VAIN_ATTEMPTS: u32 = 4;

/// Why a place does not give the file.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It will not.
    Refused(String),
    /// It may later.
    Passing(String),
    /// The disk's fault.
    Local(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Local(error)
    }
}

/// Fetches what is missing of a file of so many bytes. What it holds already counts, until the bytes prove wrong.
pub(crate) async fn file(
    client: &Client,
    url: &Url,
    file: &File,
    bytes: u64,
    pause: Duration,
    progress: &impl Fn(u64),
) -> Result<(), Failure> {
    let mut vain = 0;
    loop {
        let before = held(file, bytes)?;
        progress(before);
        if before == bytes {
            return Ok(());
        }
        let failure = match attempt(client, url, file, before, bytes, progress).await {
            Ok(()) => continue,
            Err(Failure::Passing(reason)) => reason,
            Err(failure) => return Err(failure),
        };
        vain = if held(file, bytes)? > before { 0 } else { vain + 1 };
        if vain == VAIN_ATTEMPTS {
            return Err(Failure::Passing(failure));
        }
        tokio::time::sleep(pause * 2_u32.pow(vain)).await;
    }
}

/// How much of the file is there. One that is too long is worth nothing.
fn held(file: &File, bytes: u64) -> io::Result<u64> {
    let length = file.metadata()?.len();
    if length <= bytes {
        return Ok(length);
    }
    file.set_len(0)?;
    Ok(0)
}

async fn attempt(
    client: &Client,
    url: &Url,
    mut file: &File,
    held: u64,
    bytes: u64,
    progress: &impl Fn(u64),
) -> Result<(), Failure> {
    let mut request = client.get(url.clone());
    if held > 0 {
        request = request.header(RANGE, format!("bytes={held}-"));
    }
    let response = request.send().await.map_err(|error| Failure::Passing(words(error)))?;
    let mut length = beginning(&response, held, bytes)?;
    if length < held {
        file.set_len(length)?;
    }
    file.seek(SeekFrom::Start(length))?;
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| Failure::Passing(format!("broke off: {}", words(error))))?;
        length += chunk.len() as u64;
        if length > bytes {
            file.set_len(0)?;
            return Err(Failure::Refused(format!("sends more than the {bytes} bytes that are wanted")));
        }
        file.write_all(&chunk)?;
        progress(length);
    }
    if length < bytes {
        return Err(Failure::Passing(format!("broke off after {length} of {bytes} bytes")));
    }
    Ok(())
}

/// Where in the file an answer begins.
fn beginning(response: &Response, held: u64, bytes: u64) -> Result<u64, Failure> {
    let status = response.status();
    match status {
        StatusCode::OK => match response.content_length() {
            Some(length) if length != bytes => {
                Err(Failure::Refused(format!("has {length} bytes where {bytes} are wanted")))
            }
            _ => Ok(0),
        },
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
            if range == format!("bytes {held}-{}/{bytes}", bytes - 1) {
                return Ok(held);
            }
            Err(Failure::Refused(format!("answered with the range “{range}” where {held} to {bytes} was asked for")))
        }
        _ if status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) =>
        {
            Err(Failure::Passing(format!("answered {status}")))
        }
        _ => Err(Failure::Refused(format!("answered {status}"))),
    }
}

/// The innermost words of an error, without the address, which is told beside them.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    words
}
