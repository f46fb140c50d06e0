//! Variables: handles to nodes of a tape.
use std::fmt;
use std::panic::Location;

use crate::error::{ErrorKind, or_panic};
use crate::graph::Kind;
use crate::scalar::Scalar;
use crate::{ArrayType, DType, Element, Error, NodeId, Place, Shape, Tape, Value};

/// A node of a tape, as a `Copy` handle: `a * b + a` just works.
///
/// `{}` prints its value, `{:#}` the graph behind it, with large constants shortened.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    id: NodeId,
}

impl<'t> Var<'t> {
    pub(crate) fn new(tape: &'t Tape, id: NodeId) -> Self {
        Self { tape, id }
    }

    /// The tape it is recorded on.
    #[must_use]
    pub fn tape(self) -> &'t Tape {
        self.tape
    }

    /// Its node.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Dtype and shape.
    #[must_use]
    pub fn array_type(self) -> ArrayType {
        self.tape.graph.borrow().array_type(self.id).clone()
    }

    /// Size along each axis.
    #[must_use]
    pub fn shape(self) -> Shape {
        self.tape.graph.borrow().array_type(self.id).shape.clone()
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(self) -> DType {
        self.tape.graph.borrow().array_type(self.id).dtype
    }

    /// Number of axes.
    #[must_use]
    pub fn rank(self) -> usize {
        self.tape.graph.borrow().array_type(self.id).shape.rank()
    }

    /// Number of elements.
    #[must_use]
    pub fn size(self) -> usize {
        self.tape.graph.borrow().array_type(self.id).shape.size()
    }

    /// Where it was written.
    #[must_use]
    pub fn place(self) -> Place {
        self.tape.graph.borrow().place(self.id).clone()
    }

    /// The same variable, named in printed graphs, pictures and errors.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.tape.graph_mut().set_name(self.id, name);
        self
    }

    /// Its name, or `%` and its number.
    #[must_use]
    pub fn label(self) -> String {
        self.tape.graph.borrow().label(self.id)
    }

    pub(crate) fn same_type(self, other: Self) -> bool {
        let graph = self.tape.graph.borrow();
        std::ptr::eq(self.tape, other.tape) && graph.type_id(self.id) == graph.type_id(other.id)
    }

    /// A constant of one repeated number in this variable's type.
    #[track_caller]
    pub(crate) fn literal(self, x: Scalar) -> Self {
        let mut graph = self.tape.graph_mut();
        let place = graph.place_here(Location::caller());
        let ty = graph.type_id(self.id);
        let x = x.cast(graph.type_of(ty).dtype);
        Self::new(self.tape, graph.literal(x, ty, place))
    }

    /// Zeros of the same type; takes the room of one number.
    #[must_use]
    #[track_caller]
    pub fn zeros_like(self) -> Self {
        self.full_like(0.0)
    }

    /// Ones of the same type; takes the room of one number.
    #[must_use]
    #[track_caller]
    pub fn ones_like(self) -> Self {
        self.full_like(1.0)
    }

    /// A constant of one repeated number in this variable's type, as a node of its own.
    #[track_caller]
    fn full_like(self, x: f64) -> Self {
        let mut graph = self.tape.graph_mut();
        let place = graph.place_here(Location::caller());
        let ty = graph.type_id(self.id);
        let x = Scalar::F64(x).cast(graph.type_of(ty).dtype);
        Self::new(self.tape, graph.push_splat(x, ty, place))
    }

    /// The value, computed now if it was not yet, and kept.
    ///
    /// # Panics
    /// If an input has no value or the numbers cannot be used (an index out of range);
    /// [`try_value`](Self::try_value) returns the error.
    #[must_use]
    #[track_caller]
    pub fn value(self) -> Value {
        or_panic(self.try_value())
    }

    /// The value, computed now if it was not yet, and kept.
    ///
    /// # Errors
    /// If an input has no value or the numbers cannot be used; everything computed so far is kept.
    pub fn try_value(self) -> Result<Value, Error> {
        self.tape.evaluate(self.id)
    }

    /// The one number of a variable with one element, as `f64`.
    ///
    /// # Panics
    /// If it has another size, or no value.
    #[must_use]
    #[track_caller]
    pub fn item(self) -> f64 {
        or_panic(self.try_item())
    }

    /// The one number of a variable with one element, as `f64`.
    ///
    /// # Errors
    /// If it has another size, or no value.
    #[track_caller]
    pub fn try_item(self) -> Result<f64, Error> {
        let ty = self.array_type();
        if ty.shape.size() != 1 {
            let reason = format!("is for one element, not {}; reduce first, or use value()", ty.shape.size());
            return Err(self.tape.type_error("item", reason, &[&ty]));
        }
        Ok(self.try_value()?.item().expect("one element"))
    }

    /// The value as an array of its own. `x.to_array::<f64>()`; for a view without a copy, `x.value().view::<f64>()`.
    ///
    /// # Panics
    /// If `T` is not the dtype, or there is no value.
    #[must_use]
    #[track_caller]
    pub fn to_array<T: Element>(self) -> ndarray::ArrayD<T> {
        self.value().to_array()
    }

    /// Gives a variable a new value; what depends on it is computed anew when asked for, and only that.
    ///
    /// # Panics
    /// If this is not a variable or the type differs; [`try_set`](Self::try_set) returns the error.
    #[track_caller]
    pub fn set(self, value: impl Into<Value>) {
        or_panic(self.try_set(value));
    }

    /// Gives a variable a new value.
    ///
    /// # Errors
    /// If this is not a variable or the type differs; then nothing changes.
    #[track_caller]
    pub fn try_set(self, value: impl Into<Value>) -> Result<(), Error> {
        let value = value.into();
        let ty = self.array_type();
        if !matches!(self.tape.graph.borrow().kind(self.id), Kind::Input) {
            let reason = "only variables can be set, not constants and results";
            return Err(self.tape.type_error(&format!("set {}", self.label()), reason, &[&ty]));
        }
        if value.array_type() != ty {
            let reason = format!("expected a value of this type, not {}", value.array_type());
            return Err(self.tape.type_error(&format!("set {}", self.label()), reason, &[&ty]));
        }
        self.tape.values.borrow_mut().set(self.id, value);
        Ok(())
    }

    /// An error about this variable, at the caller.
    #[track_caller]
    pub(crate) fn error(self, kind: ErrorKind, subject: &str, reason: impl Into<String>) -> Error {
        Error::new(kind, subject, reason).with_types(&[self.array_type()]).at(Place::from(Location::caller()))
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label(), self.array_type())
    }
}

impl fmt::Display for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return write!(f, "{:#}", self.tape.graph().slice(&[self.id]));
        }
        match self.try_value() {
            Ok(value) => fmt::Display::fmt(&value, f),
            Err(error) => write!(f, "{self:?} (no value: {error})"),
        }
    }
}
