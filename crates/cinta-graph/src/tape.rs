//! The tape: a graph being recorded, with the values computed so far.
use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::panic::Location;

use crate::error::{ErrorKind, or_panic};
use crate::interpret::Values;
use crate::ops::{Listed, OpDef};
use crate::scalar::Scalar;
use crate::{ArrayType, Error, Graph, NodeId, Op, Place, Value, Var};

/// Records expressions and keeps their values (a Wengert list).
///
/// Variables made from it are `Copy` handles that borrow it, so ordinary arithmetic records.
/// Emptying a tape takes `&mut`, so the compiler proves that no handle outlives its node.
///
/// ```
/// use cinta_graph::Tape;
/// let mut tape = Tape::new();
/// for step in 1..=3 {
///     let x = tape.var(f64::from(step));
///     let y = x * x + 1.0;
///     assert_eq!(y.grad(x).item(), 2.0 * f64::from(step));
///     tape.clear(); // keeps its memory
/// }
/// ```
#[derive(Default)]
pub struct Tape {
    pub(crate) graph: RefCell<Graph>,
    pub(crate) values: RefCell<Values>,
}

impl Tape {
    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A variable with a value: an array of any rank and layout, a number, a slice.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let w = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let b = tape.var(0.5);
    /// let n = tape.var([1_i64, 2, 3]);
    /// assert_eq!(format!("{} {} {}", w.array_type(), b.array_type(), n.array_type()), "f64[2, 2] f64[] i64[3]");
    /// ```
    #[track_caller]
    pub fn var(&self, value: impl Into<Value>) -> Var<'_> {
        let value = value.into();
        let var = self.input(value.array_type());
        self.values.borrow_mut().store(var.id(), value);
        var
    }

    /// A constant: its value is part of the graph and cannot be set.
    #[track_caller]
    pub fn constant(&self, value: impl Into<Value>) -> Var<'_> {
        let value = value.into();
        let mut graph = self.graph_mut();
        let place = graph.place_here(Location::caller());
        Var::new(self, graph.push_constant_at(value, place))
    }

    /// A constant array of one repeated number; takes the room of one.
    #[track_caller]
    pub fn full(&self, ty: &ArrayType, x: f64) -> Var<'_> {
        let mut graph = self.graph_mut();
        let place = graph.place_here(Location::caller());
        let id = graph.intern_type(ty.clone());
        Var::new(self, graph.push_splat(Scalar::F64(x).cast(ty.dtype), id, place))
    }

    /// A variable without a value yet; [`Var::set`] gives it one.
    #[track_caller]
    pub fn input(&self, ty: ArrayType) -> Var<'_> {
        let mut graph = self.graph_mut();
        let place = graph.place_here(Location::caller());
        Var::new(self, graph.push_input_at(ty, place))
    }

    /// A tape that continues a graph. Inputs have no values yet.
    #[must_use]
    pub fn from_graph(graph: Graph) -> Self {
        Self { graph: RefCell::new(graph), values: RefCell::default() }
    }

    /// The graph, to be added to.
    #[inline]
    #[track_caller]
    pub(crate) fn graph_mut(&self) -> RefMut<'_, Graph> {
        self.graph.try_borrow_mut().unwrap_or_else(|_| Self::being_read())
    }

    #[cold]
    #[track_caller]
    fn being_read() -> ! {
        panic!("the tape cannot record while its graph is being read: drop what tape.graph() gave first")
    }

    /// The graph recorded so far. Nothing can be recorded while this is held.
    pub fn graph(&self) -> Ref<'_, Graph> {
        self.graph.borrow()
    }

    /// The variable of a node.
    ///
    /// # Panics
    /// If the tape has no such node.
    pub fn at(&self, id: NodeId) -> Var<'_> {
        assert!(id.index() < self.len(), "the tape has no node {id}; it holds {}", self.len());
        Var::new(self, id)
    }

    /// The first variable of a name.
    pub fn by_name(&self, name: &str) -> Option<Var<'_>> {
        let graph = self.graph.borrow();
        graph.ids().find(|&id| graph.name(id) == Some(name)).map(|id| Var::new(self, id))
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.borrow().len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held for nodes and values of scalars, filled or not (arrays come on top).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.graph.borrow().node_bytes() + self.values.borrow().slot_bytes()
    }

    /// Empties the tape and keeps its memory.
    pub fn clear(&mut self) {
        self.graph.get_mut().clear();
        self.values.get_mut().clear();
    }

    /// Records an operation on variables of this tape.
    ///
    /// # Errors
    /// If the types do not fit, or a variable is of another tape.
    #[track_caller]
    #[inline]
    pub fn record<O: OpDef + Listed>(&self, op: O, inputs: &[Var<'_>]) -> Result<Var<'_>, Error> {
        let caller = Location::caller();
        let mut ids = smallvec::SmallVec::<[NodeId; 4]>::new();
        for var in inputs {
            if !std::ptr::eq(var.tape(), self) {
                return Err(self.foreign(op.name(), inputs, caller));
            }
            ids.push(var.id());
        }
        let mut graph = self.graph_mut();
        let place = graph.place_here(caller);
        graph.record(op, &ids, place).map(|id| Var::new(self, id))
    }

    /// Records an operation that preserves the one type of its inputs; `None`, and nothing recorded, if they
    /// have several types, are foreign, or the operation does not. The fast path of scalar arithmetic.
    #[track_caller]
    #[inline]
    pub(crate) fn record_preserving<O: OpDef + Listed, const N: usize>(
        &self,
        op: &O,
        inputs: [Var<'_>; N],
    ) -> Option<Var<'_>> {
        let caller = Location::caller();
        let mut graph = self.graph_mut();
        let ty = graph.type_id(inputs[0].id());
        let fits = |var: &Var<'_>| std::ptr::eq(var.tape(), self) && graph.type_id(var.id()) == ty;
        if !inputs.iter().all(fits) || graph.has_impossible_types() || !op.preserves_type(graph.type_of(ty).dtype) {
            return None;
        }
        let place = graph.place_here(caller);
        Some(Var::new(self, graph.push_typed(op, &inputs.map(Var::id), ty, place)))
    }

    /// Records an operation whose types are known to fit.
    #[track_caller]
    pub(crate) fn record_or_panic<O: OpDef + Listed>(&self, op: O, inputs: &[Var<'_>]) -> Var<'_> {
        or_panic(self.record(op, inputs))
    }

    /// Records any operation.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    #[track_caller]
    pub fn apply(&self, op: &Op, inputs: &[Var<'_>]) -> Result<Var<'_>, Error> {
        op.record_on(self, inputs)
    }

    #[cold]
    fn foreign(&self, name: &str, inputs: &[Var<'_>], caller: &'static Location<'static>) -> Error {
        let types: Vec<ArrayType> = inputs.iter().map(|var| var.array_type()).collect();
        let reason = "its inputs are on different tapes; record all of an expression on one tape, \
                      or carry a value over with tape.constant(x.value())";
        Error::new(ErrorKind::Tape, name, reason).with_types(&types).at(self.place_for(caller))
    }

    /// A type error of an operation that is about to be recorded by the caller.
    #[track_caller]
    #[cold]
    pub(crate) fn type_error(&self, name: &str, reason: impl Into<String>, types: &[&ArrayType]) -> Error {
        let place = self.place_for(Location::caller());
        Error::new(ErrorKind::Type, name, reason).with_types(types.iter().copied()).at(place)
    }

    /// Turns reasons into such errors, for `map_err`: a closure there would not know the caller.
    #[track_caller]
    pub(crate) fn refusing<'a>(
        &'a self,
        name: &'a str,
        types: &'a [&'a ArrayType],
    ) -> impl Fn(String) -> Error + Copy + 'a {
        let caller = Location::caller();
        move |reason| {
            let place = self.place_for(caller);
            Error::new(ErrorKind::Type, name, reason).with_types(types.iter().copied()).at(place)
        }
    }

    /// Runs something whose nodes are said to come from the place of another variable.
    pub(crate) fn at_place_of<R>(&self, var: Var<'_>, record: impl FnOnce() -> R) -> R {
        let before = {
            let mut graph = self.graph_mut();
            let before = graph.place_of_rule;
            // The variable may be of another tape, which is refused when it is recorded.
            if std::ptr::eq(var.tape(), self) && before.is_none() {
                graph.place_of_rule = Some(graph.place_id(var.id()));
            }
            before
        };
        let result = record();
        self.graph_mut().place_of_rule = before;
        result
    }

    #[track_caller]
    fn place_for(&self, caller: &'static Location<'static>) -> Place {
        let mut graph = self.graph_mut();
        let id = graph.place_here(caller);
        graph.place_of(id).clone()
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape({} nodes)", self.len())
    }
}
