#!/usr/bin/env python3
"""Breaks derivative and batching rules on purpose, one at a time, and reports which mutants no test kills.

Each operation file of crates/cinta-graph/src/ops is read; in the functions that hold its rules (those that
take a Delta or a Flow, and `batch`) every place that a mutation fits becomes one mutant. The workspace is
copied to target/mutants/tree first and only the copy is changed, so your files are safe whatever happens.

    scripts/mutate.py --only tanh          all mutants of one operation (repeat --only for more)
    scripts/mutate.py --most 3             at most three mutants an operation, evenly chosen
    scripts/mutate.py --list               what would be done
    scripts/mutate.py --test every_op      only with some test targets

A mutant that passes every_op is tried on all test targets of the root package. A survivor is one under which
all tests pass. Look at it: either it changes nothing (the same number
written otherwise, a shortcut skipped), or a test is missing. Exit status 1 if there are survivors.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPS = Path("crates/cinta-graph/src/ops")
TREE = ROOT / "target" / "mutants" / "tree"
BUILD = ROOT / "target" / "mutants" / "build"

# Files of the folder that define no operation of their own.
MACHINERY = set(
    "mod at attributes broadcasting definition delta dispatch indices jets lanes map matrices notation pairwise room sample sliding".split()
)

# name, pattern, replacement
MUTATIONS = [
    ("flip the sign", r"\bSome\((delta|ct|masked)\b", r"Some((-\1)"),
    ("flip the sign", r"\bSome\(-(delta|ct)\b", r"Some(\1"),
    ("flip the sign", r"(?<=\{ )-(delta|ct)\b", r"\1"),
    ("flip the sign", r"\b(ct|da|db|dt|t|tangent)\.map\(", r"(-\1).map("),
    ("double", r"\bSome\((delta|ct)\.", r"Some(\1.scale(2.0)."),
    ("double", r"\blinear_jvp\(self, at, tangents\)", r"linear_jvp(self, at, tangents).map(|t| t.map(|t| t.scale(2.0)))"),
    ("another number", r"(?<![\w.])2\.0\b", r"3.0"),
    ("another number", r"(?<![\w.])(?:1\.0|0\.5)\b", r"2.0"),
    ("swap the inputs", r"\bx\[1 - i\]", r"x[i]"),
    ("swap the inputs", r"\bat\.input\(0\)", r"at.input(1)"),
    ("swap the inputs", r"\bat\.input\(1\)", r"at.input(0)"),
    ("swap the branches", r"\.select\((\w[\w.]*(?:\(\w*\))?), (\w[\w.]*(?:\(\w*\))?)\)", r".select(\2, \1)"),
    ("divide for multiply", r"\.times\(", r".over("),
    ("multiply for divide", r"\.over\(", r".times("),
    ("minus for plus", r" \+ (?!'|Send|Sync|use)", r" - "),
    ("plus for minus", r"(?<=[\w)]) - (?=[\w(])", r" + "),
    ("drop the mask", r"\bDelta::masked\(", r"Delta::dense("),
    ("drop the mask", r"\.map_masked\(", r".map("),
    ("sine for cosine", r"\.cos\(\)", r".sin()"),
    ("cosine for sine", r"\.sin\(\)", r".cos()"),
    ("drop the transpose", r"(?<=\w)\.t\(\)", r""),
    ("the other comparison", r"\.(gt|lt|ge|le)\(", lambda m: "." + {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}[m[1]] + "("),
    ("the other input's tangent", r"\btangents\[0\]", r"tangents[1]"),
    ("the other input's tangent", r"\btangents\[1\]", r"tangents[0]"),
    ("forget the batch", r"\.spread\(size\)", r".var"),
    ("stop on the way", r"\b(partial|slope|y|h)\b(?=\))", r"\1.stop_gradient()"),
]
# calls whose argument is dropped with them
DROPPED_CALLS = [("drop the factor", "times"), ("drop the mask", "only_where"), ("drop the sum", "sum_to")]


def closing(text, start, pair="{}"):
    """The position after the bracket that closes the first opening one at or after `start`."""
    depth = 0
    for i in range(text.index(pair[0], start), len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i + 1
    raise ValueError("unbalanced")


def rules(text):
    """The stretches of a file that hold its rules: (start, end) of function bodies."""
    tests = text.find("#[cfg(test)]")
    end = len(text) if tests < 0 else tests
    for head in re.finditer(r"\bfn (\w+)(?:(?!\bfn\b)[^{])*\{", text[:end]):
        if re.search(r"Delta<|Flow<|Cotangents<", head[0]) or head[1] == "batch":
            start = head.end() - 1
            yield start, closing(text, start)


def mutants(text):
    """(description, mutated text) for every place that a mutation fits."""
    seen = set()
    for start, end in rules(text):
        body = text[start:end]
        found = []
        for name, pattern, replacement in MUTATIONS:
            if name == "forget the batch" and body.count(".spread(") < 2:
                continue  # an only input is always batched
            for match in re.finditer(pattern, body):
                new = match.expand(replacement) if isinstance(replacement, str) else replacement(match)
                found.append((name, match.start(), match.end(), new))
        for name, call in DROPPED_CALLS:
            for match in re.finditer(rf"\.{call}\(", body):
                found.append((name, match.start(), closing(body, match.start(), "()"), ""))
        for name, a, b, new in sorted(found, key=lambda f: f[1]):
            line_start, line_end = body.rfind("\n", 0, a) + 1, body.find("\n", b)
            if body[line_start:a].lstrip().startswith("//"):
                continue
            mutated = text[: start + a] + new + text[start + b :]
            if mutated != text and mutated not in seen:
                seen.add(mutated)
                line = text.count("\n", 0, start + a) + 1
                before = body[line_start:line_end].strip()
                after = (body[line_start:a] + new + body[b:line_end]).strip()
                yield f"{name}, line {line}: `{before}` -> `{after}`", mutated


def copy_tree():
    """Brings the copy up to date, leaving files alone that did not change, so that builds stay incremental."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True, capture_output=True, check=True
    ).stdout.splitlines()
    for name in listed:
        source, copy = ROOT / name, TREE / name
        if source.is_file() and not (copy.is_file() and copy.read_bytes() == source.read_bytes()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    known = set(listed)
    for copy in [path for path in TREE.rglob("*.rs") if str(path.relative_to(TREE)) not in known]:
        copy.unlink()


def cargo(arguments, limit):
    """Runs cargo in the copy: its exit status (None if it ran out of time) and its output."""
    environment = dict(
        os.environ,
        CARGO_TARGET_DIR=str(BUILD),
        CARGO_PROFILE_DEV_OPT_LEVEL="0",
        CARGO_PROFILE_DEV_DEBUG="false",
        RUST_BACKTRACE="0",
        RUSTFLAGS="-Awarnings",
    )
    try:
        done = subprocess.run(["cargo", *arguments], cwd=TREE, env=environment, text=True, capture_output=True, timeout=limit)
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return None, ""


def fate(stages):
    """What becomes of the mutant in the copy: `invalid`, `killed` or `survived` by the tests of every stage."""
    if cargo(["check", "-q", "-p", "cinta-graph"], 600)[0] != 0:
        return "invalid"
    for arguments in stages:
        status, output = cargo(["test", "-q", *arguments], 900)
        if status is None or "test result: FAILED" in output or "panicked" in output:
            return "killed"
        if status != 0:
            sys.exit(f"the tests do not build under a mutant that does:\n{output[-3000:]}")
    return "survived"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="OP", help="an operation file, without .rs; may be repeated")
    parser.add_argument("--most", type=int, metavar="N", help="at most N mutants an operation")
    parser.add_argument("--test", action="append", metavar="NAME", help="only this test target of the root package; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the mutants and stop")
    options = parser.parse_args()

    files = sorted(path.stem for path in (ROOT / OPS).glob("*.rs") if path.stem not in MACHINERY)
    unknown = set(options.only or []) - set(files)
    if unknown:
        parser.error(f"no such operation file: {', '.join(sorted(unknown))}")
    work = []
    for op in options.only or files:
        found = list(mutants((ROOT / OPS / f"{op}.rs").read_text()))
        if options.most and len(found) > options.most:
            found = [found[i * len(found) // options.most] for i in range(options.most)]
        work += [(op, what, text) for what, text in found]
    if options.list:
        for op, what, _ in work:
            print(f"{op}: {what}")
        return

    stages = [["--test", name] for name in options.test or ["every_op"]]
    if not options.test:
        stages.append(["-p", "cinta", "--tests"])
    copy_tree()
    for arguments in stages:
        status, output = cargo(["test", "-q", *arguments], 1800)
        if status != 0:
            sys.exit(f"the tests fail without any mutation:\n{output[-3000:]}")
    counts = {"killed": 0, "survived": 0, "invalid": 0}
    valid = {op: 0 for op, _, _ in work}
    survivors = []
    for number, (op, what, text) in enumerate(work, 1):
        path = TREE / OPS / f"{op}.rs"
        original = path.read_text()
        began = time.monotonic()
        try:
            path.write_text(text)
            result = fate(stages)
        finally:
            path.write_text(original)
        counts[result] += 1
        valid[op] += result != "invalid"
        if result == "survived":
            survivors.append(f"{op}: {what}")
        print(f"[{number}/{len(work)}] {result:8} {time.monotonic() - began:4.0f} s  {op}: {what}", flush=True)
    print(f"\n{counts['killed']} killed, {counts['survived']} survived, {counts['invalid']} did not compile")
    bare = [op for op in options.only or files if not valid.get(op)]
    if bare:
        print(f"without a valid mutant: {', '.join(bare)}")
    for survivor in survivors:
        print(f"survived: {survivor}")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
