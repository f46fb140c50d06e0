//! What functions take and give, seen as arrays: numbers, arrays of any rank, tuples, maps, structs of these.
use std::collections::BTreeMap;

use cinta_graph::{ArrayType, DType, Element, Shape, Value};
use ndarray::{Array, Array2, ArrayD, Dimension};

use crate::arrays::{epsilon, from_f64s};

/// Something made of arrays: what a function under test takes or gives, and its gradient.
///
/// Numbers, `Vec`s and `Vec`s of rows, Rust's and `ndarray`'s arrays, lists of these, [`Value`]s, tuples and maps by name are; a struct of parameters
/// becomes one in a few lines.
///
/// ```
/// use cinta_check::{Arrays, check_gradient, field};
/// use cinta_graph::Value;
/// use ndarray::{Array1, array};
///
/// #[derive(Clone)]
/// struct Line { slope: Array1<f64>, offset: f64 }
///
/// impl Arrays for Line {
///     fn arrays(&self) -> Vec<(String, Value)> {
///         [field("slope", &self.slope), field("offset", &self.offset)].concat()
///     }
///
///     fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
///         Self { slope: self.slope.with_arrays(arrays), offset: self.offset.with_arrays(arrays) }
///     }
/// }
///
/// let f = |p: &Line| (&p.slope * &p.slope).sum() + p.offset.sin();
/// let df = |p: &Line| Line { slope: 2.0 * &p.slope, offset: p.offset.cos() };
/// let report = check_gradient(f, df, &Line { slope: array![1.0, -0.5], offset: 0.3 });
/// assert!(report.passed(), "{report}");
/// ```
pub trait Arrays: Sized {
    /// The arrays inside, each with its name; the name is empty where there is only one.
    fn arrays(&self) -> Vec<(String, Value)>;

    /// The same thing with other numbers: as many arrays as [`arrays`](Self::arrays) gives, of the same types, are
    /// taken from the iterator.
    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self;
}

/// The arrays of a part, named after it: `w`, `w.0`, `w.bias`.
pub fn field(name: &str, part: &impl Arrays) -> Vec<(String, Value)> {
    let named = |(inner, value): (String, Value)| match inner.as_str() {
        "" => (name.to_owned(), value),
        inner => (format!("{name}.{inner}"), value),
    };
    part.arrays().into_iter().map(named).collect()
}

fn single(value: impl Into<Value>) -> Vec<(String, Value)> {
    vec![(String::new(), value.into())]
}

fn next<T: Element>(arrays: &mut dyn Iterator<Item = Value>) -> ArrayD<T> {
    arrays.next().expect("as many arrays as there were").to_array()
}

fn next_number<T: Element>(arrays: &mut dyn Iterator<Item = Value>) -> T {
    *next(arrays).first().expect("one number")
}

impl Arrays for f64 {
    fn arrays(&self) -> Vec<(String, Value)> {
        single(*self)
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        next_number(arrays)
    }
}

impl Arrays for f32 {
    fn arrays(&self) -> Vec<(String, Value)> {
        single(*self)
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        next_number(arrays)
    }
}

/// Lists and grids of numbers, one dtype at a time: lists of arrays are something else.
macro_rules! lists {
    ($($T:ty),*) => {$(
        impl Arrays for Vec<$T> {
            fn arrays(&self) -> Vec<(String, Value)> {
                single(&self[..])
            }

            fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
                next(arrays).into_raw_vec_and_offset().0
            }
        }

        /// Rows, by number: they may differ in length.
        impl Arrays for Vec<Vec<$T>> {
            fn arrays(&self) -> Vec<(String, Value)> {
                self.iter().enumerate().flat_map(|(i, row)| field(&i.to_string(), row)).collect()
            }

            fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
                self.iter().map(|row| row.with_arrays(arrays)).collect()
            }
        }

        impl<const N: usize> Arrays for [$T; N] {
            fn arrays(&self) -> Vec<(String, Value)> {
                single(&self[..])
            }

            fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
                let array = next(arrays);
                std::array::from_fn(|i| array[i])
            }
        }

        impl<const N: usize, const M: usize> Arrays for [[$T; M]; N] {
            fn arrays(&self) -> Vec<(String, Value)> {
                single(Array2::from_shape_fn((N, M), |(i, j)| self[i][j]))
            }

            fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
                let array = next(arrays);
                std::array::from_fn(|i| std::array::from_fn(|j| array[[i, j]]))
            }
        }
    )*};
}

lists!(f64, f32, i64, bool);

/// The arrays of layers, by number.
impl<T: Element, D: Dimension> Arrays for Vec<Array<T, D>> {
    fn arrays(&self) -> Vec<(String, Value)> {
        self.iter().enumerate().flat_map(|(i, part)| field(&i.to_string(), part)).collect()
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        self.iter().map(|part| part.with_arrays(arrays)).collect()
    }
}

impl<T: Element, D: Dimension> Arrays for Array<T, D> {
    fn arrays(&self) -> Vec<(String, Value)> {
        single(self)
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        next(arrays).into_dimensionality().expect("the same rank")
    }
}

impl Arrays for Value {
    fn arrays(&self) -> Vec<(String, Value)> {
        vec![(String::new(), self.clone())]
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        arrays.next().expect("as many arrays as there were")
    }
}

/// Generic code cannot range over the lengths of tuples.
macro_rules! tuples {
    ($($T:ident $i:tt),*) => {
        impl<$($T: Arrays),*> Arrays for ($($T,)*) {
            fn arrays(&self) -> Vec<(String, Value)> {
                [$(field(stringify!($i), &self.$i)),*].concat()
            }

            fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
                ($(self.$i.with_arrays(arrays),)*)
            }
        }
    };
}

tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);

impl<V: Arrays> Arrays for BTreeMap<String, V> {
    fn arrays(&self) -> Vec<(String, Value)> {
        self.iter().flat_map(|(name, part)| field(name, part)).collect()
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        self.iter().map(|(name, part)| (name.clone(), part.with_arrays(arrays))).collect()
    }
}

/// By name, in the order of the names.
#[expect(clippy::disallowed_types, reason = "people have such maps; theirs are read in the order of their names")]
impl<V: Arrays, S: std::hash::BuildHasher + Clone + Default> Arrays for std::collections::HashMap<String, V, S> {
    fn arrays(&self) -> Vec<(String, Value)> {
        sorted(self).into_iter().flat_map(|(name, part)| field(name, part)).collect()
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        sorted(self).into_iter().map(|(name, part)| (name.clone(), part.with_arrays(arrays))).collect()
    }
}

#[expect(clippy::disallowed_types, reason = "people have such maps; theirs are read in the order of their names")]
fn sorted<V, S>(map: &std::collections::HashMap<String, V, S>) -> BTreeMap<&String, &V> {
    map.iter().collect()
}

/// What a gradient of another shape than its input's looks like.
fn hint(input: &Shape, gradient: &Shape) -> &'static str {
    let apart = |shape: &Shape| shape.iter().copied().filter(|n| *n != 1).collect::<Vec<usize>>();
    // Axes that were broadcast stand between those of the input, or where it has size 1.
    let within = |some: &[usize], all: &[usize]| {
        let mut all = all.iter();
        some.iter().all(|n| all.any(|m| n == m))
    };
    let (ours, theirs) = (apart(input), apart(gradient));
    if input == gradient {
        ""
    } else if ours == theirs {
        ": it has the same axes, but for those of size 1"
    } else if ours.iter().eq(theirs.iter().rev()) {
        ": is it the transpose?"
    } else if within(&ours, &theirs) {
        ": is a sum over the axes that were broadcast missing?"
    } else {
        ""
    }
}

/// Arrays as one list of numbers: those of the floats, one after another. The others stay what they are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    arrays: Vec<(String, Value)>,
}

impl Layout {
    pub(crate) fn of(what: &impl Arrays) -> Self {
        let name = |(name, value): (String, Value)| (if name.is_empty() { "x".to_owned() } else { name }, value);
        Self { arrays: what.arrays().into_iter().map(name).collect() }
    }

    pub(crate) fn of_values(values: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self { arrays: values.into_iter().collect() }
    }

    fn floats(&self) -> impl Iterator<Item = &(String, Value)> {
        self.arrays.iter().filter(|(_, value)| value.dtype().is_float())
    }

    /// The names and types of the floats.
    pub(crate) fn inputs(&self) -> Vec<(String, ArrayType)> {
        self.floats().map(|(name, value)| (name.clone(), value.array_type())).collect()
    }

    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.floats().flat_map(|(_, value)| value.to_f64s()).collect()
    }

    /// The dtype of every number.
    pub(crate) fn dtypes(&self) -> Vec<DType> {
        self.floats().flat_map(|(_, value)| vec![value.dtype(); value.shape().size()]).collect()
    }

    /// Numbers as these arrays hold them.
    pub(crate) fn rounded(&self, numbers: &[f64]) -> Vec<f64> {
        self.values(numbers).iter().filter(|value| value.dtype().is_float()).flat_map(Value::to_f64s).collect()
    }

    /// Whether every array has the same bits as another's.
    pub(crate) fn same_bits(&self, other: &Self) -> bool {
        self.arrays.len() == other.arrays.len()
            && self.arrays.iter().zip(&other.arrays).all(|((_, a), (_, b))| a.same_bits(b))
    }

    /// The rounding of the coarsest dtype.
    pub(crate) fn epsilon(&self) -> f64 {
        self.floats().map(|(_, value)| epsilon(value.dtype())).fold(f64::EPSILON, f64::max)
    }

    /// The arrays with other numbers.
    pub(crate) fn values(&self, numbers: &[f64]) -> Vec<Value> {
        let mut numbers = numbers.iter().copied();
        let value = |(_, value): &(String, Value)| {
            let ty = value.array_type();
            if ty.dtype.is_float() { from_f64s(&ty, numbers.by_ref().take(ty.shape.size())) } else { value.clone() }
        };
        self.arrays.iter().map(value).collect()
    }

    /// What differs between the types of these arrays and others that should have the same, by name.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let (ours, theirs) = (self.inputs(), other.inputs());
        if ours.len() != theirs.len() {
            let lacks = |some: &[(String, ArrayType)], others: &[(String, ArrayType)]| {
                let names =
                    some.iter().map(|(name, _)| name).filter(|name| others.iter().all(|(other, _)| other != *name));
                names.cloned().collect::<Vec<_>>().join(", ")
            };
            let missing = match (lacks(&ours, &theirs), lacks(&theirs, &ours)) {
                (ours, theirs) if ours.is_empty() && theirs.is_empty() => String::new(),
                (ours, theirs) if theirs.is_empty() => format!(": {ours} is missing"),
                (ours, theirs) if ours.is_empty() => format!(": {theirs} is no input"),
                (ours, theirs) => format!(": {ours} is missing, and {theirs} is no input"),
            };
            return vec![format!("there are {} arrays, and the gradient has {}{missing}", ours.len(), theirs.len())];
        }
        let mut named = ours.iter().zip(&theirs);
        if let Some(((name, _), (other, _))) = named.find(|((name, _), (other, _))| name != other) {
            return vec![format!(
                "the input has {name} where the gradient has {other}: they should have the same names"
            )];
        }
        let differs = |((name, a), (_, b)): (&(String, ArrayType), &(String, ArrayType))| {
            (a != b).then(|| format!("{name} is {a}, and its gradient {b}{}", hint(&a.shape, &b.shape)))
        };
        ours.iter().zip(&theirs).filter_map(differs).collect()
    }
}
