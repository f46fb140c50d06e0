//! Graphs as text, formulas and pictures.
mod text;
