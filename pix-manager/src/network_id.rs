//! The identifiers that the manager gives in the affinity domain: a letter, nine digits or more, a check digit.
//!
//! The letter keeps them apart from the plain numbers of hospitals, the check digit (ISO/IEC 7812) shows a digit
//! that was mistyped when somebody reads one from paper.

const LETTER: char = 'R';

/// The identifier of the person with this number.
#[must_use]
pub fn of(person_no: i64) -> String {
    let digits = format!("{person_no:09}");
    let check = check_digit(&digits);
    format!("{LETTER}{digits}{check}")
}

/// Doubles every second digit from the right; what the sum lacks to the next ten.
fn check_digit(digits: &str) -> u32 {
    let weighed = digits.chars().rev().filter_map(|digit| digit.to_digit(10)).enumerate();
    let sum: u32 = weighed
        .map(|(position, digit)| {
            let doubled = digit.saturating_mul(2);
            match position.is_multiple_of(2) {
                true if doubled > 9 => doubled.saturating_sub(9),
                true => doubled,
                false => digit,
            }
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_has_an_identifier_with_a_check_digit() {
        assert_eq!(of(1), "R0000000018");
        assert_eq!(check_digit("7992739871"), 3);
        assert_eq!(of(1_234_567_890_123).len(), "R".len() + 13 + 1);
    }

    #[test]
    fn a_mistyped_digit_shows() {
        for wrong in ["000000002", "000000010", "100000001"] {
            assert_ne!(check_digit(wrong), 8, "{wrong}");
        }
    }
}
