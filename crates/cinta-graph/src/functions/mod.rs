//! Functions made of operations: sums and means, activations, softmax, losses, norms; parts, diagonals, curves, Einstein sums.
mod activations;
mod axes;
mod between;
mod cross_entropy;
mod curves;
mod diagonals;
mod einsum;
mod kron;
mod masks;
mod moments;
mod norm;
mod not_finite;
mod one_hot;
mod parts;
mod positions;
mod segments;
mod slicing;
mod stack;
mod sums;

pub use einsum::{einsum, try_einsum};
pub use kron::{Grid, meshgrid, try_meshgrid};
pub use slicing::Ranges;
pub use stack::{stack, try_stack};
