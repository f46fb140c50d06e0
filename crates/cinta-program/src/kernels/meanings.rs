//! What kernels mean: the function of the interpreter for each, to test them against.
use cinta_graph::ops::{self, Binary as _, Unary as _};

use super::{Binary, Float, Ternary, Unary};

/// What the interpreter computes.
pub(super) fn meaning<T: Float>(f: Unary, x: T) -> T {
    match f {
        Unary::Copy => x,
        Unary::Neg => ops::neg::Neg.f(x),
        Unary::Abs => ops::abs::Abs.f(x),
        Unary::Sign => ops::sign::Sign.f(x),
        Unary::Square => ops::square::Square.f(x),
        Unary::Sqrt => ops::sqrt::Sqrt.f(x),
        Unary::Reciprocal => ops::reciprocal::Reciprocal.f(x),
        Unary::Rsqrt => ops::rsqrt::Rsqrt.f(x),
        Unary::Relu => ops::relu::Relu.f(x),
        Unary::Floor => ops::floor::Floor.f(x),
        Unary::Ceil => ops::ceil::Ceil.f(x),
        Unary::Round => ops::round::Round.f(x),
        Unary::OneMinusSquare => ops::one_minus_square::OneMinusSquare.f(x),
        Unary::Softsign => ops::softsign::Softsign.f(x),
        Unary::Not => truth(x == T::ZERO),
        Unary::Exp => ops::exp::Exp.f(x),
        Unary::Expm1 => ops::expm1::Expm1.f(x),
        Unary::Exp2 => ops::exp2::Exp2.f(x),
        Unary::Log => ops::log::Log.f(x),
        Unary::Log1p => ops::log1p::Log1p.f(x),
        Unary::Log2 => ops::log2::Log2.f(x),
        Unary::Log10 => ops::log10::Log10.f(x),
        Unary::Sinh => ops::sinh::Sinh.f(x),
        Unary::Cosh => ops::cosh::Cosh.f(x),
        Unary::Tanh => ops::tanh::Tanh.f(x),
        Unary::Sigmoid => ops::sigmoid::Sigmoid.f(x),
        Unary::SigmoidOfNeg => ops::sigmoid::Sigmoid.f(-x),
        Unary::SigmoidSlope => T::lit(0.25) * ops::sech2::Sech2.f(T::HALF * x),
        Unary::Softplus => ops::softplus::Softplus.f(x),
        Unary::LogSigmoid => ops::log_sigmoid::LogSigmoid.f(x),
        Unary::Sech2 => ops::sech2::Sech2.f(x),
        Unary::Sech2OfHalf => ops::sech2::Sech2.f(T::HALF * x),
        Unary::Sin => ops::sin::Sin.f(x),
        Unary::Cos => ops::cos::Cos.f(x),
        Unary::Tan => ops::tan::Tan.f(x),
        Unary::Asin => ops::asin::Asin.f(x),
        Unary::Acos => ops::acos::Acos.f(x),
        Unary::Atan => ops::atan::Atan.f(x),
        Unary::Erf => ops::erf::Erf.f(x),
        Unary::Erfc => ops::erfc::Erfc.f(x),
        Unary::Erfinv => ops::erfinv::Erfinv.f(x),
        Unary::ErfinvSlope => ops::erfinv::ErfinvSlope.f(x),
        Unary::Lgamma => ops::lgamma::Lgamma.f(x),
        Unary::Digamma => ops::polygamma::Polygamma { n: 0 }.f(x),
        Unary::Trigamma => ops::polygamma::Polygamma { n: 1 }.f(x),
        Unary::Tetragamma => ops::polygamma::Polygamma { n: 2 }.f(x),
        Unary::NormalCdf => ops::normal_cdf::NormalCdf.f(x),
        Unary::LogNormalCdf => ops::log_normal_cdf::LogNormalCdf.f(x),
        Unary::Mills => ops::mills::Mills { n: 0 }.f(x),
        Unary::MillsSlope => ops::mills::Mills { n: 1 }.f(x),
        Unary::Gelu => ops::gelu::Gelu.f(x),
        Unary::GeluSlope => ops::gelu::GeluSlope.f(x),
        Unary::GeluTanh => ops::gelu_tanh::GeluTanh.f(x),
        Unary::GeluTanhSlope => ops::gelu_tanh::GeluTanhSlope.f(x),
        Unary::Silu => ops::silu::Silu.f(x),
        Unary::SiluSlope => ops::silu::SiluSlope.f(x),
        Unary::Mish => ops::mish::Mish.f(x),
        Unary::MishSlope => ops::mish::MishSlope.f(x),
        Unary::Asinh => ops::asinh::Asinh.f(x),
        Unary::Acosh => ops::acosh::Acosh.f(x),
        Unary::Atanh => ops::atanh::Atanh.f(x),
        Unary::Cbrt => ops::cbrt::Cbrt.f(x),
        Unary::Cube => ops::powi::Powi { n: 3 }.f(x),
        Unary::Fourth => ops::powi::Powi { n: 4 }.f(x),
        Unary::Fifth => ops::powi::Powi { n: 5 }.f(x),
        Unary::Sixth => ops::powi::Powi { n: 6 }.f(x),
        Unary::InverseSquare => ops::powi::Powi { n: -2 }.f(x),
        Unary::InverseCube => ops::powi::Powi { n: -3 }.f(x),
        Unary::InverseFourth => ops::powi::Powi { n: -4 }.f(x),
        Unary::Gaussian => ops::gaussian::Gaussian { n: 1 }.f(x),
        Unary::HalfGaussian => ops::gaussian::Gaussian { n: 2 }.f(x),
    }
}

/// Of two numbers.
pub(super) fn meaning2<T: Float>(f: Binary, a: T, b: T) -> T {
    let (p, q) = (a != T::ZERO, b != T::ZERO);
    match f {
        Binary::Add => ops::add::Add::f(a, b),
        Binary::Sub => ops::sub::Sub::f(a, b),
        Binary::Mul => ops::mul::Mul::f(a, b),
        Binary::Div => ops::div::Div::f(a, b),
        Binary::Maximum => ops::maximum::Maximum::f(a, b),
        Binary::Minimum => ops::minimum::Minimum::f(a, b),
        Binary::Rem => ops::rem::Rem::f(a, b),
        Binary::Gate => {
            if p {
                a * b
            } else {
                a
            }
        }
        Binary::Lt => truth(a < b),
        Binary::Le => truth(a <= b),
        Binary::Gt => truth(a > b),
        Binary::Ge => truth(a >= b),
        Binary::Eq => truth(a == b),
        Binary::Ne => truth(a != b),
        Binary::And => truth(p && q),
        Binary::Or => truth(p || q),
        Binary::Xor => truth(p != q),
        Binary::Pow => ops::pow::Pow::f(a, b),
        Binary::PowSlope => ops::pow::PowSlope::f(a, b),
        Binary::Direction => ops::direction::Direction::f(a, b),
        Binary::Hypot => ops::hypot::Hypot::f(a, b),
        Binary::Atan2 => ops::atan2::Atan2::f(a, b),
    }
}

/// Of three numbers.
pub(super) fn meaning3<T: Float>(f: Ternary, a: T, b: T, c: T) -> T {
    match f {
        Ternary::MulAdd => a * b + c,
        Ternary::MulSub => a * b - c,
        Ternary::NegMulAdd => c - a * b,
        Ternary::MulMul => a * b * c,
        Ternary::AddAdd => a + b + c,
        Ternary::AddMul => (a + b) * c,
        Ternary::SubMul => (a - b) * c,
        Ternary::MulDiv => a * b / c,
        Ternary::RootOfMulAdd => (a * b + c).sqrt(),
        Ternary::Select if a == T::ZERO => c,
        Ternary::Select => b,
    }
}

fn truth<T: Float>(holds: bool) -> T {
    if holds { T::ONE } else { T::ZERO }
}
