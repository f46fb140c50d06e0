//! Compiled graphs of [Cinta](https://docs.rs/cinta): trace a function once, transform it, call it many times.
//!
//! Use the `cinta` crate, which re-exports this one; start at [`Function`].
mod bands;
mod choose;
mod desk;
mod explain;
mod finite;
mod flat;
mod function;
mod in_place;
mod kernels;
mod lower;
mod memory;
mod options;
mod place;
mod plan;
mod profile;
mod program;
mod ready;
mod run;
mod saved;
mod simplify;
mod steps;
mod view;

pub use explain::Explanation;
pub use function::{
    Arguments, Destinations, Function, List, MappedAxes, Named, Names, One, Outputs, Pair, Several, Stateful,
};
/// Maps from names to arrays or variables, in order.
pub use indexmap::IndexMap;
pub use kernels::KernelSet;
pub use options::{Bands, NativeCode, Options};
pub use profile::{Profile, StepProfile};
pub use program::Program;
pub use simplify::Passes;
pub use view::{View, ViewMut, Viewed};
