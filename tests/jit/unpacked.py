"""`a, b, c = …` of what was always a tuple or always a list at the place, and then is now the one and now the other, is of another length, of another
class, or something that runs code."""


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


class Counted(list):
    def __iter__(self):
        print("iterated", len(self))
        return super().__iter__()


def one(items):
    a, b, c = items
    return a, b, c


def several(n, items):
    """Many places for the same value."""
    for _ in range(n):
        a, b, c = items
        d, e, f = items
        c, b, a = items
        e, f, d = items
    return a, b, c, d, e, f


def attempt(function, *operands):
    try:
        return function(*operands)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


others = [(1, 2), [1, 2, 3, 4], (), [], "xyz", "xy", {1: 2, 3: 4, 5: 6}, Counted("abc"), Counted("ab"), 5, None, range(3), iter((7, 8, 9)), b"abc"]
for turn in range(8):
    print(turn, [one((i, 2.5, "x")) for i in range(300)][-1], several(300, (1, 2.5, None)))
    if turn > 1:
        print([one([i, 2.5, "x"]) for i in range(300)][-1], several(300, ["x", (1,), 3]))
    if turn > 3:
        print([attempt(one, other) for other in others])
        print([attempt(several, 2, other) for other in others])


def dies(items):
    """What was in the locals dies at each of them."""
    for item in items:
        a, b = item
        a = b = None
    return item


for turn in range(4):
    dies([(1, 2), [1, 2]] * 200)
    dies([(Loud(f"{turn} a"), Loud(f"{turn} b")), [Loud(f"{turn} c"), Loud(f"{turn} d")]])
