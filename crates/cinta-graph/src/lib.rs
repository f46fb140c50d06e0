//! The graph of [Cinta](https://docs.rs/cinta): tape, operations, derivatives, interpreter, printers.
//!
//! Use the `cinta` crate, which re-exports this one; start at [`Tape`] and [`Var`].
//!
//! Operators and methods on [`Var`] panic on a type error, as `ndarray` does, with the operation, the types
//! and the caller's line; each has a `try_` twin that returns the [`Error`].
mod array_type;
mod custom;
mod dtype;
mod elements;
mod error;
pub mod functions;
mod gather;
mod graph;
mod interpret;
mod operand;
mod operators;
pub mod ops;
mod place;
mod pool;
mod print;
mod scalar;
mod shape;
mod stored;
mod strided;
mod tape;
mod transform;
mod value;
mod var;
mod workspace;

pub use array_type::ArrayType;
pub use custom::{custom_vjp, try_custom_vjp};
pub use dtype::{DType, Element, Numeric, Real};
pub use elements::{Elements, ElementsMut, InElements, RowMajor};
pub use error::{Error, ErrorKind, catch};
pub use functions::{
    BatchNorm, Conv, Grid, PerAxis, Ranges, Window, einsum, meshgrid, stack, try_einsum, try_meshgrid, try_stack,
};
pub use gather::Transpose;
pub use graph::{Constant, Graph, Kind, NodeId, Role};
pub use operand::Operand;
pub use ops::Op;
pub use ops::concat::{concat, try_concat};
pub use ops::custom::{CustomOp, custom, try_custom};
pub use ops::extremum::Ties;
pub use ops::search_sorted::Side;
pub use ops::triangular_solve::Triangle;
pub use place::Place;
pub use pool::Output;
pub use print::Style;
pub use shape::{Axes, Shape, keepdims};
pub use strided::Strided;
pub use tape::Tape;
pub use transform::{Wrt, jvp, try_vmap, try_vmap_list, vjp, vmap};
pub use value::Value;
pub use var::Var;
pub use workspace::Workspace;
