//! The network, and other processes through it.

use std::{
    io, mem,
    net::TcpStream,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    },
};

use super::{Attempt, any, at, call, gained, number, out, refused, refused_untried};

pub(super) const ATTEMPTS: &[Attempt] = &[
    refused("TCP over IPv4", |_| open(libc::AF_INET, libc::SOCK_STREAM, 0)),
    refused("TCP over IPv6", |_| open(libc::AF_INET6, libc::SOCK_STREAM, 0)),
    refused("UDP", |_| open(libc::AF_INET, libc::SOCK_DGRAM, 0)),
    refused("raw packets of IP", |_| open(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)),
    refused("raw packets of the wire", |_| open(libc::AF_PACKET, libc::SOCK_RAW, 0)),
    refused("a Unix socket", |_| open(libc::AF_UNIX, libc::SOCK_STREAM, 0)),
    refused("netlink: the kernel's own settings", |_| open(libc::AF_NETLINK, libc::SOCK_RAW, 0)),
    refused_untried("vsock: the host of a virtual machine", |_| open(libc::AF_VSOCK, libc::SOCK_STREAM, 0)),
    refused_untried("AF_ALG: the kernel's cryptography", |_| open(libc::AF_ALG, libc::SOCK_SEQPACKET, 0)),
    refused("any family of sockets of any type", |_| {
        any((0..64).flat_map(|family| (1..=10).map(move |kind| call(libc::SYS_socket, [family, kind, 0]))))
    }),
    refused("a pair of sockets", |_| {
        let mut pair = [0_i32; 2];
        let call = call(libc::SYS_socketpair, [number(libc::AF_UNIX), number(libc::SOCK_STREAM), 0, out(&mut pair)]);
        gained(call)
    }),
    refused("the portal, by its address", |around| {
        TcpStream::connect(("127.0.0.1", around.port)).map(|_| "a connection".to_owned())
    }),
    refused("an abstract socket of a neighbour", |around| {
        let name = SocketAddr::from_abstract_name(&around.abstract_socket)?;
        UnixStream::connect_addr(&name).map(|_| "a connection".to_owned())
    }),
    refused_untried("the worker's socket, connected to something else", |around| {
        let name = around.abstract_socket.as_bytes();
        // SAFETY: all zeros are an address.
        let mut address: libc::sockaddr_un = unsafe { mem::zeroed() };
        address.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (to, from) in address.sun_path[1..].iter_mut().zip(name) {
            *to = *from as libc::c_char;
        }
        gained(call(libc::SYS_connect, [0, at(&address), 3 + name.len() as i64]))
    }),
    refused_untried("the worker's socket, listening", |_| {
        any([call(libc::SYS_listen, [0, 5]), call(libc::SYS_accept4, [0, 0, 0, 0]), call(libc::SYS_bind, [0, 0, 0])])
    }),
];

fn open(family: i32, kind: i32, protocol: i32) -> io::Result<String> {
    gained(call(libc::SYS_socket, [number(family), number(kind), number(protocol)]))
}
