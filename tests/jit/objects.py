"""Lists, tuples, attributes, globals, calls: what is looked up, and when it changes under the code."""


class Point:
    kind = "point"

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def length2(self):
        return self.x * self.x + self.y * self.y


class Slotted:
    __slots__ = ("value", "next")

    def __init__(self, value):
        self.value = value


COUNT = 3


def move(points, n):
    for i in range(n):
        for point in points:
            point.x += 1
            point.y = point.y + 0.5
    return [(point.x, point.y, point.length2()) for point in points]


def subscripts(items, n):
    total = 0
    for _ in range(n):
        for i in range(len(items)):
            total += items[i] + items[-1 - i]
            items[i] = items[i] + 1
    return total


def slots(n):
    first = Slotted(0)
    last = first
    for i in range(n):
        last.next = Slotted(i)
        last = last.next
    total = 0
    node = first.next
    for _ in range(n - 1):
        total += node.value
        node = node.next
    return total


def uses_globals(n):
    total = 0
    for i in range(n):
        total += COUNT * len(str(i))
    return total


def unbound(n):
    for i in range(n):
        if i == n - 1:
            return value
        if i > n:
            value = 1
    return None


def strings(n):
    out = ""
    for i in range(n):
        if i % 3 == 0:
            out += "a"
        elif out == "b":
            out = out[1:]
        else:
            out = out + "b"
    return len(out), out[:20]


def dicts(n):
    table = {}
    for i in range(n):
        key = i % 7
        if key in table:
            table[key] += i
        else:
            table[key] = i
    return sorted(table.items())


def unpacking(pairs):
    total = 0
    for a, (b, c) in pairs:
        total += a * b - c
    return total


def exhausted(items):
    ends = []
    for _ in range(20):
        iterator = iter(items)
        for _ in iterator:
            pass
        ends.append((iterator.__length_hint__(), list(iterator), next(iterator, "end")))
    return ends[-1]


def closure(n):
    total = 0

    def add(x):
        nonlocal total
        total += x

    for i in range(n):
        add(i)
    return total


for turn in range(6):
    print(move([Point(i, i * 2) for i in range(5)], 50))
    print(subscripts(list(range(20)), 20), subscripts([0.5] * 8, 30))
    print(slots(100), uses_globals(200), strings(120), dicts(100))
    print(unpacking([(i, (i + 1, i + 2)) for i in range(80)]), closure(100))
    print(exhausted([1, 2, 3]), exhausted((1, 2)), exhausted(range(4)))
    try:
        subscripts((1, 2), 5)
    except TypeError as error:
        print(error)
    try:
        unbound(60)
    except UnboundLocalError as error:
        print(error)
    COUNT += 1
    if turn == 3:
        Point.length2 = lambda self: -1
    if turn == 4:
        len = lambda thing: 7  # noqa: A001
