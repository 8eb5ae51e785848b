//! A question, its answer, and what the four time stamps say (RFC 4330 section 5).

use std::time::Duration;

use jiff::SignedDuration;

use super::timestamp::duration;
use super::{LENGTH_BYTES, Leap, NtpTimestamp, Packet};

const VERSION: u8 = 4;
/// Servers of RFC 1305 answer in their own version.
const OLDEST_VERSION: u8 = 3;
const CLIENT: u8 = 3;
const SERVER: u8 = 4;
/// 16 and above: the server has no time.
const LAST_STRATUM: u8 = 15;

/// RFC 4330 section 5: a server whose root delay or dispersion reaches a second has lost its own server. In
/// units of 2⁻¹⁶ s.
const ROOT_LIMIT: u32 = 1 << 16;

/// How much longer than the whole exchange the server may claim to have worked on it: the two clocks need not
/// run equally fast. In units of 2⁻³² s, 10 ms.
const DRIFT: i128 = (1 << 32) / 100;

/// A request that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// T1: when it went, by our clock.
    sent: NtpTimestamp,
    /// What stands in the packet instead, so that only who has seen it can answer.
    shown: NtpTimestamp,
}

/// What one server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// What must be added to our clock to show the server's time.
    pub offset: SignedDuration,
    /// The most by which the offset can be wrong if the server keeps what it promises: half of the way, and
    /// the server's own distance from its root.
    pub error_bound: Duration,
}

/// Why an answer says nothing about our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the answer is too short")]
    Short,
    #[error("the answer is not to our question")]
    Origin,
    #[error("the answer is not a server's")]
    Mode,
    #[error("the answer is of another version of NTP")]
    Version,
    #[error("the server sends us away")]
    Kiss(Kiss),
    #[error("the server's clock is not synchronised")]
    Unsynchronised,
    #[error("the server is too far from a reference clock")]
    RootDistance,
    #[error("the server gives no time")]
    NoTime,
    #[error("the server's time stamps contradict each other")]
    Implausible,
}

/// The code of a kiss-o'-death (RFC 4330 section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kiss {
    /// `DENY` or `RSTR`: never ask again.
    Deny,
    /// `RATE`: ask less often.
    Rate,
    Other,
}

impl Refusal {
    /// Whether the packet may be anybody's: then the server's own answer may still come.
    #[must_use]
    pub const fn is_stray(self) -> bool {
        matches!(self, Refusal::Short | Refusal::Origin)
    }
}

impl Question {
    /// A question sent at `sent`. Random bits replace the fraction of the second that is shown: a forger must
    /// guess them.
    #[must_use]
    pub const fn new(sent: NtpTimestamp, random: u32) -> Question {
        let [a, b, c, d, ..] = sent.to_bits().to_be_bytes();
        let [e, f, g, h] = random.to_be_bytes();
        let shown = NtpTimestamp::from_bits(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        Question { sent, shown }
    }

    /// The packet to send. Nothing but the version, the mode and the time stamp: more is nobody's business.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LENGTH_BYTES] {
        let packet = Packet {
            leap: Leap::None,
            version: VERSION,
            mode: CLIENT,
            stratum: 0,
            poll: 0,
            precision: 0,
            root_delay: 0,
            root_dispersion: 0,
            reference_id: [0; 4],
            reference: NtpTimestamp::NONE,
            originate: NtpTimestamp::NONE,
            receive: NtpTimestamp::NONE,
            transmit: self.shown,
        };
        packet.to_bytes()
    }

    /// What the answer says, which came `elapsed` after the question went.
    ///
    /// # Errors
    /// [`Refusal`], the first reason of RFC 4330 section 5.
    pub fn measure(&self, answer: &[u8], elapsed: Duration) -> Result<Measurement, Refusal> {
        let packet = Packet::read(answer).ok_or(Refusal::Short)?;
        if packet.originate != self.shown {
            return Err(Refusal::Origin);
        }
        check(&packet)?;
        let outward = i128::from(packet.receive.units_since(self.sent));
        let work = i128::from(packet.transmit.units_since(packet.receive));
        let elapsed = units(elapsed);
        if work < 0 || work > elapsed + DRIFT {
            return Err(Refusal::Implausible);
        }
        // T3 − T4, where T4 = T1 + elapsed: a clock that is set meanwhile falsifies nothing.
        let homeward = outward + work - elapsed;
        let way = duration((elapsed - work).max(0)).unsigned_abs();
        let root = duration(i128::from(packet.root_delay) << 15)
            + duration(i128::from(packet.root_dispersion) << 16);
        Ok(Measurement {
            offset: duration((outward + homeward) / 2),
            error_bound: way / 2 + root.unsigned_abs(),
        })
    }
}

fn check(packet: &Packet) -> Result<(), Refusal> {
    if packet.mode != SERVER {
        return Err(Refusal::Mode);
    }
    if !(OLDEST_VERSION..=VERSION).contains(&packet.version) {
        return Err(Refusal::Version);
    }
    if packet.stratum == 0 {
        return Err(Refusal::Kiss(match &packet.reference_id {
            b"DENY" | b"RSTR" => Kiss::Deny,
            b"RATE" => Kiss::Rate,
            _ => Kiss::Other,
        }));
    }
    if packet.stratum > LAST_STRATUM || packet.leap == Leap::Alarm {
        return Err(Refusal::Unsynchronised);
    }
    let is_near = u32::try_from(packet.root_delay).is_ok_and(|delay| delay < ROOT_LIMIT);
    if !is_near || packet.root_dispersion >= ROOT_LIMIT {
        return Err(Refusal::RootDistance);
    }
    if packet.transmit == NtpTimestamp::NONE || packet.receive == NtpTimestamp::NONE {
        return Err(Refusal::NoTime);
    }
    Ok(())
}

/// In units of 2⁻³² s.
fn units(duration: Duration) -> i128 {
    let seconds = i128::from(duration.as_secs()) << 32;
    seconds + (i128::from(duration.subsec_nanos()) << 32) / 1_000_000_000
}

#[cfg(test)]
mod tests;
