"""Functions whose adaptive bytecode is kept in corpus/: what the compiler is for, small enough to read.

    python3.13 dump.py programs NAME > corpus/NAME.txt
"""


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Slotted:
    __slots__ = ("left", "value")

    def __init__(self, left, value):
        self.left = left
        self.value = value


SCALE = 3


def float_sum(n):
    s = 0.0
    for i in range(n):
        s += i * 0.5 - s / 3.0
    return s


def int_loops(n):
    total = 0
    i = 0
    while i < n:
        j = 0
        while j < n:
            total += i * j % 7
            j += 1
        i += 1
    return total


def int_then_float(values):
    total = 0
    for value in values:
        total += value * 0.5
    return total


def sieve(n):
    flags = [True] * n
    count = 0
    for i in range(2, n):
        if flags[i]:
            count += 1
            for j in range(i * i, n, i):
                flags[j] = False
    return count


def reverse(items):
    i, j = 0, len(items) - 1
    while i < j:
        items[i], items[j] = items[j], items[i]
        i += 1
        j -= 1


def maximum(items):
    best = items[0]
    for item in items:
        if item > best:
            best = item
    return best


def length(points):
    total = 0.0
    for p in points:
        total += (p.x * p.x + p.y * p.y) ** 0.5
    return total


def move(points, dx):
    for p in points:
        p.x += dx
        p.y = p.x


def chain(node):
    count = 0
    while node is not None:
        count += node.value
        node = node.left
    return count


def pairs(items):
    out = []
    for a, b in items:
        out.append(a * SCALE + b)
    return out


def comprehension(items):
    return [x * x for x in items if x]


def caught(items):
    bad = 0
    for item in items:
        try:
            bad += 1 // item
        except ZeroDivisionError:
            bad -= 1
    return bad


def closure(n):
    count = 0

    def inner(step):
        nonlocal count
        for _ in range(n):
            count += step
        return count

    return inner(1)


def text(items):
    s = ""
    for item in items:
        s += item
        if s == "stop":
            break
    return s


def squares(limit):
    for number in range(limit):
        yield number * number


def sum_of(generator):
    total = 0
    for item in generator:
        total += item
    return total


def delegate(generator):
    result = yield from generator
    return result


def warm_up():
    for _ in range(20):
        float_sum(20)
        int_loops(5)
        int_then_float([1.0, 2.0, 3.0] * 3)
        sieve(20)
        reverse([1.0, 2.0, 3.0, 4.0])
        maximum([1, 5, 3, 7])
        points = [Point(1.0, 2.0), Point(3.0, 4.0)] * 3
        length(points)
        move(points, 1.0)
        chain(Slotted(Slotted(None, 1), 2))
        pairs([(1, 2), (3, 4)] * 3)
        comprehension([1, 2, 3, 0] * 3)
        caught([1, 2, 0, 4])
        closure(5)
        text(["a", "b", "c"])
        sum_of(squares(9))
        sum_of(delegate(squares(9)))
