//! With respect to what: one variable, an array of them, a slice, a list.
use crate::Var;

/// Variables to differentiate with respect to; the derivatives come back in the same form.
pub trait Wrt<'t> {
    /// The same form, of anything: `Var` gives `T`, `[Var; N]` gives `[T; N]`, slices and lists give `Vec<T>`.
    type Of<T>;

    /// The variables.
    fn vars(&self) -> Vec<Var<'t>>;

    /// Puts one item a variable into the form.
    fn collect<T>(&self, items: Vec<T>) -> Self::Of<T>;
}

impl<'t> Wrt<'t> for Var<'t> {
    type Of<T> = T;

    fn vars(&self) -> Vec<Var<'t>> {
        vec![*self]
    }

    fn collect<T>(&self, items: Vec<T>) -> T {
        items.into_iter().next().expect("one item a variable")
    }
}

impl<'t, const N: usize> Wrt<'t> for [Var<'t>; N] {
    type Of<T> = [T; N];

    fn vars(&self) -> Vec<Var<'t>> {
        self.to_vec()
    }

    fn collect<T>(&self, items: Vec<T>) -> [T; N] {
        let mut items = items.into_iter();
        self.map(|_| items.next().expect("one item a variable"))
    }
}

impl<'t> Wrt<'t> for &[Var<'t>] {
    type Of<T> = Vec<T>;

    fn vars(&self) -> Vec<Var<'t>> {
        self.to_vec()
    }

    fn collect<T>(&self, items: Vec<T>) -> Vec<T> {
        items
    }
}

impl<'t> Wrt<'t> for Vec<Var<'t>> {
    type Of<T> = Vec<T>;

    fn vars(&self) -> Vec<Var<'t>> {
        self.clone()
    }

    fn collect<T>(&self, items: Vec<T>) -> Vec<T> {
        items
    }
}

impl<'t> Wrt<'t> for &Vec<Var<'t>> {
    type Of<T> = Vec<T>;

    fn vars(&self) -> Vec<Var<'t>> {
        (*self).clone()
    }

    fn collect<T>(&self, items: Vec<T>) -> Vec<T> {
        items
    }
}
