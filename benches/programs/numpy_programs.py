"""Small programs that are written with NumPy, but whose loops are Python's."""
import numpy as np
import pyperf


def planets(steps):
    """Bodies that attract each other: many operations on arrays of three numbers."""
    random = np.random.default_rng(1)
    place, speed = random.random((5, 3)), np.zeros((5, 3))
    for _ in range(steps):
        for i in range(5):
            pull = np.zeros(3)
            for j in range(5):
                if i != j:
                    way = place[j] - place[i]
                    pull += way / (np.dot(way, way) + 0.01) ** 1.5
            speed[i] += 0.001 * pull
        place += 0.001 * speed
    return place


def life(steps):
    """The game of life on a small board, by slices."""
    board = (np.random.default_rng(2).random((64, 64)) > 0.7).astype(np.int8)
    for _ in range(steps):
        near = sum(
            np.roll(np.roll(board, x, 0), y, 1)
            for x in (-1, 0, 1)
            for y in (-1, 0, 1)
            if x or y
        )
        board = ((near == 3) | (board & (near == 2))).astype(np.int8)
    return board


def edit_distance(first, second):
    """Dynamic programming over a table, element by element: how a beginner writes it."""
    table = np.zeros((len(first) + 1, len(second) + 1), dtype=np.int64)
    table[:, 0] = np.arange(len(first) + 1)
    table[0, :] = np.arange(len(second) + 1)
    for i, a in enumerate(first, 1):
        for j, b in enumerate(second, 1):
            change = table[i - 1, j - 1] + (a != b)
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, change)
    return table[-1, -1]


def clusters(rounds):
    """k-means: distances by broadcasting, groups by masks."""
    points = np.random.default_rng(3).random((500, 2))
    centres = points[:8].copy()
    for _ in range(rounds):
        nearest = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        for k in range(len(centres)):
            mine = points[nearest == k]
            if len(mine):
                centres[k] = mine.mean(axis=0)
    return centres


def moving_average(window):
    """A signal filtered in pieces, as streams are."""
    signal = np.random.default_rng(4).random(4_000)
    kernel = np.ones(window) / window
    pieces = [np.convolve(signal[at : at + 64], kernel, "same") for at in range(0, 4_000, 64)]
    return np.concatenate(pieces)


runner = pyperf.Runner()
runner.bench_func("numpy_planets", planets, 20)
runner.bench_func("numpy_life", life, 20)
runner.bench_func("numpy_edit_distance", edit_distance, "pyroxene " * 5, "pyramids " * 5)
runner.bench_func("numpy_clusters", clusters, 10)
runner.bench_func("numpy_moving_average", moving_average, 8)
