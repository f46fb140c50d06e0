//! The numbers that every contestant works on: made here, and written to files for the others.
use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2, s};

/// Normal and uniform numbers that are the same everywhere: `SplitMix64`, and Box and Muller's method.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() % n as u64).expect("below a usize")
    }

    fn normals(&mut self, rows: usize, columns: usize, scale: f64) -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), || scale * self.normal())
    }
}

/// A network of three layers, its batch, and what it should say of it.
pub(crate) struct Net {
    pub(crate) weights: [Array2<f64>; 3],
    pub(crate) biases: [Array1<f64>; 3],
    pub(crate) x: Array2<f64>,
    /// One column of truth values, or a row of probabilities for each example.
    pub(crate) y: Array2<f64>,
}

impl Net {
    /// Layers of these sizes. A network with one output tells whether the first two inputs have the same sign; any
    /// other has a class for each output.
    pub(crate) fn new(sizes: [usize; 4], batch: usize) -> Self {
        let mut random = Random(sizes[1] as u64);
        let weights = [0, 1, 2].map(|k| random.normals(sizes[k], sizes[k + 1], 1.0 / (sizes[k] as f64).sqrt()));
        let biases = [1, 2, 3].map(|k| Array1::zeros(sizes[k]));
        let x = random.normals(batch, sizes[0], 1.0);
        let mut y = Array2::zeros((batch, sizes[3]));
        for (mut row, x) in y.rows_mut().into_iter().zip(x.rows()) {
            match row.len() {
                1 => row[0] = f64::from(x[0] * x[1] > 0.0),
                classes => row[random.below(classes)] = 1.0,
            }
        }
        Self { weights, biases, x, y }
    }

    pub(crate) fn w2() -> Self {
        Self::new([2, 8, 8, 1], 10)
    }

    pub(crate) fn w3() -> Self {
        Self::new([64, 64, 32, 10], 32)
    }

    pub(crate) fn w4() -> Self {
        Self::new([784, 256, 128, 10], 64)
    }

    /// W₁, b₁, W₂, b₂, W₃, b₃.
    pub(crate) fn parameters(&self) -> [ndarray::ArrayViewD<'_, f64>; 6] {
        let ([u, v, w], [a, b, c]) = (&self.weights, &self.biases);
        [
            u.view().into_dyn(),
            a.view().into_dyn(),
            v.view().into_dyn(),
            b.view().into_dyn(),
            w.view().into_dyn(),
            c.view().into_dyn(),
        ]
    }

    fn numbers(&self) -> Vec<f64> {
        let parameters = self.parameters();
        parameters.iter().flatten().chain(&self.x).chain(&self.y).copied().collect()
    }
}

/// The handwritten zeros and ones: pixels from 0 to 1, and which it is.
pub(crate) fn digits() -> (Array2<f64>, Array1<f64>) {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits.csv")).expect("the digits");
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(|line| line.split(',').map(number).collect()).collect();
    let kept: Vec<&Vec<f64>> = rows.iter().filter(|row| row[64] < 2.0).collect();
    let x = Array2::from_shape_fn((kept.len(), 64), |(i, j)| kept[i][j] / 16.0);
    (x, kept.iter().map(|row| row[64]).collect())
}

/// A mixture of K Gaussians in d dimensions with full covariances, as `ADBench` has it.
pub(crate) struct Mixture {
    /// Logarithms of the weights.
    pub(crate) alphas: Array1<f64>,
    pub(crate) means: Array2<f64>,
    /// The factor of each inverse covariance: logarithms of its diagonal, then its columns below it.
    pub(crate) factors: Array2<f64>,
    pub(crate) x: Array2<f64>,
}

impl Mixture {
    pub(crate) const D: usize = 10;
    pub(crate) const K: usize = 25;
    pub(crate) const N: usize = 1000;

    pub(crate) fn new() -> Self {
        let (mut random, d) = (Random(7), Self::D);
        let alphas = random.normals(1, Self::K, 1.0).remove_axis(ndarray::Axis(0));
        let means = Array2::from_shape_simple_fn((Self::K, d), || random.uniform());
        let factors = random.normals(Self::K, d * (d + 1) / 2, 0.3);
        Self { alphas, means, factors, x: random.normals(Self::N, d, 1.0) }
    }

    fn numbers(&self) -> Vec<f64> {
        self.alphas.iter().chain(&self.means).chain(&self.factors).chain(&self.x).copied().collect()
    }
}

/// Observations of points by cameras, each with its camera's and its point's parameters, as `ADBench`'s largest-but-one
/// small problem has them in number.
pub(crate) struct Bundle {
    /// Rotation, centre, focal length, principal point, radial distortion.
    pub(crate) cameras: Array2<f64>,
    pub(crate) points: Array2<f64>,
    pub(crate) weights: Array1<f64>,
    pub(crate) features: Array2<f64>,
}

impl Bundle {
    pub(crate) const OBSERVATIONS: usize = 36_455;

    pub(crate) fn new() -> Self {
        let (mut random, observations) = (Random(11), Self::OBSERVATIONS);
        let mut cameras = random.normals(21, 11, 1.0);
        cameras.slice_mut(s![.., 0..3]).mapv_inplace(|x| 0.1 * x);
        cameras.slice_mut(s![.., 5]).mapv_inplace(|x| x - 8.0);
        cameras.slice_mut(s![.., 6]).mapv_inplace(|x| x + 500.0);
        cameras.slice_mut(s![.., 9..11]).mapv_inplace(|x| 1e-3 * x);
        let points = random.normals(11_315, 3, 1.0);
        let pick = |random: &mut Random, n| (0..observations).map(|_| random.below(n)).collect::<Vec<_>>();
        let (by, of) = (pick(&mut random, 21), pick(&mut random, 11_315));
        Self {
            cameras: cameras.select(ndarray::Axis(0), &by),
            points: points.select(ndarray::Axis(0), &of),
            weights: Array1::from_shape_simple_fn(observations, || random.uniform()),
            features: random.normals(observations, 2, 100.0),
        }
    }

    fn numbers(&self) -> Vec<f64> {
        self.cameras.iter().chain(&self.points).chain(&self.weights).chain(&self.features).copied().collect()
    }
}

/// Writes all of it to a folder, as 64-bit numbers in this machine's order.
pub(crate) fn write(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let (x, y) = digits();
    let files = [
        ("W2", Net::w2().numbers()),
        ("W3", Net::w3().numbers()),
        ("W4", Net::w4().numbers()),
        ("W5", x.iter().chain(&y).copied().collect()),
        ("W7g", Mixture::new().numbers()),
        ("W7b", Bundle::new().numbers()),
    ];
    for (name, numbers) in files {
        let bytes: Vec<u8> = numbers.into_iter().flat_map(f64::to_ne_bytes).collect();
        fs::write(folder.join(format!("{name}.f64")), bytes)?;
    }
    fs::write(folder.join("functions.json"), crate::functions::inputs())
}

/// So many numbers from a to b.
pub(crate) fn line(from: f64, to: f64, n: usize) -> Array1<f64> {
    Array1::linspace(from, to, n)
}
