//! Transformations: they read the graph of a tape and record onto it, in the operations users have.
//!
//! Derivatives are therefore graphs like any other, and compose in any order to any depth.
mod derivatives;
mod higher;
mod path;
mod pullback;
mod pushforward;
mod vmap;
mod walk;
mod wrt;

pub use derivatives::{jvp, vjp};
pub use vmap::{try_vmap, try_vmap_list, vmap};
pub use wrt::Wrt;
