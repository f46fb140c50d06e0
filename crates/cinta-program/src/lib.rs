//! Compiled graphs of [Cinta](https://docs.rs/cinta): trace a function once, transform it, call it many times.
mod kernels;
