//! Attributes of operations as printed graphs show them: `axes=[0, 1] keep=true`.
use std::fmt;

use smallvec::SmallVec;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// `n=3`
    Int(i64),
    /// `axes=[0, 1]`
    Ints(Vec<i64>),
    /// `slope=0.5`
    Float(f64),
    /// `keep=true`
    Bool(bool),
    /// `to=f32`
    Word(String),
}

/// Named attributes in the order of printing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(SmallVec<[(String, Attribute); 2]>);

impl Attributes {
    /// No attributes.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// With one more attribute.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, attribute: impl Into<Attribute>) -> Self {
        self.0.push((name.into(), attribute.into()));
        self
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.0.iter().map(|(name, attribute)| (name.as_str(), attribute))
    }

    fn get(&self, name: &str) -> Result<&Attribute, String> {
        self.iter().find(|(n, _)| *n == name).map(|(_, a)| a).ok_or_else(|| format!("attribute {name} is missing"))
    }

    /// An integer attribute.
    ///
    /// # Errors
    /// If it is missing or of another kind; likewise below.
    pub fn int(&self, name: &str) -> Result<i64, String> {
        match self.get(name)? {
            Attribute::Int(n) => Ok(*n),
            other => Err(format!("attribute {name} should be an integer, not {other}")),
        }
    }

    /// An integer attribute that is a size or a position.
    pub fn size(&self, name: &str) -> Result<usize, String> {
        let n = self.int(name)?;
        usize::try_from(n).map_err(|_| format!("attribute {name} should not be negative, but is {n}"))
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Result<&[i64], String> {
        match self.get(name)? {
            Attribute::Ints(list) => Ok(list),
            other => Err(format!("attribute {name} should be a list of integers, not {other}")),
        }
    }

    /// A list of sizes or positions.
    pub fn sizes<C: FromIterator<usize>>(&self, name: &str) -> Result<C, String> {
        let size = |n: &i64| usize::try_from(*n).map_err(|_| format!("attribute {name} holds the negative number {n}"));
        self.ints(name)?.iter().map(size).collect()
    }

    /// A number.
    #[expect(clippy::cast_precision_loss, reason = "a printed float without a fraction reads as an integer")]
    pub fn float(&self, name: &str) -> Result<f64, String> {
        match self.get(name)? {
            Attribute::Float(x) => Ok(*x),
            Attribute::Int(n) => Ok(*n as f64),
            other => Err(format!("attribute {name} should be a number, not {other}")),
        }
    }

    /// A truth value.
    pub fn bool(&self, name: &str) -> Result<bool, String> {
        match self.get(name)? {
            Attribute::Bool(b) => Ok(*b),
            other => Err(format!("attribute {name} should be true or false, not {other}")),
        }
    }

    /// A word.
    pub fn word(&self, name: &str) -> Result<&str, String> {
        match self.get(name)? {
            Attribute::Word(word) => Ok(word),
            other => Err(format!("attribute {name} should be a word, not {other}")),
        }
    }
}

impl From<i64> for Attribute {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<f64> for Attribute {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<bool> for Attribute {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<usize> for Attribute {
    fn from(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<&[usize]> for Attribute {
    fn from(list: &[usize]) -> Self {
        Self::Ints(list.iter().map(|&n| i64::try_from(n).unwrap_or(i64::MAX)).collect())
    }
}

impl From<Vec<i64>> for Attribute {
    fn from(list: Vec<i64>) -> Self {
        Self::Ints(list)
    }
}

impl From<&str> for Attribute {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Ints(list) => f.debug_list().entries(list).finish(),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Word(word) if is_plain(word) => f.write_str(word),
            Self::Word(word) => write!(f, "{word:?}"),
        }
    }
}

/// Whether a word reads back without quotes.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(plain)
        && word.parse::<bool>().is_err()
        && word.parse::<f64>().is_err()
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, attribute)) in self.iter().enumerate() {
            write!(f, "{}{name}={attribute}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
