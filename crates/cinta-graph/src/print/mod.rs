//! Graphs as text, formulas and pictures.
mod cursor;
mod nearest;
mod parse;
mod text;
