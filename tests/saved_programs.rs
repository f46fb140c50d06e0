//! Programs as text: what is read back computes the same, and what is damaged is refused.
use cinta::{ArrayType, DType, Function, Graph, NodeId, Op, Program, Stateful, Tape, Value, View};
use ndarray::array;

/// A program of a sample, with the gradient of its first result where there is one.
fn sample_program(op: &Op, inputs: &[Value]) -> Option<Program> {
    let tape = Tape::new();
    let vars: Vec<_> = inputs.iter().map(|value| tape.input(value.array_type())).collect();
    let y = tape.apply(op, &vars).ok()?;
    let mut outputs = vec![y.id()];
    if y.dtype().is_float()
        && let Ok(grads) = y.sum().try_grad(vars.iter().copied().filter(|x| x.dtype().is_float()).collect::<Vec<_>>())
    {
        outputs.extend(grads.iter().map(|grad| grad.id()));
    }
    let inputs: Vec<_> = vars.iter().map(|var| var.id()).collect();
    Program::compile(&tape.graph(), &inputs, &outputs).ok()
}

#[test]
fn every_operation_and_its_gradient_is_read_back_to_the_same_bits() {
    let mut read = 0;
    for sample in Op::samples() {
        let Some(mut program) = sample_program(&sample.op, &sample.inputs) else { continue };
        let text = program.to_string();
        let mut again = match text.parse::<Program>() {
            Ok(again) => again,
            Err(error) if matches!(sample.op, Op::Custom(_) | Op::WithRule(_)) => {
                assert!(error.to_string().contains("unknown"), "{error}");
                continue;
            }
            Err(error) => panic!("{:?}: {error}\n{text}", sample.op),
        };
        assert_eq!(again.to_string(), text);
        let views: Vec<View<'_>> = sample.inputs.iter().map(View::from).collect();
        let (Ok(expected), Ok(got)) = (program.run(&views), again.run(&views)) else { continue };
        for (expected, got) in expected.iter().zip(&got) {
            assert!(expected.same_bits(got), "{:?}: {got}, not {expected}", sample.op);
        }
        read += 1;
    }
    assert!(read > 500, "only {read} samples were read");
}

fn step() -> Program {
    let mut step = Stateful::new([("w", array![0.5, -0.25].into())], ["x", "y"], |[w], [x, y]| {
        let loss = (w.dot(x) - y).square();
        (loss, [w - 0.1 * loss.grad(w)])
    });
    step.prepare(&[ArrayType::new(DType::F64, [2]), ArrayType::new(DType::F64, ())]).expect("its types fit").clone()
}

#[test]
fn states_are_saved_as_they_are() {
    let mut program = step();
    let views = [(&[1.0, 2.0]).into(), 3.0.into()];
    program.run(&views).expect("two arguments");
    let mut again: Program = program.to_string().parse().expect("its own text");
    assert_eq!(again.state("w").expect("a state"), program.state("w").expect("a state"));
    assert!(again.run(&views).expect("two arguments")[0].same_bits(&program.run(&views).expect("two arguments")[0]));
    again.set_state("w", array![1.0, 1.0]).expect("of its type");
    assert_eq!(again.run(&views).expect("two arguments")[0].item(), Some(0.0));
    let error = again.set_state("w", 1.0).unwrap_err().to_string();
    assert!(error.contains("w: this state is f64[2], not f64[]"), "{error}");
    assert!(again.state("v").unwrap_err().to_string().contains("the states are (w)"));
}

#[test]
fn errors_of_a_program_that_was_read_name_the_lines_of_the_source() {
    let mut f = Function::new(["x", "i"], |[x, i]| x.take(i, 0));
    let program =
        f.prepare(&[ArrayType::new(DType::F64, [3]), ArrayType::new(DType::I64, [1])]).expect("its types fit");
    let mut again: Program = program.to_string().parse().expect("its own text");
    let error = again.run(&[(&[1.0, 2.0, 3.0]).into(), (&[7_i64]).into()]).unwrap_err();
    assert!(error.place().is_some_and(|place| place.file.ends_with("saved_programs.rs")), "{error}");
}

#[test]
fn what_is_foreign_of_another_version_or_damaged_is_refused() {
    let text = step().to_string();
    let refusal = |text: &str| text.parse::<Program>().expect_err("not a program").to_string();
    assert!(refusal("").contains("does not begin with \"cinta program\""));
    assert!(refusal("PK\u{3}\u{4}\n\n").contains("is this a file that Program::save wrote?"));
    let newer = text.replacen("program 1", "program 2", 1);
    assert!(refusal(&newer).contains("is of version 2 of the format, this reads version 1"));
    for length in 0..text.len() {
        refusal(&text[..length]);
    }
    // One character for another, anywhere.
    for (at, _) in text.char_indices() {
        for other in ["0", "%", "\n", "]", "x"] {
            let damaged = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(damaged == text || damaged.parse::<Program>().is_err(), "{damaged}");
        }
    }
}

/// The text with the checksum that it should have, as a careless hand would leave it.
fn with_checksum(text: &str) -> String {
    let body = text.splitn(3, '\n').nth(2).unwrap_or_default();
    format!("cinta program 1\nchecksum {:08x}\n{body}", crc32fast::hash(body.as_bytes()))
}

#[test]
fn no_edited_text_panics() {
    let text = step().to_string();
    let lines: Vec<&str> = text.lines().collect();
    for skipped in 2..lines.len() {
        for copied in 2..lines.len() {
            let mut edited = lines.clone();
            edited[skipped] = lines[copied];
            _ = with_checksum(&(edited.join("\n") + "\n")).parse::<Program>();
        }
    }
    for (at, _) in text.char_indices().skip(40) {
        for other in ["9", "-", " ", "f", "["] {
            _ = with_checksum(&format!("{}{other}{}", &text[..at], &text[at + 1..])).parse::<Program>();
        }
    }
}

#[test]
fn arrays_larger_than_memory_are_refused() {
    let mut f = Function::new(["x"], |[x]| (x.sin() * x).cumsum(0).sum());
    let text = f.prepare(&[ArrayType::new(DType::F64, [7])]).expect("it compiles").to_string();
    for huge in ["f64[10000000000000]", "f64[17592186044416]"] {
        let edited = with_checksum(&text.replace("f64[7]", huge));
        let error = edited.parse::<Program>().expect_err("too large").to_string();
        assert!(error.contains("bytes at once, more than there are"), "{error}");
    }
    let graph = Graph::parse(&format!("%0: f64[{0}] = input \"x\"\n%1: f64[{0}] = sin %0\n", 1_u64 << 44));
    let graph = graph.expect("a graph");
    let ids: Vec<NodeId> = graph.ids().collect();
    let error = Program::compile(&graph, &ids[..1], &ids[1..]).expect_err("too large").to_string();
    assert!(error.contains("work on smaller pieces"), "{error}");
}

#[test]
fn equal_numbers_take_the_room_of_one_in_a_file() {
    let mut f = Function::new(["x"], |[x]| (x * 3.0).softmax(0).square().sum())
        .hessian("x")
        .expect("an input")
        .vmap(["x"])
        .expect("an input");
    let x = ndarray::Array2::from_shape_fn((2, 70), |(i, j)| ((i * 70 + j) as f64).sin());
    let expected = f.call(&x).expect("rows");
    let (_, program) = f.prepared().next().expect("it was called");
    assert!(program.to_string().contains(" = const 3.0 "), "{program}");
    let mut again: Program = program.to_string().parse().expect("its own text");
    assert_eq!((again.bytes(), again.explain().to_string()), (program.bytes(), program.explain().to_string()));
    assert!(again.run(&[(&x).into()]).expect("rows")[0].same_bits(&expected));
}

#[test]
fn gaps_of_what_has_no_neighbours_are_of_any_size() {
    let text = format!(
        "%0: f64[0, 2] = input\n%1: f64[3, 2] = pad %0 low=[1, 0] high=[2, 0] interior=[{}, 0] value=3.0\n",
        i64::MAX
    );
    let graph = Graph::parse(&text).expect("a graph");
    let ids: Vec<NodeId> = graph.ids().collect();
    let mut program = Program::compile(&graph, &ids[..1], &ids[1..]).expect("a program");
    let results = program.run(&[(&ndarray::Array2::<f64>::zeros((0, 2))).into()]).expect("nothing, padded");
    assert_eq!(results[0], ndarray::Array2::from_elem((3, 2), 3.0));
}
