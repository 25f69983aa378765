//! Which addresses the portals' names stand for. A name is looked up until there is an answer, and then never again: an
//! answer that changes later (DNS rebinding) changes nothing. Only a restart follows a portal that has moved.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;
use url::{Host, Url};

use crate::addresses::is_usable;

/// Asks for the addresses of a name.
type Lookup = Box<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The portals' names, each with its addresses once they are known.
pub(super) struct Pins {
    names: HashMap<String, OnceCell<Vec<IpAddr>>>,
    lookup: Lookup,
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum PinError {
    /// No portal has this name.
    #[error("{0} is not a portal's name, and no other is looked up")]
    Stranger(String),
    /// The question failed.
    #[error("the portal's name {0} cannot be looked up: {1}")]
    Lookup(String, #[source] io::Error),
    /// There is an answer, and it is of no use.
    #[error("the portal's name {0} has no address that a portal can have")]
    NoAddress(String),
}

impl Pins {
    /// The names among the portals' hosts, to be looked up by the system.
    pub(super) fn new(portals: &[Url]) -> Self {
        Self::with(portals, Box::new(|name| Box::pin(by_system(name))))
    }

    fn with(portals: &[Url], lookup: Lookup) -> Self {
        let names = portals.iter().filter_map(|portal| match portal.host() {
            Some(Host::Domain(name)) => Some((name.to_owned(), OnceCell::new())),
            _ => None,
        });
        Self { names: names.collect(), lookup }
    }

    /// The addresses of a portal's name, which from then on stay the same.
    pub(super) async fn of(&self, name: &str) -> Result<&[IpAddr], PinError> {
        let pin = self.names.get(name).ok_or_else(|| PinError::Stranger(name.to_owned()))?;
        let addresses = pin.get_or_try_init(|| self.ask(name)).await?;
        Ok(addresses)
    }

    async fn ask(&self, name: &str) -> Result<Vec<IpAddr>, PinError> {
        let answer = (self.lookup)(name.to_owned()).await.map_err(|error| PinError::Lookup(name.to_owned(), error))?;
        let mut addresses: Vec<_> = answer.into_iter().filter(|address| is_usable(*address)).collect();
        addresses.dedup();
        if addresses.is_empty() {
            return Err(PinError::NoAddress(name.to_owned()));
        }
        tracing::info!(portal.name = name, portal.addresses = ?addresses, "the portal's name is bound to its addresses");
        Ok(addresses)
    }

    /// Looks all names up, again and again until each has its addresses: a portal may come up after its runner.
    pub(super) async fn fill(&self) {
        for name in self.names.keys() {
            let mut pause = Duration::from_secs(1);
            while let Err(error) = self.of(name).await {
                tracing::warn!("{error}; until it can, no file is fetched from there. Next try in {pause:?}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(60));
            }
        }
    }

    /// Whether the end of a connection made for this URL is where its host is known to be.
    pub(super) fn hold(&self, url: &Url, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        let known = match url.host() {
            Some(Host::Ipv4(own)) => address == IpAddr::V4(own),
            Some(Host::Ipv6(own)) => address == IpAddr::V6(own).to_canonical(),
            Some(Host::Domain(name)) => {
                let pinned = self.names.get(name).and_then(OnceCell::get);
                pinned.is_some_and(|pinned| pinned.iter().any(|own| own.to_canonical() == address))
            }
            None => false,
        };
        known && url.port_or_known_default() == Some(peer.port())
    }
}

async fn by_system(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}

/// What the HTTP client asks instead of the system.
pub(super) struct Resolver(pub(super) Arc<Pins>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let pins = self.0.clone();
        Box::pin(async move {
            // Port 0 stands for the URL's.
            let addresses: Vec<_> = pins.of(name.as_str()).await?.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Names whose every look-up has another answer.
    fn pins(portal: &str, answers: &[&[&str]]) -> Pins {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect());
        let answers: Mutex<Vec<Vec<IpAddr>>> = Mutex::new(answers.rev().collect());
        let lookup: Lookup = Box::new(move |_| {
            let next = answers.lock().unwrap().pop();
            Box::pin(async { next.ok_or_else(|| io::Error::other("no answer")) })
        });
        Pins::with(&[portal.parse().unwrap()], lookup)
    }

    #[tokio::test]
    async fn the_first_answer_holds_for_ever() {
        let pins = pins("http://Portal.Example:81", &[&["203.0.113.7", "2001:db8::7"], &["127.0.0.1"]]);
        let url = "http://portal.example:81/file".parse().unwrap();
        assert!(!pins.hold(&url, "203.0.113.7:81".parse().unwrap()), "nothing is known yet");
        for _ in 0..2 {
            let known = pins.of("portal.example").await.unwrap();
            assert_eq!(known, ["203.0.113.7".parse::<IpAddr>().unwrap(), "2001:db8::7".parse().unwrap()]);
        }
        for (peer, held) in [
            ("203.0.113.7:81", true),
            ("[::ffff:203.0.113.7]:81", true),
            ("[2001:db8::7]:81", true),
            ("203.0.113.7:80", false),
            ("127.0.0.1:81", false),
            ("[::1]:81", false),
        ] {
            assert_eq!(pins.hold(&url, peer.parse().unwrap()), held, "{peer}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_fails_is_asked_for_again() {
        let portal = ["http://portal.example".parse().unwrap()];
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let lookup: Lookup = Box::new(move |_| {
            *count.lock().unwrap() += 1;
            let answer = match *count.lock().unwrap() {
                1 => Err(io::Error::other("no answer")),
                2 => Ok(vec!["169.254.169.254".parse().unwrap(), "0.0.0.0".parse().unwrap()]),
                _ => Ok(vec!["fe80::1".parse().unwrap(), "203.0.113.7".parse().unwrap()]),
            };
            Box::pin(async { answer })
        });
        let pins = Pins::with(&portal, lookup);
        assert!(matches!(pins.of("portal.example").await, Err(PinError::Lookup(..))));
        assert!(matches!(pins.of("portal.example").await, Err(PinError::NoAddress(_))));
        assert_eq!(pins.of("portal.example").await.unwrap(), ["203.0.113.7".parse::<IpAddr>().unwrap()]);
        pins.fill().await;
        assert_eq!(*asked.lock().unwrap(), 3);
    }

    #[tokio::test]
    async fn no_other_name_is_looked_up() {
        let pins = pins("http://portal.example", &[&["203.0.113.7"], &["203.0.113.7"]]);
        let resolver = Resolver(Arc::new(pins));
        for name in
            ["evil.example", "portal.example.", "portal.example.evil.example", "localhost", "xn--prtal-jua.example"]
        {
            let refused = resolver.resolve(name.parse().unwrap()).await.err().expect("it is no portal's name");
            assert!(refused.to_string().contains("not a portal's name"), "{name}: {refused}");
        }
        let known: Vec<_> = resolver.resolve("portal.example".parse().unwrap()).await.unwrap().collect();
        assert_eq!(known, ["203.0.113.7:0".parse::<SocketAddr>().unwrap()]);
    }
}
