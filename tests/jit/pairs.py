"""Loops over enumerate and zip whose pairs are taken apart: of lists and tuples, of others, at their ends, changed meanwhile."""
import gc
import sys


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        self.log.append((self.name, frame.f_code.co_name, frame.f_locals.get("i")))


def weighted(values, start=0):
    total = 0
    for i, value in enumerate(values, start):
        total += i * value
    return total


def dot(a, b):
    total = 0
    for x, y in zip(a, b):
        total += x * y
    return total


def nested(rows):
    total = 0.0
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            total += value * (i - j)
        for a, b in zip(row, rows[i - 1]):
            total += a - b
    return total


def changed(rounds):
    values = [1, 2, 3]
    seen = []
    for i, value in enumerate(values):
        seen.append((i, value))
        if i < rounds:
            values.append(i)
        elif i % 2:
            values.pop()
    return seen, len(values)


def goes_on(values, rest):
    numbers = enumerate(values, 5)
    for i, value in numbers:
        if value == rest:
            break
    else:
        i = value = None
    left = [*numbers]
    for i, value in numbers:
        left.append("never")
    return i, value, left


def both_go_on(a, b):
    one, other = iter(a), iter(b)
    pairs = zip(one, other)
    total = []
    for x, y in pairs:
        total.append(x + y)
    return total, list(one), list(other), list(pairs)


def same_iterator(values):
    iterator = iter(values)
    return [x * 10 + y for x, y in zip(iterator, iterator)]


def strict(a, b):
    total = 0
    try:
        for x, y in zip(a, b, strict=True):
            total += x * y
    except ValueError as error:
        return total, str(error)
    return total


def kept_pairs(values):
    pairs = enumerate(values)
    kept = []
    for pair in pairs:
        kept.append(pair)
        for i, value in pairs:
            kept.append((i, value))
            break
    return kept, [a is b for a, b in zip(kept, kept[1:])]


def counts(n):
    things = [object() for _ in range(n)]
    seen = set()
    for i, thing in enumerate(things):
        seen.add(sys.getrefcount(thing))
    for one, other in zip(things, things):
        seen.add((sys.getrefcount(one), sys.getrefcount(other)))
    return seen


def deaths(n):
    Dies.log.clear()
    things = [Dies(name) for name in range(n)]
    for i, thing in enumerate(things):
        things[i] = None
        thing = None
    thing = 0
    things = tuple([Dies(name) for name in range(n)])
    for thing, i in zip(things, range(n)):
        pass
    for i, (thing, other) in enumerate(zip(things, things)):
        pass
    things = thing = other = None
    for i, thing in enumerate([Dies("a"), Dies("b")]):
        Dies.log.append(i)
    return Dies.log[:4], Dies.log[-6:], len(Dies.log)


def large(n):
    return [i for i, _ in enumerate([0] * n, 2**63 - 3)], weighted([1] * n, 2**62)


def fails(values):
    for i, value in enumerate(values):
        try:
            1 // value
        except ZeroDivisionError:
            return i, value
    return None


def generated(values):
    for i, value in enumerate(values):
        got = yield i + value
        if got:
            yield i, value


def collected(n):
    """The pair holds containers again after it was taken out of the collector's hands."""
    values = [1.5] * n + [[]]
    pairs = enumerate(values)
    last = None
    for i, value in pairs:
        if i == n // 2:
            gc.collect()
        last = value
    last.append(pairs)
    return gc.is_tracked(last), len(last)


class Own:
    def __init__(self, values):
        self.values = values

    def __iter__(self):
        return iter(self.values)


for turn in range(30):
    floats = [0.5 * k for k in range(20 + turn)]
    print(turn, weighted(floats), weighted(tuple(range(30))), weighted(range(5)), weighted([True, False]))
    print(dot(floats, floats), dot(floats, range(9)), dot((1, 2, 3), [4, 5]), dot([], floats), dot(floats, ()))
    print(nested([floats, floats[::-1], (1, 2.5)]))
    print(changed(10), goes_on(list(range(20)), 9), goes_on([1, 2], 5))
    print(both_go_on([1, 2, 3], [4, 5]), both_go_on((1, 2), (4, 5, 6, 7)), both_go_on(Own([1]), Own((2, 3))))
    print(same_iterator(range(10)), same_iterator([1, 2, 3, 4, 5]))
    print(strict(floats, floats[1:]), strict([1, 2], [3, 4]), strict([1], (2, 3)))
    print(kept_pairs("abcdef"), kept_pairs([1, 2, 3, 4]))
    print(counts(10), deaths(8), large(6), fails([3, 2, 1, 0]), collected(10))
    generator = generated([1, 2, 3] * 5)
    print([next(generator), generator.send(1), generator.send(0), *generator])
    print([(i, x) for i, x in enumerate(floats[:3])], {a: b for a, b in zip("abc", floats)})
print(weighted("") if turn < 0 else weighted([]), weighted(dict.fromkeys([1, 2, 3])))
try:
    weighted(["a", None])
except TypeError as error:
    print(error)
