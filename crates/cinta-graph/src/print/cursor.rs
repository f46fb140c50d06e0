//! A place in one line of text, and the few ways to read on from it.

/// Why a line could not be read, and where in it.
#[derive(Debug)]
pub(super) struct Fail {
    /// Bytes before the offending text.
    pub(super) at: usize,
    pub(super) reason: String,
}

/// Reads one line from left to right.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }

    /// What is left, after spaces.
    pub(super) fn rest(&mut self) -> &'a str {
        let rest = &self.line[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// Bytes before what is left.
    pub(super) fn at(&mut self) -> usize {
        _ = self.rest();
        self.at
    }

    pub(super) fn next_is(&mut self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// Steps over `text` if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.next_is(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    pub(super) fn expect(&mut self, text: &str, what: &str) -> Result<(), Fail> {
        if self.eat(text) { Ok(()) } else { Err(self.expected(what)) }
    }

    /// A run of characters other than spaces and the signs of the grammar; may be empty.
    pub(super) fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "\"#=[],:%".contains(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// A number without a sign.
    pub(super) fn index<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, Fail> {
        let before = self.clone();
        let word = self.word();
        match word.parse() {
            Ok(n) if word.starts_with(|c: char| c.is_ascii_digit()) => Ok(n),
            _ => Err(before.clone().expected(what)),
        }
    }

    /// `[a, b, …]`, each item read by `item`.
    pub(super) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fail>) -> Result<(), Fail> {
        self.expect("[", "[")?;
        if self.eat("]") {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.eat("]") {
                return Ok(());
            }
            self.expect(",", ", or ]")?;
        }
    }

    /// A string in quotes, as Rust prints it with `{:?}`.
    pub(super) fn quoted(&mut self) -> Result<String, Fail> {
        self.expect("\"", "a name in quotes")?;
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.line[start..].char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + i + 1;
                    return Ok(text);
                }
                '\\' => {
                    self.at = start + i;
                    let escaped = escape(&mut chars).ok_or_else(|| self.expected("an escape such as \\n or \\u{3b8}"));
                    text.push(escaped?);
                }
                c => text.push(c),
            }
        }
        self.at = self.line.len();
        Err(self.expected("a closing quote"))
    }

    /// The failure of not finding `what` here.
    pub(super) fn expected(&mut self, what: &str) -> Fail {
        let rest = self.rest();
        let word: String = rest.chars().take_while(|c| !c.is_whitespace()).take(24).collect();
        let found = if word.is_empty() { "the end of the line".to_owned() } else { format!("{word:?}") };
        self.fail(format!("expected {what}, found {found}"))
    }

    /// A failure here.
    pub(super) fn fail(&mut self, reason: impl Into<String>) -> Fail {
        Fail { at: self.at(), reason: reason.into() }
    }
}

/// The character of an escape sequence whose backslash was read.
fn escape(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    match chars.next()?.1 {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '0' => Some('\0'),
        c @ ('"' | '\\' | '\'') => Some(c),
        'u' => {
            let (_, '{') = chars.next()? else { return None };
            let mut code = 0_u32;
            loop {
                match chars.next()?.1 {
                    '}' => return char::from_u32(code),
                    digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
                }
            }
        }
        _ => None,
    }
}
