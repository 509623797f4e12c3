//! The tokens of RTF 1.9.1: groups, control words, control symbols and bytes of text.

/// One token. Binary data (`\bin`) is passed over and gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A control word and its number.
    Word(&'a str, Option<i32>),
    /// A control symbol: a backslash and a sign.
    Symbol(u8),
    /// `\'hh`: a byte in the code page.
    Hex(u8),
    /// Bytes of text as they stand, at least one.
    Bytes(&'a [u8]),
}

/// The tokens of a file, one after the other. Every byte is looked at once.
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Takes `count` bytes, or what is left.
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let count = self.rest.iter().position(|byte| !belongs(*byte)).unwrap_or(self.rest.len());
        self.take(count)
    }

    fn word(&mut self) -> Token<'a> {
        let word = std::str::from_utf8(self.take_while(|byte| byte.is_ascii_alphabetic())).unwrap_or("");
        let negative = self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(u8::is_ascii_digit);
        if negative {
            self.take(1);
        }
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let number = digits.iter().fold(0_i32, |sum, digit| {
            sum.saturating_mul(10).saturating_add(i32::from(digit.saturating_sub(b'0')))
        });
        let number = (!digits.is_empty()).then_some(if negative { -number } else { number });
        if self.rest.first() == Some(&b' ') {
            self.take(1);
        }
        if word == "bin" {
            self.take(number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0));
        }
        Token::Word(word, number)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        // Line ends are the writer's convenience.
        self.take_while(|byte| matches!(byte, b'\r' | b'\n' | 0));
        match *self.rest.first()? {
            b'{' => {
                self.take(1);
                Some(Token::Open)
            }
            b'}' => {
                self.take(1);
                Some(Token::Close)
            }
            b'\\' => {
                self.take(1);
                match *self.rest.first()? {
                    b'\'' => {
                        self.take(1);
                        let hex = self.rest.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
                        let byte = hex
                            .filter(|hex| !hex.starts_with('+'))
                            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                        Some(match byte {
                            Some(byte) => {
                                self.take(2);
                                Token::Hex(byte)
                            }
                            None => Token::Symbol(b'\''),
                        })
                    }
                    byte if byte.is_ascii_alphabetic() => Some(self.word()),
                    byte => {
                        self.take(1);
                        Some(Token::Symbol(byte))
                    }
                }
            }
            _ => Some(Token::Bytes(
                self.take_while(|byte| !matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0)),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_into_tokens() {
        use Token::{Bytes, Close, Hex, Open, Symbol, Word};
        let tokens: Vec<Token> = Tokens::new(b"{\\rtf1\\u-10 a\r\nb\\'e5\\~\\b0 c\\bin3 }}}\\par}").collect();
        assert_eq!(
            tokens,
            [
                Open,
                Word("rtf", Some(1)),
                Word("u", Some(-10)),
                Bytes(b"a"),
                Bytes(b"b"),
                Hex(0xe5),
                Symbol(b'~'),
                Word("b", Some(0)),
                Bytes(b"c"),
                Word("bin", Some(3)),
                Word("par", None),
                Close,
            ]
        );
    }

    #[test]
    fn absurd_numbers_and_broken_ends_are_borne() {
        for bytes in [
            &b"\\bin99999999999999999999999 x"[..],
            b"\\bin-5 x",
            b"\\",
            b"\\'",
            b"\\'z",
            b"\\'+1",
            b"\\u-",
            b"{",
        ] {
            assert!(Tokens::new(bytes).count() <= 4);
        }
        assert_eq!(Tokens::new(b"\\li99999999999").next(), Some(Token::Word("li", Some(i32::MAX))));
    }
}
