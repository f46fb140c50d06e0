//! Functions made of operations: sums and means, softmax, losses, norms.
mod one_hot;
mod stack;
mod sums;

pub use stack::{stack, try_stack};
