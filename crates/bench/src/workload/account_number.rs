//! Keys of accounts.

/// The key of an account, without an allocation.
#[derive(Clone, Copy)]
pub(crate) struct AccountNumber([u8; 16]);

impl AccountNumber {
    pub(crate) fn new(number: u64) -> Self {
        let mut text = *b"account-00000000";
        let mut rest = number;
        for digit in text[8..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(text)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it is ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_keys_of_one_length() {
        assert_eq!(AccountNumber::new(0).text(), "account-00000000");
        assert_eq!(AccountNumber::new(12_345_678).text(), "account-12345678");
    }
}
