#![doc = include_str!("../README.md")]
pub use cinta_check as check;
pub use cinta_graph::*;
pub use cinta_program::*;

/// How to check gradients: a page with examples.
#[doc = include_str!("../docs/gradient-checking.md")]
pub mod gradient_checking {}
