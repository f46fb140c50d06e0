//! The slope of a function along a line, from values alone, and whether a claimed one stands.
mod ladder;
mod slope;
mod space;
mod table;

pub(crate) use ladder::{Direction, Ladder, Rung, Side, Taken, Values};
pub(crate) use slope::{FLAT, Finding, Slope, WHOLE, quantum, scatter};
pub(crate) use space::{Space, Square};
pub(crate) use table::{Method, columns};
