"""Locals that are only calculated with: what they hold is a number, whatever object it came from."""
import sys


def norm(points):
    total = 0.0
    for [x, y], weight in points:
        total += (x * x + y * y) * weight
    return total


def indices(places, items):
    total = 0
    for place in places:
        total += items[place] * place
    return total


def later(values):
    """One of the uses is none: the object counts."""
    found = []
    for value in values:
        double = value * 2.0
        found.append(value)
    return found, double


def unbound(values):
    for value in values:
        x = value
        y = x * 2.0
    return y * x


def seen(values, depth):
    for value in values:
        y = value * 2.0
        look(depth)
    return y


def look(depth):
    if depth:
        frame = sys._getframe(1)
        print(sorted((name, value) for name, value in frame.f_locals.items() if name != "values"))


def written(values):
    total = 0.0
    for value in values:
        total += value * 2.0
        if total > 30.0:
            sys._getframe().f_locals["value"] = 100.0
            total += value * 1.0
            break
    return total


class Number(float):
    def __mul__(self, other):
        return 1000.0


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def weighted(weights, factor):
    """The sum starts as an int, and weights are now ints and now floats."""
    total = 0
    for weight in weights:
        total += factor() * weight
    return total


POINTS = [([1.5, 2.5], 0.5), ([0.25, -3.0], 2.0)]
for _ in range(400):
    norm(POINTS)
    indices([0, 2, 1], [5, 6, 7])
    later([1.5, 2.5])
    unbound([1.5, 2.5])
    seen([1.5], False)
    written([1.5, 2.5])
for n in range(1500):
    weighted([1.5, 2.5] if n % 3 else [1, 2], lambda: 0.5)

for weights in ([], [1], [1.5, 2, 2**53 + 1, 2**70], [True], [1, "a"], [None], [2**1100], [float("nan"), 1]):
    print(weights, outcome(weighted, weights, lambda: 0.5), outcome(weighted, weights, lambda: 3))
print(norm(POINTS), sys.getrefcount(POINTS[0][0][0]))
print(outcome(norm, [([1, 2.5], 0.5)]), outcome(norm, [([1.5, "a"], 0.5)]), outcome(norm, [([Number(2.0), 2.5], 0.5)]))
print(outcome(norm, [([1.5, 2.5], 0.5)] * 50 + [([True, None], 1)]), outcome(norm, [([1.5], 1.0)]), norm([]))
print(outcome(indices, [0, 2**70, 1], [5, 6]), outcome(indices, [0, True, -1], [5, 6]), outcome(indices, [0, 1.5], [5, 6]))
print(outcome(indices, [300, 0], list(range(1000, 2000))), outcome(indices, [0], {0: 5}), outcome(indices, [2**62], {2**62: 5}))
values = [1.5, 2.5, 1e300]
print(later(values), all(a is b for a, b in zip(later(values)[0], values)))
print(outcome(unbound, []), outcome(unbound, [1.5, 2]), outcome(unbound, ["a"]))
print(seen([1.5, 2.5], True), written([10.0, 20.0, 30.0]))
print([sys.getrefcount(value) for value in values])
