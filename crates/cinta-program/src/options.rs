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
}

impl Default for Options {
    fn default() -> Self {
        Self { passes: Passes::default(), kernels: KernelSet::best() }
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

impl Options {
    /// The default, the same with each pass switched off and with none, and with every other set of kernels that this
    /// machine can run. All give the same numbers, but for rounding.
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
        passes.into_iter().map(Self::from).chain(others.map(Self::from)).collect()
    }
}
