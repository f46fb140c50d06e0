//! What no compiler checks: who may know whom, the list of operations, the form of files.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cinta::Op;

const GRAPH: &str = "crates/cinta-graph/src";

/// Modules of `cinta-graph` and names at its root that stand for them.
const TAPE: &[&str] = &["tape", "var", "operand", "operators", "custom", "Tape", "Var", "Operand"];
const TRANSFORMS: &[&str] =
    &["transform", "vjp", "jvp", "vmap", "try_vmap", "try_vmap_list", "Wrt", "custom_vjp", "try_custom_vjp"];
const GRAPHS: &[&str] = &["graph", "Graph", "NodeId", "Kind", "Role", "Constant"];
const OPS: &[&str] = &["ops", "Op"];
const INTERPRETER: &[&str] = &["interpret"];
const FUNCTIONS: &[&str] = &["functions"];
const PRINTERS: &[&str] = &["print"];

/// Files or folders of `cinta-graph`, and what they must not know.
const FLOORS: &[(&[&str], &[&[&str]])] = &[
    (
        &["shape.rs", "dtype.rs", "array_type.rs", "error.rs", "value.rs", "place.rs"],
        &[GRAPHS, OPS, TAPE, INTERPRETER, FUNCTIONS, TRANSFORMS, PRINTERS],
    ),
    (&["graph/"], &[TAPE, INTERPRETER, FUNCTIONS, TRANSFORMS, PRINTERS]),
    (&["ops/"], &[INTERPRETER, FUNCTIONS, TRANSFORMS, PRINTERS]),
    (&["interpret.rs"], &[FUNCTIONS, TRANSFORMS, PRINTERS]),
    (&["functions/"], &[GRAPHS, INTERPRETER, TRANSFORMS, PRINTERS]),
    (&["transform/"], &[INTERPRETER, FUNCTIONS, PRINTERS]),
    (&["print/"], &[INTERPRETER, FUNCTIONS, TRANSFORMS]),
];

/// What the parts that serve every operation alike may use of `ops`: no single operation.
const OPS_AS_SUCH: &[(&str, &[&str])] = &[
    ("graph/", &["Listed", "OpDef"]),
    ("interpret.rs", &[]),
    ("transform/", &["At", "Batched", "Cotangents", "Delta", "Flow", "OpDef", "join"]),
];

/// Crates, ground floor first; each knows only those before it.
const CRATES: &[&str] = &["cinta-graph", "cinta-program", "cinta-check", "cinta-models"];

/// Files of `ops/` that no operation is defined in.
const MACHINERY: &[&str] = &[
    "at",
    "attributes",
    "broadcasting",
    "definition",
    "delta",
    "dispatch",
    "elementwise",
    "indices",
    "jets",
    "lanes",
    "map",
    "matrices",
    "mod",
    "notation",
    "pairwise",
    "room",
    "sample",
    "sliding",
    "twofold",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository that people write, by its path from the root.
fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if [".git", "target", "data", "shared"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), &mut found);
    found.sort();
    let relative = |path: &PathBuf| path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    found.iter().filter_map(|path| Some((relative(path), fs::read_to_string(path).ok()?))).collect()
}

fn rust_files() -> Vec<(String, String)> {
    files().into_iter().filter(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs")).collect()
}

/// The lines that are compiled into the crate: without comments and without the unit tests at the end.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    let comment = |line: &&str| !line.trim_start().starts_with("//");
    text[..end].lines().filter(comment).collect::<Vec<_>>().join("\n")
}

/// The words of every path that starts with a prefix: of `crate::{error::or_panic, Var}` after `crate::` they
/// are `error`, `or_panic` and `Var`.
fn words_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let mut words = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let path = &code[start + prefix.len()..];
        let mut depth = 0;
        let end = path.find(|c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0 && !(c.is_alphanumeric() || "_:{}".contains(c))
        });
        words.extend(path[..end.unwrap_or(path.len())].split(|c: char| !(c.is_alphanumeric() || c == '_')));
    }
    words.remove("");
    words
}

#[track_caller]
fn nothing_in(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n  {}", problems.join("\n  "));
}

#[test]
fn words_of_paths_are_found() {
    let code = "use crate::error::{ErrorKind, or_panic};\nuse crate::Var;\nlet x = crate::ops::join(a, b);";
    let expected = ["ErrorKind", "Var", "error", "join", "ops", "or_panic"];
    assert_eq!(words_after(code, "crate::").into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(words_after(code, "crate::ops::").into_iter().collect::<Vec<_>>(), ["join"]);
}

#[test]
fn modules_know_only_what_stands_below_them() {
    let mut problems = Vec::new();
    for (path, text) in rust_files() {
        let Some(module) = path.strip_prefix(GRAPH).map(|path| path.trim_start_matches('/')) else { continue };
        let code = code(&text);
        let names = words_after(&code, "crate::");
        for (_, forbidden) in FLOORS.iter().filter(|(places, _)| places.iter().any(|place| module.starts_with(place))) {
            for name in forbidden.iter().copied().flatten().filter(|name| names.contains(**name)) {
                problems.push(format!("{path} must not know {name}"));
            }
        }
        for (_, allowed) in OPS_AS_SUCH.iter().filter(|(place, _)| module.starts_with(place)) {
            for name in words_after(&code, "crate::ops::").into_iter().filter(|name| !allowed.contains(name)) {
                problems.push(format!("{path} must not know ops::{name}: it serves every operation alike"));
            }
            for name in words_after(&code, "Op::").into_iter().filter(|name| name.chars().any(char::is_lowercase)) {
                if name.starts_with(char::is_uppercase) {
                    problems.push(format!("{path} must not match on Op::{name}: it serves every operation alike"));
                }
            }
        }
    }
    nothing_in(problems);
}

#[test]
fn crates_depend_only_on_those_below_them() {
    let mut problems = Vec::new();
    let manifests = files().into_iter().filter(|(path, _)| path.starts_with("crates/") && path.ends_with("Cargo.toml"));
    for (path, text) in manifests {
        let name = path.split('/').nth(1).unwrap_or_default();
        let Some(floor) = CRATES.iter().position(|other| *other == name) else {
            problems.push(format!("{path}: which floor does {name} stand on?"));
            continue;
        };
        let dependencies =
            text.split("[dependencies]").nth(1).unwrap_or_default().split("\n[").next().unwrap_or_default();
        for line in dependencies.lines().filter(|line| line.starts_with("cinta")) {
            let other = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if CRATES.iter().position(|c| *c == other).is_none_or(|below| below >= floor) {
                problems.push(format!("{path} must not depend on {other}"));
            }
        }
    }
    nothing_in(problems);
}

#[test]
fn every_operation_file_is_listed_and_every_listed_one_is_a_file() {
    let listed: BTreeSet<&str> = Op::FILES.iter().copied().collect();
    let mut problems = Vec::new();
    let mut found = BTreeSet::new();
    for (path, text) in rust_files() {
        let Some(file) = path.strip_prefix(&format!("{GRAPH}/ops/")).and_then(|path| path.strip_suffix(".rs")) else {
            continue;
        };
        found.insert(file.to_owned());
        let defines = ["OpDef for", "Unary for", "Binary for"].iter().any(|what| code(&text).contains(what));
        match (listed.contains(file), MACHINERY.contains(&file)) {
            (true, true) => problems.push(format!("{path} is listed, so it is no machinery")),
            (false, false) => problems.push(format!("{path} is not in the list of operations")),
            (false, true) if defines && file != "elementwise" => {
                problems.push(format!("{path} defines an operation that is not in the list"));
            }
            _ => {}
        }
    }
    for file in listed.iter().chain(MACHINERY).filter(|file| !found.contains(**file)) {
        problems.push(format!("there is no ops/{file}.rs"));
    }
    nothing_in(problems);
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    let mut problems = Vec::new();
    for (path, text) in rust_files() {
        // The façade's documentation is README.md.
        if !text.starts_with("//! ") && path != "src/lib.rs" {
            problems.push(format!("{path} should start with //! and say what it is"));
        }
        let lines = text.lines().count();
        if lines > 400 {
            problems.push(format!("{path} has {lines} lines, more than 400: what is the second thing it does?"));
        }
    }
    nothing_in(problems);
}

#[test]
fn nothing_is_left_undone() {
    let mut problems = Vec::new();
    for (path, text) in rust_files() {
        for (number, line) in (1..).zip(text.lines()) {
            for name in ["todo", "unimplemented", "dbg"] {
                if line.contains(&format!("{name}!(")) {
                    problems.push(format!("{path}:{number}: {name}! left behind"));
                }
            }
        }
    }
    nothing_in(problems);
}

#[test]
fn texts_speak_of_the_project_only() {
    let mut problems = Vec::new();
    let elsewhere = ["work", "tmp", "root", "home"].map(|folder| format!("/{folder}/"));
    for (path, text) in files() {
        for (number, line) in (1..).zip(text.lines()) {
            let is_path = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-/}*".contains(c));
            for folder in &elsewhere {
                if line.match_indices(folder.as_str()).any(|(at, _)| is_path(at)) {
                    problems.push(format!("{path}:{number}: names a folder of one machine: {}", line.trim()));
                }
            }
        }
    }
    nothing_in(problems);
}

#[test]
fn every_example_is_named_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut problems = Vec::new();
    for (path, _) in rust_files().into_iter().filter(|(path, _)| path.starts_with("examples/")) {
        let name = path.trim_start_matches("examples/").split(['.', '/']).next().unwrap_or_default();
        if !readme.contains(name) {
            problems.push(format!("README.md does not name {path}"));
        }
    }
    nothing_in(problems);
}
