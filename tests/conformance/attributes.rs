//! The attributes of a step, read into the types that Cinta's methods take.
use cinta::{Axes, Conv, Window, keepdims};
use serde_json::Value as Json;

use crate::corpus::{integer, list, number};
use crate::program::Stop;

/// The attributes of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes<'a>(pub(crate) &'a Json);

impl<'a> Attributes<'a> {
    pub(crate) fn get(self, name: &str) -> &'a Json {
        &self.0[name]
    }

    pub(crate) fn number(self, name: &str) -> f64 {
        number(self.get(name))
    }

    pub(crate) fn int(self, name: &str) -> isize {
        to_isize(self.get(name))
    }

    pub(crate) fn ints(self, name: &str) -> Vec<isize> {
        list(self.get(name)).iter().map(to_isize).collect()
    }

    /// Sizes are `usize`, so the compiler refuses a negative one in a program.
    pub(crate) fn size(self, name: &str) -> Result<usize, Stop> {
        to_usize(self.get(name))
    }

    pub(crate) fn sizes<C: FromIterator<usize>>(self, name: &str) -> Result<C, Stop> {
        list(self.get(name)).iter().map(to_usize).collect()
    }

    /// Pairs of sizes.
    pub(crate) fn pairs(self, name: &str) -> Result<Vec<(usize, usize)>, Stop> {
        list(self.get(name)).iter().map(|pair| Ok((to_usize(&pair[0])?, to_usize(&pair[1])?))).collect()
    }

    /// The window of a pooling.
    pub(crate) fn window(self) -> Result<Window, Stop> {
        let [size, strides] = [self.sizes::<Vec<_>>("window")?, self.sizes("strides")?];
        Ok(Window::new(&size[..]).stride(&strides[..]))
    }

    /// A convolution with its padding.
    pub(crate) fn conv(self, conv: Conv) -> Conv {
        if self.get("padding") == "same" { conv.same() } else { conv }
    }

    /// The axes of a reduction.
    pub(crate) fn axes(self) -> Axes {
        let axes = if self.get("axes").is_null() { Axes::all() } else { Axes::from(self.ints("axes")) };
        if self.get("keepdims").as_bool().unwrap_or(false) { keepdims(axes) } else { axes }
    }
}

fn to_isize(json: &Json) -> isize {
    integer(json).try_into().expect("64 bits")
}

pub(crate) fn to_usize(json: &Json) -> Result<usize, Stop> {
    integer(json).try_into().map_err(|_| Stop::FrontEnd(format!("{json} is no usize")))
}
