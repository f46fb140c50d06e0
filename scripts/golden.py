#!/usr/bin/env python3
"""Makes the golden values of tests/accuracy: elementwise functions and their first derivatives, correctly rounded.

Needs Python and mpmath (`pip install mpmath`, and gmpy2 for speed). Every number is computed with 100 digits from a
formula that stands below, none of which is the engine's own, and rounded once to the nearest f64, subnormals kept.

    scripts/golden.py                          writes tests/accuracy/golden.txt, the same bytes every time
    scripts/golden.py --times 20 --out FILE    another and denser draw of points (CINTA_GOLDEN=FILE measures there)
    scripts/golden.py --only tanh              one function (repeat --only for more)

Points are drawn for each function by a generator seeded with its name: logarithmically over all magnitudes in its
domain, subnormal ones included, evenly where it bends, and beside its edges, zeros and poles; a third of them fit in f32.

Format: a line with a name and how many arguments it has, then a line for each point: the arguments, the value, the
derivative for each argument, as the 16 hexadecimal digits of their bits without trailing zeros. `~` after a number says
that it stands beside a zero of that function, where it is a difference of larger numbers; see `beside` and the tables.
"""
import argparse
import math
import random
import struct
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

mp.dps = 100
OUT = Path(__file__).resolve().parent.parent / "tests" / "accuracy" / "golden.txt"
PI, LN2, LN10 = mp.pi, mp.log(2), mp.log(10)
ROOT_2_PI = mp.sqrt(2 * mp.pi)
MAX, TINY = 1.7976931348623157e308, 5e-324


def rounded(x):
    """The nearest f64 of an mpf, ties to even."""
    if not mp.isfinite(x):
        return float(x)
    sign, man, exp, bits = x._mpf_
    if man == 0 or exp + bits < -1100:
        size = 0.0
    elif exp + bits > 1030:
        size = math.inf
    else:
        try:
            size = float(int(man) << exp) if exp >= 0 else int(man) / (1 << -exp)
        except OverflowError:
            size = math.inf
    return -size if sign else size


def f32(x):
    """The f32 next to x, if it is normal there, else x."""
    return struct.unpack("f", struct.pack("f", x))[0] if 2e-38 < abs(x) < 3e38 else x


class Points:
    """Draws points; `n` is about how many of each kind a function gets."""

    def __init__(self, name, times):
        self.random, self.times, self.found = random.Random(f"{name}/{times}"), times, []

    def add(self, x):
        self.found.append(f32(x) if self.random.random() < 1 / 3 else x)

    def log(self, lo, hi, n=40):
        """Evenly spread logarithms, with both signs."""
        for _ in range(n * self.times):
            size = min(max(2.0 ** self.random.uniform(math.log2(lo), math.log2(hi)), lo), hi)
            self.add(size * (1 + self.random.random() * 2.0**-10) if size < hi / 2 else size)
            self.found[-1] *= self.random.choice([-1, 1])
        return self

    def even(self, lo, hi, n=40):
        for _ in range(n * self.times):
            self.add(self.random.uniform(lo, hi))
        return self

    def near(self, centres, n=4, least=1e-16, most=0.05):
        """Beside some numbers, as close as f64 can come, and on them."""
        for centre in centres:
            self.found.append(float(centre))
            for _ in range(n * self.times):
                away = 2.0 ** self.random.uniform(math.log2(least), math.log2(most)) * max(abs(centre), 1e-300)
                self.found.append(float(centre) + self.random.choice([-1, 1]) * away)
        return self

    def at(self, *numbers):
        self.found += numbers
        return self


def everywhere(p):
    """All of f64, and where functions usually bend."""
    return p.log(TINY, MAX, 60).log(1e-9, 1e9, 60).even(-8, 8, 80).at(0.0, TINY, -TINY, MAX, -MAX, 1.0, -1.0)


def tails(lo, hi):
    """Like `everywhere`, and evenly over a range in which the function moves."""
    return lambda p: everywhere(p).even(lo, hi, 60)


def positive(p):
    everywhere(p).near([1.0], 20)
    p.found = [abs(x) for x in p.found if x != 0]
    return p


def inside(p):
    """From −1 to 1."""
    p.log(TINY, 1, 50).even(-1, 1, 100).near([1.0, -1.0], 40).at(0.0, 0.5, -0.5)
    p.found = [x for x in p.found if abs(x) < 1]
    return p


def beyond(edge):
    """Above an edge, and close to it."""
    def points(p):
        everywhere(p).even(edge, edge + 3, 60).near([edge], 80, 1e-16, 1)
        p.found = [x for x in p.found if x > edge]
        return p
    return points


def angles(p):
    return everywhere(p).near([k * math.pi / 2 for k in range(-6, 7)], 4).near([355.0, 52174.0, 1e22], 2)


def sech2(x):
    e = mp.exp(-2 * abs(x))
    return 4 * e / (1 + e) ** 2


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def pdf(x):
    return mp.exp(-x * x / 2) / ROOT_2_PI


def cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def mills(x, n=0):
    """M₀ = Φ/φ or its derivative 1 + x M₀; far to the left by the asymptotic series."""
    if x > -1e6:
        ratio = cdf(x) / pdf(x)
        return ratio if n == 0 else 1 + x * ratio
    total, term = mpf(0), mpf(1)
    for k in range(12):
        total += term * (2 * k + 1) ** n
        term *= -(2 * k + 1) / x**2
    return total / abs(x) if n == 0 else total / x**2


def log_cdf(x):
    if x > 0:
        return mp.log1p(-cdf(-x))
    return mp.log(mills(x)) - x * x / 2 - mp.log(ROOT_2_PI)


def lgamma(x):
    return mp.log(abs(mp.gamma(x))) if abs(x) < 30 else mp.re(mp.loggamma(x))


def erfinv_slope(x):
    return mp.sqrt(PI) / 2 * mp.exp(mp.erfinv(x) ** 2)


GELU = mp.sqrt(2 / PI), mpf("0.044715")


def gelu_tanh(x, d=0):
    a, b = GELU
    u = 2 * a * (x + b * x**3)
    if d == 0:
        return x * sigmoid(u)
    return sigmoid(u) * (1 + x * 2 * a * (1 + 3 * b * x * x) * sigmoid(-u))


def mish(x, d=0):
    t = mp.tanh(mp.log1p(mp.exp(x))) if x > -40 else mp.exp(x) * (2 + mp.exp(x)) / (2 + 2 * mp.exp(x) + mp.exp(2 * x))
    return x * t if d == 0 else t + x * (1 - t * t) * sigmoid(x)


def zeros_of(f, starts):
    return [float(mp.findroot(f, start)) for start in starts]


def lgamma_zeros():
    """1, 2, and one on either side of the lowest point between two poles of the negative axis."""
    found = [1.0, 2.0]
    for n in range(2, 13):
        for edge in [-n - mpf(10) ** -12, -n - 1 + mpf(10) ** -12]:
            low, high = -n - mpf(0.62), edge
            for _ in range(200):
                middle = (low + high) / 2
                low, high = (middle, high) if lgamma(middle) < 0 else (low, middle)
            found.append(float(low))
    return found


def small(f, size=mpf(1) / 4):
    """Says whether |f| is less than a quarter of something."""
    return lambda x: abs(f(x)) < (size(x) / 4 if callable(size) else size)


def small_digamma(x):
    """Where the two terms of the reflection cancel."""
    return x < 0 and abs(mp.digamma(x)) < abs(mp.digamma(1 - x)) / 2


def small_polygamma(n):
    """Where the terms from the poles on either side cancel."""
    return lambda x: x < 0 and abs(mp.psi(n, x)) < mp.factorial(n) / abs(x - mp.nint(x)) ** (n + 1) / 2


DIGAMMA_ZEROS = zeros_of(mp.digamma, [1.4616, -0.504, -1.573, -2.611, -3.635, -4.653, -5.667, -10.7, -20.73, -100.78])
SLOPE_ZEROS = {"silu": [-1.2784645427610738], "gelu": [-0.7517915244037108], "gelu_tanh": [-0.7524614220710162],
               "mish": [-1.1924353023783945]}
# λ and α of selu as the numbers that `f64` has.
SELU = (mpf(1.0507009873554805), mpf(1.6732632423543772))
POLES = [-k for k in range(1, 8)] + [-20, -100]


def gammas(p):
    """Where log Γ and its derivatives are: the positive numbers, and between the poles on the negative axis."""
    p.log(TINY, 1, 30).even(-6, 10, 100).even(-30, 0, 40).even(0, 200, 30).log(1e-5, 1e5, 30).near(POLES, 4)
    p.near(lgamma_zeros(), 5).near(DIGAMMA_ZEROS, 6).at(0.5, 3.0)
    positive = Points("more", p.times).log(1, 1e305, 30).found
    p.found = [x for x in p.found + [abs(x) for x in positive] if x > 0 or x != math.floor(x)]
    return p


def polygammas(p):
    p.found = [x for x in gammas(p).found if abs(x) > 1e-60 and x < 1e60]
    return p


def powers(n):
    reach = 2.0 ** (1080 / abs(n) - 2)
    return lambda p: p.log(1 / min(reach, 1e300), min(reach, 1e300), 120).log(1e-3, 1e3, 80).even(-3, 3, 40)


def kink(*numbers):
    """The derivative is a convention there, so the points themselves are left out."""
    def points(p):
        everywhere(p).near(numbers, 10)
        p.found = [x for x in p.found if x not in numbers]
        return p
    return points


def step(x):
    return mpf(x > 0)


def half_even(x):
    return mpf(round(float(x))) if abs(x) < 2**53 else x


# name: value, derivative, points, zeros of the value, zeros of the derivative
UNARY = {
    "abs": (abs, mp.sign, kink(0.0)),
    "acos": (mp.acos, lambda x: -1 / mp.sqrt((1 - x) * (1 + x)), inside, [1.0], []),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1)), beyond(1.0)),
    "asin": (mp.asin, lambda x: 1 / mp.sqrt((1 - x) * (1 + x)), inside),
    "asinh": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), everywhere),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x), everywhere),
    "atanh": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x)), inside),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2), kink(0.0)),
    "ceil": (mp.ceil, lambda x: mpf(0), everywhere),
    "cos": (mp.cos, lambda x: -mp.sin(x), angles, [k * math.pi / 2 for k in range(-7, 8, 2)],
            [k * math.pi for k in range(-4, 5) if k]),
    "cosh": (mp.cosh, mp.sinh, tails(-711, 711)),
    "digamma": (mp.digamma, lambda x: mp.psi(1, x), gammas, small_digamma, []),
    "elu(1)": (lambda x: x if x > 0 else mp.expm1(x), lambda x: mpf(1) if x > 0 else mp.exp(x), tails(-745, 10)),
    "elu(0.3)": (lambda x: x if x > 0 else mpf(0.3) * mp.expm1(x), lambda x: mpf(1) if x > 0 else mpf(0.3) * mp.exp(x),
                 tails(-745, 10)),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(PI) * mp.exp(-x * x), tails(-28, 28)),
    "erfc": (mp.erfc, lambda x: -2 / mp.sqrt(PI) * mp.exp(-x * x), tails(-28, 28)),
    "erfinv": (mp.erfinv, erfinv_slope, inside),
    "exp": (mp.exp, mp.exp, tails(-746, 710)),
    "exp2": (lambda x: mp.power(2, x), lambda x: LN2 * mp.power(2, x), tails(-1076, 1024)),
    "expm1": (mp.expm1, mp.exp, tails(-746, 710)),
    "floor": (mp.floor, lambda x: mpf(0), everywhere),
    "gaussian": (lambda x: mp.exp(-x * x), lambda x: -2 * x * mp.exp(-x * x), tails(-28, 28)),
    "gelu": (lambda x: x * cdf(x), lambda x: cdf(x) + x * pdf(x), tails(-39, 10), [], SLOPE_ZEROS["gelu"]),
    "gelu_tanh": (gelu_tanh, lambda x: gelu_tanh(x, 1), tails(-23, 10), [], SLOPE_ZEROS["gelu_tanh"]),
    "hard_sigmoid": (lambda x: min(max(x + 3, mpf(0)), mpf(6)) / 6, lambda x: mpf(abs(x) < 3) / 6, kink(-3.0, 3.0), [-3.0], []),
    "hard_tanh": (lambda x: min(max(x, mpf(-1)), mpf(1)), lambda x: mpf(abs(x) < 1), kink(-1.0, 1.0)),
    "hard_swish": (lambda x: x * min(max(x + 3, mpf(0)), mpf(6)) / 6, lambda x: (2 * x + 3) / 6 if abs(x) < 3 else step(x),
                   kink(-3.0, 3.0), [-3.0], [-1.5]),
    "leaky_relu(0.01)": (lambda x: x if x > 0 else mpf(0.01) * x, lambda x: mpf(1) if x > 0 else mpf(0.01), kink(0.0)),
    "lgamma": (lgamma, mp.digamma, gammas, small(lgamma), small_digamma),
    "log": (mp.log, lambda x: 1 / x, positive, [1.0], []),
    "log10": (lambda x: mp.log(x) / LN10, lambda x: 1 / (x * LN10), positive, [1.0], []),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x), beyond(-1.0)),
    "log2": (lambda x: mp.log(x) / LN2, lambda x: 1 / (x * LN2), positive, [1.0], []),
    "log_normal_cdf": (log_cdf, lambda x: pdf(x) / cdf(x) if x > 0 else 1 / mills(x), tails(-40, 39)),
    "log_sigmoid": (lambda x: -mp.log1p(mp.exp(-x)) if x > -1e4 else x, lambda x: sigmoid(-x), tails(-10, 746)),
    "mills": (mills, lambda x: mills(x, 1), lambda p: Points.even(everywhere(p), -38, 38, 60)),
    "mish": (mish, lambda x: mish(x, 1), tails(-745, 30), [], SLOPE_ZEROS["mish"]),
    "neg": (lambda x: -x, lambda x: mpf(-1), everywhere),
    "normal_cdf": (cdf, pdf, tails(-39, 39)),
    "normal_pdf": (pdf, lambda x: -x * pdf(x), tails(-39, 39)),
    "one_minus_square": (lambda x: (1 - x) * (1 + x), lambda x: -2 * x, lambda p: everywhere(p).near([1.0, -1.0], 30),
                         [1.0, -1.0], []),
    "polygamma(1)": (lambda x: mp.psi(1, x), lambda x: mp.psi(2, x), polygammas, [], small_polygamma(2)),
    "polygamma(2)": (lambda x: mp.psi(2, x), lambda x: mp.psi(3, x), polygammas, small_polygamma(2), []),
    "powi(-3)": (lambda x: x**-3, lambda x: -3 * x**-4, powers(4)),
    "powi(-2)": (lambda x: x**-2, lambda x: -2 * x**-3, powers(3)),
    "powi(3)": (lambda x: x**3, lambda x: 3 * x**2, powers(3)),
    "powi(5)": (lambda x: x**5, lambda x: 5 * x**4, powers(5)),
    "powi(100)": (lambda x: x**100, lambda x: 100 * x**99, powers(100)),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x), kink(0.0)),
    "relu": (lambda x: max(x, mpf(0)), step, kink(0.0)),
    "round": (half_even, lambda x: mpf(0), everywhere),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), lambda x: -1 / (2 * x * mp.sqrt(x)), positive),
    "sech2": (sech2, lambda x: -2 * mp.tanh(x) * sech2(x), tails(-373, 373)),
    "selu": (lambda x: SELU[0] * (x if x > 0 else SELU[1] * mp.expm1(x)),
             lambda x: SELU[0] * (1 if x > 0 else SELU[1] * mp.exp(x)), tails(-745, 10)),
    "sigmoid": (sigmoid, lambda x: sech2(x / 2) / 4, tails(-746, 746)),
    "sign": (mp.sign, lambda x: mpf(0), everywhere),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x)), tails(-746, 30), [], SLOPE_ZEROS["silu"]),
    "sin": (mp.sin, mp.cos, angles, [k * math.pi for k in range(-4, 5) if k], [k * math.pi / 2 for k in range(-7, 8, 2)]),
    "sinh": (mp.sinh, mp.cosh, tails(-711, 711)),
    "softplus": (lambda x: mp.log1p(mp.exp(x)) if x < 1e4 else x, sigmoid, tails(-746, 746)),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2, everywhere),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), positive),
    "square": (lambda x: x * x, lambda x: 2 * x, everywhere),
    "tan": (mp.tan, lambda x: 1 + mp.tan(x) ** 2, angles, [k * math.pi for k in range(-4, 5) if k], []),
    "tanh": (mp.tanh, sech2, tails(-373, 373)),
}


def grid(a, b):
    """All pairs; `a` and `b` are lists or ways to draw points."""
    return lambda name, times: [(x, y) for x in a(name + "/a", times) for y in b(name + "/b", times)]


def some(*draws, also=()):
    """Points that a few ways of drawing give, and some more."""
    def points(name, times):
        p = Points(name, times)
        for draw in draws:
            draw(p)
        return p.found + list(also)
    return points


wide = some(lambda p: p.log(1e-160, 1e150, 6), lambda p: p.log(1e-3, 1e3, 6), lambda p: p.even(-3, 3, 5), also=[1.0, -2.0])
full = some(lambda p: p.log(TINY, MAX, 10), lambda p: p.log(1e-3, 1e3, 6), lambda p: p.even(-3, 3, 2), also=[1.0, -2.0])


def absolute(draw):
    return lambda name, times: [abs(x) for x in draw(name, times)]


def mask(condition):
    return lambda points: lambda name, times: [p for p in points(name, times) if condition(*p)]


def power_partials(x, y):
    # At a negative x the exponent is fixed, for no neighbour has a value.
    z = x**y
    return z, y * x ** (y - 1), z * mp.log(x) if x > 0 else mp.nan


# name: value and partial derivatives, points, which of the three stand beside a zero
BINARY = {
    "add": (lambda a, b: (a + b, mpf(1), mpf(1)), grid(full, full), None),
    "sub": (lambda a, b: (a - b, mpf(1), mpf(-1)), grid(full, full), None),
    "mul": (lambda a, b: (a * b, b, a), grid(wide, wide), None),
    "div": (lambda a, b: (a / b, 1 / b, -a / b**2), grid(wide, wide), None),
    "rem": (lambda a, b: (a - b * mp.floor(abs(a / b)) * mp.sign(a / b), mpf(1), -mp.floor(abs(a / b)) * mp.sign(a / b)),
            mask(lambda a, b: abs(a) < abs(b) * 1e9)(grid(wide, wide)), None),
    "pow": (power_partials,
            mask(lambda x, y: abs(y * math.log(x)) < 760)(grid(absolute(some(lambda p: p.log(TINY, MAX, 8), lambda p: p.log(1e-3, 1e3, 8),
                 lambda p: p.near([1.0], 6))), some(lambda p: p.log(1e-12, 700, 12), lambda p: p.even(-8, 8, 12)))), None),
    "atan2": (lambda y, x: (mp.atan2(y, x), x / (x * x + y * y), -y / (x * x + y * y)), grid(full, full),
              lambda y, x, values: [False, abs(x) < abs(y) * 1e-300, abs(y) < abs(x) * 1e-300]),
    "hypot": (lambda a, b: (mp.hypot(a, b), a / mp.hypot(a, b), b / mp.hypot(a, b)), grid(full, full), None),
    "direction": (lambda a, b: (a / mp.hypot(a, b), b * b / mp.hypot(a, b) ** 3, -a * b / mp.hypot(a, b) ** 3), grid(wide, wide), None),
    "maximum": (lambda a, b: (max(a, b), mpf(a > b), mpf(b > a)), mask(lambda a, b: a != b)(grid(full, full)), None),
    "minimum": (lambda a, b: (min(a, b), mpf(a < b), mpf(b < a)), mask(lambda a, b: a != b)(grid(full, full)), None),
    "xlogy": (lambda x, y: (x * mp.log(y), mp.log(y), x / y), grid(wide, absolute(wide)), None),
    "binary_cross_entropy": (
        lambda z, y: (y * mp.log1p(mp.exp(-z)) + (1 - y) * mp.log1p(mp.exp(z)), sigmoid(z) - y, -z),
        grid(some(lambda p: p.log(1e-9, 30, 10), lambda p: p.even(-30, 30, 10)), some(lambda p: p.even(0, 1, 6), also=[0.0, 1.0, 0.5, 0.25])),
        lambda z, y, values: [False, abs(values[1]) < (values[1] + 2 * y) / 4 and y not in (0, 1), abs(z) < 2]),
}


def beside(x, zeros):
    """Closer to one of the zeros than half of its distance from 0; or what a function says."""
    return zeros(mpf(x)) if callable(zeros) else any(abs(x - zero) < abs(zero) / 2 for zero in zeros)


def word(x, marked=False):
    bits = struct.pack(">d", x).hex().rstrip("0") or "0"
    return bits + "~" * marked


def lines_of(name, times):
    if name in UNARY:
        f, slope, draw, *zeros = UNARY[name]
        zeros = zeros or ([], [])
        for x in sorted(set(draw(Points(name, times)).found)):
            if not math.isfinite(x):
                continue
            values = [rounded(mpf(g(mpf(x)))) for g in (f, slope)]
            yield " ".join([word(x), *(word(v, beside(x, z)) for v, z in zip(values, zeros))])
    else:
        f, draw, marks = BINARY[name]
        for a, b in sorted(set(draw(name, times))):
            values = [rounded(mpf(v)) for v in f(mpf(a), mpf(b))]
            marked = marks(a, b, values) if marks else [False] * 3
            yield " ".join([word(a), word(b), *map(word, values, marked)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    out = []
    for name in options.only or [*UNARY, *BINARY]:
        lines = list(lines_of(name, options.times))
        print(f"{name}: {len(lines)} points", file=sys.stderr)
        out += [f"{name} {1 if name in UNARY else 2}", *lines]
    options.out.write_text("# Made by scripts/golden.py, which describes the format.\n" + "\n".join(out) + "\n")


if __name__ == "__main__":
    main()
