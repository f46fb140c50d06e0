"""JAX's side of the functions one by one: by the names that Cinta gives them, in cinta/functions.rs."""
import json, os
import jax, jax.numpy as jnp, numpy as np
from jax import lax, nn
from jax.scipy import linalg, special, stats


def indices(count, below):
    return np.arange(count) * 7919 % below


def definite(a):
    return a @ a.T / 4 + 4 * jnp.eye(len(a), dtype=a.dtype)


def pool(x, start, combine, size, stride):
    return lax.reduce_window(x, np.array(start, x.dtype), combine, (1, 1, size, size), (1, 1, stride, stride), "VALID")


def normalized(x, axis):
    return (x - x.mean(axis, keepdims=True)) / jnp.sqrt(x.var(axis, keepdims=True) + 1e-5)


def convolved(x, w, axes):
    return lax.conv_general_dilated(x, w, (1,) * (x.ndim - 2), "VALID", dimension_numbers=axes)


def black_scholes(spot, volatility, time):
    spread = volatility * jnp.sqrt(time)
    d = (jnp.log(spot / 100) + time * 0.02) / spread + spread * 0.5
    return spot * stats.norm.cdf(d) - jnp.exp(time * -0.02) * 100 * stats.norm.cdf(d - spread)


def pendulum(angle, speed):
    h = 0.1
    for _ in range(20):
        a1, s1 = speed, -jnp.sin(angle)
        a2, s2 = speed + s1 * (h / 2), -jnp.sin(angle + a1 * (h / 2))
        a3, s3 = speed + s2 * (h / 2), -jnp.sin(angle + a2 * (h / 2))
        a4, s4 = speed + s3 * h, -jnp.sin(angle + a3 * h)
        angle = angle + (a1 + 2 * a2 + 2 * a3 + a4) * (h / 6)
        speed = speed + (s1 + 2 * s2 + 2 * s3 + s4) * (h / 6)
    return angle


FUNCTIONS = {
    "x + y": lambda x, y: x + y,
    "x y": lambda x, y: x * y,
    "x / y": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "pow(2.5)": lambda x: x**2.5,
    "powi(3)": lambda x: x**3,
    "hypot": jnp.hypot,
    "atan2": jnp.arctan2,
    "maximum": jnp.maximum,
    "select": lambda x, y: jnp.where(x > 0, x, y),
    "clip": lambda x: jnp.clip(x, -1, 1),
    "lerp": lambda x, y, t: x + t * (y - x),
    "xlogy": special.xlogy,
    "abs": jnp.abs,
    "reciprocal": lambda x: 1 / x,
    "sqrt": jnp.sqrt,
    "rsqrt": lax.rsqrt,
    "cbrt": jnp.cbrt,
    "exp": jnp.exp,
    "exp2": jnp.exp2,
    "expm1": jnp.expm1,
    "log": jnp.log,
    "log2": jnp.log2,
    "log1p": jnp.log1p,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asinh": jnp.arcsinh,
    "acosh": lambda x: jnp.arccosh(x + 1),
    "atanh": jnp.arctanh,
    "sigmoid": nn.sigmoid,
    "log_sigmoid": nn.log_sigmoid,
    "softplus": nn.softplus,
    "relu": nn.relu,
    "elu": nn.elu,
    "selu": nn.selu,
    "leaky_relu": nn.leaky_relu,
    "silu": nn.silu,
    "gelu": lambda x: nn.gelu(x, approximate=False),
    "gelu_tanh": nn.gelu,
    "mish": nn.mish,
    "softsign": nn.soft_sign,
    "hard_swish": nn.hard_swish,
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "normal_cdf": stats.norm.cdf,
    "log_normal_cdf": special.log_ndtr,
    "lgamma": special.gammaln,
    "digamma": special.digamma,
    "sum": jnp.sum,
    "sum of rows": lambda x: x.sum(1),
    "sum of columns": lambda x: x.sum(0),
    "variance of rows": lambda x: x.var(1),
    "variance of columns": lambda x: x.var(0),
    "max of rows": lambda x: x.max(1),
    "max of columns": lambda x: x.max(0),
    "norm": lambda x: jnp.sqrt(jnp.sum(x * x)),
    "norm of rows": lambda x: jnp.linalg.norm(x, axis=1),
    "prod of rows": lambda x: x.prod(1),
    "logsumexp of rows": lambda x: special.logsumexp(x, axis=1),
    "logsumexp of columns": lambda x: special.logsumexp(x, axis=0),
    "softmax of rows": lambda x: nn.softmax(x, axis=1),
    "softmax of columns": lambda x: nn.softmax(x, axis=0),
    "log_softmax of rows": lambda x: nn.log_softmax(x, axis=1),
    "log_softmax of columns": lambda x: nn.log_softmax(x, axis=0),
    "log_softmax of tens": lambda x: nn.log_softmax(x, axis=1),
    "layer_norm": lambda x: normalized(x, 1),
    "rms_norm": lambda x: x * lax.rsqrt(jnp.mean(x * x, 1, keepdims=True) + 1e-5),
    "batch_norm": lambda x: normalized(x, 0),
    "cumsum along rows": lambda x: jnp.cumsum(x, 1),
    "cumsum along columns": lambda x: jnp.cumsum(x, 0),
    "cumprod along rows": lambda x: jnp.cumprod(x, 1),
    "sort rows": lambda x: jnp.sort(x, 1),
    "max_pool 2 × 2": lambda x: pool(x, -np.inf, lax.max, 2, 2),
    "max_pool 3 × 3, stride 2": lambda x: pool(x, -np.inf, lax.max, 3, 2),
    "avg_pool 2 × 2": lambda x: pool(x, 0, lax.add, 2, 2) / 4,
    "conv1d": lambda x, w: convolved(x, w, ("NCH", "OIH", "NCH")),
    "conv2d": lambda x, w: convolved(x, w, ("NCHW", "OIHW", "NCHW")),
    "x + row": lambda x, b: x + b,
    "x · column": lambda x, b: x * b,
    "exp(xᵀ)": lambda x: jnp.exp(x.T),
    "x + xᵀ": lambda x: x + x.T,
    "flip": lambda x: jnp.flip(x, 1),
    "roll": lambda x: jnp.roll(x, 17, 1),
    "differences": lambda x: x[:, 1:] - x[:, :-1],
    "every other": lambda x: x[:, ::2],
    "pad": lambda x: jnp.pad(x, ((3, 3), (5, 5))),
    "stack": lambda x, y: jnp.stack([x, y], 1),
    "tile": lambda x: jnp.tile(x, (2, 2)),
    "repeat": lambda x: jnp.repeat(x, 3, 1),
    "tril": jnp.tril,
    "take rows": lambda x: x[indices(512, 256)],
    "segment_sum": lambda x: jax.ops.segment_sum(x, indices(256, 40), 40),
    "outer": jnp.outer,
    "matrix by vector": lambda x, v: x @ v,
    "128 × 128 by 128 × 128": lambda x, y: x @ y,
    "xᵀx": lambda x: x.T @ x,
    "1000 of 3 × 3 by vectors": lambda x, y: x @ y,
    "100 of 4 × 4 by 4 × 4": lambda x, y: x @ y,
    "64 of 16 × 16 by 16 × 16": lambda x, y: x @ y,
    "bilinear form": lambda x, w, y: jnp.einsum("bi,ij,bj->b", x, w, y),
    "inv": lambda a: jnp.linalg.inv(definite(a)),
    "solve": lambda a, b: jnp.linalg.solve(definite(a), b),
    "slogdet": lambda a: jnp.linalg.slogdet(definite(a))[1],
    "cholesky": lambda a: jnp.linalg.cholesky(definite(a)),
    "triangular_solve": lambda a, b: linalg.solve_triangular(definite(a), b, lower=True),
    "values of eigh": lambda a: jnp.linalg.eigh(definite(a))[0],
    "qr": lambda a: jnp.linalg.qr(definite(a))[1],
    "expm": lambda a: linalg.expm(a * 0.2),
    "kernel of distances": lambda x, y: jnp.exp(-0.5 * jnp.sum((x[:, None] - y[None]) ** 2, -1)),
    "attention": lambda q, k, v: nn.softmax(q @ k.T * 0.17, axis=1) @ v,
    "layer with gelu": lambda x, w, b: nn.gelu(x @ w + b),
    "normal log density": lambda x, m, s: ((x - m) / s) ** 2 * -0.5 - jnp.log(s),
    "Black and Scholes": black_scholes,
    "pendulum, 20 Runge–Kutta steps": pendulum,
    "bodies": lambda x: lax.rsqrt(jnp.sum((x[:, None] - x[None]) ** 2, -1) + 0.01),
}


def numbers(position, shape, low, high):
    """Numbers without order, the same everywhere: multiples of the golden ratio, modulo 1."""
    parts = (np.arange(1, np.prod(shape) + 1) * 0.6180339887498949 + 0.37 * position) % 1
    return (low + (high - low) * parts).reshape(shape)


def cases():
    """Name, function and inputs of each."""
    with open(os.path.join(os.environ["PEERS_DATA"], "functions.json")) as file:
        inputs = json.load(file)
    return [(name, f, [numbers(i, *spec) for i, spec in enumerate(inputs[name])]) for name, f in FUNCTIONS.items()]
