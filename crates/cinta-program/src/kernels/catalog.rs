//! What kernels there are, and the loop of each.
use super::float::Float;
use super::loops::{Map2, Map3};
use super::set::{KernelSet, Loop1, Loop2, Loop3};
use super::{arithmetic, circular, comparison, error_function, exponential, hyperbolic, logarithm, power};

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    /// x.
    Copy,
    /// −x.
    Neg,
    /// |x|.
    Abs,
    /// −1, 0 or 1; NaN stays NaN.
    Sign,
    /// x².
    Square,
    /// √x.
    Sqrt,
    /// 1/x.
    Reciprocal,
    /// 1/√x.
    Rsqrt,
    /// x, but 0 where x ≤ 0; NaN stays NaN.
    Relu,
    /// ⌊x⌋.
    Floor,
    /// ⌈x⌉.
    Ceil,
    /// To the nearest integer, ties to even.
    Round,
    /// 1 − x², as (1 − x)(1 + x).
    OneMinusSquare,
    /// x / (1 + |x|).
    Softsign,
    /// x = 0.
    Not,
    /// eˣ.
    Exp,
    /// eˣ − 1.
    Expm1,
    /// 2ˣ.
    Exp2,
    /// log x.
    Log,
    /// log(1 + x).
    Log1p,
    /// log₂ x.
    Log2,
    /// log₁₀ x.
    Log10,
    /// sinh x.
    Sinh,
    /// cosh x.
    Cosh,
    /// tanh x.
    Tanh,
    /// σ(x) = 1/(1 + e⁻ˣ).
    Sigmoid,
    /// log(1 + eˣ).
    Softplus,
    /// log σ(x).
    LogSigmoid,
    /// sech² x = 1 − tanh² x.
    Sech2,
    /// sin x.
    Sin,
    /// cos x.
    Cos,
    /// tan x.
    Tan,
    /// arcsin x.
    Asin,
    /// arccos x.
    Acos,
    /// arctan x.
    Atan,
    /// erf x.
    Erf,
    /// 1 − erf x.
    Erfc,
    /// ∛x.
    Cbrt,
}

impl Unary {
    /// Every one.
    pub(crate) const ALL: [Self; 38] = [
        Self::Copy,
        Self::Neg,
        Self::Abs,
        Self::Sign,
        Self::Square,
        Self::Sqrt,
        Self::Reciprocal,
        Self::Rsqrt,
        Self::Relu,
        Self::Floor,
        Self::Ceil,
        Self::Round,
        Self::OneMinusSquare,
        Self::Softsign,
        Self::Not,
        Self::Exp,
        Self::Expm1,
        Self::Exp2,
        Self::Log,
        Self::Log1p,
        Self::Log2,
        Self::Log10,
        Self::Sinh,
        Self::Cosh,
        Self::Tanh,
        Self::Sigmoid,
        Self::Softplus,
        Self::LogSigmoid,
        Self::Sech2,
        Self::Sin,
        Self::Cos,
        Self::Tan,
        Self::Asin,
        Self::Acos,
        Self::Atan,
        Self::Erf,
        Self::Erfc,
        Self::Cbrt,
    ];
}

/// A function of two numbers. Truth values are 1 and 0; whatever is not 0 counts as true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    /// a + b.
    Add,
    /// a − b.
    Sub,
    /// a·b.
    Mul,
    /// a/b.
    Div,
    /// The larger; NaN if one is.
    Maximum,
    /// The smaller; NaN if one is.
    Minimum,
    /// The remainder of a/b, with the sign of a.
    Rem,
    /// a·b, but a where a = 0, whatever b.
    Gate,
    /// a < b.
    Lt,
    /// a ≤ b.
    Le,
    /// a > b.
    Gt,
    /// a ≥ b.
    Ge,
    /// a = b.
    Eq,
    /// a ≠ b.
    Ne,
    /// a ∧ b.
    And,
    /// a ∨ b.
    Or,
    /// a ≠ b as truth values.
    Xor,
    /// aᵇ.
    Pow,
    /// √(a² + b²).
    Hypot,
    /// The angle of (b, a).
    Atan2,
}

impl Binary {
    /// Every one.
    pub(crate) const ALL: [Self; 20] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Maximum,
        Self::Minimum,
        Self::Rem,
        Self::Gate,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Eq,
        Self::Ne,
        Self::And,
        Self::Or,
        Self::Xor,
        Self::Pow,
        Self::Hypot,
        Self::Atan2,
    ];
}

/// A function of three numbers: what saves an instruction. Each operation rounds, as on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ternary {
    /// a·b + c.
    MulAdd,
    /// a·b − c.
    MulSub,
    /// c − a·b.
    NegMulAdd,
    /// a·b·c, from the left.
    MulMul,
    /// a + b + c, from the left.
    AddAdd,
    /// (a + b)·c.
    AddMul,
    /// (a − b)·c.
    SubMul,
    /// (a·b)/c.
    MulDiv,
    /// b where a is true, c where not.
    Select,
}

impl Ternary {
    /// Every one.
    pub(crate) const ALL: [Self; 9] = [
        Self::MulAdd,
        Self::MulSub,
        Self::NegMulAdd,
        Self::MulMul,
        Self::AddAdd,
        Self::AddMul,
        Self::SubMul,
        Self::MulDiv,
        Self::Select,
    ];
}

impl Ternary {
    /// How it reads in the account of a program.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MulAdd => "mul+add",
            Self::MulSub => "mul-sub",
            Self::NegMulAdd => "sub-mul",
            Self::MulMul => "mul*mul",
            Self::AddAdd => "add+add",
            Self::AddMul => "add*mul",
            Self::SubMul => "sub*mul",
            Self::MulDiv => "mul/div",
            Self::Select => "select",
        }
    }
}

impl KernelSet {
    /// The loop of a function.
    pub(crate) fn unary<T: Float>(self, f: Unary) -> Loop1<T> {
        match f {
            Unary::Copy => self.loop1::<T, arithmetic::Copy>(),
            Unary::Neg => self.loop1::<T, arithmetic::Neg>(),
            Unary::Abs => self.loop1::<T, arithmetic::Abs>(),
            Unary::Sign => self.loop1::<T, arithmetic::Sign>(),
            Unary::Square => self.loop1::<T, arithmetic::Square>(),
            Unary::Sqrt => self.loop1::<T, arithmetic::Sqrt>(),
            Unary::Reciprocal => self.loop1::<T, arithmetic::Reciprocal>(),
            Unary::Rsqrt => self.loop1::<T, arithmetic::Rsqrt>(),
            Unary::Relu => self.loop1::<T, arithmetic::Relu>(),
            Unary::Floor => self.loop1::<T, arithmetic::Floor>(),
            Unary::Ceil => self.loop1::<T, arithmetic::Ceil>(),
            Unary::Round => self.loop1::<T, arithmetic::Round>(),
            Unary::OneMinusSquare => self.loop1::<T, arithmetic::OneMinusSquare>(),
            Unary::Softsign => self.loop1::<T, arithmetic::Softsign>(),
            Unary::Not => self.loop1::<T, comparison::Not>(),
            Unary::Exp => self.loop1::<T, exponential::Exp>(),
            Unary::Expm1 => self.loop1::<T, exponential::Expm1>(),
            Unary::Exp2 => self.loop1::<T, exponential::Exp2>(),
            Unary::Log => self.loop1::<T, logarithm::Log>(),
            Unary::Log1p => self.loop1::<T, logarithm::Log1p>(),
            Unary::Log2 => self.loop1::<T, logarithm::Log2>(),
            Unary::Log10 => self.loop1::<T, logarithm::Log10>(),
            Unary::Sinh => self.loop1::<T, hyperbolic::Sinh>(),
            Unary::Cosh => self.loop1::<T, hyperbolic::Cosh>(),
            Unary::Tanh => self.loop1::<T, hyperbolic::Tanh>(),
            Unary::Sigmoid => self.loop1::<T, hyperbolic::Sigmoid>(),
            Unary::Softplus => self.loop1::<T, logarithm::Softplus>(),
            Unary::LogSigmoid => self.loop1::<T, logarithm::LogSigmoid>(),
            Unary::Sech2 => self.loop1::<T, hyperbolic::Sech2>(),
            Unary::Sin => self.loop1::<T, circular::Sin>(),
            Unary::Cos => self.loop1::<T, circular::Cos>(),
            Unary::Tan => self.loop1::<T, circular::Tan>(),
            Unary::Asin => self.loop1::<T, circular::Asin>(),
            Unary::Acos => self.loop1::<T, circular::Acos>(),
            Unary::Atan => self.loop1::<T, circular::Atan>(),
            Unary::Erf => self.loop1::<T, error_function::Erf>(),
            Unary::Erfc => self.loop1::<T, error_function::Erfc>(),
            Unary::Cbrt => self.loop1::<T, power::Cbrt>(),
        }
    }

    /// The loop of a function; an operand that is `one` number is a slice of length 1 (or longer: the rest is not read).
    pub(crate) fn binary<T: Float>(self, f: Binary, one: [bool; 2]) -> Loop2<T> {
        match f {
            Binary::Add => self.spread2::<T, arithmetic::Add>(one),
            Binary::Sub => self.spread2::<T, arithmetic::Sub>(one),
            Binary::Mul => self.spread2::<T, arithmetic::Mul>(one),
            Binary::Div => self.spread2::<T, arithmetic::Div>(one),
            Binary::Maximum => self.spread2::<T, arithmetic::Maximum>(one),
            Binary::Minimum => self.spread2::<T, arithmetic::Minimum>(one),
            Binary::Rem => self.spread2::<T, arithmetic::Rem>(one),
            Binary::Gate => self.spread2::<T, arithmetic::Gate>(one),
            Binary::Lt => self.spread2::<T, comparison::Lt>(one),
            Binary::Le => self.spread2::<T, comparison::Le>(one),
            Binary::Gt => self.spread2::<T, comparison::Gt>(one),
            Binary::Ge => self.spread2::<T, comparison::Ge>(one),
            Binary::Eq => self.spread2::<T, comparison::Eq>(one),
            Binary::Ne => self.spread2::<T, comparison::Ne>(one),
            Binary::And => self.spread2::<T, comparison::And>(one),
            Binary::Or => self.spread2::<T, comparison::Or>(one),
            Binary::Xor => self.spread2::<T, comparison::Xor>(one),
            Binary::Pow => self.spread2::<T, power::Pow>(one),
            Binary::Hypot => self.spread2::<T, power::Hypot>(one),
            Binary::Atan2 => self.spread2::<T, circular::Atan2>(one),
        }
    }

    /// As [`binary`](Self::binary).
    pub(crate) fn ternary<T: Float>(self, f: Ternary, one: [bool; 3]) -> Loop3<T> {
        match f {
            Ternary::MulAdd => self.spread3::<T, arithmetic::MulAdd>(one),
            Ternary::MulSub => self.spread3::<T, arithmetic::MulSub>(one),
            Ternary::NegMulAdd => self.spread3::<T, arithmetic::NegMulAdd>(one),
            Ternary::MulMul => self.spread3::<T, arithmetic::MulMul>(one),
            Ternary::AddAdd => self.spread3::<T, arithmetic::AddAdd>(one),
            Ternary::AddMul => self.spread3::<T, arithmetic::AddMul>(one),
            Ternary::SubMul => self.spread3::<T, arithmetic::SubMul>(one),
            Ternary::MulDiv => self.spread3::<T, arithmetic::MulDiv>(one),
            Ternary::Select => self.spread3::<T, comparison::Select>(one),
        }
    }

    fn spread2<T: Float, K: Map2<T>>(self, one: [bool; 2]) -> Loop2<T> {
        match one {
            [false, false] => self.loop2::<T, K, false, false>(),
            [false, true] => self.loop2::<T, K, false, true>(),
            [true, false] => self.loop2::<T, K, true, false>(),
            [true, true] => self.loop2::<T, K, true, true>(),
        }
    }

    fn spread3<T: Float, K: Map3<T>>(self, one: [bool; 3]) -> Loop3<T> {
        match one {
            [false, false, false] => self.loop3::<T, K, false, false, false>(),
            [false, false, true] => self.loop3::<T, K, false, false, true>(),
            [false, true, false] => self.loop3::<T, K, false, true, false>(),
            [false, true, true] => self.loop3::<T, K, false, true, true>(),
            [true, false, false] => self.loop3::<T, K, true, false, false>(),
            [true, false, true] => self.loop3::<T, K, true, false, true>(),
            [true, true, false] => self.loop3::<T, K, true, true, false>(),
            [true, true, true] => self.loop3::<T, K, true, true, true>(),
        }
    }
}
