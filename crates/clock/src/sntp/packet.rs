//! The packet of 48 bytes, the same in both directions (RFC 4330 section 4).

use super::NtpTimestamp;

/// Without the fields for authentication, which SNTP does not need.
pub const LENGTH_BYTES: usize = 48;

/// Leap indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leap {
    /// 0.
    None,
    /// 1: the last minute of the day has 61 s.
    Inserted,
    /// 2: it has 59 s.
    Deleted,
    /// 3: the server's clock is not synchronised.
    Alarm,
}

/// A packet, field by field in the order of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    pub leap: Leap,
    /// 3 bits.
    pub version: u8,
    /// 3 bits: 3 is a client, 4 a server.
    pub mode: u8,
    /// 0 is a kiss-o'-death, 1 has a clock of its own, 15 is the last that has a time.
    pub stratum: u8,
    /// log₂ of s.
    pub poll: i8,
    /// log₂ of s.
    pub precision: i8,
    /// To the clock of stratum 1 and back, in units of 2⁻¹⁶ s.
    pub root_delay: i32,
    /// In units of 2⁻¹⁶ s.
    pub root_dispersion: u32,
    /// With stratum 0 the kiss code in ASCII.
    pub reference_id: [u8; 4],
    /// When the server's clock was set last.
    pub reference: NtpTimestamp,
    /// T1: what the client sent as `transmit`.
    pub originate: NtpTimestamp,
    /// T2: when the request came, by the server's clock.
    pub receive: NtpTimestamp,
    /// T3: when the answer went, by the server's clock.
    pub transmit: NtpTimestamp,
}

impl Packet {
    /// Reads the first 48 bytes; what follows (extensions, a signature) was not asked for. `None` if there are
    /// fewer.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Packet> {
        let mut rest = bytes;
        let [flags, stratum, poll, precision] = take(&mut rest)?;
        Some(Packet {
            leap: match flags >> 6 {
                0 => Leap::None,
                1 => Leap::Inserted,
                2 => Leap::Deleted,
                _ => Leap::Alarm,
            },
            version: flags >> 3 & 0b111,
            mode: flags & 0b111,
            stratum,
            poll: poll.cast_signed(),
            precision: precision.cast_signed(),
            root_delay: i32::from_be_bytes(take(&mut rest)?),
            root_dispersion: u32::from_be_bytes(take(&mut rest)?),
            reference_id: take(&mut rest)?,
            reference: timestamp(&mut rest)?,
            originate: timestamp(&mut rest)?,
            receive: timestamp(&mut rest)?,
            transmit: timestamp(&mut rest)?,
        })
    }

    #[must_use]
    pub fn to_bytes(&self) -> [u8; LENGTH_BYTES] {
        let leap = match self.leap {
            Leap::None => 0,
            Leap::Inserted => 1,
            Leap::Deleted => 2,
            Leap::Alarm => 3,
        };
        let flags = leap << 6 | (self.version & 0b111) << 3 | self.mode & 0b111;
        let mut bytes = [0; LENGTH_BYTES];
        let fields =
            [flags, self.stratum, self.poll.cast_unsigned(), self.precision.cast_unsigned()]
                .into_iter()
                .chain(self.root_delay.to_be_bytes())
                .chain(self.root_dispersion.to_be_bytes())
                .chain(self.reference_id)
                .chain(self.reference.to_bits().to_be_bytes())
                .chain(self.originate.to_bits().to_be_bytes())
                .chain(self.receive.to_bits().to_be_bytes())
                .chain(self.transmit.to_bits().to_be_bytes());
        for (byte, field) in bytes.iter_mut().zip(fields) {
            *byte = field;
        }
        bytes
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

fn timestamp(rest: &mut &[u8]) -> Option<NtpTimestamp> {
    Some(NtpTimestamp::from_bits(u64::from_be_bytes(take(rest)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every packet of 48 bytes has a meaning, and the meaning is all of it.
        #[test]
        fn writing_undoes_reading(bytes in proptest::array::uniform32(any::<u8>()), rest in proptest::array::uniform16(any::<u8>())) {
            let bytes = [&bytes[..], &rest[..]].concat();
            let packet = Packet::read(&bytes).unwrap();
            prop_assert_eq!(&packet.to_bytes()[..], &bytes[..]);
        }

        #[test]
        fn what_follows_changes_nothing_and_less_is_no_packet(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let packet = Packet::read(&bytes);
            prop_assert_eq!(packet.is_some(), bytes.len() >= LENGTH_BYTES);
            prop_assert_eq!(packet, bytes.get(..LENGTH_BYTES).and_then(Packet::read));
        }
    }
}
