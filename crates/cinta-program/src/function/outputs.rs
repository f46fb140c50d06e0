//! The form in which a function gives its results: one, several, a list, by name, or a pair of forms.
use std::fmt::Debug;

use indexmap::IndexMap;

/// The form of results: a recipe for putting a flat list of them together.
pub trait Outputs: Clone + Debug + Send + Sync + 'static {
    /// The form, of anything.
    type Of<T>;

    /// How many there are, if the form says.
    fn count(&self) -> Option<usize>;

    /// Puts results together, in order.
    ///
    /// # Panics
    /// If there are not as many as the form has.
    fn collect<T>(&self, items: Vec<T>) -> Self::Of<T>;
}

/// One result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct One;

/// So many results, as an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Several<const N: usize>;

/// Results as a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List;

/// Results by name, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(pub Vec<String>);

/// Two forms, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair<A, B>(pub A, pub B);

const AS_MANY: &str = "as many results as the form has";

impl Outputs for One {
    type Of<T> = T;

    fn count(&self) -> Option<usize> {
        Some(1)
    }

    fn collect<T>(&self, items: Vec<T>) -> T {
        items.into_iter().next().expect(AS_MANY)
    }
}

impl<const N: usize> Outputs for Several<N> {
    type Of<T> = [T; N];

    fn count(&self) -> Option<usize> {
        Some(N)
    }

    fn collect<T>(&self, items: Vec<T>) -> [T; N] {
        let mut items = items.into_iter();
        std::array::from_fn(|_| items.next().expect(AS_MANY))
    }
}

impl Outputs for List {
    type Of<T> = Vec<T>;

    fn count(&self) -> Option<usize> {
        None
    }

    fn collect<T>(&self, items: Vec<T>) -> Vec<T> {
        items
    }
}

impl Outputs for Named {
    type Of<T> = IndexMap<String, T>;

    fn count(&self) -> Option<usize> {
        Some(self.0.len())
    }

    fn collect<T>(&self, items: Vec<T>) -> IndexMap<String, T> {
        assert_eq!(items.len(), self.0.len(), "{AS_MANY}");
        self.0.iter().cloned().zip(items).collect()
    }
}

impl<A: Outputs, B: Outputs> Pair<A, B> {
    /// How many of all results belong to the first form. Of two lists, which a pushforward gives, one is as long as
    /// the other.
    pub(super) fn first_count(&self, all: usize) -> usize {
        self.0.count().or_else(|| all.checked_sub(self.1.count()?)).unwrap_or(all / 2)
    }
}

impl<A: Outputs, B: Outputs> Outputs for Pair<A, B> {
    type Of<T> = (A::Of<T>, B::Of<T>);

    fn count(&self) -> Option<usize> {
        Some(self.0.count()? + self.1.count()?)
    }

    fn collect<T>(&self, mut items: Vec<T>) -> Self::Of<T> {
        let second = items.split_off(self.first_count(items.len()));
        (self.0.collect(items), self.1.collect(second))
    }
}

/// Names of inputs, and the form in which what belongs to them comes back.
pub trait Names {
    /// The form: `"x"` gives one, `["x", "y"]` an array of two, a list of names a list.
    type Outputs: Outputs;

    /// The names.
    fn names(&self) -> Vec<String>;

    /// The form.
    fn outputs(&self) -> Self::Outputs;
}

impl Names for &str {
    type Outputs = One;

    fn names(&self) -> Vec<String> {
        vec![(*self).to_owned()]
    }

    fn outputs(&self) -> One {
        One
    }
}

impl<const N: usize> Names for [&str; N] {
    type Outputs = Several<N>;

    fn names(&self) -> Vec<String> {
        self.iter().map(|&name| name.to_owned()).collect()
    }

    fn outputs(&self) -> Several<N> {
        Several
    }
}

impl Names for &[&str] {
    type Outputs = Named;

    fn names(&self) -> Vec<String> {
        self.iter().map(|&name| name.to_owned()).collect()
    }

    fn outputs(&self) -> Named {
        Named(self.names())
    }
}

impl Names for &[String] {
    type Outputs = Named;

    fn names(&self) -> Vec<String> {
        self.to_vec()
    }

    fn outputs(&self) -> Named {
        Named(self.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_take_their_form() {
        assert_eq!(Pair(One, Several::<2>).collect(vec![1, 2, 3]), (1, [2, 3]));
        assert_eq!(Pair(List, One).collect(vec![1, 2, 3]), (vec![1, 2], 3));
        assert_eq!(Pair(List, List).collect(vec![1, 2, 3, 4]), (vec![1, 2], vec![3, 4]));
        let named = Pair(Several::<1>, (&["a", "b"][..]).outputs()).collect(vec![1, 2, 3]);
        assert_eq!(named.1.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 2), ("b".to_owned(), 3)]);
    }
}
