//! Functions made of operations: sums and means, activations, softmax, losses, norms, convolutions.
mod activations;
mod between;
mod conv;
mod convolve;
mod cross_entropy;
mod moments;
mod norm;
mod normalization;
mod not_finite;
mod one_hot;
mod pooling;
mod slicing;
mod stack;
mod sums;
mod window;

pub use conv::Conv;
pub use normalization::BatchNorm;
pub use slicing::Ranges;
pub use stack::{stack, try_stack};
pub use window::{PerAxis, Window};
