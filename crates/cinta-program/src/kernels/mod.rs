//! The arithmetic of compiled programs: loops over slices, reductions, matrix products, each in vector instructions.
//!
//! A kernel is written once, as a branch-free function of one element (`Map1`, `Map2`, `Map3`), and compiled for
//! every [`KernelSet`] by instantiating one plain loop in a function that has the set's instructions enabled; the
//! compiler vectorises it. A program asks for its loops once and calls them through pointers:
//!
//! ```text
//! let set = KernelSet::best();
//! let tanh = set.unary::<f64>(Unary::Tanh);       // fn(&[f64], &mut [f64])
//! tanh(&x, &mut y);
//! ```
//!
//! Long functions of one number are cut into steps, each of which is a loop over a block (`staged`); long kernels over the same
//! elements take turns (`turns`). Neighbours that are plain arithmetic, or have a formula without exceptions, become machine code, which
//! keeps in registers what one computes for the next (`native`); for that, formulas are written for any kind of number (`number`).
//!
//! Two functions of one number that share most of their work, as a function and its slope often do, also come as one loop
//! ([`Twin`]); what is computed of whole rows, as softmax is, has kernels of its own ([`Rows`]), and so have masks of `bool`s.
//!
//! # Numbers
//! Plain arithmetic gives the bits of the interpreter on every set: `a·b + c` is two roundings. Functions that the
//! standard library computes to 1 ULP are computed to 1 ULP too (a few to 2, as said at each), others to 4. NaN,
//! infinities, signed zeros, subnormal numbers, overflow and underflow come out as the interpreter gives them. On
//! [`KernelSet`]s with fused multiply-add the transcendental functions use it, so that their last bit may differ between
//! sets; on one set an element has the same bits wherever in a slice it stands. Truth values are 1 and 0.
//!
//! # Lengths
//! Slices of one call have one length, and outputs never overlap inputs (the borrow checker sees to that). Lengths that
//! are multiples of 8 are fastest: pad short buffers, with ones, where the extra elements do not matter.
#![cfg_attr(not(test), expect(dead_code, reason = "what programs do not take, tests compare with what they do"))]
#![expect(
    clippy::needless_range_loop,
    reason = "indices into arrays of known size, unrolled, read as the sums they stand for"
)]
#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the set")]
mod arithmetic;
mod batch;
mod catalog;
mod circular;
mod columns;
mod comparison;
mod error_function;
mod exponential;
mod float;
mod gamma;
mod gather;
mod hyperbolic;
mod hypot;
mod inverse_circular;
mod inverse_error_function;
mod inverse_hyperbolic;
#[cfg(target_arch = "x86_64")]
mod lines;
mod logarithm;
mod loops;
mod masks;
#[cfg(test)]
mod meanings;
mod native;
mod normal;
mod number;
mod one_row;
mod power;
mod prefetch;
mod product;
mod rows;
mod set;
mod short_rows;
mod softmax;
mod staged;
mod straight_line;
mod sums;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_columns;
#[cfg(test)]
mod tests_of_masks;
#[cfg(test)]
mod tests_of_products;
#[cfg(test)]
mod tests_of_twins;
mod tile;
mod transpose;
mod turns;
mod vector_product;
mod weighted;
mod window;

pub(crate) use batch::Batch;
pub(crate) use catalog::{Binary, Ternary, Twin, Unary};
pub(crate) use columns::NARROWEST;
pub(crate) use float::Float;
pub(crate) use gather::Moved;
pub(crate) use masks::Comparison;
pub(crate) use native::{Call, Draft, Foundry, Line, MOST as MOST_OPERANDS, Native, Operands, SUMS};
pub(crate) use prefetch::Ahead;
pub(crate) use product::{Matrix, Onto, product};
pub(crate) use rows::Rows;
pub use set::KernelSet;
pub(crate) use straight_line::{Code, Lines, MOST};
pub(crate) use sums::Add;
pub(crate) use turns::{Kernel, Looped, Source, Target, Turn, room, take_turns};
pub(crate) use window::Window;
