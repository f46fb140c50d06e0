//! A loop while it is being built.
use cinta_graph::{DType, NodeId, Strided, Value};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::ready::{fuse_cheap, fuse_twins, line_up_long, merge_assembled};
use crate::simplify::splat_bits;
use crate::steps::{Action, ArrayId, Fill, Instruction, Loop, Operand, Register};

/// A loop to which instructions are added, and what it already holds.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) it: Loop,
    stored: FxHashMap<Register, ArrayId>,
    /// By dtype and bits.
    numbers: FxHashMap<(DType, u64), Register>,
    elements: FxHashMap<(ArrayId, usize), Register>,
    gathered: FxHashMap<(ArrayId, Strided), Register>,
    /// What is computed once more, by the loop and the register that had it first.
    pub(super) copies: FxHashMap<(usize, Register), Register>,
}

impl Open {
    pub(super) fn new(it: Loop) -> Self {
        Self {
            it,
            stored: FxHashMap::default(),
            numbers: FxHashMap::default(),
            elements: FxHashMap::default(),
            gathered: FxHashMap::default(),
            copies: FxHashMap::default(),
        }
    }

    pub(super) fn push(
        &mut self,
        action: Action,
        inputs: SmallVec<[(Operand, DType); 3]>,
        dtype: DType,
        node: NodeId,
    ) -> Register {
        let output = self.it.register(dtype);
        self.it.body.push(Instruction { action, inputs, output, second: None, node });
        output
    }

    /// A register of one number.
    pub(super) fn number(&mut self, number: &Value) -> Register {
        let key = (number.dtype(), splat_bits(number).expect("one number"));
        if let Some(&register) = self.numbers.get(&key) {
            return register;
        }
        let register = self.it.register(number.dtype());
        self.it.fills.push((register, Fill::Number(number.clone())));
        self.numbers.insert(key, register);
        register
    }

    /// A register of one element of an array.
    pub(super) fn element(&mut self, array: ArrayId, offset: usize, dtype: DType) -> Register {
        if let Some(&register) = self.elements.get(&(array, offset)) {
            return register;
        }
        let register = self.it.register(dtype);
        self.it.fills.push((register, Fill::Element(array, offset)));
        self.elements.insert((array, offset), register);
        register
    }

    /// A register of the elements of a view.
    pub(super) fn gather(&mut self, array: ArrayId, view: &Strided, dtype: DType, node: NodeId) -> Register {
        let key = (array, view.clone());
        if let Some(&register) = self.gathered.get(&key) {
            return register;
        }
        let register = self.push(Action::Gather(array, view.clone()), SmallVec::new(), dtype, node);
        self.gathered.insert(key, register);
        register
    }

    pub(super) fn stored(&self, register: Register) -> Option<ArrayId> {
        self.stored.get(&register).copied()
    }

    /// Keeps a register in an array.
    pub(super) fn store(&mut self, register: Register, array: ArrayId) {
        self.stored.insert(register, array);
        self.it.stores.push((register, array));
    }

    pub(super) fn finish(mut self, native: bool) -> Loop {
        merge_assembled(&mut self.it);
        fuse_twins(&mut self.it);
        fuse_cheap(&mut self.it);
        line_up_long(&mut self.it, native);
        self.it
    }
}
