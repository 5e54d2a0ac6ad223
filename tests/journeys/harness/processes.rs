//! What the operating system knows of a process: its sockets, its arguments, its surroundings.

use std::collections::HashSet;

/// A TCP socket of a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Socket {
    /// Our port.
    pub local: u16,
    /// The other end's port; 0 where there is none.
    pub remote: u16,
    /// It waits for calls.
    pub listens: bool,
}

/// The TCP sockets of a process now.
pub fn sockets(pid: u32) -> Vec<Socket> {
    let mut inodes = HashSet::new();
    if let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fd")) {
        for entry in entries.flatten() {
            let Ok(target) = std::fs::read_link(entry.path()) else { continue };
            let name = target.to_string_lossy().into_owned();
            if let Some(inode) = name.strip_prefix("socket:[").and_then(|n| n.strip_suffix(']')) {
                inodes.insert(inode.to_owned());
            }
        }
    }
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if columns.len() > 9 && inodes.contains(columns[9]) {
                found.push(Socket {
                    local: port(columns[1]),
                    remote: port(columns[2]),
                    listens: columns[3] == "0A",
                });
            }
        }
    }
    found
}

/// Whether a process has a UDP socket now.
pub fn has_udp(pid: u32) -> bool {
    let mut inodes = HashSet::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
        let target = std::fs::read_link(entry.path()).unwrap_or_default().to_string_lossy().into_owned();
        inodes.extend(target.strip_prefix("socket:[").and_then(|n| n.strip_suffix(']')).map(str::to_owned));
    }
    ["udp", "udp6"].iter().any(|table| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        text.lines().skip(1).any(|line| line.split_whitespace().nth(9).is_some_and(|n| inodes.contains(n)))
    })
}

fn port(address: &str) -> u16 {
    address.rsplit(':').next().and_then(|p| u16::from_str_radix(p, 16).ok()).unwrap_or(0)
}

/// The arguments and the environment of a process, as anyone on the computer may read them.
pub fn arguments_and_environment(pid: u32) -> Vec<u8> {
    let mut all = std::fs::read(format!("/proc/{pid}/cmdline")).expect("the process runs");
    all.push(0);
    all.extend(std::fs::read(format!("/proc/{pid}/environ")).expect("the process is ours"));
    all
}

#[test]
fn sockets_of_this_very_process_are_seen() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let caller = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it answers");
    let seen = sockets(std::process::id());
    assert!(seen.iter().any(|s| s.listens && s.local == port), "{seen:?}");
    let local = caller.local_addr().expect("an address").port();
    assert!(seen.iter().any(|s| !s.listens && s.local == local && s.remote == port), "{seen:?}");
    let _datagrams = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port");
    assert!(has_udp(std::process::id()));
}
