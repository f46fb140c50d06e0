//! Functions made of operations: sums and means, softmax, losses, norms.
mod sums;
