//! From a graph to steps: elementwise operations that can run together become one loop.
//!
//! Nodes are taken in order. Each is a *view* of what stands somewhere: of an array, of a register of a loop, of
//! a number. Operations that only move elements (reshapes, transposes, broadcasts, slices) change the view and cost
//! nothing. An elementwise operation joins the first loop over as many elements that runs late enough for all it
//! reads; an input of the same loop is a register, anything else an array that was written before. So one loop takes
//! in everything of one size that does not wait for a step in between, related or not, and steps stay in order.
mod assemble;
mod interleave;
mod lanes;
mod loops;
mod onto;
mod products;
mod recompute;
mod sums;
mod transposes;
mod uses;

use cinta_graph::ops::concat::Concat;
use cinta_graph::ops::sum_to::SumTo;
use cinta_graph::{ArrayType, Graph, Kind, NodeId, Op, Strided, Value};
use rustc_hash::FxHashMap;
use smallvec::smallvec;

use crate::simplify::Ports;
use crate::steps::{Action, Array, ArrayId, Call, Loop, Lowered, Operand, Origin, Register, Step};
use loops::Open;

/// What a view looks at.
#[derive(Clone, Debug)]
enum Base {
    /// An array that is complete before a step.
    Array(ArrayId, usize),
    /// A register of a loop, which is a step.
    Register(usize, Register),
    /// Equal numbers.
    Number(Value),
}

/// The value of a node.
#[derive(Clone, Debug)]
struct Seen {
    base: Base,
    view: Strided,
}

impl Seen {
    /// Whether it is the base, element for element, in row-major order.
    fn is_whole(&self, size: usize) -> bool {
        self.view.offset == 0 && self.view.shape.size() == size && self.view.is_row_major()
    }
}

/// A step being built.
#[derive(Debug)]
enum Building {
    Loop(Open),
    Done(Step),
}

#[derive(Debug)]
struct Lowering<'g> {
    graph: &'g Graph,
    arrays: Vec<Array>,
    steps: Vec<Building>,
    /// The values of nodes so far.
    seen: Vec<Option<Seen>>,
    /// The loops over so many elements, in order.
    loops: FxHashMap<usize, Vec<usize>>,
    /// The last step that takes exponentials of the lanes of a matrix, by what it takes.
    exponentials: FxHashMap<lanes::Taken, usize>,
}

/// The steps that compute some nodes of a graph from others: outputs, and new states. Nodes that are not needed must
/// have been removed.
pub(crate) fn lower(graph: &Graph, ports: &Ports, native: bool) -> Lowered {
    let mut lowering = Lowering {
        graph,
        arrays: Vec::new(),
        steps: Vec::new(),
        seen: vec![None; graph.len()],
        loops: FxHashMap::default(),
        exponentials: FxHashMap::default(),
    };
    for (position, &id) in ports.inputs.iter().enumerate() {
        let array = lowering.array(graph.array_type(id).clone(), Origin::Argument(position));
        lowering.see(id, Base::Array(array, 0));
    }
    let mut states = Vec::with_capacity(ports.states.len());
    for &id in &ports.states {
        let array = lowering.array(graph.array_type(id).clone(), Origin::State);
        lowering.see(id, Base::Array(array, 0));
        states.push(array);
    }
    for id in graph.ids() {
        match graph.kind(id) {
            Kind::Input => {}
            Kind::Constant(_) => lowering.constant(id),
            Kind::Apply { op, inputs } => lowering.apply(id, op, inputs),
        }
    }
    let outputs = ports.outputs.iter().map(|&id| lowering.output(id)).collect();
    let mut updates: Vec<(ArrayId, ArrayId)> = Vec::with_capacity(states.len());
    for (state, &id) in states.into_iter().zip(&ports.updates) {
        let mut new = lowering.output(id);
        let taken = updates.iter().any(|(_, other)| *other == new);
        if taken || !matches!(lowering.arrays[new.index()].origin, Origin::Step) {
            let base = lowering.copied(id);
            new = lowering.stored(&base);
        }
        updates.push((state, new));
    }
    let Lowering { arrays, steps, .. } = lowering;
    let finish = |step| match step {
        Building::Loop(open) => Step::Loop(open.finish(native)),
        Building::Done(step) => step,
    };
    let mut program =
        Lowered { arrays, steps: steps.into_iter().map(finish).collect(), updates, outputs, bands: Vec::new() };
    transposes::copy_first(&mut program);
    interleave::interleave(&mut program);
    onto::add_products(&mut program);
    program.steps.retain(|step| !matches!(step, Step::Loop(it) if it.is_empty()));
    program
}

impl Lowering<'_> {
    fn array(&mut self, ty: ArrayType, origin: Origin) -> ArrayId {
        add_array(&mut self.arrays, ty, origin)
    }

    /// The value of a node that came before.
    fn seen(&self, id: NodeId) -> &Seen {
        self.seen[id.index()].as_ref().expect("inputs come first")
    }

    fn see(&mut self, id: NodeId, base: Base) {
        let view = Strided::row_major(&self.graph.array_type(id).shape);
        self.seen[id.index()] = Some(Seen { base, view });
    }

    fn constant(&mut self, id: NodeId) {
        let value = self.graph.constant_value(id).expect("a constant");
        let Some(number) = number(&value) else {
            let array = self.array(value.array_type(), Origin::Constant(value));
            return self.see(id, Base::Array(array, 0));
        };
        let shape = value.shape();
        let view = Strided { offset: 0, strides: smallvec![0; shape.rank()], shape };
        self.seen[id.index()] = Some(Seen { base: Base::Number(number), view });
    }

    fn apply(&mut self, id: NodeId, op: &Op, inputs: &[NodeId]) {
        if let Some(seen) = self.as_view(op, inputs) {
            self.seen[id.index()] = Some(seen);
        } else if op.is_elementwise() {
            let (step, register) = self.elementwise(id, op, inputs);
            self.see(id, Base::Register(step, register));
        } else {
            let done = match op {
                Op::SumTo(SumTo { shape }) => self.sum(id, inputs[0], shape),
                Op::Pad(pad) => self.pad(id, inputs[0], pad),
                Op::OverlapAdd(it) => self.overlap_add(id, inputs[0], it),
                Op::Concat(Concat { axis }) => self.concat(id, inputs, *axis),
                Op::MatMul(_) => self.product(id, inputs[0], inputs[1]),
                Op::Outer(_) => self.outer(id, inputs[0], inputs[1]),
                _ => self.lanes(id, op, inputs[0]),
            };
            if !done {
                self.call(id, op, inputs);
            }
        }
    }

    /// The node as a view of what its first input sees, copied first if need be.
    fn as_view(&mut self, op: &Op, inputs: &[NodeId]) -> Option<Seen> {
        let &first = inputs.first()?;
        let seen = self.seen(first).clone();
        if let Some(view) = op.view(&seen.view) {
            return Some(Seen { base: seen.base, view });
        }
        // Of an array of its own it is a view, but not of this view.
        op.view(&Strided::row_major(&seen.view.shape))?;
        let base = self.copied(first);
        self.see(first, base.clone());
        let view = op.view(&self.seen(first).view)?;
        Some(Seen { base, view })
    }

    /// The first step at which a node can be read by a loop over as many elements.
    fn ready(&self, id: NodeId, size: usize) -> usize {
        self.ready_view(self.seen(id), size)
    }

    fn ready_view(&self, seen: &Seen, size: usize) -> usize {
        match seen.base {
            Base::Number(_) => 0,
            Base::Array(_, from) => from,
            Base::Register(step, _) => step + usize::from(!seen.is_whole(size) || self.open(step).it.size != size),
        }
    }

    fn open(&self, step: usize) -> &Open {
        match &self.steps[step] {
            Building::Loop(open) => open,
            Building::Done(_) => unreachable!("registers belong to loops"),
        }
    }

    fn open_mut(&mut self, step: usize) -> &mut Open {
        match &mut self.steps[step] {
            Building::Loop(open) => open,
            Building::Done(_) => unreachable!("registers belong to loops"),
        }
    }

    /// The first loop over so many elements, at a step or after it, whose rows fit; a new one if there is none.
    fn loop_from(&mut self, step: usize, size: usize, row: Option<usize>) -> usize {
        let steps = self.loops.get(&size).map_or(&[][..], Vec::as_slice);
        let late = &steps[steps.partition_point(|&it| it < step)..];
        let fits = |&&it: &&usize| row.is_none() || self.open(it).it.row.is_none_or(|it| Some(it) == row);
        if let Some(&found) = late.iter().find(fits) {
            if row.is_some() {
                self.open_mut(found).it.row = row;
            }
            return found;
        }
        self.steps.push(Building::Loop(Open::new(Loop { size, row, ..Loop::default() })));
        self.loops.entry(size).or_default().push(self.steps.len() - 1);
        self.steps.len() - 1
    }

    fn elementwise(&mut self, id: NodeId, op: &Op, inputs: &[NodeId]) -> (usize, Register) {
        let size = self.graph.array_type(id).shape.size();
        let ready = inputs.iter().map(|&input| self.ready(input, size)).max().unwrap_or(0);
        let step = self.loop_from(ready, size, None);
        let inputs =
            inputs.iter().map(|&input| (self.operand(step, input), self.graph.array_type(input).dtype)).collect();
        let dtype = self.graph.array_type(id).dtype;
        (step, self.open_mut(step).push(Action::Apply(op.clone()), inputs, dtype, id))
    }

    /// A node as an operand of a loop.
    fn operand(&mut self, step: usize, id: NodeId) -> Operand {
        self.operand_view(step, id, self.seen(id).clone())
    }

    /// A view of a node as an operand of a loop.
    fn operand_view(&mut self, step: usize, id: NodeId, seen: Seen) -> Operand {
        let dtype = self.graph.array_type(id).dtype;
        let size = self.open(step).it.size;
        if let Base::Number(number) = seen.base {
            return Operand::Register(self.open_mut(step).number(&number));
        }
        if let Base::Register(home, register) = seen.base
            && seen.is_whole(size)
        {
            if home == step {
                return Operand::Register(register);
            }
            if let Some(again) = self.again(step, home, register) {
                return Operand::Register(again);
            }
        }
        let array = self.stored(&seen.base);
        let open = self.open_mut(step);
        if seen.view.is_row_major() {
            Operand::Stream(array, seen.view.offset)
        } else if seen.view.is_splat() {
            Operand::Register(open.element(array, seen.view.offset, dtype))
        } else {
            Operand::Register(open.gather(array, &seen.view, dtype, id))
        }
    }

    /// The array that holds a base.
    fn stored(&mut self, base: &Base) -> ArrayId {
        match base {
            Base::Array(array, _) => *array,
            Base::Register(step, register) => {
                if let Some(array) = self.open(*step).stored(*register) {
                    return array;
                }
                let open = self.open(*step);
                let ty = ArrayType::new(open.it.registers[register.index()], [open.it.size]);
                let array = self.array(ty, Origin::Step);
                self.open_mut(*step).store(*register, array);
                array
            }
            Base::Number(number) => self.array(number.array_type(), Origin::Constant(number.clone())),
        }
    }

    /// A node copied to an array of its own, in row-major order.
    fn copied(&mut self, id: NodeId) -> Base {
        self.copied_view(id, &self.seen(id).clone())
    }

    fn copied_view(&mut self, id: NodeId, seen: &Seen) -> Base {
        let dtype = self.graph.array_type(id).dtype;
        let array = self.stored(&seen.base);
        let ready = self.ready_view(seen, usize::MAX);
        let step = self.loop_from(ready, seen.view.shape.size(), None);
        let register = self.open_mut(step).gather(array, &seen.view, dtype, id);
        Base::Register(step, register)
    }

    fn call(&mut self, id: NodeId, op: &Op, inputs: &[NodeId]) {
        let mut read = Vec::with_capacity(inputs.len());
        for &input in inputs {
            let mut seen = self.seen(input).clone();
            if op.writes_into() && !seen.view.is_row_major() {
                seen = Seen { base: self.copied(input), view: Strided::row_major(&seen.view.shape) };
            }
            read.push((self.stored(&seen.base), seen.view));
        }
        let output = self.array(self.graph.array_type(id).clone(), Origin::Step);
        self.steps.push(Building::Done(Step::Call(Call { op: op.clone(), inputs: read, output, node: id })));
        self.see(id, Base::Array(output, self.steps.len()));
    }

    /// The array that holds an output as it is, in row-major order.
    fn output(&mut self, id: NodeId) -> ArrayId {
        let (ty, seen) = (self.graph.array_type(id).clone(), self.seen(id).clone());
        let size = ty.shape.size();
        let whole = match &seen.base {
            Base::Array(array, _) => self.arrays[array.index()].ty.shape.size() == size && seen.is_whole(size),
            Base::Register(step, _) => self.open(*step).it.size == size && seen.is_whole(size),
            Base::Number(_) => size == 1,
        };
        if whole {
            return self.stored(&seen.base);
        }
        let base = self.copied(id);
        self.stored(&base)
    }
}

/// One more array.
fn add_array(arrays: &mut Vec<Array>, ty: ArrayType, origin: Origin) -> ArrayId {
    arrays.push(Array { ty, origin });
    ArrayId(u32::try_from(arrays.len() - 1).expect("fewer arrays than nodes"))
}

/// The number that every element equals, as a scalar, if the array is kept as one.
fn number(value: &Value) -> Option<Value> {
    match value.dtype() {
        cinta_graph::DType::F64 => value.as_splat::<f64>().map(Value::scalar),
        cinta_graph::DType::F32 => value.as_splat::<f32>().map(Value::scalar),
        cinta_graph::DType::I64 => value.as_splat::<i64>().map(Value::scalar),
        cinta_graph::DType::Bool => value.as_splat::<bool>().map(Value::scalar),
    }
}

/// How far apart elements stand that are neighbours along the last of some axes.
fn distance(view: &Strided, axes: impl DoubleEndedIterator<Item = usize>) -> usize {
    axes.rev().find(|&axis| view.shape[axis] != 1).map_or(usize::MAX, |axis| view.strides[axis].unsigned_abs())
}

/// A view with its axes in another order.
fn permuted(view: &Strided, axes: impl Iterator<Item = usize>) -> Strided {
    let (shape, strides): (Vec<usize>, _) = axes.map(|axis| (view.shape[axis], view.strides[axis])).unzip();
    Strided { offset: view.offset, shape: shape.into(), strides }
}
