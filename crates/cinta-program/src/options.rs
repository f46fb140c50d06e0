//! How graphs are compiled.
use crate::kernels::KernelSet;
use crate::simplify::Passes;

/// How a graph is compiled: with which passes, for which instructions. The default is the fastest; anything else is to find
/// what is at fault, or to see what is gained.
///
/// ```
/// use cinta_program::{Function, KernelSet, Options};
/// let f = Function::new(["x"], |[x]| x.exp().sum());
/// let expected = f.clone().call((&[0.5, 1.5],))?.item().expect("a number");
/// for options in Options::each() {
///     let y = f.clone().with_options(options).call((&[0.5, 1.5],))?.item().expect("a number");
///     assert!((y - expected).abs() < 1e-14, "{options:?}: {y}");
/// }
/// println!("{}", KernelSet::best().name());
/// # Ok::<(), cinta_graph::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The passes that run.
    pub passes: Passes,
    /// The instructions that loops and products are compiled for.
    pub kernels: KernelSet,
    /// When steps run band by band.
    pub bands: Bands,
    /// When what loops compute becomes machine code.
    pub native: NativeCode,
}

/// When steps over the same rows (loops, products, softmax) run band by band: a few rows go through all of them before the next few
/// do, so that what one step writes is still in a cache when the next reads it, and has room for one band only. Sums over all
/// rows are added band by band, so another size of bands may round them otherwise; the number of threads changes nothing.
///
/// ```
/// use cinta_program::{Bands, Function, Options};
/// use ndarray::{Array1, Array2};
/// let f = Function::new(["w", "x"], |[w, x]| x.dot(w).tanh().square().sum()).grad("w")?;
/// let (w, x) = (Array1::from_elem(64, 0.01), Array2::from_shape_fn((20_000, 64), |(i, j)| ((i + j) % 7) as f64));
/// let gradient = f.clone().call((&w, &x))?;
/// let alone = f.clone().with_options(Options { bands: Bands::never(), ..Options::default() }).call((&w, &x))?;
/// for (a, b) in gradient.view::<f64>().iter().zip(&alone.view::<f64>()) {
///     assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
/// }
/// println!("{}", f.clone().profile((&w, &x))?); // Steps that run together say so: "bands of 504 of 20000 rows".
/// # Ok::<(), cinta_graph::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Bytes that a band touches, about: as many as the second-level cache has room for, beside what else is there.
    pub bytes: usize,
    /// Bytes of all rows from which on steps run band by band: less is in a cache in any case.
    pub from: usize,
}

impl Bands {
    /// Each step runs alone.
    #[must_use]
    pub fn never() -> Self {
        Self { from: usize::MAX, ..Self::default() }
    }
}

impl Default for Bands {
    fn default() -> Self {
        Self { bytes: 256 << 10, from: 1 << 20 }
    }
}

/// When neighbours in a loop become machine code of their own as it is compiled, so that what one computes stays in a register for the
/// next: plain arithmetic (sums, products, quotients, roots, comparisons, choices), exponentials, hyperbolic functions, sigmoids and
/// logarithms. On x86-64 with AVX2 or AVX-512, where the system lets a program run what it writes. Every element has the same bits as
/// without; sums of many are added in another order.
///
/// ```
/// use cinta_program::{Function, NativeCode, Options};
/// let f = Function::new(["x", "y"], |[x, y]| (x * y + 1.0) / (x * x + y * y + 0.5));
/// let (x, y) = (vec![0.25; 1000], vec![0.75; 1000]);
/// let fast = f.clone().call((&x, &y))?;
/// let other = f.clone().with_options(Options::from(NativeCode::never())).call((&x, &y))?;
/// assert_eq!(fast.view::<f64>(), other.view::<f64>());
/// println!("{}", f.clone().profile((&x, &y))?); // What is code together stands in brackets.
/// # Ok::<(), cinta_graph::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeCode {
    /// From so many elements on, times results that need not be written: kernels take no longer for a few.
    pub from: usize,
}

impl NativeCode {
    /// Kernels do it all.
    #[must_use]
    pub fn never() -> Self {
        Self { from: usize::MAX }
    }
}

impl Default for NativeCode {
    fn default() -> Self {
        Self { from: 256 }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            passes: Passes::default(),
            kernels: KernelSet::best(),
            bands: Bands::default(),
            native: NativeCode::default(),
        }
    }
}

impl From<Passes> for Options {
    fn from(passes: Passes) -> Self {
        Self { passes, ..Self::default() }
    }
}

impl From<KernelSet> for Options {
    fn from(kernels: KernelSet) -> Self {
        Self { kernels, ..Self::default() }
    }
}

impl From<Bands> for Options {
    fn from(bands: Bands) -> Self {
        Self { bands, ..Self::default() }
    }
}

impl From<NativeCode> for Options {
    fn from(native: NativeCode) -> Self {
        Self { native, ..Self::default() }
    }
}

impl Options {
    /// The default, the same with each pass switched off and with none, with bands of few rows wherever steps can run so, with
    /// machine code for the smallest loops and without any, and with every other set of kernels that this machine can run. All give the
    /// same numbers, but for rounding.
    #[must_use]
    pub fn each() -> Vec<Self> {
        let all = Passes::default();
        let passes = [
            all,
            Passes { common_subexpressions: false, ..all },
            Passes { constant_folding: false, ..all },
            Passes { algebra: false, ..all },
            Passes::none(),
        ];
        let others = KernelSet::available().into_iter().filter(|&set| set != KernelSet::best());
        let bands = Self::from(Bands { bytes: 0, from: 0 });
        let native = [0, usize::MAX].map(|from| Self::from(NativeCode { from }));
        passes.into_iter().map(Self::from).chain([bands]).chain(native).chain(others.map(Self::from)).collect()
    }
}
