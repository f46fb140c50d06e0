"""PyTorch, by run: the workloads' usual text; the parameters are updated in place."""
from common import *
import torch, torch.nn.functional as F

torch.set_default_dtype(torch.float64)
grad = torch.autograd.grad


def w1():
    a, b = (torch.tensor(x, requires_grad=True) for x in (0.7, 1.3))

    def call():
        y = torch.sin(a * b) + torch.exp(a) * torch.log(b) - torch.tanh(a / b)
        return y, *grad(y, (a, b))

    report("W1", "f64", "torch", least(call), [it.detach() for it in call()])


def w1v():
    n = 4096
    a, b = torch.linspace(0.5, 0.9, n, requires_grad=True), torch.linspace(1.1, 1.6, n, requires_grad=True)

    def call():
        y = torch.sin(a * b) + torch.exp(a) * torch.log(b) - torch.tanh(a / b)
        return y, *grad(y.sum(), (a, b))

    report("W1v", "f64, a point", "torch", least(call) / n, [it.detach() for it in call()])


def nets(workload, dtypes, also=()):
    for case, dtype in dtypes:
        parameters, x, y = net(workload, dtype)
        parameters = [torch.tensor(p, requires_grad=True) for p in parameters]
        x, y = torch.tensor(x), torch.tensor(y)
        labels = y.argmax(1)

        def step():
            h = x
            for k in range(0, 6, 2):
                h = torch.addmm(parameters[k + 1], h, parameters[k])
                if k < 4:
                    h = torch.tanh(h)
            if y.shape[1] == 1:
                loss = F.binary_cross_entropy_with_logits(h, y)
            else:
                loss = F.cross_entropy(h, labels)
            gradients = grad(loss, parameters)
            with torch.no_grad():
                torch._foreach_add_(parameters, gradients, alpha=-RATE)
            return loss

        losses = [step().item() for _ in range(STEPS)]
        check = losses[0], losses[-1], sum(p.detach().double().sum() for p in parameters)
        us = least(step)
        report(workload, case, "torch", us, check)
        for name in also:
            report(name, case, "torch", us, check[:2])


def w5():
    x, y = map(torch.tensor, digits())
    w, b = torch.full((64,), 0.01, requires_grad=True), torch.tensor(0.0, requires_grad=True)

    def call():
        loss = F.binary_cross_entropy_with_logits(torch.mv(x, w) + b, y)
        return loss, *grad(loss, (w, b))

    report("W5", "f64", "torch", least(call), [it.detach() for it in call()])


def curves(workload, name, dtype):
    for case, n in (("1e6", 1_000_000), ("1e4", 10_000)):
        x = torch.tensor(np.linspace(-3, 3, n).astype(dtype), requires_grad=True)

        def call():
            y = (torch.tanh(x * 2 + 1) * torch.sigmoid(x) - torch.sqrt(x * x + 1)).sum()
            return y, *grad(y, (x,))

        report(workload, f"{name}, {case}", "torch", least(call), [it.detach() for it in call()])


def w7g():
    *parameters, x = map(torch.tensor, mixture())
    parameters = [p.requires_grad_() for p in parameters]
    rows, columns = map(torch.tensor, triangle())

    def likelihood(alphas, means, factors, centred):
        logs = factors[:, :D]
        diagonal = torch.exp(logs)
        l = torch.diag_embed(diagonal).index_put((torch.arange(K)[:, None], rows[None], columns[None]), factors[:, D:])
        if centred:
            y = torch.einsum("kij,nkj->nki", l, x[:, None, :] - means[None])
        else:
            y = torch.einsum("kij,nj->nki", l, x) - torch.einsum("kij,kj->ki", l, means)
        t = alphas + logs.sum(1) - 0.5 * (y * y).sum(2)
        prior = 0.5 * ((diagonal**2).sum() + (factors[:, D:] ** 2).sum())
        normal = -N * D * 0.5 * np.log(2 * np.pi)
        return normal + torch.logsumexp(t, 1).sum() - N * torch.logsumexp(alphas, 0) + prior

    def both(centred):
        y = likelihood(*parameters, centred)
        return y, *grad(y, parameters)

    def value(centred):
        with torch.no_grad():
            return likelihood(*parameters, centred)

    check = [it.detach() for it in both(True)]
    report("W7g", "value and gradient", "torch", min(least(lambda: both(True)), least(lambda: both(False))), check)
    report("W7g", "value", "torch", min(least(lambda: value(True)), least(lambda: value(False))), check[:1])


def w7b():
    cameras, points, weights, features = map(torch.tensor, bundle())

    def residual(c, p, w):
        r = c[:, :3]
        theta = torch.sqrt((r * r).sum(1, keepdim=True))
        a, x, cos, sin = r / theta, p - c[:, 3:6], torch.cos(theta), torch.sin(theta)
        y = x * cos + torch.linalg.cross(a, x) * sin + a * (a * x).sum(1, keepdim=True) * (1 - cos)
        u = y[:, :2] / y[:, 2:]
        square = (u * u).sum(1, keepdim=True)
        distorted = u * (1 + c[:, 9:10] * square + c[:, 10:11] * square * square) * c[:, 6:7]
        return w[:, None] * (distorted + c[:, 7:9] - features)

    def call():  # the usual way: one pullback over the whole batch for each row of the Jacobians
        inputs = [it.detach().requires_grad_() for it in (cameras, points, weights)]
        y = residual(*inputs)
        return y, grad(y[:, 0].sum(), inputs, retain_graph=True), grad(y[:, 1].sum(), inputs)

    y, first, second = call()
    check = [y.detach(), *(a.sum() + b.sum() for a, b in zip(first, second))]
    report("W7b", "f64", "torch", least(call), check)


def w10():
    for case, n in (("1e3", 1000), ("1e4", 10000)):
        start = torch.linspace(0, 1, n, requires_grad=True)

        def call():
            x = start
            for _ in range(250):
                x = torch.sin(x) * 0.9 + x * 0.1
            y = x.sum()
            return y, *grad(y, (start,))

        report("W10", f"chain of 1e3, call on {case}", "torch", least(call), [it.detach() for it in call()])


def w11():
    def rosenbrock(x):
        return torch.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x, v = torch.linspace(0.5, 1.5, 1000, requires_grad=True), torch.linspace(-1, 1, 1000)

    def hvp():
        (g,) = grad(rosenbrock(x), x, create_graph=True)
        return grad(g, x, v)[0]

    hv = hvp()
    report("W11", "HVP, n = 1000", "torch", least(hvp), (hv, hv @ v))
    from torch.func import hessian

    x = torch.linspace(0.5, 1.5, 100)
    h = hessian(rosenbrock)(x)
    report("W11", "Hessian, n = 100", "torch", least(lambda: hessian(rosenbrock)(x)), (h, torch.diag(h)))


BOTH = (("f32", np.float32), ("f64", np.float64))
main({
    "W1": w1, "W1v": w1v, "W2": lambda: nets("W2", BOTH[1:], ("E",)), "W3": lambda: nets("W3", BOTH), "W4": lambda: nets("W4", BOTH),
    "W5": w5, "W6": lambda: curves("W6", "f64", np.float64), "W6f": lambda: curves("W6f", "f32", np.float32),
    "W7g": w7g, "W7b": w7b, "W10": w10, "W11": w11,
})
