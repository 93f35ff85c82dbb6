"""NumPy indexing: views, copies, and single elements from Python's loops."""
import numpy as np
import pyperf

random = np.random.default_rng(42)
grid = random.random((100, 100))
NAMES = {
    "np": np,
    "grid": grid,
    "row": grid[0].copy(),
    "mask": grid > 0.5,
    "some": random.integers(0, 100, 30),
    "few": [3, 1, 4, 1, 5, 9],
}
STATEMENTS = {
    "numpy_index_element": "grid[3, 4]",
    "numpy_index_store": "row[7] = 1.0",
    "numpy_index_item": "row.item(7)",
    "numpy_index_slice": "grid[1:-1, ::2]",
    "numpy_index_row": "grid[5]",
    "numpy_index_mask": "grid[mask]",
    "numpy_index_fancy": "grid[some, some]",
    "numpy_index_fancy_store": "row[some] = 0.5",
    "numpy_index_list": "row[few]",
    "numpy_index_take": "np.take(row, some)",
    "numpy_index_newaxis": "row[:, None]",
    "numpy_index_iterate": "for x in row: pass",
}

runner = pyperf.Runner()
for name, statement in STATEMENTS.items():
    runner.timeit(name, statement, globals=NAMES)
