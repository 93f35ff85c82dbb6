"""Python functions that NumPy calls, element by element or row by row."""
import numpy as np
import pyperf


def clamp(x):
    if x < 0.25:
        return 0.25
    return x if x < 0.75 else 0.75


def spread(row):
    return row[-1] - row[0]


def key(row):
    return row[0]


class Money:
    """An object in an array: NumPy's arithmetic calls its methods."""

    def __init__(self, cents):
        self.cents = cents

    def __add__(self, other):
        return Money(self.cents + other.cents)


values = np.random.default_rng(42).random(1_000)
vectorized = np.vectorize(clamp, otypes=[float])
from_python = np.frompyfunc(clamp, 1, 1)
rows = values.reshape(100, 10)
money = np.array([Money(i) for i in range(1_000)], dtype=object)

runner = pyperf.Runner()
runner.bench_func("numpy_vectorize", vectorized, values)
runner.bench_func("numpy_frompyfunc", from_python, values)
runner.bench_func("numpy_apply_along_axis", np.apply_along_axis, spread, 1, rows)
runner.bench_func("numpy_fromiter", lambda: np.fromiter((x * 2.0 for x in values), float))
runner.bench_func("numpy_objects", np.add, money, money)
runner.bench_func("numpy_sorted_rows", lambda: sorted(rows, key=key))
