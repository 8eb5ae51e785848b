//! Which port each listener has when they are counted from a base.

use std::net::{Ipv4Addr, SocketAddr};

use crate::error::CommandError;

/// Ports of one community; more than its listeners need today.
const BLOCK: u16 = 20;

/// Places of the listeners inside a block. They are an interface: added to, never moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    Registry,
    Repository,
    Admin,
    RegistryMllp,
    RegistryMllps,
    AuditFhir,
    AuditTls,
    AuditUdp,
    PixManager,
    PixManagerMllp,
    PixManagerMllps,
}

impl Listener {
    const fn offset(self) -> u16 {
        match self {
            Listener::Registry => 2,
            Listener::Repository => 3,
            Listener::Admin => 10,
            Listener::RegistryMllp => 13,
            Listener::RegistryMllps => 14,
            Listener::AuditFhir => 5,
            Listener::AuditTls => 15,
            Listener::AuditUdp => 16,
            Listener::PixManager => 1,
            Listener::PixManagerMllp => 11,
            Listener::PixManagerMllps => 12,
        }
    }

    /// The address on loopback; base 0 asks the system for a free port.
    pub(super) fn address(self, base: u16) -> SocketAddr {
        let port = if base == 0 { 0 } else { base.saturating_add(self.offset()) };
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }
}

/// The base of the block of the `place`-th community.
pub(crate) fn port_block(base: u16, place: usize) -> Result<u16, CommandError> {
    if base == 0 {
        return Ok(0);
    }
    let block = u16::try_from(place).ok().and_then(|place| place.checked_mul(BLOCK));
    let first = block.and_then(|block| base.checked_add(block));
    first.filter(|first| first.checked_add(BLOCK).is_some()).ok_or(CommandError::PortBase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communities_have_blocks_of_their_own() {
        assert_eq!(port_block(18_000, 0).unwrap(), 18_000);
        assert_eq!(port_block(18_000, 2).unwrap(), 18_040);
        assert_eq!(port_block(0, 7).unwrap(), 0);
        assert!(port_block(65_530, 0).is_err());
        assert!(port_block(18_000, 5_000).is_err());
    }

    #[test]
    fn no_two_listeners_share_a_port() {
        let listeners = [
            Listener::Registry,
            Listener::Repository,
            Listener::Admin,
            Listener::RegistryMllp,
            Listener::RegistryMllps,
            Listener::AuditFhir,
            Listener::AuditTls,
            Listener::AuditUdp,
            Listener::PixManager,
            Listener::PixManagerMllp,
            Listener::PixManagerMllps,
        ];
        let mut ports: Vec<u16> =
            listeners.map(|listener| listener.address(18_000).port()).to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), listeners.len());
        assert!(ports.iter().all(|port| (18_000..18_020).contains(port)));
    }
}
