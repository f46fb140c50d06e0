//! What a function is called with: a tuple, an array, a slice, or arrays by name.
use std::borrow::Borrow;

use cinta_graph::{Error, ErrorKind, Value};
use indexmap::IndexMap;
use smallvec::SmallVec;

use crate::view::{View, ViewMut};

/// Views in the order of a function's inputs; sixteen need no memory of their own.
pub type Views<'a> = SmallVec<[View<'a>; 16]>;

/// The arguments of a call: a tuple of anything that becomes a [`View`], an array or slice of it, or a map from
/// names to [`Value`]s.
pub trait Arguments<'a> {
    /// The views, in the order of the function's inputs.
    ///
    /// # Errors
    /// If a name is missing or is none of the function's.
    fn views(self, names: &[String]) -> Result<Views<'a>, Error>;
}

/// Arrays that results are written into: a tuple of anything that becomes a [`ViewMut`], or an array of it.
pub trait Destinations<'a> {
    /// The views, in the order of the results.
    fn views(self) -> SmallVec<[ViewMut<'a>; 8]>;
}

/// Generic code cannot range over the lengths of tuples.
macro_rules! tuples {
    ($($T:ident)*) => {
        impl<'a, $($T: Into<View<'a>>),*> Arguments<'a> for ($($T,)*) {
            fn views(self, _names: &[String]) -> Result<Views<'a>, Error> {
                #[expect(non_snake_case, reason = "the values are named as their types")]
                let ($($T,)*) = self;
                let mut views = Views::new();
                $(views.push($T.into());)*
                Ok(views)
            }
        }

        impl<'a, $($T: Into<ViewMut<'a>>),*> Destinations<'a> for ($($T,)*) {
            fn views(self) -> SmallVec<[ViewMut<'a>; 8]> {
                #[expect(non_snake_case, reason = "the values are named as their types")]
                let ($($T,)*) = self;
                let mut views = SmallVec::new();
                $(views.push($T.into());)*
                views
            }
        }
    };
}

impl<'a> Arguments<'a> for () {
    fn views(self, _names: &[String]) -> Result<Views<'a>, Error> {
        Ok(Views::new())
    }
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);

impl<'a, T: Into<View<'a>>, const N: usize> Arguments<'a> for [T; N] {
    fn views(self, _names: &[String]) -> Result<Views<'a>, Error> {
        Ok(self.into_iter().map(Into::into).collect())
    }
}

impl<'a, T: Into<ViewMut<'a>>, const N: usize> Destinations<'a> for [T; N] {
    fn views(self) -> SmallVec<[ViewMut<'a>; 8]> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<'a> Arguments<'a> for &'a [Value] {
    fn views(self, _names: &[String]) -> Result<Views<'a>, Error> {
        Ok(self.iter().map(View::from).collect())
    }
}

impl<'a> Arguments<'a> for &'a Vec<Value> {
    fn views(self, names: &[String]) -> Result<Views<'a>, Error> {
        self.as_slice().views(names)
    }
}

impl<'a> Arguments<'a> for &[View<'a>] {
    fn views(self, _names: &[String]) -> Result<Views<'a>, Error> {
        Ok(self.iter().cloned().collect())
    }
}

impl<'a, K: Borrow<str> + std::hash::Hash + Eq> Arguments<'a> for &'a IndexMap<K, Value> {
    fn views(self, names: &[String]) -> Result<Views<'a>, Error> {
        let given: Vec<&str> = self.keys().map(Borrow::borrow).collect();
        let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !given.contains(name)).collect();
        let extra: Vec<&str> = given.iter().copied().filter(|given| !names.iter().any(|name| name == given)).collect();
        if !missing.is_empty() || !extra.is_empty() {
            let some = |names: &[&str], what: &str| match names {
                [] => String::new(),
                _ => format!("; {} {what}", names.join(", ")),
            };
            let (missing, extra) = (some(&missing, "is missing"), some(&extra, "is none of them"));
            let reason = format!("takes the arguments {}{missing}{extra}", names.join(", "));
            return Err(Error::new(ErrorKind::Argument, "call", reason));
        }
        Ok(names.iter().map(|name| View::from(&self[name.as_str()])).collect())
    }
}
