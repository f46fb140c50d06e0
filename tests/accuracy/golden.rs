//! The golden values: what scripts/golden.py wrote.
use std::path::Path;
use std::{env, fs};

/// A function's name, how many arguments it has, and its points.
#[derive(Debug)]
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) arguments: usize,
    pub(crate) points: Vec<Point>,
}

/// Arguments, and the numbers wanted: the value, then the derivative for each argument.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) x: Vec<f64>,
    pub(crate) want: Vec<Want>,
}

/// A correctly rounded number, and whether it stands beside a zero of its function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub(crate) number: f64,
    pub(crate) beside_zero: bool,
}

/// Reads the file of the repository, or the one that `CINTA_GOLDEN` names.
pub(crate) fn read() -> Vec<Golden> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accuracy/golden.txt");
    let path = env::var_os("CINTA_GOLDEN").map_or(ours, Into::into);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut functions: Vec<Golden> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        if let [name, arguments] = words[..] {
            let arguments = arguments.parse().expect("a number of arguments");
            functions.push(Golden { name: name.to_owned(), arguments, points: Vec::new() });
            continue;
        }
        let function = functions.last_mut().expect("a name comes first");
        let (x, want) = words.split_at(function.arguments);
        let want: Vec<Want> = want.iter().map(|word| wanted(word)).collect();
        assert_eq!(want.len(), function.arguments + 1, "{}: {line}", function.name);
        function.points.push(Point { x: x.iter().map(|word| number(word)).collect(), want });
    }
    functions
}

fn wanted(word: &str) -> Want {
    let digits = word.trim_end_matches('~');
    Want { number: number(digits), beside_zero: digits != word }
}

fn number(digits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(&format!("{digits:0<16}"), 16).expect("hexadecimal digits"))
}
