"""CasADi's virtual machine, called through buffers, without Python's conversions: where its graphs are at home."""
import time
from common import *
import casadi as ca


class Compiled:
    """A function and its outputs, written in place at each call."""

    def __init__(self, symbols, outputs, arguments):
        self.function = ca.Function("f", symbols, outputs)
        self.buffer, self.call = self.function.buffer()
        self.arguments = [np.asfortranarray(a, dtype=np.float64) for a in arguments]
        self.outputs = [np.zeros(self.function.nnz_out(i)) for i in range(len(outputs))]
        for i, a in enumerate(self.arguments):
            self.buffer.set_arg(i, memoryview(a.reshape(-1, order="F")))
        for i, o in enumerate(self.outputs):
            self.buffer.set_res(i, memoryview(o))
        self.call()


def w1():
    a, b = ca.SX.sym("a"), ca.SX.sym("b")
    y = ca.sin(a * b) + ca.exp(a) * ca.log(b) - ca.tanh(a / b)
    f = Compiled([a, b], [y, ca.gradient(y, a), ca.gradient(y, b)], [[0.7], [1.3]])
    report("W1", "f64", "casadi", least(f.call), f.outputs)


def w5():
    x, y = digits()
    w, b = ca.MX.sym("w", 64), ca.MX.sym("b")
    z = ca.mtimes(ca.DM(x), w) + b
    loss = ca.sum1(ca.log1p(ca.exp(z)) - ca.DM(y) * z) / len(y)
    f = Compiled([w, b], [loss, ca.gradient(loss, w), ca.gradient(loss, b)], [np.full(64, 0.01), [0.0]])
    report("W5", "f64", "casadi", least(f.call), f.outputs)


def w6():
    n = 10_000
    x = ca.MX.sym("x", n)
    y = ca.sum1(ca.tanh(x * 2 + 1) / (1 + ca.exp(-x)) - ca.sqrt(x * x + 1))
    f = Compiled([x], [y, ca.gradient(y, x)], [np.linspace(-3, 3, n)])
    report("W6", "f64, 1e4", "casadi", least(f.call), f.outputs)


def w9():
    turns = 500_000
    a, b = ca.SX.sym("a"), ca.SX.sym("b")
    x = a
    for _ in range(turns):
        x = x * a + b
    f = Compiled([a, b], [x, ca.gradient(x, a), ca.gradient(x, b)], [[0.99999], [1e-6]])
    report("W9", "value and gradient, an operation", "casadi", least(f.call) / (2 * turns), f.outputs)


def w10():
    for case, n in (("1e3", 1000), ("1e4", 10000)):
        start = time.perf_counter()
        x = ca.MX.sym("x", n)
        z = x
        for _ in range(250):
            z = ca.sin(z) * 0.9 + z * 0.1
        y = ca.sum1(z)
        f = Compiled([x], [y, ca.gradient(y, x)], [np.linspace(0, 1, n)])
        if n == 1000:
            report("W10", "chain of 1e3, compile", "casadi", (time.perf_counter() - start) * 1e6)
        report("W10", f"chain of 1e3, call on {case}", "casadi", least(f.call), f.outputs)


def w11():
    def rosenbrock(x):
        return ca.sum1(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    times = []
    for kind in (ca.SX, ca.MX):
        x, v = kind.sym("x", 1000), kind.sym("v", 1000)
        f = Compiled([x, v], [ca.jtimes(ca.gradient(rosenbrock(x), x), x, v)], [np.linspace(0.5, 1.5, 1000), np.linspace(-1, 1, 1000)])
        times.append(least(f.call))
    report("W11", "HVP, n = 1000", "casadi", min(times), (f.outputs[0], f.outputs[0] @ np.linspace(-1, 1, 1000)))
    times = []
    for kind in (ca.SX, ca.MX):
        x = kind.sym("x", 100)
        hessian = ca.hessian(rosenbrock(x), x)[0]
        f = Compiled([x], [hessian], [np.linspace(0.5, 1.5, 100)])
        times.append(least(f.call))
    trace = np.trace(np.array(f.function(np.linspace(0.5, 1.5, 100))))
    report("W11", "Hessian, n = 100", "casadi (sparse)", min(times), (f.outputs[0], trace))


main({"W1": w1, "W5": w5, "W6": w6, "W9": w9, "W10": w10, "W11": w11})
