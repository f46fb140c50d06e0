//! The command, run as a person would.
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const GRAPH: &str = "%0: f64[3] = input \"x\"\n%1: f64[3] = sin %0\n%2: f64[] = sum_to %1 shape=[]\n";

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("a folder for tests");
    path
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cinta-check")).args(arguments).output().expect("it runs")
}

#[test]
fn a_graph_is_checked() {
    let (graph, picture) = (file("sum.txt", GRAPH), file("sum.svg", ""));
    let (graph, picture) = (graph.to_str().expect("UTF-8"), picture.to_str().expect("UTF-8"));
    let output = run(&[graph, "--at", "x=0.5,1,-2", "--order", "2", "--svg", &format!("x={picture}")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("right to"), "{text}");
    assert!(fs::read_to_string(picture).expect("a picture").starts_with("<svg"));
    assert!(run(&["--help"]).status.success());
}

#[test]
fn what_is_wrong_is_said() {
    let graph = file("log.txt", &GRAPH.replace("sin", "log"));
    let graph = graph.to_str().expect("UTF-8");
    let output = run(&[graph, "--at", "x=1,-1,2"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("cannot tell") && text.contains("the function is NaN at the point itself"), "{text}");
    let whole = file("whole.txt", "%0: i64[1] = input \"k\"\n%1: f64[1] = input \"y\"\n%2: f64[1] = sin %1\n");
    let whole = whole.to_str().expect("UTF-8");
    for (arguments, says) in [
        (&["no such file"][..], "no such file"),
        (&[graph, "--at", "y=1"], "there is no input y; there are x"),
        (&[graph, "--at", "x=1"], "takes 3 numbers, not 1"),
        (&[graph, "--at", "x=1,two,3"], "x: \"two\" is no number"),
        (&[graph, "--at", "x=1,2,3", "--at", "x=1,2,3"], "x is given twice"),
        (&[graph, "--mode", "slow"], "slow is no mode"),
        (&[graph, "--order", "1000000"], "orders up to 12"),
        (&[graph, "--domain", "x=negative"], "negative is no domain"),
        (&[graph, "--domain", "x=0..b"], "x: \"b\" is no number"),
        (&[whole, "--at", "k=1.5"], "k is i64[1], which does not hold 1.5"),
        (&[], "which file?"),
    ] {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(says), "{says:?} is not in {text:?}");
    }
}

#[test]
fn points_and_domains_are_given() {
    let graph = file("edge.txt", &GRAPH.replace("sin", "log"));
    let graph = graph.to_str().expect("UTF-8");
    for domain in ["x=positive", "x=1e-9..4"] {
        let output = run(&[graph, "--at", "x=1e-8,1,2", "--domain", domain]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
    }
    let stopped = file("stopped.txt", &GRAPH.replace("sin", "stop_gradient"));
    let output = run(&[stopped.to_str().expect("UTF-8")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("stop_gradient (text:2:1) is held constant"), "{text}");
}

#[test]
fn files_that_ask_for_too_much_are_refused() {
    let no_input = file("no_input.txt", "%0: f64[2] = const [1.0, 2.0]\n%1: f64[2] = sin %0\n");
    let large = file("large.txt", "%0: f64[1000000000000] = input \"x\"\n%1: f64[1000000000000] = sin %0\n");
    let stretched = file(
        "stretched.txt",
        "%0: f64[] = input \"x\"\n%1: f64[1000000000000] = broadcast_to %0 shape=[1000000000000]\n",
    );
    for (path, says) in [
        (no_input, "no input of floats"),
        (large, "x is f64[1000000000000], which is too large"),
        (stretched, "%1 is f64[1000000000000], which is too large"),
    ] {
        let output = run(&[path.to_str().expect("UTF-8")]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(says), "{says:?} is not in {text:?}");
    }
    let graph = file("any_seed.txt", GRAPH);
    assert!(run(&[graph.to_str().expect("UTF-8"), "--seed", &u64::MAX.to_string()]).status.success());
    let empty = file("nothing.txt", &GRAPH.replace("[3]", "[0]"));
    assert!(run(&[empty.to_str().expect("UTF-8"), "--at", "x="]).status.success());
}
