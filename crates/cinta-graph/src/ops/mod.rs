//! The operations: one file each, and the one list of them.
//!
//! An operation (primitive) is a struct that implements [`OpDef`]: name, type rule, evaluation, derivative,
//! batching, notation, samples. Elementwise ones implement [`Unary`] or [`Binary`] instead, which is shorter.
//! Everything else that can be computed is a function of these, in [`functions`](crate::functions).
mod at;
mod attributes;
mod broadcasting;
mod definition;
mod delta;
mod elementwise;
mod map;
mod notation;
mod sample;
mod sliding;

pub use at::{At, Batched};
pub use attributes::{Attribute, Attributes};
pub(crate) use broadcasting::broadcast_together;
pub use definition::{Cotangents, Flow, OpDef};
pub use delta::Delta;
pub(crate) use delta::join;
pub use elementwise::{Binary, Domain, Map1, Map2, Unary};
pub use notation::{Level, Notation};
pub use sample::{Refused, Sample};
pub use sliding::Sliding;

pub(crate) use definition::{linear_jvp, same_dtype};

/// The position of an operation's kind in the list.
pub trait Listed {
    /// Position from 0.
    const INDEX: usize;
}

/// Makes the modules, the enum of all operations, and what dispatches on it, from the list below.
macro_rules! op_list {
    ($($file:ident::$name:ident as $variant:ident($def:ty),)*) => {
        /// An operation with its attributes.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Op {
            $(#[doc = concat!("See [`", stringify!($file), "`](mod@", stringify!($file), ").")] $variant($def),)*
        }

        enum Index { $($variant,)* }

        $(
            impl Listed for $def {
                const INDEX: usize = Index::$variant as usize;
            }
            impl From<$def> for Op {
                fn from(op: $def) -> Self {
                    Self::$variant(op)
                }
            }
        )*

        /// Runs an expression on the operation inside, whatever its kind.
        macro_rules! with_op {
            ($op_ref:expr, $op:ident => $body:expr) => {
                match $op_ref { $(Op::$variant($op) => $body,)* }
            };
        }

        impl Op {
            /// How many kinds of operation there are.
            pub(crate) const COUNT: usize = [$(stringify!($variant)),*].len();

            /// The files that define operations, in the order of the list.
            pub const FILES: &[&str] = &[$(stringify!($file)),*];

            /// Reads an operation from its printed name and attributes; `None` if no listed one has the name.
            pub(crate) fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
                $(if let Some(read) = <$def>::read(name, attributes) {
                    return Some(read.map(Self::$variant));
                })*
                None
            }

            /// Every sample of every operation.
            #[must_use]
            pub fn samples() -> Vec<Sample> {
                [$(<$def>::samples()),*].concat()
            }

            /// Every input that an operation must refuse.
            #[must_use]
            pub fn refusals() -> Vec<Refused> {
                [$(<$def>::refused()),*].concat()
            }
        }
    };
}

pub mod abs;
pub mod acos;
pub mod acosh;
pub mod add;
pub mod arg_extremum;
pub mod argsort;
pub mod asin;
pub mod asinh;
pub mod atan;
pub mod atan2;
pub mod atanh;
pub mod broadcast_to;
pub mod cast;
pub mod cbrt;
pub mod ceil;
pub mod cholesky;
pub mod cofactor;
pub mod compare;
pub mod concat;
pub mod cos;
pub mod cosh;
pub mod cumsum;
pub mod custom;
pub mod custom_derivative;
pub mod det;
pub mod direction;
pub mod div;
pub mod eigh;
pub mod erf;
pub mod erfc;
pub mod erfinv;
pub mod exp;
pub mod exp2;
pub mod expm;
pub mod expm1;
pub mod extremum;
pub mod flip;
pub mod floor;
pub mod gate;
pub mod gaussian;
pub mod gelu;
pub mod gelu_tanh;
pub mod hypot;
pub(crate) mod indices;
mod jets;
pub mod l2_pool;
mod lanes;
pub mod lgamma;
pub mod log;
pub mod log10;
pub mod log1p;
pub mod log2;
pub mod log_normal_cdf;
pub mod log_sigmoid;
pub mod log_softmax;
pub mod logcumsumexp;
pub mod logical;
pub mod logsumexp;
pub mod matmul;
pub(crate) mod matrices;
pub mod maximum;
pub mod mills;
pub mod minimum;
pub mod mish;
pub mod mul;
pub mod neg;
pub mod normal_cdf;
pub mod one_minus_square;
pub mod outer;
pub mod overlap_add;
pub mod pad;
mod pairwise;
pub mod polygamma;
pub mod pow;
pub mod powi;
pub mod qr;
pub mod reciprocal;
pub mod recurrence;
pub mod relu;
pub mod rem;
pub mod reshape;
pub(crate) mod room;
pub mod round;
pub mod rsqrt;
pub mod scatter_add;
pub mod scatter_extremum;
pub mod search_sorted;
pub mod sech2;
pub mod select;
pub mod sigmoid;
pub mod sign;
pub mod silu;
pub mod sin;
pub mod sinh;
pub mod slice;
pub mod softmax;
pub mod softplus;
pub mod softsign;
pub mod solve;
pub mod sqrt;
pub mod square;
pub mod stop_gradient;
pub mod sub;
pub mod sum_to;
pub mod svd;
pub mod take;
pub mod tan;
pub mod tanh;
pub mod transpose;
pub mod triangular_solve;
mod twofold;
pub mod windows;
pub mod with_rule;

op_list! {
    abs::Abs as Abs(Map1<abs::Abs>),
    acos::Acos as Acos(Map1<acos::Acos>),
    acosh::Acosh as Acosh(Map1<acosh::Acosh>),
    add::Add as Add(Map2<add::Add>),
    arg_extremum::ArgExtremum as ArgExtremum(arg_extremum::ArgExtremum),
    argsort::ArgSort as ArgSort(argsort::ArgSort),
    asin::Asin as Asin(Map1<asin::Asin>),
    asinh::Asinh as Asinh(Map1<asinh::Asinh>),
    atan2::Atan2 as Atan2(Map2<atan2::Atan2>),
    atan::Atan as Atan(Map1<atan::Atan>),
    atanh::Atanh as Atanh(Map1<atanh::Atanh>),
    broadcast_to::BroadcastTo as BroadcastTo(broadcast_to::BroadcastTo),
    cast::Cast as Cast(cast::Cast),
    cbrt::Cbrt as Cbrt(Map1<cbrt::Cbrt>),
    ceil::Ceil as Ceil(Map1<ceil::Ceil>),
    cholesky::Cholesky as Cholesky(cholesky::Cholesky),
    cofactor::Cofactor as Cofactor(cofactor::Cofactor),
    compare::Compare as Compare(compare::Compare),
    concat::Concat as Concat(concat::Concat),
    cos::Cos as Cos(Map1<cos::Cos>),
    cosh::Cosh as Cosh(Map1<cosh::Cosh>),
    cumsum::CumSum as CumSum(cumsum::CumSum),
    custom::Custom as Custom(custom::Custom),
    custom_derivative::CustomJvp as CustomJvp(custom_derivative::CustomJvp),
    custom_derivative::CustomVjp as CustomVjp(custom_derivative::CustomVjp),
    det::Det as Det(det::Det),
    direction::Direction as Direction(Map2<direction::Direction>),
    div::Div as Div(Map2<div::Div>),
    eigh::Eigh as Eigh(eigh::Eigh),
    erf::Erf as Erf(Map1<erf::Erf>),
    erfc::Erfc as Erfc(Map1<erfc::Erfc>),
    erfinv::Erfinv as Erfinv(Map1<erfinv::Erfinv>),
    erfinv::ErfinvSlope as ErfinvSlope(Map1<erfinv::ErfinvSlope>),
    exp2::Exp2 as Exp2(Map1<exp2::Exp2>),
    exp::Exp as Exp(Map1<exp::Exp>),
    expm1::Expm1 as Expm1(Map1<expm1::Expm1>),
    expm::Expm as Expm(expm::Expm),
    extremum::Extremum as Extremum(extremum::Extremum),
    flip::Flip as Flip(flip::Flip),
    floor::Floor as Floor(Map1<floor::Floor>),
    gate::Gate as Gate(gate::Gate),
    gaussian::Gaussian as Gaussian(Map1<gaussian::Gaussian>),
    gelu::Gelu as Gelu(Map1<gelu::Gelu>),
    gelu::GeluSlope as GeluSlope(Map1<gelu::GeluSlope>),
    gelu_tanh::GeluTanh as GeluTanh(Map1<gelu_tanh::GeluTanh>),
    gelu_tanh::GeluTanhSlope as GeluTanhSlope(Map1<gelu_tanh::GeluTanhSlope>),
    hypot::Hypot as Hypot(Map2<hypot::Hypot>),
    l2_pool::L2Pool as L2Pool(l2_pool::L2Pool),
    lgamma::Lgamma as Lgamma(Map1<lgamma::Lgamma>),
    log10::Log10 as Log10(Map1<log10::Log10>),
    log1p::Log1p as Log1p(Map1<log1p::Log1p>),
    log2::Log2 as Log2(Map1<log2::Log2>),
    log::Log as Log(Map1<log::Log>),
    log_normal_cdf::LogNormalCdf as LogNormalCdf(Map1<log_normal_cdf::LogNormalCdf>),
    log_sigmoid::LogSigmoid as LogSigmoid(Map1<log_sigmoid::LogSigmoid>),
    log_softmax::LogSoftmax as LogSoftmax(log_softmax::LogSoftmax),
    logcumsumexp::LogCumSumExp as LogCumSumExp(logcumsumexp::LogCumSumExp),
    logical::Logical as Logical(logical::Logical),
    logsumexp::LogSumExp as LogSumExp(logsumexp::LogSumExp),
    matmul::MatMul as MatMul(matmul::MatMul),
    maximum::Maximum as Maximum(Map2<maximum::Maximum>),
    mills::Mills as Mills(Map1<mills::Mills>),
    minimum::Minimum as Minimum(Map2<minimum::Minimum>),
    mish::Mish as Mish(Map1<mish::Mish>),
    mish::MishSlope as MishSlope(Map1<mish::MishSlope>),
    mul::Mul as Mul(Map2<mul::Mul>),
    neg::Neg as Neg(Map1<neg::Neg>),
    normal_cdf::NormalCdf as NormalCdf(Map1<normal_cdf::NormalCdf>),
    one_minus_square::OneMinusSquare as OneMinusSquare(Map1<one_minus_square::OneMinusSquare>),
    outer::Outer as Outer(outer::Outer),
    overlap_add::OverlapAdd as OverlapAdd(overlap_add::OverlapAdd),
    pad::Pad as Pad(pad::Pad),
    polygamma::Polygamma as Polygamma(Map1<polygamma::Polygamma>),
    pow::Pow as Pow(Map2<pow::Pow>),
    pow::PowSlope as PowSlope(Map2<pow::PowSlope>),
    powi::Powi as Powi(Map1<powi::Powi>),
    qr::Qr as Qr(qr::Qr),
    reciprocal::Reciprocal as Reciprocal(Map1<reciprocal::Reciprocal>),
    recurrence::Recurrence as Recurrence(recurrence::Recurrence),
    relu::Relu as Relu(Map1<relu::Relu>),
    rem::Rem as Rem(Map2<rem::Rem>),
    reshape::Reshape as Reshape(reshape::Reshape),
    round::Round as Round(Map1<round::Round>),
    rsqrt::Rsqrt as Rsqrt(Map1<rsqrt::Rsqrt>),
    scatter_add::ScatterAdd as ScatterAdd(scatter_add::ScatterAdd),
    scatter_extremum::ScatterExtremum as ScatterExtremum(scatter_extremum::ScatterExtremum),
    search_sorted::SearchSorted as SearchSorted(search_sorted::SearchSorted),
    sech2::Sech2 as Sech2(Map1<sech2::Sech2>),
    select::Select as Select(select::Select),
    sigmoid::Sigmoid as Sigmoid(Map1<sigmoid::Sigmoid>),
    sign::Sign as Sign(Map1<sign::Sign>),
    silu::Silu as Silu(Map1<silu::Silu>),
    silu::SiluSlope as SiluSlope(Map1<silu::SiluSlope>),
    sin::Sin as Sin(Map1<sin::Sin>),
    sinh::Sinh as Sinh(Map1<sinh::Sinh>),
    slice::Slice as Slice(slice::Slice),
    softmax::Softmax as Softmax(softmax::Softmax),
    softplus::Softplus as Softplus(Map1<softplus::Softplus>),
    softsign::Softsign as Softsign(Map1<softsign::Softsign>),
    solve::Solve as Solve(solve::Solve),
    sqrt::Sqrt as Sqrt(Map1<sqrt::Sqrt>),
    square::Square as Square(Map1<square::Square>),
    stop_gradient::StopGradient as StopGradient(stop_gradient::StopGradient),
    sub::Sub as Sub(Map2<sub::Sub>),
    sum_to::SumTo as SumTo(sum_to::SumTo),
    svd::Svd as Svd(svd::Svd),
    take::Take as Take(take::Take),
    tan::Tan as Tan(Map1<tan::Tan>),
    tanh::Tanh as Tanh(Map1<tanh::Tanh>),
    transpose::Transpose as Transpose(transpose::Transpose),
    triangular_solve::TriangularSolve as TriangularSolve(triangular_solve::TriangularSolve),
    windows::Windows as Windows(windows::Windows),
    with_rule::WithRule as WithRule(with_rule::WithRule),
}

// After the list, whose macro it uses.
mod dispatch;
