//! What kernels there are, and the loop of each.
use super::float::Float;
use super::loops::{Both, Map2, Map3};
use super::set::{KernelSet, Loop1, Loop1x2, Loop2, Loop3};
use super::staged::Together;
use super::{
    arithmetic, circular, comparison, error_function, exponential, gamma, hyperbolic, hypot, inverse_circular,
    inverse_error_function, inverse_hyperbolic, logarithm, normal, power, weighted,
};

/// An enum of kernels, the list of them, and the method that gives the loop of one.
macro_rules! catalog {
    (
        $(#[$about:meta])* $name:ident;
        $(#[$what:meta])* fn $method:ident($($arg:ident: $type:ty)?) -> $result:ident = $given:ident $arguments:tt;
        $($(#[$doc:meta])* $kernel:ident: $what_runs:ty;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($(#[$doc])* $kernel,)* }

        impl $name {
            /// Every one.
            pub(crate) const ALL: &[Self] = &[$(Self::$kernel,)*];
        }

        impl KernelSet {
            $(#[$what])*
            pub(crate) fn $method<T: Float>(self, f: $name $(, $arg: $type)?) -> $result<T> {
                match f { $($name::$kernel => self.$given::<T, $what_runs> $arguments,)* }
            }
        }
    };
}

catalog! {
    /// A function of one number.
    Unary;
    /// The loop of a function.
    fn unary() -> Loop1 = loop1();

    /// x.
    Copy: arithmetic::Copy;
    /// −x.
    Neg: arithmetic::Neg;
    /// |x|.
    Abs: arithmetic::Abs;
    /// −1, 0 or 1; NaN stays NaN.
    Sign: arithmetic::Sign;
    /// x².
    Square: arithmetic::Square;
    /// √x.
    Sqrt: arithmetic::Sqrt;
    /// 1/x.
    Reciprocal: arithmetic::Reciprocal;
    /// 1/√x.
    Rsqrt: arithmetic::Rsqrt;
    /// x, but 0 where x ≤ 0; NaN stays NaN.
    Relu: arithmetic::Relu;
    /// ⌊x⌋.
    Floor: arithmetic::Floor;
    /// ⌈x⌉.
    Ceil: arithmetic::Ceil;
    /// To the nearest integer, ties to even.
    Round: arithmetic::Round;
    /// 1 − x², as (1 − x)(1 + x).
    OneMinusSquare: arithmetic::OneMinusSquare;
    /// x / (1 + |x|).
    Softsign: arithmetic::Softsign;
    /// x = 0.
    Not: comparison::Not;
    /// eˣ.
    Exp: exponential::Exp;
    /// eˣ − 1.
    Expm1: exponential::Expm1;
    /// 2ˣ.
    Exp2: exponential::Exp2;
    /// log x.
    Log: logarithm::Log;
    /// log(1 + x).
    Log1p: logarithm::Log1p;
    /// log₂ x.
    Log2: logarithm::Log2;
    /// log₁₀ x.
    Log10: logarithm::Log10;
    /// sinh x.
    Sinh: hyperbolic::Sinh;
    /// cosh x.
    Cosh: hyperbolic::Cosh;
    /// tanh x.
    Tanh: hyperbolic::Tanh;
    /// σ(x) = 1/(1 + e⁻ˣ).
    Sigmoid: hyperbolic::Sigmoid;
    /// σ(−x) = 1 − σ(x).
    SigmoidOfNeg: hyperbolic::SigmoidOfNeg;
    /// σ′(x) = σ(x) σ(−x).
    SigmoidSlope: hyperbolic::SigmoidSlope;
    /// log(1 + eˣ).
    Softplus: logarithm::Softplus;
    /// log σ(x).
    LogSigmoid: logarithm::LogSigmoid;
    /// sech² x = 1 − tanh² x.
    Sech2: hyperbolic::Sech2;
    /// sech²(x/2).
    Sech2OfHalf: hyperbolic::Sech2OfHalf;
    /// sin x.
    Sin: circular::Sin;
    /// cos x.
    Cos: circular::Cos;
    /// tan x.
    Tan: circular::Tan;
    /// arcsin x.
    Asin: inverse_circular::Asin;
    /// arccos x.
    Acos: inverse_circular::Acos;
    /// arctan x.
    Atan: inverse_circular::Atan;
    /// erf x.
    Erf: error_function::Erf;
    /// 1 − erf x.
    Erfc: error_function::Erfc;
    /// The inverse of erf x.
    Erfinv: inverse_error_function::Erfinv;
    /// The slope of that.
    ErfinvSlope: inverse_error_function::ErfinvSlope;
    /// e^(−x²).
    Gaussian: error_function::Gaussian;
    /// e^(−x²/2).
    HalfGaussian: error_function::HalfGaussian;
    /// log |Γ(x)|.
    Lgamma: gamma::Lgamma;
    /// ψ(x), the slope of log |Γ|.
    Digamma: gamma::Digamma;
    /// ψ′(x).
    Trigamma: gamma::Trigamma;
    /// ψ″(x).
    Tetragamma: gamma::Tetragamma;
    /// Φ(x), the distribution function of the normal distribution.
    NormalCdf: normal::NormalCdf;
    /// log Φ(x).
    LogNormalCdf: normal::LogNormalCdf;
    /// Φ(x)/φ(x), Mills' ratio of −x.
    Mills: normal::Mills;
    /// The slope of Φ/φ.
    MillsSlope: normal::MillsSlope;
    /// x Φ(x).
    Gelu: normal::Gelu;
    /// Φ(x) + x φ(x).
    GeluSlope: normal::GeluSlope;
    /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
    GeluTanh: weighted::GeluTanh;
    /// The slope of that.
    GeluTanhSlope: weighted::GeluTanhSlope;
    /// x σ(x).
    Silu: weighted::Silu;
    /// σ(x) (1 + x σ(−x)).
    SiluSlope: weighted::SiluSlope;
    /// x tanh(log(1 + eˣ)).
    Mish: weighted::Mish;
    /// The slope of that.
    MishSlope: weighted::MishSlope;
    /// arsinh x.
    Asinh: inverse_hyperbolic::Asinh;
    /// arcosh x.
    Acosh: inverse_hyperbolic::Acosh;
    /// artanh x.
    Atanh: inverse_hyperbolic::Atanh;
    /// ∛x.
    Cbrt: power::Cbrt;
    /// x³.
    Cube: power::Whole<3>;
    /// x⁴.
    Fourth: power::Whole<4>;
    /// x⁵.
    Fifth: power::Whole<5>;
    /// x⁶.
    Sixth: power::Whole<6>;
    /// x⁻².
    InverseSquare: power::Whole<-2>;
    /// x⁻³.
    InverseCube: power::Whole<-3>;
    /// x⁻⁴.
    InverseFourth: power::Whole<-4>;
}

impl Unary {
    /// Whether it is more than a few instructions, or divides, or takes a root.
    pub(crate) fn is_long(self) -> bool {
        let (copies, powers) = (
            matches!(self, Self::Copy | Self::Neg | Self::Abs | Self::Sign | Self::Relu | Self::Not),
            matches!(self, Self::Square | Self::OneMinusSquare | Self::Cube | Self::Fourth | Self::Fifth | Self::Sixth),
        );
        !copies && !powers && !matches!(self, Self::Floor | Self::Ceil | Self::Round)
    }
}

catalog! {
    /// Two functions of one number that share what is costly; each has the bits that it has alone.
    Twin;
    /// The loop of two functions, in the order of [`Twin::functions`].
    fn twin() -> Loop1x2 = loop1x2();

    /// tanh x and its slope sech² x.
    Tanh: Together<hyperbolic::Tanh, hyperbolic::Sech2>;
    /// σ(x) and its slope σ′(x).
    Sigmoid: Together<hyperbolic::Sigmoid, hyperbolic::SigmoidSlope>;
    /// σ(x) and four times its slope, sech²(x/2).
    SigmoidSech2: Together<hyperbolic::Sigmoid, hyperbolic::Sech2OfHalf>;
    /// log(1 + eˣ) and its slope σ(x).
    Softplus: Together<logarithm::Softplus, hyperbolic::Sigmoid>;
    /// log σ(x) and its slope σ(−x).
    LogSigmoid: Together<logarithm::LogSigmoid, hyperbolic::SigmoidOfNeg>;
    /// sin x and cos x.
    SinCos: Together<circular::Sin, circular::Cos>;
    /// sinh x and cosh x.
    SinhCosh: Together<hyperbolic::Sinh, hyperbolic::Cosh>;
    /// eˣ − 1 and eˣ.
    Expm1: Both<exponential::Expm1, exponential::Exp>;
    /// erf x and e^(−x²).
    Erf: Both<error_function::Erf, error_function::Gaussian>;
    /// 1 − erf x and e^(−x²).
    Erfc: Both<error_function::Erfc, error_function::Gaussian>;
    /// The inverse of erf x, and its slope.
    Erfinv: Together<inverse_error_function::Erfinv, inverse_error_function::ErfinvSlope>;
    /// log |Γ(x)| and its slope.
    Lgamma: Both<gamma::Lgamma, gamma::Digamma>;
    /// Φ(x) and e^(−x²/2).
    NormalCdf: Both<normal::NormalCdf, error_function::HalfGaussian>;
    /// x Φ(x) and its slope.
    Gelu: Both<normal::Gelu, normal::GeluSlope>;
    /// The approximation of gelu and its slope.
    GeluTanh: Together<weighted::GeluTanh, weighted::GeluTanhSlope>;
    /// x σ(x) and its slope.
    Silu: Together<weighted::Silu, weighted::SiluSlope>;
    /// mish and its slope.
    Mish: Together<weighted::Mish, weighted::MishSlope>;
}

impl Twin {
    /// The two.
    pub(crate) fn functions(self) -> [Unary; 2] {
        match self {
            Self::Tanh => [Unary::Tanh, Unary::Sech2],
            Self::Sigmoid => [Unary::Sigmoid, Unary::SigmoidSlope],
            Self::SigmoidSech2 => [Unary::Sigmoid, Unary::Sech2OfHalf],
            Self::Softplus => [Unary::Softplus, Unary::Sigmoid],
            Self::LogSigmoid => [Unary::LogSigmoid, Unary::SigmoidOfNeg],
            Self::SinCos => [Unary::Sin, Unary::Cos],
            Self::SinhCosh => [Unary::Sinh, Unary::Cosh],
            Self::Expm1 => [Unary::Expm1, Unary::Exp],
            Self::Erf => [Unary::Erf, Unary::Gaussian],
            Self::Erfc => [Unary::Erfc, Unary::Gaussian],
            Self::Erfinv => [Unary::Erfinv, Unary::ErfinvSlope],
            Self::Lgamma => [Unary::Lgamma, Unary::Digamma],
            Self::NormalCdf => [Unary::NormalCdf, Unary::HalfGaussian],
            Self::Gelu => [Unary::Gelu, Unary::GeluSlope],
            Self::GeluTanh => [Unary::GeluTanh, Unary::GeluTanhSlope],
            Self::Silu => [Unary::Silu, Unary::SiluSlope],
            Self::Mish => [Unary::Mish, Unary::MishSlope],
        }
    }

    /// The twin of two functions, if there is one; in which order does not matter.
    pub(crate) fn of(f: Unary, g: Unary) -> Option<Self> {
        Self::ALL.iter().copied().find(|twin| [[f, g], [g, f]].contains(&twin.functions()))
    }
}

catalog! {
    /// A function of two numbers. Truth values are 1 and 0; whatever is not 0 counts as true.
    Binary;
    /// The loop of a function; an operand that is `one` number is a slice of length 1 (or longer: the rest is not read).
    fn binary(one: [bool; 2]) -> Loop2 = spread2(one);

    /// a + b.
    Add: arithmetic::Add;
    /// a − b.
    Sub: arithmetic::Sub;
    /// a·b.
    Mul: arithmetic::Mul;
    /// a/b.
    Div: arithmetic::Div;
    /// The larger; NaN if one is.
    Maximum: arithmetic::Maximum;
    /// The smaller; NaN if one is.
    Minimum: arithmetic::Minimum;
    /// The remainder of a/b, with the sign of a.
    Rem: arithmetic::Rem;
    /// a·b, but a where a = 0, whatever b.
    Gate: arithmetic::Gate;
    /// a < b.
    Lt: comparison::Lt;
    /// a ≤ b.
    Le: comparison::Le;
    /// a > b.
    Gt: comparison::Gt;
    /// a ≥ b.
    Ge: comparison::Ge;
    /// a = b.
    Eq: comparison::Eq;
    /// a ≠ b.
    Ne: comparison::Ne;
    /// a ∧ b.
    And: comparison::And;
    /// a ∨ b.
    Or: comparison::Or;
    /// a ≠ b as truth values.
    Xor: comparison::Xor;
    /// aᵇ.
    Pow: power::Pow;
    /// b aᵇ⁻¹.
    PowSlope: power::PowSlope;
    /// √(a² + b²).
    Hypot: hypot::Hypot;
    /// a/√(a² + b²), and a where that is 0.
    Direction: hypot::Direction;
    /// The angle of (b, a).
    Atan2: inverse_circular::Atan2;
}

impl Binary {
    /// Whether it is many instructions.
    pub(crate) fn is_long(self) -> bool {
        matches!(self, Self::Pow | Self::PowSlope | Self::Hypot | Self::Direction | Self::Atan2)
    }
}

catalog! {
    /// A function of three numbers: what saves an instruction. Each operation rounds, as on its own.
    Ternary;
    /// As [`binary`](Self::binary).
    fn ternary(one: [bool; 3]) -> Loop3 = spread3(one);

    /// a·b + c.
    MulAdd: arithmetic::MulAdd;
    /// a·b − c.
    MulSub: arithmetic::MulSub;
    /// c − a·b.
    NegMulAdd: arithmetic::NegMulAdd;
    /// a·b·c, from the left.
    MulMul: arithmetic::MulMul;
    /// a + b + c, from the left.
    AddAdd: arithmetic::AddAdd;
    /// (a + b)·c.
    AddMul: arithmetic::AddMul;
    /// (a − b)·c.
    SubMul: arithmetic::SubMul;
    /// (a·b)/c.
    MulDiv: arithmetic::MulDiv;
    /// √(a·b + c).
    RootOfMulAdd: arithmetic::RootOfMulAdd;
    /// b where a is true, c where not.
    Select: comparison::Select;
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
            Self::RootOfMulAdd => "sqrt of mul+add",
            Self::Select => "select",
        }
    }
}

impl KernelSet {
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
