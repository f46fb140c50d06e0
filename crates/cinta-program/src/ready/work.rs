//! How instructions are computed: the kernel of each, if it has one.
use cinta_graph::{DType, Op};

use super::Work;
use super::native::{Body, Unit, weight};
use crate::choose;
use crate::kernels::{Binary, Float, Kernel, KernelSet};
use crate::memory::Cell;
use crate::steps::{Action, Instruction, Loop};

/// Nanoseconds that it takes to put an element in its column.
const COLUMN: f64 = 0.4;
/// What plain arithmetic takes in native code, of the time of its kernel.
const NATIVE: f64 = 0.4;

/// Nanoseconds that a loop takes for an element, roughly.
pub(super) fn cost(it: &Loop, body: &Body) -> f64 {
    let columns: usize = it.interleaved.iter().map(|it| it.pieces.len()).sum();
    let of_unit = |unit: &Unit| {
        let kernels = it.body[unit.range.clone()].iter().zip(&body.kernels[unit.range.clone()]);
        let of_each = |(instruction, kernel): (&Instruction, &Option<Work>)| {
            let is_plain = unit.native.is_some() && weight(instruction) == 1;
            of_one(&instruction.action, kernel.as_ref()) * if is_plain { NATIVE } else { 1.0 }
        };
        kernels.map(of_each).sum::<f64>()
    };
    body.units.iter().map(of_unit).sum::<f64>() + COLUMN * columns as f64
}

/// The same of an instruction.
fn of_one(action: &Action, kernel: Option<&Work>) -> f64 {
    match (action, kernel) {
        (_, Some(Work::F64(Kernel::Power(..)))) => 3.0,
        (_, Some(Work::F64(Kernel::One(_) | Kernel::Twin(_)) | Work::F32(Kernel::Power(..)))) => 1.0,
        (_, Some(Work::F32(Kernel::One(_) | Kernel::Twin(_)))) => 0.45,
        (Action::Gather(..) | Action::Assemble(..), _) => 0.5,
        (_, Some(Work::F32(_))) => 0.08,
        (_, Some(_)) => 0.15,
        (_, None) => 4.0,
    }
}

/// The kernel of an instruction, if there is one; `ones` says which inputs are single numbers.
pub(super) fn kernel(set: KernelSet, instruction: &Instruction, dtype: DType, ones: &[bool]) -> Option<Work> {
    // What kernels are of: of a comparison, its operands.
    let dtype = match &instruction.action {
        Action::Apply(Op::Compare(_)) => instruction.inputs[0].1,
        _ => dtype,
    };
    match dtype {
        DType::F64 => of_floats(set, instruction, ones).map(Work::F64),
        DType::F32 => of_floats(set, instruction, ones).map(Work::F32),
        DType::I64 | DType::Bool => None,
    }
}

impl Work {
    /// Its kernel, if that is of `f64`.
    pub(crate) fn of_f64(&self) -> Option<&Kernel<f64>> {
        if let Self::F64(kernel) = self { Some(kernel) } else { None }
    }

    /// Its kernel, if that is of `f32`.
    pub(crate) fn of_f32(&self) -> Option<&Kernel<f32>> {
        if let Self::F32(kernel) = self { Some(kernel) } else { None }
    }

    /// Whether an operand may be a single number; else it must be a block.
    pub(super) fn takes_number(&self, operand: usize) -> bool {
        fn takes<T>(kernel: &Kernel<T>, operand: usize) -> bool {
            match kernel {
                Kernel::Two(_) | Kernel::Three(_) | Kernel::Compare(_) | Kernel::Native(_) => true,
                Kernel::Select(_) => operand > 0,
                Kernel::One(_) | Kernel::Twin(_) | Kernel::Power(..) | Kernel::CastMask(_) => false,
            }
        }
        match self {
            Self::F64(kernel) => takes(kernel, operand),
            Self::F32(kernel) => takes(kernel, operand),
            Self::Apply(_) | Self::Gather(..) | Self::Assemble(..) => false,
        }
    }
}

fn of_floats<T: Float + Cell>(set: KernelSet, instruction: &Instruction, one: &[bool]) -> Option<Kernel<T>> {
    let masks = instruction.inputs.iter().filter(|&&(_, input)| input == DType::Bool).count();
    let floats = instruction.inputs.iter().filter(|&&(_, input)| input == T::DTYPE).count();
    match (&instruction.action, one) {
        (Action::Apply(Op::Compare(compare)), &[a, b]) if floats == 2 => {
            return Some(Kernel::Compare(set.compare(choose::comparison(*compare), [a, b])));
        }
        (Action::Apply(Op::Select(_)), &[_, a, b]) if floats == 2 => return Some(Kernel::Select(set.select([a, b]))),
        (Action::Apply(Op::Cast(_)), [_]) if masks == 1 => return Some(Kernel::CastMask(set.cast_mask())),
        _ if floats < one.len() => return None,
        _ => {}
    }
    let digits = if T::DTYPE == DType::F32 { f32::MANTISSA_DIGITS } else { f64::MANTISSA_DIGITS };
    match (&instruction.action, one) {
        (Action::Apply(op), [_]) => {
            let power = |n| Kernel::Power(set.binary(Binary::Pow, [false, true]), T::lit(n));
            choose::unary(op).map(|f| Kernel::One(set.unary(f))).or_else(|| choose::exponent(op, digits).map(power))
        }
        (Action::Apply(op), &[a, b]) => choose::binary(op).map(|f| Kernel::Two(set.binary(f, [a, b]))),
        (&Action::Twin(f), [_]) => Some(Kernel::Twin(set.twin(f))),
        (&Action::Fused(f), &[a, b, c]) => Some(Kernel::Three(set.ternary::<T>(f, [a, b, c]))),
        _ => None,
    }
}
