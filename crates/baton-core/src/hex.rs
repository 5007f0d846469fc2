//! Bytes in hexadecimal digits.

use std::fmt::Write;

/// Two lower-case digits for each byte.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    let mut digits = String::new();
    for byte in bytes.as_ref() {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(hex([0, 9, 16, 255]), "000910ff");
        assert_eq!(hex("é"), "c3a9");
    }
}
