//! Memory that operations need beside their results.
use std::fmt::{self, Debug, Formatter};

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};

/// What operations that [write where they are told](crate::ops::OpDef::eval_into) keep from one evaluation to the next, so
/// that those of a compiled program allocate the first time only. Any operation may leave anything there.
#[derive(Default)]
pub struct Workspace {
    pub(crate) numbers: Vec<f64>,
    pub(crate) positions: Vec<usize>,
    stack: Option<MemBuffer>,
}

impl Workspace {
    /// So many zeros, so many positions, and memory as factorisations ask for it; or an error where there is none.
    pub(crate) fn room(
        &mut self,
        numbers: usize,
        positions: usize,
        stack: StackReq,
    ) -> Result<(&mut [f64], &mut [usize], &mut MemStack), String> {
        if !self.stack.as_mut().is_some_and(|buffer| MemStack::new(buffer).can_hold(stack)) {
            self.stack = Some(MemBuffer::try_new(stack).map_err(|_| no_memory(stack.size_bytes(), "bytes"))?);
        }
        let buffer = self.stack.as_mut().expect("made above");
        Ok((
            filled(&mut self.numbers, numbers, 0.0)?,
            filled(&mut self.positions, positions, 0)?,
            MemStack::new(buffer),
        ))
    }
}

/// What is kept says nothing: a copy begins without.
impl Clone for Workspace {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Debug for Workspace {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Workspace")
    }
}

/// A list made of one element, so many times; or an error where there is no memory.
pub(crate) fn filled<T: Copy>(list: &mut Vec<T>, n: usize, x: T) -> Result<&mut [T], String> {
    list.clear();
    list.try_reserve_exact(n).map_err(|_| no_memory(n, "numbers on the way"))?;
    list.resize(n, x);
    Ok(list)
}

fn no_memory(n: usize, what: &str) -> String {
    format!("there is no memory for {n} {what}")
}
