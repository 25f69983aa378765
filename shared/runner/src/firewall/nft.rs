//! Rules for `nft -f`.

use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
};

use super::{FirewallError, Network, Plan, Scope};

/// The rule set. Loaded again, it takes the place of the one before in one step.
pub(super) fn rules(plan: &Plan) -> Result<String, FirewallError> {
    let mut text = header(plan)?;
    begin(&mut text, "inet");
    match &plan.scope {
        Scope::Namespace => namespace(&mut text, plan),
        Scope::User(name) => user(&mut text, plan, name),
    }
    text.push_str("}\n");
    if let Some(device) = &plan.device {
        begin(&mut text, "netdev");
        frames(&mut text, plan, device);
        text.push_str("}\n");
    }
    Ok(text)
}

fn header(plan: &Plan) -> Result<String, FirewallError> {
    let (whose, how) = match &plan.scope {
        Scope::Namespace if plan.portals.iter().any(|portal| portal.ip().is_loopback()) => {
            return Err(FirewallError::SharedNamespace);
        }
        Scope::Namespace => (
            "all that runs in the runner's network namespace",
            "# Load it in that namespace, never in the machine's own, before the runner starts:\n\
             #     nsenter --net=/proc/PID/ns/net nft -f FILE      (PID: any process of the container)\n\
             #     ip netns exec NAME nft -f FILE                  (a namespace made by hand)\n\
             # The runner must not hold CAP_NET_ADMIN there, or it could take the rules away.\n",
        ),
        Scope::User(name) if matches!(&**name, "root" | "0") => return Err(FirewallError::Root(name.clone())),
        Scope::User(_) if plan.device.is_some() => return Err(FirewallError::DeviceOfUser),
        Scope::User(_) => (
            "all that the runner's user runs",
            "# Load it before the runner starts, and at every start of the machine:\n\
             #     nft -f FILE\n\
             #     cp FILE /etc/nftables.d/vision-runner.nft       (where /etc/nftables.conf includes that folder)\n",
        ),
    };
    let names = plan.about_names("/etc/hosts of the runner");
    Ok(format!(
        "# Keeps a runner to its portal: {whose}\n# connects to the portal's address and port and to nothing else, \
         not even on the loopback.\n# `nft list table inet vision_runner` counts what was stopped.\n#\n{how}{names}"
    ))
}

fn begin(text: &mut String, family: &str) {
    let table = format!("table {family} vision_runner");
    // Adding it first lets the deletion succeed where there is none yet.
    let _ = write!(text, "\nadd {table}\ndelete {table}\n{table} {{\n");
}

fn namespace(text: &mut String, plan: &Plan) {
    text.push_str("    chain output {\n        type filter hook output priority filter; policy drop;\n");
    allowed(text, plan);
    if plan.has_ipv6() {
        neighbours(text, "nd-neighbor-solicit, nd-neighbor-advert");
    }
    text.push_str("        counter drop\n    }\n\n");
    text.push_str("    chain input {\n        type filter hook input priority filter; policy drop;\n");
    text.push_str("        ct direction reply ct state established accept\n        ct state related accept\n");
    let port = plan.port.map_or_else(|| "meta l4proto tcp".to_owned(), |port| format!("tcp dport {port}"));
    for (family, callers) in by_family(&plan.callers) {
        let _ = writeln!(text, "        {family} saddr {callers} {port} accept");
    }
    if plan.has_ipv6() {
        neighbours(text, "nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert");
    }
    text.push_str("        counter drop\n    }\n");
}

fn user(text: &mut String, plan: &Plan, name: &str) {
    // A number stands bare.
    let user = if name.bytes().all(|b| b.is_ascii_digit()) { name.to_owned() } else { format!("\"{name}\"") };
    text.push_str("    chain output {\n        type filter hook output priority filter; policy accept;\n");
    let _ = writeln!(text, "        meta skuid {user} jump runner\n    }}\n\n    chain runner {{");
    allowed(text, plan);
    text.push_str("        counter reject\n    }\n");
    let Some(port) = plan.port else { return };
    text.push_str("\n    chain input {\n        type filter hook input priority filter; policy accept;\n");
    for (family, callers) in by_family(&plan.callers) {
        let _ = writeln!(text, "        {family} saddr {callers} tcp dport {port} accept");
    }
    let _ = writeln!(text, "        tcp dport {port} ct state new counter drop\n    }}");
}

/// What may leave: to the portals, and answers to callers.
fn allowed(text: &mut String, plan: &Plan) {
    to_portals(text, plan);
    let port = plan.port.map(|port| format!(" tcp sport {port}")).unwrap_or_default();
    let _ = writeln!(text, "        ct direction reply ct state established{port} accept");
}

fn to_portals(text: &mut String, plan: &Plan) {
    for portal in &plan.portals {
        let (family, address, port) = (family(portal.ip()), portal.ip(), portal.port());
        let _ = writeln!(text, "        {family} daddr {address} tcp dport {port} accept");
    }
}

/// Without its neighbours' addresses there is no IPv6 at all. Hop limit 255: it never leaves the link.
fn neighbours(text: &mut String, kinds: &str) {
    let _ = writeln!(text, "        ip6 hoplimit 255 icmpv6 type {{ {kinds} }} accept");
}

/// Frames that root hands to the device itself pass none of the rules above, and belong to no known connection.
fn frames(text: &mut String, plan: &Plan, device: &str) {
    text.push_str("    chain egress {\n");
    let _ = writeln!(text, "        type filter hook egress device \"{device}\" priority filter; policy drop;");
    text.push_str("        ether type arp accept\n");
    to_portals(text, plan);
    let port = plan.port.map(|port| format!(" tcp sport {port}")).unwrap_or_default();
    for (family, callers) in by_family(&plan.callers) {
        let _ = writeln!(text, "        {family} daddr {callers}{port} tcp flags & (syn | ack) != syn accept");
    }
    if plan.has_ipv6() {
        neighbours(text, "nd-neighbor-solicit, nd-neighbor-advert");
    }
    text.push_str("        counter drop\n    }\n");
}

/// A set for each family that there is.
fn by_family(networks: &[Network]) -> Vec<(&'static str, String)> {
    ["ip", "ip6"]
        .into_iter()
        .filter_map(|name| {
            let own = networks.iter().filter(|network| family(network.address) == name);
            let own: Vec<_> = own.map(ToString::to_string).collect();
            (!own.is_empty()).then(|| (name, format!("{{ {} }}", own.join(", "))))
        })
        .collect()
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ip" } else { "ip6" }
}

impl Plan {
    fn has_ipv6(&self) -> bool {
        self.portals.iter().any(SocketAddr::is_ipv6) || self.callers.iter().any(|caller| caller.address.is_ipv6())
    }
}
