//! Compiled graphs of [Cinta](https://docs.rs/cinta): trace a function once, transform it, call it many times.
//!
//! Use the `cinta` crate, which re-exports this one; start at [`Program`].
mod lower;
mod memory;
mod plan;
mod program;
mod run;
mod simplify;
mod steps;
mod view;

pub use program::Program;
pub use simplify::Passes;
pub use view::{View, ViewMut, Viewed};
