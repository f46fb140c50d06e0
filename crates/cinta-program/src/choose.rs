//! Which kernel computes an operation. Operations without one are computed by their own function, element by element.
use cinta_graph::Op;
use cinta_graph::ops::Map1;
use cinta_graph::ops::compare::Compare;
use cinta_graph::ops::gaussian::Gaussian;
use cinta_graph::ops::mills::Mills;
use cinta_graph::ops::polygamma::Polygamma;
use cinta_graph::ops::powi::Powi;

use crate::kernels::{Binary, Comparison, Unary};

/// The kernel of an operation of one argument.
pub(crate) fn unary(op: &Op) -> Option<Unary> {
    Some(match op {
        Op::Neg(_) => Unary::Neg,
        Op::Abs(_) => Unary::Abs,
        Op::Sign(_) => Unary::Sign,
        Op::Square(_) => Unary::Square,
        Op::Sqrt(_) => Unary::Sqrt,
        Op::Reciprocal(_) => Unary::Reciprocal,
        Op::Rsqrt(_) => Unary::Rsqrt,
        Op::Relu(_) => Unary::Relu,
        Op::Floor(_) => Unary::Floor,
        Op::Ceil(_) => Unary::Ceil,
        Op::Round(_) => Unary::Round,
        Op::OneMinusSquare(_) => Unary::OneMinusSquare,
        Op::Softsign(_) => Unary::Softsign,
        Op::Exp(_) => Unary::Exp,
        Op::Expm1(_) => Unary::Expm1,
        Op::Exp2(_) => Unary::Exp2,
        Op::Log(_) => Unary::Log,
        Op::Log1p(_) => Unary::Log1p,
        Op::Log2(_) => Unary::Log2,
        Op::Log10(_) => Unary::Log10,
        Op::Sinh(_) => Unary::Sinh,
        Op::Cosh(_) => Unary::Cosh,
        Op::Tanh(_) => Unary::Tanh,
        Op::Sigmoid(_) => Unary::Sigmoid,
        Op::Softplus(_) => Unary::Softplus,
        Op::LogSigmoid(_) => Unary::LogSigmoid,
        Op::Sech2(_) => Unary::Sech2,
        Op::Sin(_) => Unary::Sin,
        Op::Cos(_) => Unary::Cos,
        Op::Tan(_) => Unary::Tan,
        Op::Asin(_) => Unary::Asin,
        Op::Acos(_) => Unary::Acos,
        Op::Atan(_) => Unary::Atan,
        Op::Erf(_) => Unary::Erf,
        Op::Erfc(_) => Unary::Erfc,
        Op::Erfinv(_) => Unary::Erfinv,
        Op::ErfinvSlope(_) => Unary::ErfinvSlope,
        Op::Gaussian(Map1(Gaussian { n: 1 })) => Unary::Gaussian,
        Op::Gaussian(Map1(Gaussian { n: 2 })) => Unary::HalfGaussian,
        Op::Lgamma(_) => Unary::Lgamma,
        Op::Polygamma(Map1(Polygamma { n: 0 })) => Unary::Digamma,
        Op::Polygamma(Map1(Polygamma { n: 1 })) => Unary::Trigamma,
        Op::Polygamma(Map1(Polygamma { n: 2 })) => Unary::Tetragamma,
        Op::NormalCdf(_) => Unary::NormalCdf,
        Op::LogNormalCdf(_) => Unary::LogNormalCdf,
        Op::Mills(Map1(Mills { n: 0 })) => Unary::Mills,
        Op::Mills(Map1(Mills { n: 1 })) => Unary::MillsSlope,
        Op::Gelu(_) => Unary::Gelu,
        Op::GeluSlope(_) => Unary::GeluSlope,
        Op::GeluTanh(_) => Unary::GeluTanh,
        Op::GeluTanhSlope(_) => Unary::GeluTanhSlope,
        Op::Silu(_) => Unary::Silu,
        Op::SiluSlope(_) => Unary::SiluSlope,
        Op::Mish(_) => Unary::Mish,
        Op::MishSlope(_) => Unary::MishSlope,
        Op::Asinh(_) => Unary::Asinh,
        Op::Acosh(_) => Unary::Acosh,
        Op::Atanh(_) => Unary::Atanh,
        Op::Cbrt(_) => Unary::Cbrt,
        Op::Powi(Map1(power)) => return whole_power(*power),
        _ => return None,
    })
}

/// The kernel of xⁿ for small n; the rest is for [`exponent`].
fn whole_power(power: Powi) -> Option<Unary> {
    Some(match power.n {
        -4 => Unary::InverseFourth,
        -3 => Unary::InverseCube,
        -2 => Unary::InverseSquare,
        -1 => Unary::Reciprocal,
        1 => Unary::Copy,
        2 => Unary::Square,
        3 => Unary::Cube,
        4 => Unary::Fourth,
        5 => Unary::Fifth,
        6 => Unary::Sixth,
        _ => return None,
    })
}

/// The exponent of an operation that is a power of its argument, if its type of numbers, with so many digits of two, holds it.
pub(crate) fn exponent(op: &Op, digits: u32) -> Option<f64> {
    match op {
        Op::Powi(Map1(Powi { n })) if n.unsigned_abs() <= 1 << digits.min(31) => Some(f64::from(*n)),
        _ => None,
    }
}

/// The kernel of a comparison.
pub(crate) fn comparison(compare: Compare) -> Comparison {
    match compare {
        Compare::Lt => Comparison::Lt,
        Compare::Le => Comparison::Le,
        Compare::Gt => Comparison::Gt,
        Compare::Ge => Comparison::Ge,
        Compare::Eq => Comparison::Eq,
        Compare::Ne => Comparison::Ne,
    }
}

/// The kernel of an operation of two arguments.
pub(crate) fn binary(op: &Op) -> Option<Binary> {
    Some(match op {
        Op::Add(_) => Binary::Add,
        Op::Sub(_) => Binary::Sub,
        Op::Mul(_) => Binary::Mul,
        Op::Div(_) => Binary::Div,
        Op::Maximum(_) => Binary::Maximum,
        Op::Minimum(_) => Binary::Minimum,
        Op::Rem(_) => Binary::Rem,
        Op::Gate(_) => Binary::Gate,
        Op::Pow(_) => Binary::Pow,
        Op::PowSlope(_) => Binary::PowSlope,
        Op::Hypot(_) => Binary::Hypot,
        Op::Direction(_) => Binary::Direction,
        Op::Atan2(_) => Binary::Atan2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The functions of floats that are computed element by element.
    #[test]
    fn nearly_all_functions_have_kernels() {
        let samples = Op::samples();
        let slow = samples.iter().filter(|sample| {
            let floats = sample.inputs.iter().all(|input| input.dtype().is_float());
            let is_kernel = unary(&sample.op).is_some() || binary(&sample.op).is_some();
            let of_loops = matches!(sample.op, Op::Cast(_) | Op::Compare(_)); // Read as such by loops.
            sample.op.is_elementwise() && !of_loops && floats && !is_kernel && exponent(&sample.op, 24).is_none()
        });
        let names: BTreeSet<&str> = slow.map(|sample| sample.op.name()).collect();
        assert_eq!(names, BTreeSet::from(["mills"]));
    }
}
