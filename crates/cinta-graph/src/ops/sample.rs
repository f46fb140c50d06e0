//! Samples: inputs on which generic tests run every operation, and inputs that it must refuse.
use crate::{ArrayType, Op, Value};

/// An operation with inputs inside its domain.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The operation.
    pub op: Op,
    /// Its inputs.
    pub inputs: Vec<Value>,
    /// The value expected, from a source other than this engine, with the largest error allowed in ULP.
    pub expected: Option<(Value, f64)>,
    /// Whether the operation is smooth here, so that difference quotients can be compared with its derivatives.
    pub smooth: bool,
}

impl Sample {
    /// A smooth point.
    pub fn new(op: impl Into<Op>, inputs: impl IntoIterator<Item = Value>) -> Self {
        Self { op: op.into(), inputs: inputs.into_iter().collect(), expected: None, smooth: true }
    }

    /// With its exact value.
    #[must_use]
    pub fn gives(self, value: impl Into<Value>) -> Self {
        self.gives_within(value, 0.0)
    }

    /// With its value, to so many ULP.
    #[must_use]
    pub fn gives_within(mut self, value: impl Into<Value>, ulps: f64) -> Self {
        self.expected = Some((value.into(), ulps));
        self
    }

    /// At a kink, a pole, or in a dtype without derivatives: only the value is tested.
    #[must_use]
    pub fn value_only(mut self) -> Self {
        self.smooth = false;
        self
    }
}

/// An operation with input types that it must refuse, and a piece of the reason that it must give.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The operation.
    pub op: Op,
    /// The types of the inputs.
    pub inputs: Vec<ArrayType>,
    /// A piece of the reason.
    pub says: &'static str,
}

impl Refused {
    /// A refusal.
    pub fn new(op: impl Into<Op>, inputs: impl IntoIterator<Item = ArrayType>, says: &'static str) -> Self {
        Self { op: op.into(), inputs: inputs.into_iter().collect(), says }
    }
}

/// `n` different numbers without structure, in (−1, 1): the fractional parts of multiples of the golden
/// ratio, so that samples need no random source.
pub(crate) fn spread(n: usize, offset: usize) -> Vec<f64> {
    (0..n).map(|i| 2.0 * (((i + offset + 1) as f64) * 0.618_033_988_749_894_9).fract() - 1.0).collect()
}

/// An array of [`spread`] numbers.
pub(crate) fn spread_array(shape: &[usize], offset: usize) -> Value {
    let n = shape.iter().product();
    let array = ndarray::ArrayD::from_shape_vec(shape, spread(n, offset)).expect("as many numbers as the shape holds");
    Value::from(array)
}
