#![doc = include_str!("../README.md")]
pub use cinta_graph::*;
