//! Base64 of a whole part, RFC 2045 section 6.8, decoded in pieces.

use crate::mtom::MtomError;

/// Strict but for white space: RFC 2045 lets a decoder ignore foreign characters, but then a
/// damaged document would be stored as if it were whole.
#[derive(Debug, Default)]
pub(crate) struct Base64Decoder {
    /// The bits of the group of four characters at hand.
    bits: u32,
    /// Characters of that group, padding included.
    n_characters: u8,
    /// `=` seen; nothing but its completion and white space may follow.
    n_padding: u8,
}

impl Base64Decoder {
    pub(crate) fn decode(&mut self, text: &[u8], output: &mut Vec<u8>) -> Result<(), MtomError> {
        output.reserve(text.len().div_ceil(4).saturating_mul(3));
        for byte in text {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'=' => self.pad(output)?,
                _ => self.add(sextet(*byte)?, output)?,
            }
        }
        Ok(())
    }

    pub(crate) fn finish(&self) -> Result<(), MtomError> {
        if self.n_characters == 0 { Ok(()) } else { Err(MtomError::TransferData) }
    }

    fn add(&mut self, sextet: u8, output: &mut Vec<u8>) -> Result<(), MtomError> {
        if self.n_padding > 0 {
            return Err(MtomError::TransferData);
        }
        self.bits = (self.bits << 6) | u32::from(sextet);
        self.n_characters = self.n_characters.saturating_add(1);
        if self.n_characters == 4 {
            let [_, first, second, third] = self.bits.to_be_bytes();
            output.extend([first, second, third]);
            self.bits = 0;
            self.n_characters = 0;
        }
        Ok(())
    }

    /// One `=`. Two characters with two of them are one byte, three with one are two bytes;
    /// the bits left over must be zero, or two texts would mean the same document.
    fn pad(&mut self, output: &mut Vec<u8>) -> Result<(), MtomError> {
        self.n_padding = self.n_padding.saturating_add(1);
        match (self.n_characters, self.n_padding) {
            (2, 1) => Ok(()),
            (2, 2) => {
                let [_, _, first, rest] = (self.bits << 4).to_be_bytes();
                self.complete(&[first], rest, output)
            }
            (3, 1) => {
                let [_, first, second, rest] = (self.bits << 6).to_be_bytes();
                self.complete(&[first, second], rest, output)
            }
            _ => Err(MtomError::TransferData),
        }
    }

    fn complete(&mut self, bytes: &[u8], rest: u8, output: &mut Vec<u8>) -> Result<(), MtomError> {
        if rest != 0 {
            return Err(MtomError::TransferData);
        }
        output.extend(bytes);
        self.bits = 0;
        self.n_characters = 0;
        Ok(())
    }
}

fn sextet(character: u8) -> Result<u8, MtomError> {
    let (first, value) = match character {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return Err(MtomError::TransferData),
    };
    Ok(character.wrapping_sub(first).wrapping_add(value))
}
