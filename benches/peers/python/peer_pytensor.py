"""PyTensor: training steps whose parameters are shared variables with updates."""
from common import *
import pytensor, pytensor.tensor as pt


def nets(workload, dtypes):
    for case, dtype in dtypes:
        arrays, x, y = net(workload, dtype)
        parameters = [pytensor.shared(p) for p in arrays]
        x, y = pytensor.shared(x), pytensor.shared(y)
        h = x
        for k in range(0, 6, 2):
            h = pt.dot(h, parameters[k]) + parameters[k + 1]
            if k < 4:
                h = pt.tanh(h)
        if workload == "W2":
            loss = pt.mean(pt.softplus(h) - y * h)
        else:
            loss = -pt.mean(pt.sum(y * pt.special.log_softmax(h, axis=1), 1))
        rate = np.asarray(RATE, dtype)
        updates = [(p, p - rate * g) for p, g in zip(parameters, pytensor.grad(loss, parameters))]
        step = pytensor.function([], loss, updates=updates)
        losses = [step() for _ in range(STEPS)]
        total = sum(p.get_value().astype(np.float64).sum() for p in parameters)
        report(workload, case, "pytensor", least(step), (losses[0], losses[-1], total))


def w5():
    x, y = map(pytensor.shared, digits())
    w, b = pt.dvector(), pt.dscalar()
    z = pt.dot(x, w) + b
    loss = pt.mean(pt.softplus(z) - y * z)
    f = pytensor.function([w, b], [loss] + pytensor.grad(loss, [w, b]))
    at = np.full(64, 0.01), 0.0
    report("W5", "f64", "pytensor", least(lambda: f(*at)), f(*at))


main({"W2": lambda: nets("W2", [("f64", np.float64)]), "W3": lambda: nets("W3", [("f64", np.float64)]), "W5": w5})
