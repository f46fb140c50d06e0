#![doc = include_str!("../README.md")]
pub use cinta_check as check;
pub use cinta_graph::*;
pub use cinta_program::*;
