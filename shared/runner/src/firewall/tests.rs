//! The rules as text, and what is refused. That they hold is shown in `runner-tract/tests/firewall.rs`.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
}

fn try_rules(args: &[&str]) -> Result<String, String> {
    let parsed = CommandLine::try_parse_from([&["firewall"], args].concat()).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    print(parsed.options, &mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

fn rules(format: &str, args: &[&str]) -> String {
    let portals =
        ["--format", format, "--portal-url", "http://203.0.113.7:8080", "--portal-url", "https://[2001:db8::7]"];
    try_rules(&[&portals, args].concat()).unwrap_or_else(|error| panic!("{error}"))
}

/// The rules without remarks and empty lines.
fn bare(rules: &str) -> Vec<&str> {
    rules.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn a_namespace_reaches_the_portal_and_answers_callers() {
    let rules = rules("nft", &["--listen", "0.0.0.0:9000", "--from", "203.0.113.0/24"]);
    let expected = "add table inet vision_runner
        delete table inet vision_runner
        table inet vision_runner {
        chain output {
        type filter hook output priority filter; policy drop;
        ip daddr 203.0.113.7 tcp dport 8080 accept
        ip6 daddr 2001:db8::7 tcp dport 443 accept
        ct direction reply ct state established tcp sport 9000 accept
        ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
        counter drop
        }
        chain input {
        type filter hook input priority filter; policy drop;
        ct direction reply ct state established accept
        ct state related accept
        ip saddr { 203.0.113.0/24 } tcp dport 9000 accept
        ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
        counter drop
        }
        }";
    assert_eq!(bare(&rules), bare(expected));
}

#[test]
fn a_user_is_cut_off_and_nobody_else() {
    let rules = rules("nft", &["--listen", "0.0.0.0:9000", "--for", "user:vision"]);
    let lines = bare(&rules);
    for line in [
        "type filter hook output priority filter; policy accept;",
        "meta skuid \"vision\" jump runner",
        "ip saddr { 203.0.113.7/32 } tcp dport 9000 accept",
        "ip6 saddr { 2001:db8::7/128 } tcp dport 9000 accept",
        "tcp dport 9000 ct state new counter drop",
    ] {
        assert!(lines.contains(&line), "{line}: {rules}");
    }
    assert!(!rules.contains("policy drop"), "{rules}");
    assert!(self::rules("nft", &["--for", "user:1001"]).contains("meta skuid 1001 jump"));
}

#[test]
fn a_drop_in_names_addresses_and_a_port() {
    let rules = rules("systemd", &["--listen", "[::]:9000", "--from", "10.1.2.3/8"]);
    let lines = bare(&rules);
    for line in [
        "[Service]",
        "IPAddressDeny=any",
        "IPAddressAllow=203.0.113.7",
        "IPAddressAllow=2001:db8::7",
        "IPAddressAllow=10.0.0.0/8",
        "SocketBindDeny=any",
        "SocketBindAllow=tcp:9000",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "NoNewPrivileges=yes",
    ] {
        assert!(lines.contains(&line), "{line}: {rules}");
    }
}

#[test]
fn a_network_policy_has_both_directions() {
    let rules = rules("k8s", &["--listen", "0.0.0.0:9000", "--from", "10.0.0.0/8"]);
    let (egress, ingress) = rules.split_once("\n  ingress:").unwrap();
    assert!(egress.contains("policyTypes: [Ingress, Egress]"), "{rules}");
    for part in
        ["cidr: 203.0.113.7/32\n      ports:\n        - protocol: TCP\n          port: 8080", "cidr: 2001:db8::7/128"]
    {
        assert!(egress.contains(part), "{part}: {rules}");
    }
    assert!(ingress.contains("cidr: 10.0.0.0/8") && ingress.contains("port: 9000"), "{rules}");
}

#[test]
fn a_portals_name_becomes_its_addresses_and_a_hint() {
    let args = ["--portal-url", "http://localhost:81", "--for", "user:vision", "--format", "nft"];
    let rules = try_rules(&args).unwrap();
    assert!(rules.contains("daddr 127.0.0.1 tcp dport 81 accept"), "{rules}");
    assert!(rules.contains("/etc/hosts") && rules.contains("#     127.0.0.1 localhost\n"), "{rules}");
    let unknown = try_rules(&["--portal-url", "http://portal.invalid", "--format", "k8s"]).unwrap_err();
    assert!(unknown.contains("portal.invalid cannot be looked up"), "{unknown}");
}

#[test]
fn what_makes_no_rules_is_refused() {
    let portal = ["--format", "nft", "--portal-url", "http://203.0.113.7"];
    for (args, words) in [
        (&["--for", "user:root"][..], "would cut off the whole machine"),
        (&["--for", "user:0"], "would cut off the whole machine"),
        (&["--for", "user:a\" accept"], "must be `namespace` or `user:NAME`"),
        (&["--for", "everybody"], "must be `namespace` or `user:NAME`"),
        (&["--listen", "0.0.0.0:0"], "give the runner a port of its own"),
        (&["--from", "10.0.0.0/33"], "more bits"),
        (&["--from", "example.org"], "must be an address"),
        (&["--device", "eth0\" accept"], "no name of a network device"),
        (&["--device", "eth0", "--for", "user:vision"], "goes with --for namespace"),
        (&["--portal-url", "http://127.0.0.1:8080"], "shares the runner's network namespace"),
        (&["--portal-url", "ftp://203.0.113.7"], "must be an http or https address"),
    ] {
        let refusal = try_rules(&[&portal, args].concat()).expect_err(words);
        assert!(refusal.contains(words), "{args:?}: {refusal}");
    }
    assert!(try_rules(&["--format", "nft"]).is_err(), "there is no portal");
}
