use cinta::Tape;
fn main() {
    let t = Tape::new();
    let x = t.var(ndarray::Array2::<f64>::ones((4, 3)));
    let y = x.variance(1).square().sum();
    let g = y.grad(x);
    let _ = g;
    println!("{}", t.graph());
    let t = Tape::new();
    let x = t.var(ndarray::Array2::<f64>::ones((4, 3)));
    let y = x.layer_norm(0, 1e-5).square().sum();
    let g = y.grad(x);
    let _ = g;
    println!("{}", t.graph());
}
