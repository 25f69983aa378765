//! Rules that keep a runner to its portal, for the firewall of the operator's choice.
//!
//! The client of signed URLs keeps to the portal by itself (`supervisor/files.rs`), and a worker has no sockets at all.
//! These rules hold when both should fail: they are the kernel's, or the cluster's.

mod kubernetes;
mod nft;
mod systemd;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, Write},
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    str::FromStr,
};

use clap::{Args, ValueEnum};
use url::{Host, Url};

use crate::addresses::is_usable;

/// What `firewall` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The kind of rules.
    #[arg(long)]
    format: Format,
    /// A portal, as the runner is told it. May be given more than once.
    #[arg(long = "portal-url", env = "VISION_RUNNER_PORTAL_URL", value_delimiter = ',', required = true)]
    portal_urls: Vec<Url>,
    /// Where the runner listens, as it is told; needs a port of its own. Without it, callers may come to any port.
    #[arg(long, env = "VISION_RUNNER_LISTEN")]
    listen: Option<SocketAddr>,
    /// An address, or a network as 10.0.0.0/8, from which the runner may be called; the portals' own if left out.
    #[arg(long = "from", value_delimiter = ',')]
    callers: Vec<Network>,
    /// What nft rules are for: `namespace`, which is all that runs in the runner's network namespace (a container's),
    /// or `user:NAME`, which is all that this user runs.
    #[arg(long = "for", default_value = "namespace")]
    scope: Scope,
    /// The runner's network device. With it, nft rules for a namespace stop frames too, which root can send past the
    /// other rules.
    #[arg(long)]
    device: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Rules for `nft -f`.
    Nft,
    /// A drop-in for the runner's unit.
    Systemd,
    /// A `NetworkPolicy`.
    K8s,
}

/// To whom nft rules apply.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Namespace,
    User(String),
}

/// Addresses with a common prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

/// What the rules say, whatever their form.
#[derive(Debug)]
struct Plan {
    /// Addresses and ports of the portals.
    portals: BTreeSet<SocketAddr>,
    /// Portals that are known by name, with their addresses: the rules leave no way to ask for them.
    names: Vec<(String, Vec<IpAddr>)>,
    callers: Vec<Network>,
    /// Where callers come; any port if unknown.
    port: Option<u16>,
    scope: Scope,
    device: Option<String>,
}

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FirewallError {
    #[error("--portal-url {0}: must be an http or https address")]
    Portal(Url),
    #[error("--portal-url: {0} cannot be looked up: {1}. Try again where the portal can be reached")]
    Lookup(String, #[source] io::Error),
    #[error("--portal-url: {0} has no address that a portal can have")]
    NoAddress(String),
    #[error("--listen: port 0 is any free one, for which there can be no rule; give the runner a port of its own")]
    AnyPort,
    #[error(
        "the portal is on the loopback, so it shares the runner's network namespace and would be cut off with it; give \
         the runner a user of its own, and this command --for user:NAME"
    )]
    SharedNamespace,
    #[error("--for user:{0}: rules for root would cut off the whole machine; give the runner a user of its own")]
    Root(String),
    #[error("--device {0:?}: is no name of a network device")]
    Device(String),
    #[error("--device: goes with --for namespace; a user's frames cannot be told from others'")]
    DeviceOfUser,
    #[error("cannot write the rules: {0}")]
    Write(#[from] io::Error),
}

/// Prints the rules.
pub(crate) fn print(options: Options, out: &mut impl Write) -> Result<(), FirewallError> {
    let format = options.format;
    let plan = Plan::new(options)?;
    let rules = match format {
        Format::Nft => nft::rules(&plan)?,
        Format::Systemd => systemd::rules(&plan),
        Format::K8s => kubernetes::rules(&plan),
    };
    Ok(out.write_all(rules.as_bytes())?)
}

impl Plan {
    fn new(options: Options) -> Result<Self, FirewallError> {
        let (mut portals, mut names) = (BTreeSet::new(), Vec::new());
        for url in options.portal_urls {
            let port = url.port_or_known_default().filter(|_| matches!(url.scheme(), "http" | "https"));
            let (Some(host), Some(port)) = (url.host(), port) else { return Err(FirewallError::Portal(url)) };
            let addresses = addresses_of(&host)?;
            portals.extend(addresses.iter().map(|address| SocketAddr::new(*address, port)));
            if let Host::Domain(name) = host {
                names.push((name.to_owned(), addresses));
            }
        }
        let mut callers = options.callers;
        if callers.is_empty() {
            callers = portals.iter().map(|portal| Network::of(portal.ip())).collect();
        }
        callers.sort();
        callers.dedup();
        let port = options.listen.map(|listen| listen.port());
        if port == Some(0) {
            return Err(FirewallError::AnyPort);
        }
        if let Some(device) = options.device.as_ref().filter(|device| !is_device(device)) {
            return Err(FirewallError::Device(device.clone()));
        }
        Ok(Self { portals, names, callers, port, scope: options.scope, device: options.device })
    }

    /// The portals' addresses, each once.
    fn addresses(&self) -> BTreeSet<IpAddr> {
        self.portals.iter().map(SocketAddr::ip).collect()
    }

    /// How to get along without name servers, each line behind this mark.
    fn about_names(&self, hosts: &str) -> String {
        use fmt::Write as _;
        let mut text = String::new();
        for (name, addresses) in &self.names {
            let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# {name} had these addresses when this was made: {shown}.");
        }
        if !self.names.is_empty() {
            let _ = writeln!(text, "# The runner cannot ask a name server any more. Tell it the addresses in {hosts}:");
        }
        for (name, addresses) in &self.names {
            for address in addresses {
                let _ = writeln!(text, "#     {address} {name}");
            }
        }
        if !self.names.is_empty() {
            let _ = writeln!(text, "# When the portal moves, make this anew, and start the runner anew.");
        }
        text
    }
}

fn addresses_of(host: &Host<&str>) -> Result<Vec<IpAddr>, FirewallError> {
    let name = match host {
        Host::Ipv4(address) => return Ok(vec![IpAddr::V4(*address)]),
        Host::Ipv6(address) => return Ok(vec![IpAddr::V6(*address).to_canonical()]),
        Host::Domain(name) => *name,
    };
    let answer = (name, 0).to_socket_addrs().map_err(|error| FirewallError::Lookup(name.to_owned(), error))?;
    let addresses: BTreeSet<_> = answer.map(|address| address.ip().to_canonical()).filter(|a| is_usable(*a)).collect();
    if addresses.is_empty() {
        return Err(FirewallError::NoAddress(name.to_owned()));
    }
    Ok(addresses.into_iter().collect())
}

/// Nothing that could end a line or a quotation in the rules.
fn is_device(name: &str) -> bool {
    (1..=15).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@".contains(&b))
}

impl Network {
    /// This address alone.
    fn of(address: IpAddr) -> Self {
        Self { address, prefix: Self::longest(address) }
    }

    fn longest(address: IpAddr) -> u8 {
        if address.is_ipv4() { 32 } else { 128 }
    }

    /// The first address of the network: that many of the last bits are 0.
    fn start(address: IpAddr, bits: u8) -> IpAddr {
        match address {
            IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(bits.into()).unwrap_or(0)).into()),
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(bits.into()).unwrap_or(0)).into()),
        }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| "must be an address, or a network as 10.0.0.0/8")?;
        let longest = Self::longest(address);
        let prefix = if text.contains('/') { prefix.parse().ok() } else { Some(longest) };
        let prefix = prefix.filter(|prefix| *prefix <= longest).ok_or("has more bits behind its / than an address")?;
        Ok(Self { address: Self::start(address, longest - prefix), prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Scope {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        match text.split_once(':') {
            None if text == "namespace" => Ok(Self::Namespace),
            Some(("user", name)) if is_name(name) => Ok(Self::User(name.to_owned())),
            _ => Err("must be `namespace` or `user:NAME`, NAME being a user's name or number"),
        }
    }
}
