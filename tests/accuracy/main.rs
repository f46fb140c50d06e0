//! dev
mod functions;
mod golden;
use cinta::{Tape, Var};
use golden::Golden;

fn ulps(got: f64, want: f64) -> f64 {
    if got == want || got.is_nan() && want.is_nan() {
        return 0.0;
    }
    if !got.is_finite() || !want.is_finite() {
        return f64::INFINITY;
    }
    let ulp = want.abs().next_up() - want.abs();
    (got - want).abs() / if ulp.is_finite() { ulp } else { want.abs() - want.abs().next_down() }
}
fn ulps32(got: f64, want: f64) -> f64 {
    let (got, want) = (got as f32, want as f32);
    if got == want || got.is_nan() && want.is_nan() {
        return 0.0;
    }
    if !got.is_finite() || !want.is_finite() {
        return f64::INFINITY;
    }
    let ulp = want.abs().next_up() - want.abs();
    ((got - want).abs() / ulp) as f64
}
type W = (f64, f64, f64, f64, f64);
fn show(g: &Golden, got: &[Vec<f64>], u: fn(f64, f64) -> f64, keep: &dyn Fn(&golden::Point) -> bool) -> String {
    let mut out = String::new();
    for (k, got) in got.iter().enumerate() {
        let mut worst: [W; 2] = Default::default();
        let (mut n, mut over) = (0, 0);
        for (p, &got) in g.points.iter().filter(|p| keep(p)).zip(got) {
            let w = p.want[k];
            if w.number.is_nan() {
                continue;
            }
            let e = u(got, w.number);
            n += 1;
            if e > 2.0 && !w.beside_zero {
                over += 1;
            }
            let s = &mut worst[usize::from(w.beside_zero)];
            if e > s.0 {
                *s = (e, p.x[0], *p.x.get(1).unwrap_or(&0.0), got, w.number);
            }
        }
        out += &format!(
            "  f{k}: {:.1} ({over}/{n}) at {:e},{:e} got {:e} want {:e}",
            worst[0].0, worst[0].1, worst[0].2, worst[0].3, worst[0].4
        );
        if worst[1].0 > 0.0 {
            out += &format!(" || zeros {:.1} at {:e}", worst[1].0, worst[1].1);
        }
        out += "\n";
    }
    out
}
#[test]
fn explore() {
    let only = std::env::var("ONLY").ok();
    for g in golden::read() {
        if only.as_ref().is_some_and(|o| !o.split(',').any(|o| o == g.name)) {
            continue;
        }
        let f = |x: &[Var<'_>]| -> Option<Vec<Vec<f64>>> {
            let y = if g.arguments == 1 {
                functions::UNARY.iter().find(|f| f.0 == g.name)?.1(x[0])
            } else {
                functions::BINARY.iter().find(|f| f.0 == g.name)?.1(x[0], x[1])
            };
            let mut out = vec![y.value().to_f64s()];
            for &x in x {
                out.push(y.sum().grad_or_zeros(x).value().to_f64s());
            }
            Some(out)
        };
        let tape = Tape::new();
        let args = |keep: &dyn Fn(&golden::Point) -> bool| -> Vec<Vec<f64>> {
            (0..g.arguments).map(|i| g.points.iter().filter(|p| keep(p)).map(|p| p.x[i]).collect()).collect()
        };
        let x: Vec<Var<'_>> = args(&|_| true).into_iter().map(|x| tape.var(x)).collect();
        let Some(got) = f(&x) else {
            println!("{} missing", g.name);
            continue;
        };
        print!("{}\n{}", g.name, show(&g, &got, ulps, &|_| true));
        if g.arguments == 1 {
            if let Some(std) = functions::UNARY.iter().find(|f| f.0 == g.name).unwrap().2 {
                let got = vec![g.points.iter().map(|p| std(p.x[0])).collect()];
                print!("   std {}", show(&g, &got, ulps, &|_| true));
            }
        }
        let keep = |p: &golden::Point| {
            p.x.iter().all(|&x| x as f32 as f64 == x)
                && p.want.iter().all(|w| w.number == 0.0 || (w.number.abs() > 1.2e-38 && w.number.abs() < 3e38))
        };
        let x: Vec<Var<'_>> =
            args(&keep).into_iter().map(|x| tape.var(x.iter().map(|&x| x as f32).collect::<Vec<f32>>())).collect();
        let got = f(&x).unwrap();
        if std::env::var("F32").is_ok() {
            print!("   f32{}", show(&g, &got, ulps32, &keep));
        }
    }
}
