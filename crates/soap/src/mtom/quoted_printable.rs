//! Quoted-printable, RFC 2045 section 6.7, decoded in pieces.

use crate::mtom::MtomError;

/// White space that may be held back at the end of a line. RFC 2045 allows lines of 76
/// characters; this is the line length of RFC 5322.
const MAX_HELD_BYTES: usize = 998;

#[derive(Debug, Default)]
pub(crate) struct QuotedPrintableDecoder {
    state: State,
    /// White space that is content only if something follows it on its line.
    held: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Text,
    /// After `=`.
    Escape,
    /// After `=` and one digit, whose value is kept.
    Digit(u8),
    /// After `=` and white space: only the end of the line may follow.
    SoftBreak,
    /// After `=` and CR.
    SoftReturn,
}

impl QuotedPrintableDecoder {
    pub(crate) fn decode(&mut self, text: &[u8], output: &mut Vec<u8>) -> Result<(), MtomError> {
        for byte in text {
            self.state = self.next_state(*byte, output)?;
        }
        Ok(())
    }

    /// A soft break may be the last thing: its line end then belongs to the boundary.
    pub(crate) fn finish(&self) -> Result<(), MtomError> {
        match self.state {
            State::Text | State::Escape | State::SoftBreak => Ok(()),
            State::Digit(_) | State::SoftReturn => Err(MtomError::TransferData),
        }
    }

    fn next_state(&mut self, byte: u8, output: &mut Vec<u8>) -> Result<State, MtomError> {
        match (self.state, byte) {
            (State::Text, _) => self.text(byte, output),
            (State::Escape | State::SoftBreak, b' ' | b'\t') => Ok(State::SoftBreak),
            (State::Escape | State::SoftBreak, b'\r') => Ok(State::SoftReturn),
            (State::Escape | State::SoftBreak | State::SoftReturn, b'\n') => Ok(State::Text),
            (State::Escape, _) => Ok(State::Digit(digit(byte)?)),
            (State::Digit(high), _) => {
                output.push((high << 4) | digit(byte)?);
                Ok(State::Text)
            }
            (State::SoftBreak | State::SoftReturn, _) => Err(MtomError::TransferData),
        }
    }

    fn text(&mut self, byte: u8, output: &mut Vec<u8>) -> Result<State, MtomError> {
        match byte {
            b' ' | b'\t' => {
                if self.held.len() >= MAX_HELD_BYTES {
                    return Err(MtomError::TransferData);
                }
                self.held.push(byte);
                return Ok(State::Text);
            }
            // Rule 3: white space at the end of a line was added on the way.
            b'\r' | b'\n' => self.held.clear(),
            _ => output.append(&mut self.held),
        }
        match byte {
            b'=' => Ok(State::Escape),
            b'\r' | b'\n' | b'!'..=b'~' => {
                output.push(byte);
                Ok(State::Text)
            }
            _ => Err(MtomError::TransferData),
        }
    }
}

/// Lower-case digits are not legal but are written, and cannot mean anything else.
fn digit(byte: u8) -> Result<u8, MtomError> {
    let value = char::from(byte).to_digit(16).ok_or(MtomError::TransferData)?;
    u8::try_from(value).map_err(|_too_large| MtomError::TransferData)
}
