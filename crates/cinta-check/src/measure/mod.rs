//! The slope of a function along a line, from values alone, and whether a claimed one stands.
mod ladder;
mod slope;
mod space;
mod table;

pub(crate) use ladder::{Direction, Ladder, Rung};
pub(crate) use slope::{Finding, quantum};
pub(crate) use space::Space;
pub(crate) use table::{Method, columns};
