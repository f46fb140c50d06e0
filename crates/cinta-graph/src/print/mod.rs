//! Graphs as text, formulas and pictures.
mod cursor;
mod formula;
mod names;
mod nearest;
mod numbers;
mod parse;
mod pieces;
mod sheet;
mod terms;
mod text;

pub use names::Style;
