//! Which addresses a portal can have.

use std::net::IpAddr;

/// Whether a portal's name may stand for this address. Link-local ones are left out with what is no host's at all: the
/// services that hand out a machine's credentials are found there.
pub(crate) fn is_usable(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !(v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast() || v4.is_link_local()),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_portals_address() {
        for (address, usable) in [
            ("127.0.0.1", true),
            ("10.0.0.8", true),
            ("203.0.113.7", true),
            ("::1", true),
            ("fd00::1", true),
            ("0.0.0.0", false),
            ("169.254.169.254", false),
            ("::ffff:169.254.169.254", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("ff02::1", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_usable(address.parse().unwrap()), usable, "{address}");
        }
    }
}
