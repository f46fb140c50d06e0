"""The tables for people: figures, and how Cinta stands against what it should reach."""
import math

START, END = "<!-- peers: written by benches/peers/run -->", "<!-- /peers -->"

# What Cinta should reach: a time at most so many times that of another, or so many microseconds. "products" is the best
# library's, "itself" is Cinta's own time in another case.
BARS = {
    ("W1", "f64"): [("reverse", 1), ("casadi", 1), ("jax", 1 / 90)],
    ("W1v", "f64, a point"): [("jax", 1 / 2)],
    ("W2", "f64"): [("c++", 1)],
    ("W3", "f32"): [("c++", 1)],
    ("W3", "f64"): [("c++", 1)],
    ("W4", "f32"): [("products", 1.05), ("jax", 1)],
    ("W4", "f64"): [("products", 1.05), ("jax", 1)],
    ("W5", "f64"): [("products", 1)],
    ("W6", "f64, 1e6"): [("jax", 1 / 1.6), ("own kernels", 1.4)],
    ("W6", "f64, 1e4"): [("jax", 1 / 1.6), ("own kernels", 1.4)],
    ("W6f", "f32, 1e6"): [("jax", 1), ("own kernels", 1.4)],
    ("W6f", "f32, 1e4"): [("jax", 1), ("own kernels", 1.4)],
    ("W7g", "value and gradient"): [("jax", 1 / 2), ("itself: value", 3)],
    ("W7b", "f64"): [("c++", 1.3)],
    ("W9", "record, an operation"): [("µs", 0.020)],
    ("W9", "value and gradient, an operation"): [("µs", 0.004)],
    ("W10", "W3 step, to its first result"): [("µs", 2000)],
    ("W10", "chain of 1e3, compile"): [("µs", 10_000)],
    ("W10", "chain of 1e3, call on 1e4"): [("jax", 1 / 3)],
    ("W11", "HVP, n = 1000"): [("µs", 4)],
    ("W11", "Hessian, n = 100"): [("jax", 1)],
    ("E", "f64"): [("reverse", 1)],
}
FASTER_BY_TWO_THREADS = {("W4", "f32"), ("W4", "f64"), ("W6", "f64, 1e6")}
COLUMNS = ["cinta", "c++", "products", "jax", "jax in its loop", "torch"]


def time(us):
    if us is None:
        return ""
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1)):
        if us >= size:
            return f"{us / size:.3g} {unit}"
    return f"{us * 1e3:.3g} ns"


def best(times, name):
    """The time of a contestant; of several products, the best."""
    found = [us for other, us in times.items() if other == name or other.startswith(name + ":") or other.startswith(name + " (")]
    return min(found, default=None)


def verdict(key, times, own_cases):
    """Cinta's time as a part of what the bar allows; more than 1 misses it."""
    cells = []
    for name, factor in BARS.get(key, []):
        if name == "µs":
            allowed, text = factor, time(factor)
        elif name.startswith("itself: "):
            other = own_cases.get((key[0], name.removeprefix("itself: ")))
            allowed, text = other and factor * other, f"{factor:g} × its {name.removeprefix('itself: ')}"
        else:
            other = best(times, name)
            of = name if factor == 1 else f"{factor:g} × {name}" if factor > 1 else f"{name} / {1 / factor:g}"
            allowed, text = other and factor * other, of
        if allowed and "cinta" in times:
            part = times["cinta"] / allowed
            cells.append(f"{'ok' if part <= 1 else '**behind**'} {part:.2f} of {text}")
    return "; ".join(cells)


def render(lines, versions=()):
    rows, own = {}, {}
    for line in lines:
        key = line["workload"], line["case"]
        rows.setdefault((*key, line["threads"]), {})[line["contestant"]] = line["us"]
        if line["contestant"] == "cinta" and line["threads"] == 1:
            own[key] = line["us"]
    text = ["| | work | Cinta | C++ by hand | products alone | JAX | in its loop | PyTorch | others | Cinta against the bar |"]
    text.append("|---|---|---:|---:|---:|---:|---:|---:|---|---|")
    for (workload, case, threads), times in rows.items():
        others = [f"{name} {time(us)}" for name, us in times.items() if name.split(":")[0] not in COLUMNS]
        if threads == 1:
            bar = verdict((workload, case), times, own)
        else:
            case += f", {threads} threads"
            gain = own.get((workload, case.split(", 2")[0]), 0) / times.get("cinta", float("inf"))
            wanted = (workload, case.split(", 2")[0]) in FASTER_BY_TWO_THREADS
            bar = f"{'' if not wanted else 'ok ' if gain >= 1.7 else '**behind** '}{gain:.2f} times faster than with one"
        cells = [workload, case, *(time(best(times, name)) for name in COLUMNS), ", ".join(others), bar]
        text.append("| " + " | ".join(cells) + " |")
    if versions:
        text.append(f"\n{', '.join(versions)}.")
    return "\n".join(text)


def functions(lines, versions=()):
    """The page on functions one by one: Cinta beside JAX in both precisions, and as a part of it; less than 1 is faster."""
    times = {}
    for line in lines:
        name, precision = line["case"].rsplit(", ", 1)
        times.setdefault(name, {})[precision, line["contestant"]] = line["us"]
    rows, parts = [], []
    for name, of in times.items():
        cells = [name]
        for precision in ("f64", "f32"):
            own, jax = of.get((precision, "cinta")), of.get((precision, "jax"))
            part = own / jax if own and jax else None
            parts += [part] if part else []
            cells += [time(own), time(jax), "" if part is None else f"{part:.2f}" if part <= 1 else f"**{part:.2f}**"]
        rows.append("| " + " | ".join(cells) + " |")
    text = ["| | f64: Cinta | JAX | part | f32: Cinta | JAX | part |", "|---|---:|---:|---:|---:|---:|---:|", *rows]
    if parts:
        behind, mean = sum(part > 1 for part in parts), math.exp(sum(map(math.log, parts)) / len(parts))
        text.append(f"\nOf {len(parts)} Cinta is slower in {behind}; the geometric mean of the parts is {mean:.2f}.")
    if versions:
        text.append(f"\n{versions[0]}.")
    return "\n".join(text)


def write(path, text):
    """Replaces what stands between the marks."""
    old = path.read_text()
    before, _, rest = old.partition(START)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{START}\n{text}\n{END}{after}")
