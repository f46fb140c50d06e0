//! Stretches of elements of any dtype: what elementwise operations work on inside compiled programs.

/// Elements to read.
#[derive(Clone, Copy, Debug)]
pub enum Elements<'a> {
    /// Of dtype `f64`.
    F64(&'a [f64]),
    /// Of dtype `f32`.
    F32(&'a [f32]),
    /// Of dtype `i64`.
    I64(&'a [i64]),
    /// Of dtype `bool`.
    Bool(&'a [bool]),
}

/// Elements to write.
#[derive(Debug)]
pub enum ElementsMut<'a> {
    /// Of dtype `f64`.
    F64(&'a mut [f64]),
    /// Of dtype `f32`.
    F32(&'a mut [f32]),
    /// Of dtype `i64`.
    I64(&'a mut [i64]),
    /// Of dtype `bool`.
    Bool(&'a mut [bool]),
}

/// y = f(x), element by element.
pub(crate) fn each1<A: Copy, B>(x: &[A], y: &mut [B], f: impl Fn(A) -> B) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// y = f(a, b), element by element.
pub(crate) fn each2<A: Copy, B: Copy, C>(a: &[A], b: &[B], y: &mut [C], f: impl Fn(A, B) -> C) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}
