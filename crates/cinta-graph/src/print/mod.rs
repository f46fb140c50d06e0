//! Graphs as text, formulas and pictures.
mod cursor;
mod dot;
mod formula;
mod names;
mod nearest;
mod numbers;
mod parse;
mod pieces;
mod sheet;
mod terms;
mod text;
mod textbook;
mod trace;

pub use names::Style;
