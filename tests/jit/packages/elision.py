"""NumPy computes in place where a temporary array is referred to by the evaluator only, which it sees by counts of references and by the
return addresses on the C stack: also where machine code calls it, however deep."""
import tracemalloc

import numpy as np


def add(a):
    return a + a + a + a + a


def deep(n, a):
    if n == 0:
        return add(a)
    return deep(n - 1, a)


def scaled(a):
    kept = a * 2
    return kept - a, kept


small = np.ones(4)
for _ in range(30000):
    add(small)
    scaled(small)
for _ in range(3000):
    deep(9, small)
large = np.ones(500_000)
tracemalloc.start()
for function in (add, lambda a: deep(3, a), lambda a: deep(9, a), scaled):
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    result = function(large)
    peak = tracemalloc.get_traced_memory()[1] - before
    print(round(peak / large.nbytes, 1))
    del result
difference, kept = scaled(small)
print(difference, kept)
