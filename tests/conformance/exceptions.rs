//! What Cinta does not have yet, where it chooses otherwise than the corpus, and how exact it is.

/// Operations of the corpus that the table cannot say yet, in alphabetical order.
pub(crate) const UNSUPPORTED: &[&str] = &[];

/// Cases where Cinta's documentation states another convention: the sections that differ, and what it states.
pub(crate) const CONVENTIONS: &[(&str, &[&str], &str)] = &[
    ("singular/abs/[0.0][-0.0][1.0][-1.0]", &["jvp", "vjp"], "abs: the derivative at 0 is 0, the mean of its sides"),
    ("singular/abs/[nan][1.0]", &["jvp", "vjp"], "abs: the derivative at NaN is NaN"),
    ("singular/norm1/zero", &["grads", "jvp", "vjp"], "Σ |x|: the derivative of abs at 0 is 0"),
    ("singular/norminf/zero", &["grads", "jvp", "vjp"], "max |x|: the derivative of abs at 0 is 0"),
    ("singular/min_reduce/nan", &["jvp"], "min: a NaN in a lane makes the derivative 0, in both modes"),
    ("singular/logsumexp/all_neginf", &["grads", "jvp", "vjp"], "logsumexp: of nothing but −∞ it has derivative 0"),
    ("singular/logsumexp/posinf", &["grads", "jvp", "vjp"], "softmax: all of the weight is on +∞"),
    ("stability/atan2/1", &["jvp", "vjp"], "atan2: exact for tiny x and y, whose squares the corpus lets vanish"),
    ("singular/xlogx/zero", &["traced vjp"], "Delta: of a cotangent not yet known, zeros stay zeros: here the limit"),
    ("singular/where/leak_sqrt", &["vjp"], "select: the branch not taken passes an exact zero"),
];

/// The largest errors allowed in f, f′, f″ and f‴ of a unary function, in units in the last place: about twice
/// what was measured.
pub(crate) const ULPS: &[(&str, [f64; 4])] = &[
    ("abs", [0.0, 0.0, 0.0, 0.0]),
    ("acos", [1.0, 2.0, 10.0, 10.0]),
    ("acosh", [2.0, 2.0, 6.0, 10.0]),
    ("asin", [1.0, 2.0, 6.0, 8.0]),
    ("asinh", [2.0, 2.0, 4.0, 20.0]),
    ("atan", [1.0, 4.0, 8.0, 48.0]),
    ("atanh", [2.0, 2.0, 4.0, 4.0]),
    ("cbrt", [1.0, 4.0, 10.0, 12.0]),
    ("cos", [1.0, 1.0, 1.0, 1.0]),
    ("cosh", [2.0, 2.0, 2.0, 2.0]),
    // Beside its zeros.
    ("digamma", [8.0, 4.0, 6.0, 4.0]),
    ("elu(1.0)", [2.0, 1.0, 1.0, 1.0]),
    // Far out, where the derivatives are subnormal.
    ("erf", [2.0, 2.0, 62.0, 510.0]),
    ("erfc", [2.0, 2.0, 2.0, 4.0]),
    ("exp", [1.0, 1.0, 1.0, 1.0]),
    ("exp2", [1.0, 2.0, 4.0, 4.0]),
    ("expm1", [2.0, 1.0, 1.0, 1.0]),
    // Far out, where the derivatives are subnormal.
    ("gelu(exact)", [6.0, 4.0, 780.0, 28_600.0]),
    // Far out, where an error of the exponent counts as often as the exponent is large.
    ("gelu(tanh)", [270.0, 340.0, 420.0, 440.0]),
    ("leaky_relu(0.01)", [0.0, 0.0, 0.0, 0.0]),
    // Beside its zeros.
    ("lgamma", [4.0, 6.0, 4.0, 4.0]),
    ("log", [1.0, 2.0, 2.0, 4.0]),
    ("log10", [2.0, 2.0, 2.0, 4.0]),
    ("log1p", [2.0, 2.0, 4.0, 6.0]),
    ("log2", [1.0, 2.0, 2.0, 4.0]),
    ("log_sigmoid", [2.0, 4.0, 4.0, 4.0]),
    ("neg", [0.0, 0.0, 0.0, 0.0]),
    ("pow(2.5)", [2.0, 2.0, 2.0, 2.0]),
    ("powi(-2)", [2.0, 2.0, 2.0, 2.0]),
    ("powi(3)", [2.0, 2.0, 2.0, 0.0]),
    ("reciprocal", [1.0, 4.0, 4.0, 8.0]),
    ("relu", [0.0, 0.0, 0.0, 0.0]),
    ("rsqrt", [2.0, 2.0, 4.0, 10.0]),
    ("sigmoid", [2.0, 4.0, 4.0, 4.0]),
    ("silu", [744.0, 20.0, 30.0, 14.0]),
    ("sin", [1.0, 1.0, 1.0, 1.0]),
    ("sinh", [2.0, 2.0, 2.0, 2.0]),
    ("softplus", [2.0, 2.0, 4.0, 4.0]),
    ("sqrt", [0.0, 2.0, 6.0, 14.0]),
    ("square", [1.0, 0.0, 0.0, 0.0]),
    ("tan", [1.0, 2.0, 4.0, 8.0]),
    ("tanh", [2.0, 4.0, 4.0, 10.0]),
];
