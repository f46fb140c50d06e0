"""The stopwatch, the lines of the result, and the numbers that all contestants share."""
import json, os, sys, time
import numpy as np

RATE, STEPS = 0.05, 20
NETS = {"W2": ((2, 8, 8, 1), 10), "W3": ((64, 64, 32, 10), 32), "W4": ((784, 256, 128, 10), 64)}


def least(call, budget=0.3):
    """Microseconds of one call: the least of many batches, each at least a millisecond long."""
    for _ in range(3):
        call()
    start = time.perf_counter()
    call()
    one = max(time.perf_counter() - start, 1e-9)
    calls = max(1, int(1e-3 / one))
    best, batches, end = float("inf"), 0, time.perf_counter() + budget
    while batches < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - start) / calls)
        batches += 1
    return best * 1e6


def report(workload, case, contestant, us, check=()):
    check = [float(np.sum(np.asarray(x, dtype=np.float64))) for x in check]
    print(json.dumps({"workload": workload, "case": case, "contestant": contestant, "us": us, "check": check}), flush=True)


class Numbers:
    """The numbers of a workload, taken from the front one array after the other."""

    def __init__(self, workload):
        self.all = np.fromfile(os.path.join(os.environ["PEERS_DATA"], workload + ".f64"))
        self.used = 0

    def take(self, *shape):
        n = int(np.prod(shape))
        self.used += n
        return self.all[self.used - n : self.used].reshape(shape).copy()


def net(workload, dtype):
    """Parameters W1, b1, W2, …, inputs and targets of a network."""
    sizes, batch = NETS[workload]
    numbers, parameters = Numbers(workload), []
    for i, o in zip(sizes, sizes[1:]):
        parameters += [numbers.take(i, o).astype(dtype), numbers.take(o).astype(dtype)]
    return parameters, numbers.take(batch, sizes[0]).astype(dtype), numbers.take(batch, sizes[-1]).astype(dtype)


def digits():
    numbers = Numbers("W5")
    n = numbers.all.size // 65
    return numbers.take(n, 64), numbers.take(n)


D, K, N = 10, 25, 1000


def mixture():
    """alphas, means, factors, x."""
    numbers = Numbers("W7g")
    return numbers.take(K), numbers.take(K, D), numbers.take(K, D * (D + 1) // 2), numbers.take(N, D)


def triangle():
    """Rows and columns below the diagonal, column by column."""
    return np.array([(i, j) for j in range(D) for i in range(j + 1, D)]).T


OBSERVATIONS = 36455


def bundle():
    """cameras, points, weights, features; a row for each observation."""
    numbers, n = Numbers("W7b"), OBSERVATIONS
    return numbers.take(n, 11), numbers.take(n, 3), numbers.take(n), numbers.take(n, 2)


def main(workloads):
    for name in sys.argv[1:]:
        if name in workloads:
            workloads[name]()
