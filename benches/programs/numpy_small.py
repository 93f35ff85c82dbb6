"""NumPy on arrays so small that the way into NumPy is all the cost."""
import numpy as np
import pyperf

NAMES = {
    "np": np,
    "a": np.array([1.0, 2.0, 3.0]),
    "b": np.array([4.0, 5.0, 6.0]),
    "c": np.zeros(3),
    "m": np.eye(3),
    "s": np.float64(1.5),
    "items": [1.0, 2.0, 3.0],
}
STATEMENTS = {
    "numpy_small_add": "a + b",
    "numpy_small_add_number": "a + 1.0",
    "numpy_small_out": "np.add(a, b, c)",
    "numpy_small_compare": "a < b",
    "numpy_small_sum": "a.sum()",
    "numpy_small_dot": "a.dot(b)",
    "numpy_small_matmul": "m @ a",
    "numpy_small_sqrt": "np.sqrt(a)",
    "numpy_small_make": "np.array(items)",
    "numpy_small_zeros": "np.zeros(3)",
    "numpy_small_norm": "np.linalg.norm(a)",
    "numpy_small_scalar": "s * s + s",
}

runner = pyperf.Runner()
for name, statement in STATEMENTS.items():
    runner.timeit(name, statement, globals=NAMES, duplicate=10)
