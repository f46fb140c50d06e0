//! What a function is called with: a tuple, an array, a slice, or arrays by name.
use std::borrow::Borrow;

use cinta_graph::{Error, ErrorKind, Value};
use indexmap::IndexMap;
use ndarray::{ArrayBase, Data, DataMut, Dimension};
use smallvec::SmallVec;

use crate::view::{View, ViewMut, Viewed};

/// The arguments of a call: a tuple of anything that becomes a [`View`], an array or slice of it, or a map from
/// names to [`Value`]s. A single array or number need not be in a tuple.
///
/// ```
/// use cinta_program::Function;
/// let mut product = Function::new(["a", "b"], |[a, b]| a * b);
/// assert_eq!(product.call((2.0, &[3.0, 4.0]))?.to_f64s(), [6.0, 8.0]); // two arguments, a number and a vector
/// let mut norm = Function::new(["x"], |[x]| x.square().sum().sqrt());
/// assert_eq!(norm.call(&vec![3.0, 4.0])?.item(), Some(5.0)); // one, a vector
/// # Ok::<(), cinta_graph::Error>(())
/// ```
pub trait Arguments<'a> {
    /// Gives the views to a function, in the order of the inputs, which have these names.
    ///
    /// # Errors
    /// If a name is missing or is none of the function's; else those of the function.
    fn with<R>(self, names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error>;
}

/// Arrays that results are written into: a tuple of anything that becomes a [`ViewMut`], or an array of it; a slice of
/// `ViewMut`s, for results whose number is known at run time; for a single result, the array or number itself.
///
/// ```
/// use cinta_program::{Function, ViewMut};
/// let mut powers = Function::list(&["x"], |_, v| Ok((1..=3).map(|n| v[0].powi(n)).collect()));
/// let mut results = vec![vec![0.0; 2]; 3];
/// let mut views: Vec<ViewMut<'_>> = results.iter_mut().map(ViewMut::from).collect();
/// powers.call_into(&vec![2.0, 3.0], &mut views[..])?;
/// assert_eq!(results, [[2.0, 3.0], [4.0, 9.0], [8.0, 27.0]]);
/// # Ok::<(), cinta_graph::Error>(())
/// ```
pub trait Destinations<'a> {
    /// Gives the views to a function, in the order of the results.
    fn with<R>(self, f: impl FnOnce(&mut [ViewMut<'a>]) -> R) -> R;
}

/// Views of a list, of which few need no memory of their own.
type Few<'a> = SmallVec<[View<'a>; 8]>;

/// Generic code cannot range over the lengths of tuples.
macro_rules! tuples {
    ($($T:ident)*) => {
        impl<'a, $($T: Into<View<'a>>),*> Arguments<'a> for ($($T,)*) {
            fn with<R>(self, _names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
                #[expect(non_snake_case, reason = "the values are named as their types")]
                let ($($T,)*) = self;
                f(&[$($T.into()),*])
            }
        }

        impl<'a, $($T: Into<ViewMut<'a>>),*> Destinations<'a> for ($($T,)*) {
            fn with<R>(self, f: impl FnOnce(&mut [ViewMut<'a>]) -> R) -> R {
                #[expect(non_snake_case, reason = "the values are named as their types")]
                let ($($T,)*) = self;
                f(&mut [$($T.into()),*])
            }
        }
    };
}

impl<'a> Arguments<'a> for () {
    fn with<R>(self, _names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
        f(&[])
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

/// One array or number as it is. `&[a, b]` is none of them: two arguments, `[a, b]`, would look the same.
macro_rules! single {
    ($([$($of:tt)*] $T:ty),+; $([$($of_mut:tt)*] $M:ty),+) => {
        $(impl<'a, $($of)*> Arguments<'a> for $T {
            fn with<R>(self, _names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
                f(&[self.into()])
            }
        })+

        $(impl<'a, $($of_mut)*> Destinations<'a> for $M {
            fn with<R>(self, f: impl FnOnce(&mut [ViewMut<'a>]) -> R) -> R {
                f(&mut [self.into()])
            }
        })+
    };
}

single!(
    [T: Viewed] T,
    [T: Viewed] &'a [T],
    [T: Viewed] &'a Vec<T>,
    [T: Viewed, S: Data<Elem = T>, D: Dimension] &'a ArrayBase<S, D>,
    [] &'a Value;
    [T: Viewed] &'a mut T,
    [T: Viewed] &'a mut [T],
    [T: Viewed] &'a mut Vec<T>,
    [T: Viewed, S: DataMut<Elem = T>, D: Dimension] &'a mut ArrayBase<S, D>
);

impl<'a, T: Into<View<'a>>, const N: usize> Arguments<'a> for [T; N] {
    fn with<R>(self, _names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
        f(&self.map(Into::into))
    }
}

impl<'a, T: Into<ViewMut<'a>>, const N: usize> Destinations<'a> for [T; N] {
    fn with<R>(self, f: impl FnOnce(&mut [ViewMut<'a>]) -> R) -> R {
        f(&mut self.map(Into::into))
    }
}

impl<'a> Arguments<'a> for &'a [Value] {
    fn with<R>(self, _names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
        f(&self.iter().map(View::from).collect::<Few<'a>>())
    }
}

impl<'a> Arguments<'a> for &'a Vec<Value> {
    fn with<R>(self, names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
        self.as_slice().with(names, f)
    }
}

impl<'a> Arguments<'a> for &[View<'a>] {
    fn with<R>(self, _names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
        f(self)
    }
}

impl<'a> Destinations<'a> for &mut [ViewMut<'a>] {
    fn with<R>(self, f: impl FnOnce(&mut [ViewMut<'a>]) -> R) -> R {
        f(self)
    }
}

impl<'a, K: Borrow<str> + std::hash::Hash + Eq> Arguments<'a> for &'a IndexMap<K, Value> {
    fn with<R>(self, names: &[String], f: impl FnOnce(&[View<'a>]) -> Result<R, Error>) -> Result<R, Error> {
        let given: Vec<&str> = self.keys().map(Borrow::borrow).collect();
        let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !given.contains(name)).collect();
        let extra: Vec<&str> = given.iter().copied().filter(|given| !names.iter().any(|name| name == given)).collect();
        if !missing.is_empty() || !extra.is_empty() {
            let some = |names: &[&str], what: &str| match names {
                [] => String::new(),
                [name] => format!("; {name} is {what}"),
                _ => format!("; {} are {what}", names.join(", ")),
            };
            let (missing, extra) = (some(&missing, "missing"), some(&extra, "none of them"));
            let reason = format!("takes the arguments {}{missing}{extra}", names.join(", "));
            return Err(Error::new(ErrorKind::Argument, "call", reason));
        }
        f(&names.iter().map(|name| View::from(&self[name.as_str()])).collect::<Few<'a>>())
    }
}
