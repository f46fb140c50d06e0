//! How exact the elementwise functions and sums are: `docs/accuracy.md` holds the table that is made here.
//!
//! `CINTA_REFRESH=1 cargo test --test accuracy` writes the table anew. `CINTA_GOLDEN=file` measures at other points, made
//! by scripts/golden.py, and prints the table.
mod compiled;
mod functions;
mod golden;
mod measure;
mod sums;
mod table;

use std::path::Path;
use std::{env, fs};

use crate::table::Table;

/// Where the table stands in the document.
const MARKS: [&str; 2] = ["<!-- made by tests/accuracy -->\n", "<!-- to here -->\n"];

#[test]
fn functions_and_slopes_are_as_exact_as_the_table_says() {
    let table = Table::of(&golden::read());
    if env::var_os("CINTA_GOLDEN").is_some() {
        println!("{}", table.text);
    } else {
        compare(&table);
    }
    assert!(table.failures.is_empty(), "less exact than promised\n  {}", table.failures.join("\n  "));
}

/// The document's table must be this one, wherever the platform's library gives the same bits as when it was made; with
/// another library the promises hold all the same, but a figure may differ.
fn compare(table: &Table) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy.md");
    let document = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (before, rest) = document.split_once(MARKS[0]).expect("the mark where the table begins");
    let (found, after) = rest.split_once(MARKS[1]).expect("the mark where the table ends");
    if found == table.text {
        return;
    }
    if env::var_os("CINTA_REFRESH").is_some() {
        let document = [before, MARKS[0], &table.text, MARKS[1], after].concat();
        fs::write(&path, document).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    if found.contains(&table.library) {
        let differs = |(old, new): &(&str, &str)| old != new;
        let (old, new) = found.lines().zip(table.text.lines()).find(differs).unwrap_or(("", "more or fewer rows"));
        panic!("docs/accuracy.md is out of date, CINTA_REFRESH=1 writes it anew\n  it says  {old}\n  measured {new}\n");
    }
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect()
    };
    assert_eq!(
        names(found),
        names(&table.text),
        "docs/accuracy.md lists other functions; CINTA_REFRESH=1 writes it anew"
    );
}
