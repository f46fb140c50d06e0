//! Functions made of operations: sums and means, activations, softmax, losses, norms.
mod activations;
mod between;
mod cross_entropy;
mod linear_algebra;
mod moments;
mod norm;
mod not_finite;
mod one_hot;
mod slicing;
mod stack;
mod sums;

pub use slicing::Ranges;
pub use stack::{stack, try_stack};
