//! A loop over one element as straight-line code.
use cinta_graph::ops::compare::Compare;
use cinta_graph::{DType, Op, Real, Value};

use super::registers::last_uses;
use crate::kernels::{Code, Lines, MOST, Ternary};
use crate::memory::{Cell, Ground};
use crate::place::{Extent, Home, Place, Store};
use crate::steps::{Action, Fill, Instruction, Loop, Operand, Register};

/// A loop over one element, whose registers are elements of the arena. Truth values are 1 and 0.
#[derive(Clone, Debug)]
pub(crate) struct Numbers<T> {
    /// Elements that do not stand in the arena of this type, and the registers that they go to.
    pub(crate) loads: Vec<(DType, Place, u32)>,
    pub(crate) lines: Lines,
    /// Registers, and where else they are kept.
    pub(crate) stores: Vec<(u32, DType, Place)>,
    /// Operations without a code.
    pub(crate) ops: Vec<Op>,
    marker: std::marker::PhantomData<T>,
}

/// An element that stands in the arena is a register.
fn register(place: Place) -> Option<u32> {
    if place.store == Store::Arena { u32::try_from(place.from).ok() } else { None }
}

impl<T: Cell + Real> Numbers<T> {
    /// The code of a loop over one element, if everything in it is of this type or a truth value.
    pub(super) fn new(it: &Loop, homes: &[Home], ground: &mut Ground) -> Option<Self> {
        let fits = |dtype: DType| dtype == T::DTYPE || dtype == DType::Bool;
        if !it.registers.iter().all(|&dtype| fits(dtype)) || !it.reductions.iter().all(|sum| fits(sum.dtype)) {
            return None;
        }
        let (loads, lines, stores, ops) = (Vec::new(), Lines::with_capacity(it.body.len()), Vec::new(), Vec::new());
        let mut code = Self { loads, lines, stores, ops, marker: std::marker::PhantomData };
        let mut registers = Registers { of: vec![None; it.registers.len()], free: Vec::new(), dtype: T::DTYPE, ground };
        for (register, fill) in &it.fills {
            let at = match fill {
                Fill::Number(value) => {
                    let truth = || value.as_splat::<bool>().map(|truth| T::lit(f64::from(u8::from(truth))));
                    registers.constant(value.as_splat::<T>().or_else(truth)?)?
                }
                Fill::Element(array, offset) => {
                    let place = homes[array.index()].place(*offset, Extent::Number);
                    code.load(it.registers[register.index()], place, &mut registers)?
                }
            };
            registers.of[register.index()] = Some(at);
        }
        let mut last = last_uses(it);
        // What is kept in the arena is computed there.
        let mut kept = Vec::new();
        for &(from, array) in &it.stores {
            last[from.index()] = None;
            let (dtype, place) = (it.registers[from.index()], homes[array.index()].place(0, Extent::Number));
            match register(place).filter(|_| dtype == T::DTYPE && registers.of[from.index()].is_none()) {
                Some(at) => registers.of[from.index()] = Some(at),
                None => kept.push((from, dtype, place)),
            }
        }
        for (position, instruction) in it.body.iter().enumerate() {
            let mut operands = [0; 3];
            for (to, (operand, dtype)) in operands.iter_mut().zip(&instruction.inputs) {
                *to = code.operand(*operand, *dtype, homes, &mut registers)?;
            }
            for (operand, _) in &instruction.inputs {
                if let Operand::Register(register) = operand
                    && last[register.index()] == Some(position)
                    && let Some(at) = registers.of[register.index()].take()
                {
                    registers.free.push(at);
                }
            }
            let out = registers.of(instruction.output)?;
            if let Some(second) = instruction.second {
                operands[2] = registers.of(second)?;
            }
            code.line(instruction, operands, out, &it.registers)?;
        }
        for (from, dtype, place) in kept {
            code.stores.push((registers.of[from.index()]?, dtype, place));
        }
        for sum in &it.reductions {
            let from = code.operand(sum.input, sum.dtype, homes, &mut registers)?;
            code.stores.push((from, sum.dtype, homes[sum.output.index()].place(0, Extent::Number)));
        }
        Some(code)
    }

    /// The register of an operand.
    fn operand(
        &mut self,
        operand: Operand,
        dtype: DType,
        homes: &[Home],
        registers: &mut Registers<'_>,
    ) -> Option<u32> {
        match operand {
            Operand::Register(register) => registers.of[register.index()],
            Operand::Stream(array, offset) => {
                self.load(dtype, homes[array.index()].place(offset, Extent::Number), registers)
            }
        }
    }

    /// The register of an element of an array, which is loaded once if it must be.
    fn load(&mut self, dtype: DType, place: Place, registers: &mut Registers<'_>) -> Option<u32> {
        if dtype != T::DTYPE && dtype != DType::Bool {
            return None;
        }
        if dtype == T::DTYPE && place.store == Store::Arena {
            return register(place).filter(|&at| (at as usize) < MOST);
        }
        let known = self.loads.iter().rev().take(16).find(|&&(of, from, _)| (of, from) == (dtype, place));
        if let Some(&(.., at)) = known {
            return Some(at);
        }
        let at = registers.fresh()?;
        self.loads.push((dtype, place, at));
        Some(at)
    }

    fn line(&mut self, it: &Instruction, [a, b, c]: [u32; 3], out: u32, registers: &[DType]) -> Option<()> {
        let is_float = |dtype: DType| dtype == T::DTYPE;
        let floats = it.inputs.iter().all(|&(_, dtype)| is_float(dtype)) && is_float(registers[it.output.index()]);
        let (mut which, mut last) = (b, c);
        let code = match &it.action {
            Action::Fused(ternary) => match ternary {
                Ternary::MulAdd => Code::MulAdd,
                Ternary::MulSub => Code::MulSub,
                Ternary::NegMulAdd => Code::NegMulAdd,
                Ternary::MulMul => Code::MulMul,
                Ternary::AddAdd => Code::AddAdd,
                Ternary::AddMul => Code::AddMul,
                Ternary::SubMul => Code::SubMul,
                Ternary::MulDiv => Code::MulDiv,
                Ternary::Select => Code::Select,
                Ternary::RootOfMulAdd => return None, // Made in longer loops only.
            },
            Action::Apply(Op::Select(_)) => Code::Select,
            Action::Apply(Op::Compare(compare)) => match compare {
                Compare::Lt => Code::Lt,
                Compare::Le => Code::Le,
                Compare::Gt => Code::Gt,
                Compare::Ge => Code::Ge,
                Compare::Eq => Code::Eq,
                Compare::Ne => Code::Ne,
            },
            Action::Apply(op) if floats => match op {
                Op::Add(_) => Code::Add,
                Op::Sub(_) => Code::Sub,
                Op::Mul(_) => Code::Mul,
                Op::Div(_) => Code::Div,
                Op::Neg(_) => Code::Neg,
                Op::Square(_) => Code::Square,
                Op::Reciprocal(_) => Code::Reciprocal,
                Op::Sqrt(_) => Code::Sqrt,
                Op::Exp(_) => Code::Exp,
                Op::Expm1(_) => Code::Expm1,
                Op::Log(_) => Code::Log,
                Op::Log1p(_) => Code::Log1p,
                Op::Sin(_) => Code::Sin,
                Op::Cos(_) => Code::Cos,
                Op::Tanh(_) => Code::Tanh,
                Op::Sech2(_) => Code::Sech2,
                Op::Sigmoid(_) => Code::Sigmoid,
                Op::Softplus(_) => Code::Softplus,
                Op::Gate(_) => Code::Gate,
                _ => {
                    self.ops.push(op.clone());
                    last = u32::try_from(self.ops.len() - 1).ok()?;
                    match it.inputs.len() {
                        1 => Code::Apply1,
                        2 => Code::Apply2,
                        _ => return None,
                    }
                }
            },
            Action::Twin(twin) if floats => {
                which = *twin as u32;
                Code::Twin
            }
            Action::Twin(_) | Action::Gather(..) | Action::Assemble(..) | Action::Apply(_) => return None,
        };
        self.lines.push(code, out, [a, which, last]);
        Some(())
    }
}

/// Registers, some free to be taken again.
struct Registers<'g> {
    of: Vec<Option<u32>>,
    free: Vec<u32>,
    dtype: DType,
    ground: &'g mut Ground,
}

impl Registers<'_> {
    /// The register that something is computed in.
    fn of(&mut self, register: Register) -> Option<u32> {
        let at = match self.of[register.index()] {
            Some(at) => at,
            None => self.free.pop().or_else(|| self.fresh())?,
        };
        self.of[register.index()] = Some(at);
        Some(at).filter(|&at| (at as usize) < MOST)
    }

    /// One that nobody had before: what is loaded stands from the beginning.
    fn fresh(&mut self) -> Option<u32> {
        let at = self.ground.push(self.dtype, 1);
        u32::try_from(at).ok().filter(|_| at < MOST)
    }

    fn constant<T: Cell + Real>(&mut self, number: T) -> Option<u32> {
        let at = self.ground.constant(&Value::scalar(number));
        u32::try_from(at).ok().filter(|_| at < MOST)
    }
}
