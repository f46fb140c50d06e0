//! A loop over one element as straight-line code: registers for what it computes, and for what it loads and stores.
use cinta_graph::ops::compare::Compare;
use cinta_graph::{DType, Op, Real};

use super::registers::last_uses;
use crate::kernels::{Code, Line, MOST, Ternary};
use crate::memory::{Cell, Memory};
use crate::plan::Home;
use crate::steps::{Action, Fill, Instruction, Loop, Operand};

/// A loop over one element. Truth values are 1 and 0.
#[derive(Clone, Debug)]
pub(crate) struct Numbers<T> {
    /// The cell with the registers; numbers of the program stand in theirs for good.
    pub(crate) registers: usize,
    /// Elements of arrays, and the registers that they go to.
    pub(crate) loads: Vec<(DType, Home, usize, u32)>,
    pub(crate) lines: Vec<Line>,
    /// Registers, and the arrays of one element that keep them.
    pub(crate) stores: Vec<(u32, DType, Home)>,
    /// Operations without a code.
    pub(crate) ops: Vec<Op>,
    marker: std::marker::PhantomData<T>,
}

impl<T: Cell + Real> Numbers<T> {
    /// The code of a loop over one element, if everything in it is of this type or a truth value.
    pub(super) fn new(it: &Loop, homes: &[Home], memory: &mut Memory) -> Option<Self> {
        let fits = |dtype: DType| dtype == T::DTYPE || dtype == DType::Bool;
        if !it.registers.iter().all(|&dtype| fits(dtype)) || !it.reductions.iter().all(|sum| fits(sum.dtype)) {
            return None;
        }
        let mut code = Self {
            registers: 0,
            loads: Vec::new(),
            lines: Vec::with_capacity(it.body.len()),
            stores: Vec::new(),
            ops: Vec::new(),
            marker: std::marker::PhantomData,
        };
        let mut registers = Registers { of: vec![None; it.registers.len()], free: Vec::new(), count: 0 };
        let mut numbers = Vec::new();
        for (register, fill) in &it.fills {
            let at = registers.take();
            registers.of[register.index()] = Some(at);
            match fill {
                Fill::Number(value) => {
                    let truth = || value.as_splat::<bool>().map(|truth| T::lit(f64::from(u8::from(truth))));
                    numbers.push((at, value.as_splat::<T>().or_else(truth)?));
                }
                Fill::Element(array, offset) => {
                    let dtype = it.registers[register.index()];
                    code.loads.push((dtype, homes[array.index()], *offset, at));
                }
            }
        }
        let mut last = last_uses(it);
        it.stores.iter().for_each(|(register, _)| last[register.index()] = None);
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
            let out = registers.take();
            registers.of[instruction.output.index()] = Some(out);
            if let Some(second) = instruction.second {
                operands[2] = registers.take();
                registers.of[second.index()] = Some(operands[2]);
            }
            code.line(instruction, operands, out, &it.registers)?;
        }
        for &(register, array) in &it.stores {
            let from = registers.of[register.index()]?;
            code.stores.push((from, it.registers[register.index()], homes[array.index()]));
        }
        for sum in &it.reductions {
            let from = code.operand(sum.input, sum.dtype, homes, &mut registers)?;
            code.stores.push((from, sum.dtype, homes[sum.output.index()]));
        }
        if registers.count as usize > MOST {
            return None;
        }
        code.registers = memory.push(T::DTYPE, registers.count as usize);
        for (at, number) in numbers {
            T::cells_mut(memory)[code.registers][at as usize] = number;
        }
        Some(code)
    }

    /// The register of an operand; elements of arrays are loaded once.
    fn operand(&mut self, operand: Operand, dtype: DType, homes: &[Home], registers: &mut Registers) -> Option<u32> {
        let (array, offset) = match operand {
            Operand::Register(register) => return registers.of[register.index()],
            Operand::Stream(array, offset) => (homes[array.index()], offset),
        };
        if dtype != T::DTYPE && dtype != DType::Bool {
            return None;
        }
        // Cells are numbered for each dtype.
        let known = |&&(of, home, from, _): &&(DType, Home, usize, u32)| (of, home, from) == (dtype, array, offset);
        let known = self.loads.iter().rev().take(16).find(known);
        if let Some(&(.., at)) = known {
            return Some(at);
        }
        let at = registers.fresh();
        self.loads.push((dtype, array, offset, at));
        Some(at)
    }

    fn line(&mut self, it: &Instruction, [a, b, c]: [u32; 3], out: u32, registers: &[DType]) -> Option<()> {
        let is_float = |dtype: DType| dtype == T::DTYPE;
        let floats = it.inputs.iter().all(|&(_, dtype)| is_float(dtype)) && is_float(registers[it.output.index()]);
        let mut last = c;
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
            Action::Twin(twin) if floats => Code::Twin(*twin),
            Action::Twin(_) | Action::Gather(..) | Action::Assemble(..) | Action::Apply(_) => return None,
        };
        self.lines.push(Line::new(code, out, [a, b, last]));
        Some(())
    }
}

/// The registers of numbers, some free to be taken again.
struct Registers {
    of: Vec<Option<u32>>,
    free: Vec<u32>,
    count: u32,
}

impl Registers {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| self.fresh())
    }

    /// One that nobody had before: what is loaded stands from the beginning.
    fn fresh(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }
}
