"""Tuples that are taken apart where they are built, also across inlined calls, and what is made of them where somebody looks."""
import gc
import sys
import traceback


class Grid:
    def __init__(self, width, height):
        self.width = width
        self.height = height
        self.cells = [float(i) for i in range(width * height)]

    def place(self, x, y):
        if 0 <= x < self.width and 0 <= y < self.height:
            return y * self.width + x
        raise IndexError(x, y)

    def __getitem__(self, key):
        x, y = key
        return self.cells[self.place(x, y)]


def stencil(grid, rounds):
    total = 0.0
    for _ in range(rounds):
        for y in range(1, grid.height - 1):
            for x in range(1, grid.width - 1):
                total += grid[x, y - 1] + grid[x, y + 1] - 0.25 * grid[x - 1, y]
    return total


def outside(grid, rounds):
    """An index that fails at the end: the key is in the traceback's frames."""
    found = []
    for size in [grid.width - 1] * rounds + [grid.width]:
        try:
            found = grid[size, 0 + 1]
        except IndexError as error:
            last = error.__traceback__.tb_next
            frame = last.tb_frame
            key = frame.f_locals["key"]
            names = [entry.name for entry in traceback.extract_tb(error.__traceback__)]
            return found, names, key, type(key), frame.f_locals["x"], error.args
    return found


class Keeps:
    """What it is asked for it keeps."""

    def __init__(self):
        self.kept = []

    def __getitem__(self, key):
        first, second = key
        if first == 7:
            self.kept.append(key)
            self.kept.append(key)
        return second


def kept(rounds):
    keeps = Keeps()
    total = 0
    for i in range(rounds):
        total += keeps[i % 8, i]
    last, again = keeps.kept[-2:]
    return total, last is again, last, len(keeps.kept), gc.is_tracked(last)


class Looks:
    def __getitem__(self, key):
        number, wants = key
        if wants:
            frame = sys._getframe()
            mine = frame.f_locals
            return mine["key"], mine["number"], sys.getrefcount(mine["key"]) > 1
        return number


def looked_at(rounds):
    looks = Looks()
    seen = []
    for i in range(rounds):
        found = looks[i * 3, i % 50 == 49]
        if i % 50 == 49:
            seen.append(found)
    return seen


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        locals_of = frame.f_locals
        self.log.append((self.name, frame.f_code.co_name, repr(locals_of.get("pair", "no pair"))))

    def __repr__(self):
        return f"<{self.name}>"


def drops(pair):
    first, second = pair
    pair = None
    first = 0
    return 1


def replaces(pair):
    pair = (pair[1], pair)
    pair = (pair[0], 5)
    return pair[0]


def nested(a, b):
    pair = ((a, b), b)
    (first, second), third = pair
    return first + second + third, pair


def one_of_two(a, wants):
    pair = (a, 1) if wants else (1, a)
    first, second = pair
    return first * 10 + second


def over_a_loop(pair):
    total = 0
    for i in range(5):
        first, second = pair
        total += first * i + second
        if total > 10**6:
            pair = (total, first)
    return total, pair


def same(pair):
    other = pair
    first, second = other
    return other is pair, pair


def too_large(pair):
    first, second = pair
    product = first * second
    return product, pair


def dying(rounds):
    Dies.log.clear()
    total = 0
    for i in range(rounds):
        total += drops((Dies("first"), Dies("second")))
        total += replaces((3, Dies("replaced").name and i))
        drops((Dies("other"), i))
    return total, Dies.log[-6:], len(Dies.log)


def passed(rounds):
    results = []
    for i in range(rounds):
        results = [
            nested(i, 2),
            one_of_two(i, i % 3 == 0),
            over_a_loop((i, i + 1)),
            same((i, "text")),
            too_large((i, 1 << (i % 70))),
        ]
    return results


def closed_over(pair, extra):
    def inner():
        return pair[0] + extra[1]

    pair = (extra[0], pair)
    return inner() + len(pair), pair


def closures(rounds):
    total = []
    for i in range(rounds):
        total = closed_over((i, 1), (2, i + 0.5))
    return total


def wrong_count(rounds):
    failed = []
    for i in range(rounds):
        try:
            pair = (i, i + 1)
            if i == rounds - 1:
                pair = (i, i, i)
            a, b = pair
        except ValueError as error:
            failed.append(str(error))
    return failed


class Kinds:
    def __getitem__(self, key):
        if isinstance(key, tuple):
            return key[1] * 2 + key[-2]
        if isinstance(key, bool):
            return -1
        if isinstance(key, int):
            return key
        if isinstance(key, object):
            return type(key).__name__
        return None


class Every(type):
    def __instancecheck__(cls, thing):
        return thing == 1


class Any(metaclass=Every):
    pass


class Pretends:
    @property
    def __class__(self):
        return int


def kinds(rounds):
    kinds = Kinds()
    found = []
    for i in range(rounds):
        found = [kinds[i, 3], kinds[i], kinds[i > 3], kinds[1.5], kinds[None], kinds["a"]]
    return found


def instances(rounds):
    classes = [int, bool, object, float, tuple, Any, Dies, (int, str), int | None]
    found = []
    for i in range(rounds):
        found = []
        for class_ in classes:
            found.append(isinstance(i % 2, class_))
            found.append(isinstance(i % 2 == 0, class_))
            found.append(isinstance((i, 1), class_))
            found.append(isinstance(Pretends(), class_))
    try:
        isinstance(1, rounds)
    except TypeError as error:
        found.append(str(error))
    return found


def counted(pair):
    first, second = pair
    return sys.getrefcount(first)


def references(rounds):
    thing = object()
    seen = set()
    for i in range(rounds):
        seen.add(counted((thing, i)))
    return len(seen), sys.getrefcount(thing)


grid = Grid(9, 8)
for _ in range(10):
    print(stencil(grid, 30))
    print(outside(grid, 300))
    print(kept(400))
    print(looked_at(300))
    print(dying(200))
    print(passed(300))
    print(closures(200))
    print(wrong_count(300))
    print(kinds(300))
    print(instances(200))
    print(references(300))
Grid.__getitem__ = lambda self, key: key
print(stencil.__name__, grid[1, 2])
try:
    print(stencil(grid, 2))
except TypeError as error:
    print(error)
