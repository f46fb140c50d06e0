"""Builds and installs the contestants under target/peers; what is not to be had is said and left out."""
import json, os, shutil, subprocess, sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOME = ROOT / "target" / "peers"
VENV = HOME / "venv"
PYTHON = VENV / "bin" / "python"
LOG = HOME / "setup.log"

# What each Python contestant needs. PyTorch's wheels from the registry bring a graphics card's libraries along, several
# gigabytes; TORCH_INDEX may name an index of wheels without.
PACKAGES = {
    "jax": ["numpy", "scipy", "jax"],
    "torch": ["numpy", "torch"],
    "casadi": ["numpy", "casadi"],
    "pytensor": ["numpy", "scipy", "numba", "pytensor"],
}
CRATES = ["scalar", "products", "fused", "candle", "dfdx"]


def say(text):
    print(text, flush=True)


def attempt(what, command, **options):
    """Runs a command with its output in the log; whether it succeeded."""
    say(f"  {what} …")
    with LOG.open("a") as log:
        log.write(f"\n== {what}: {' '.join(map(str, command))}\n")
        log.flush()
        try:
            done = subprocess.run(["nice", "-n", "10", *map(str, command)], stdout=log, stderr=log, **options).returncode == 0
        except OSError as error:
            log.write(f"{error}\n")
            done = False
    if not done:
        say(f"  NOT AVAILABLE: {what}; see {LOG.relative_to(ROOT)}. Going on without it.")
    return done


def can_import(module):
    return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode == 0


def python_peers():
    """The commands of the contestants in Python."""
    if not PYTHON.exists() and not attempt("virtual environment", [sys.executable, "-m", "venv", VENV]):
        return {}
    found = {}
    for name, packages in PACKAGES.items():
        index = ["--index-url", os.environ["TORCH_INDEX"]] if name == "torch" and "TORCH_INDEX" in os.environ else []
        if can_import(name) or (
            attempt(f"pip install {' '.join(packages)}", [PYTHON, "-m", "pip", "install", *index, *packages]) and can_import(name)
        ):
            found[name] = [str(PYTHON), str(HERE / "python" / f"peer_{name}.py")]
    return found


def openblas():
    """How to compile and link with OpenBLAS: the one from the Python registry, else the system's."""
    query = "import scipy_openblas32 as o; print(o.get_include_dir()); print(o.get_lib_dir())"
    if not can_import("scipy_openblas32"):
        attempt("pip install scipy-openblas32", [PYTHON, "-m", "pip", "install", "scipy-openblas32"])
    done = subprocess.run([PYTHON, "-c", query], capture_output=True, text=True)
    if done.returncode:
        return ["-lopenblas"]
    include, lib = done.stdout.split()
    return ["-DSCIPY_OPENBLAS", f"-I{include}", f"-L{lib}", f"-Wl,-rpath,{lib}", "-lscipy_openblas"]


def newer(target, sources):
    return target.exists() and all(target.stat().st_mtime >= source.stat().st_mtime for source in sources)


def cpp_peer():
    target, sources = HOME / "hand", sorted((HERE / "cpp").iterdir())
    if not newer(target, sources):
        blas = openblas()
        command = ["g++", "-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", HERE / "cpp" / "hand.cpp"]
        if not attempt("C++ by hand", [*command, "-o", target, *blas, "-lmvec", "-lm"]):
            return {}
    return {"c++": [str(target)]}


def rust_peers():
    environment = {"CARGO_BUILD_JOBS": "1", **os.environ, "CARGO_TARGET_DIR": str(HOME / "rust"), "RUSTFLAGS": "-C target-cpu=native"}
    found = {}
    for name in CRATES:
        package = f"peer-{name}"
        build = ["cargo", "build", "--release", "--manifest-path", HERE / "rust" / "Cargo.toml", "-p", package]
        if attempt(f"crates: {name}", build, env=environment):
            found[name] = [str(HOME / "rust" / "release" / package)]
    return found


def cinta():
    """The command of Cinta's own contestant; without it there is nothing to compare."""
    say("  cinta …")
    build = ["nice", "-n", "10", "cargo", "bench", "--bench", "workloads", "--no-run", "--message-format=json-render-diagnostics"]
    done = subprocess.run(build, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("the benchmark 'workloads' does not build")
    messages = (json.loads(line) for line in done.stdout.splitlines())
    return next([m["executable"]] for m in messages if m.get("executable") and m["target"]["name"] == "workloads")


def contestants():
    """Name and command of every contestant that is to be had, Cinta first."""
    HOME.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    say("Setting up the contestants:")
    own = cinta()
    python = python_peers()
    cpp = cpp_peer() if shutil.which("g++") else say("  NOT AVAILABLE: g++. Going on without C++.") or {}
    return {"cinta": own, **python, **cpp, **rust_peers()}


def versions():
    """What ran, for the table."""
    names = "jax", "torch", "casadi", "pytensor", "scipy-openblas32"
    query = f"import importlib.metadata as m\nfor n in {names!r}:\n  try: print(n, m.version(n))\n  except m.PackageNotFoundError: pass"
    done = subprocess.run([PYTHON, "-c", query], capture_output=True, text=True)
    return [line.replace("scipy-openblas32", "OpenBLAS") for line in done.stdout.splitlines()]
