//! The one error type: what was expected, what came, at which line, what to do.
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::{ArrayType, Place};

/// Why something could not be recorded, evaluated, differentiated or read.
///
/// The text names the operation, the types of its inputs, the reason and the user's own line:
/// `matmul: f64[4, 3] and f64[2, 3]: inner sizes 3 and 2 differ (recorded at examples/mlp.rs:41:18)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    kind: ErrorKind,
    subject: String,
    types: Vec<ArrayType>,
    reason: String,
    place: Option<Place>,
}

/// The sort of an [`Error`], for programs that react to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An operation got inputs whose shapes, dtypes or attributes do not fit it.
    Type,
    /// Variables of two tapes met in one expression.
    Tape,
    /// A derivative was asked for that does not exist, or of an input that the output does not reach.
    Derivative,
    /// A derivative rule of the user's gave something that is no cotangent of its inputs: too few, or of another type.
    Rule,
    /// A value is not known: an input without one, or a computation that failed on its data.
    Value,
    /// A function was called with arguments that it does not take.
    Argument,
    /// A text is not a printed graph.
    Parse,
    /// A graph breaks a rule that every graph obeys.
    Invalid,
}

impl Error {
    /// An error about something: an operation, a function, an input.
    pub fn new(kind: ErrorKind, subject: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, subject: subject.into(), types: Vec::new(), reason: reason.into(), place: None }))
    }

    /// With the types of the inputs.
    #[must_use]
    pub fn with_types<'a>(mut self, types: impl IntoIterator<Item = &'a ArrayType>) -> Self {
        self.0.types = types.into_iter().cloned().collect();
        self
    }

    /// With the place that wrote it, unless one is known already.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    /// With another place, if its own is in a file of the library: what is recorded for a user belongs to the user's line.
    #[must_use]
    pub fn moved(mut self, file: &str, place: &Place) -> Self {
        if let Some(own) = self.0.place.as_mut().filter(|own| own.file == file) {
            own.clone_from(place);
        }
        self
    }

    /// The sort of error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The line of the user's source that wrote the offending expression.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What went wrong, without operation, types and place.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Panics with this error's text, at the caller.
    #[track_caller]
    #[cold]
    pub(crate) fn raise(self) -> ! {
        if CATCHING.get() {
            resume_unwind(Box::new(self));
        }
        panic!("{self}")
    }
}

thread_local! {
    /// Whether this thread is inside [`catch`].
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs code that records, and returns the error with which one of its operators or methods refused: expressions
/// stay as short as they are, and nothing is printed. Other panics pass through.
///
/// Where panics abort the program (`panic = "abort"`), this one does too.
///
/// ```
/// use cinta_graph::{Tape, catch};
/// let tape = Tape::new();
/// let (a, b) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
/// let error = catch(|| (a * b).sum()).expect_err("the shapes differ");
/// assert!(error.to_string().contains("sizes 2 and 3 of axis -1 do not broadcast"), "{error}");
/// ```
///
/// # Errors
/// What the first of them to fail would panic with.
pub fn catch<T>(record: impl FnOnce() -> T) -> Result<T, Error> {
    if cfg!(not(panic = "unwind")) {
        return Ok(record());
    }
    let before = CATCHING.replace(true);
    // Whoever holds what the closure borrows sees a tape whose last expression was not recorded, as after `try_`.
    let result = catch_unwind(AssertUnwindSafe(record));
    CATCHING.set(before);
    result.map_err(|panic| match panic.downcast::<Error>() {
        Ok(error) => *error,
        Err(other) => resume_unwind(other),
    })
}

/// The value, or a panic with the error's text at the caller: how every method follows from its `try_` twin.
#[track_caller]
pub(crate) fn or_panic<T>(result: Result<T, Error>) -> T {
    // A closure would hide the caller.
    match result {
        Ok(value) => value,
        Err(error) => error.raise(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.0.subject)?;
        let (last, first) = match self.0.types.split_last() {
            Some((last, first)) => (Some(last), first),
            None => (None, &[][..]),
        };
        for (i, ty) in first.iter().enumerate() {
            write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
        }
        if let Some(last) = last {
            write!(f, "{}{last}: ", if first.is_empty() { "" } else { " and " })?;
        }
        f.write_str(&self.0.reason)?;
        match &self.0.place {
            Some(place) => write!(f, " (recorded at {place})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
