"""NumPy expressions over arrays of several sizes: the temporaries count as much as the arithmetic."""
import numpy as np
import pyperf

random = np.random.default_rng(42)
runner = pyperf.Runner()
for label, size in (("1k", 1_000), ("100k", 100_000), ("1m", 1_000_000)):
    a, b = random.random(size), random.random(size)
    names = {"np": np, "a": a, "b": b, "out": np.empty(size)}
    statements = {
        "expression": "(a * 2.0 + b) / (a + b + 1.0)",
        "out": "np.add(a, b, out=out)",
        "where": "np.where(a > b, a, b)",
        "reduce": "np.sqrt((a * a + b * b).mean())",
    }
    for name, statement in statements.items():
        runner.timeit(f"numpy_{name}_{label}", statement, globals=names)
