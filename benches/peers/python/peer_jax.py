"""JAX: each workload under jit, a call at a time, and training steps within its own loop."""
import time
from common import *
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)

ready = jax.block_until_ready


def f(a, b):
    return jnp.sin(a * b) + jnp.exp(a) * jnp.log(b) - jnp.tanh(a / b)


def w1():
    g = jax.jit(jax.value_and_grad(f, (0, 1)))
    a, b = jnp.float64(0.7), jnp.float64(1.3)
    y, (da, db) = g(a, b)
    report("W1", "f64", "jax", least(lambda: ready(g(a, b))), (y, da, db))


def w1v():
    g, n = jax.jit(jax.vmap(jax.value_and_grad(f, (0, 1)))), 4096
    a, b = jnp.linspace(0.5, 0.9, n), jnp.linspace(1.1, 1.6, n)
    y, (da, db) = g(a, b)
    report("W1v", "f64, a point", "jax", least(lambda: ready(g(a, b))) / n, (y, da, db))


def loss(parameters, x, y):
    h = x
    for k in range(0, len(parameters), 2):
        h = h @ parameters[k] + parameters[k + 1]
        if k + 2 < len(parameters):
            h = jnp.tanh(h)
    if h.shape[1] == 1:
        return jnp.mean(jnp.logaddexp(0.0, h) - y * h)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(h), 1))


def step(parameters, x, y):
    value, gradients = jax.value_and_grad(loss)(parameters, x, y)
    return [p - RATE * g for p, g in zip(parameters, gradients)], value


def nets(workload, dtypes):
    for case, dtype in dtypes:
        start, x, y = jax.tree.map(jnp.asarray, net(workload, dtype))
        jitted, parameters, losses = jax.jit(step, donate_argnums=0), jax.tree.map(jnp.copy, start), []
        for _ in range(STEPS):
            parameters, value = jitted(parameters, x, y)
            losses.append(value)
        check = losses[0], losses[-1], sum(jnp.sum(p.astype(jnp.float64)) for p in parameters)
        state = [parameters]

        def call():
            state[0], value = jitted(state[0], x, y)
            ready(state[0])

        one = least(call)
        plain, state = jax.jit(step), [jax.tree.map(jnp.copy, start)]
        report(workload, case, "jax", min(one, least(lambda: ready(plain(start, x, y)))), check)
        turns = 200
        loop = jax.jit(lambda p: jax.lax.fori_loop(0, turns, lambda i, p: step(p, x, y)[0], p))
        report(workload, case, "jax in its loop", least(lambda: ready(loop(start))) / turns)


def w5():
    x, y = map(jnp.asarray, digits())
    w, b = jnp.full(64, 0.01), jnp.float64(0)

    def loss(w, b, x, y):
        z = x @ w + b
        return jnp.mean(jnp.logaddexp(0.0, z) - y * z)

    g = jax.jit(jax.value_and_grad(loss, (0, 1)))
    value, (dw, db) = g(w, b, x, y)
    report("W5", "f64", "jax", least(lambda: ready(g(w, b, x, y))), (value, dw, db))
    turns = 200

    def body(_, c):
        _, (dw, db) = jax.value_and_grad(loss, (0, 1))(*c, x, y)
        return c[0] - 1e-3 * dw, c[1] - 1e-3 * db

    loop = jax.jit(lambda c: jax.lax.fori_loop(0, turns, body, c))
    report("W5", "f64", "jax in its loop", least(lambda: ready(loop((w, b)))) / turns)


def curves(workload, name, dtype):
    g = jax.jit(jax.value_and_grad(lambda x: jnp.sum(jnp.tanh(x * 2 + 1) * jax.nn.sigmoid(x) - jnp.sqrt(x * x + 1))))
    for case, n in (("1e6", 1_000_000), ("1e4", 10_000)):
        x = jnp.linspace(-3, 3, n).astype(dtype)
        y, dx = g(x)
        report(workload, f"{name}, {case}", "jax", least(lambda: ready(g(x))), (y, dx))


def w7g():
    *parameters, x = map(jnp.asarray, mixture())
    rows, columns = triangle()

    def likelihood(alphas, means, factors, centred):
        logs = factors[:, :D]
        diagonal = jnp.exp(logs)
        l = jnp.zeros((K, D, D)).at[:, rows, columns].set(factors[:, D:]) + jax.vmap(jnp.diag)(diagonal)
        if centred:
            y = jnp.einsum("kij,nkj->nki", l, x[:, None, :] - means[None])
        else:
            y = jnp.einsum("kij,nj->nki", l, x) - jnp.einsum("kij,kj->ki", l, means)
        t = alphas + logs.sum(1) - 0.5 * jnp.sum(y * y, 2)
        prior = 0.5 * (jnp.sum(diagonal**2) + jnp.sum(factors[:, D:] ** 2))
        normal = -N * D * 0.5 * np.log(2 * np.pi)
        return normal + jnp.sum(jax.nn.logsumexp(t, axis=1)) - N * jax.nn.logsumexp(alphas) + prior

    times = []
    for centred in (True, False):  # as usually written, and with one product over all examples: the better counts
        value = jax.jit(lambda *p: likelihood(*p, centred))
        both = jax.jit(jax.value_and_grad(lambda *p: likelihood(*p, centred), (0, 1, 2)))
        y, gradients = both(*parameters)
        times.append((least(lambda: ready(both(*parameters))), least(lambda: ready(value(*parameters)))))
    report("W7g", "value and gradient", "jax", min(a for a, _ in times), (y, *gradients))
    report("W7g", "value", "jax", min(b for _, b in times), (y,))


def w7b():
    cameras, points, weights, features = map(jnp.asarray, bundle())

    def residual(c, p, w, feature):
        r = c[:3]
        theta = jnp.sqrt(r @ r)
        a, x = r / theta, p - c[3:6]
        cos, sin = jnp.cos(theta), jnp.sin(theta)
        y = x * cos + jnp.cross(a, x) * sin + a * (a @ x) * (1 - cos)
        u = y[:2] / y[2]
        square = u @ u
        return w * (u * (1 + c[9] * square + c[10] * square * square) * c[6] + c[7:9] - feature)

    def both(jacobian):
        def one(c, p, w, feature):
            return residual(c, p, w, feature), jacobian(residual, (0, 1, 2))(c, p, w, feature)
        return jax.jit(jax.vmap(one))

    times = []
    for jacobian in (jax.jacrev, jax.jacfwd):
        g = both(jacobian)
        y, jacobians = g(cameras, points, weights, features)
        times.append(least(lambda: ready(g(cameras, points, weights, features))))
    report("W7b", "f64", "jax", min(times), (y, *jacobians))


def compiled(g, *arguments):
    """Microseconds to the first result, and the compiled function."""
    best = float("inf")
    for _ in range(2):
        jax.clear_caches()
        start = time.perf_counter()
        jitted = jax.jit(g)
        ready(jitted(*arguments))
        best = min(best, time.perf_counter() - start)
    return best * 1e6, jitted


def w10():
    ready(jax.jit(lambda x: x + 1)(jnp.ones(3)))
    parameters, x, y = jax.tree.map(jnp.asarray, net("W3", np.float64))
    report("W10", "W3 step, to its first result", "jax", compiled(step, parameters, x, y)[0])

    def chain(x):
        for _ in range(250):
            x = jnp.sin(x) * 0.9 + x * 0.1
        return x.sum()

    g = jax.value_and_grad(chain)
    report("W10", "chain of 1e3, compile", "jax", compiled(g, jnp.linspace(0, 1, 1000))[0])
    for case, n in (("1e3", 1000), ("1e4", 10000)):
        x, jitted = jnp.linspace(0, 1, n), jax.jit(g)
        y, dx = jitted(x)
        report("W10", f"chain of 1e3, call on {case}", "jax", least(lambda: ready(jitted(x))), (y, dx))


def w11():
    def rosenbrock(x):
        return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x, v = jnp.linspace(0.5, 1.5, 1000), jnp.linspace(-1, 1, 1000)
    times = []
    for hvp in (
        lambda x, v: jax.jvp(jax.grad(rosenbrock), (x,), (v,))[1],
        lambda x, v: jax.grad(lambda x: jnp.vdot(jax.grad(rosenbrock)(x), v))(x),
    ):
        hvp = jax.jit(hvp)
        hv = hvp(x, v)
        times.append(least(lambda: ready(hvp(x, v))))
    report("W11", "HVP, n = 1000", "jax", min(times), (hv, hv @ v))
    x, hessian = jnp.linspace(0.5, 1.5, 100), jax.jit(jax.hessian(rosenbrock))
    h = hessian(x)
    report("W11", "Hessian, n = 100", "jax", least(lambda: ready(hessian(x))), (h, jnp.diag(h)))


def functions():
    from functions import cases

    for name, f, inputs in cases():
        g = jax.jit(jax.value_and_grad(lambda *x: jnp.sum(f(*x) ** 2), tuple(range(len(inputs)))))
        for precision, dtype in reversed(BOTH):
            x = [jnp.asarray(array.astype(dtype)) for array in inputs]
            y, slopes = g(*x)
            report("functions", f"{name}, {precision}", "jax", least(lambda: ready(g(*x)), 0.06), (y, *slopes))


BOTH = (("f32", np.float32), ("f64", np.float64))
main({
    "W1": w1, "W1v": w1v, "W2": lambda: nets("W2", BOTH[1:]), "W3": lambda: nets("W3", BOTH), "W4": lambda: nets("W4", BOTH),
    "W5": w5, "W6": lambda: curves("W6", "f64", np.float64), "W6f": lambda: curves("W6f", "f32", np.float32),
    "W7g": w7g, "W7b": w7b, "W10": w10, "W11": w11,
    "functions": functions,
})
