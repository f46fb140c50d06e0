//! Reports as data, and back: places and types as their texts, numbers that are not finite as `"NaN"`, `"inf"`, `"-inf"`.
use std::fmt::Display;

use cinta_graph::{ArrayType, Graph, Place};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is written as its text.
pub(crate) trait Text: Display + Sized {
    /// What was written so.
    fn read(text: &str) -> Option<Self>;
}

impl Text for Place {
    fn read(text: &str) -> Option<Self> {
        let (rest, column) = text.rsplit_once(':')?;
        let (file, line) = rest.rsplit_once(':')?;
        Some(Self { file: file.to_owned().into(), line: line.parse().ok()?, column: column.parse().ok()? })
    }
}

impl Text for ArrayType {
    fn read(text: &str) -> Option<Self> {
        let graph: Graph = format!("%0: {text} = input \"x\"").parse().ok()?;
        graph.ids().next().map(|id| graph.array_type(id).clone())
    }
}

impl Text for f64 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// For fields that are texts.
pub(crate) mod text {
    use super::{Deserialize, Deserializer, Serializer, Text};

    pub(crate) fn serialize<S: Serializer>(what: &impl Text, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(what)
    }

    pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::read(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not what was expected")))
    }
}

/// A number, finite or not.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    #[serde(with = "text")]
    Other(f64),
}

impl From<f64> for Number {
    fn from(x: f64) -> Self {
        if x.is_finite() { Self::Finite(x) } else { Self::Other(x) }
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        let (Number::Finite(x) | Number::Other(x)) = number;
        x
    }
}

/// For fields that are numbers.
pub(crate) mod number {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "this is how serde calls it")]
    pub(crate) fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Number::from(*x).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Number::deserialize(deserializer).map(f64::from)
    }
}

/// For fields that are two numbers.
pub(crate) mod pair {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(pair: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
        pair.map(Number::from).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 2], D::Error> {
        <[Number; 2]>::deserialize(deserializer).map(|pair| pair.map(f64::from))
    }
}

/// For fields that are curves: points by order.
pub(crate) mod curves {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    type Curves<T> = Vec<(usize, Vec<(T, T)>)>;

    fn mapped<S: Copy, T: From<S>>(curves: &Curves<S>) -> Curves<T> {
        let points = |points: &Vec<(S, S)>| points.iter().map(|(x, y)| (T::from(*x), T::from(*y))).collect();
        curves.iter().map(|(order, of_order)| (*order, points(of_order))).collect()
    }

    pub(crate) fn serialize<S: Serializer>(curves: &Curves<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        mapped::<f64, Number>(curves).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Curves<f64>, D::Error> {
        Curves::<Number>::deserialize(deserializer).map(|curves| mapped(&curves))
    }
}
