"""Calls of classes: instances that `__init__` makes ready in machine code, or does not, and what others see meanwhile."""
import sys
import traceback


class Point:
    made = 0

    def __init__(self, x, y):
        self.x = x
        self.y = y
        Point.made += 1

    def __del__(self):
        Point.made -= 1


class Picky:
    def __init__(self, value):
        if value == "raise":
            raise ValueError(value)
        if value == "give":
            return 5
        if value == "look":
            frame = sys._getframe()
            self.seen = frame.f_code.co_name, frame.f_back.f_code.co_name, frame.f_back.f_lineno - frame.f_back.f_code.co_firstlineno
            return
        if value == "keep":
            self.frame = sys._getframe()
        self.value = value


class Nested:
    def __init__(self, depth):
        self.inner = Nested(depth - 1) if depth else None


class Writing:
    def __init__(self, name):
        sys._getframe(1).f_locals[name] = 1000


class Escaping:
    last = None

    def __init__(self, number):
        self.number = number
        # Of another type than before, once: the code leaves in the middle.
        Escaping.last = self
        self.double = number * 2


def points(count):
    last = None
    total = 0
    for number in range(count):
        last = Point(number, 1.5)
        total += last.x * last.y
    return total, last.y


def pick(value):
    picky = Picky(value)
    return sorted(vars(picky))


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        lines = [(entry.name, entry.lineno - function.__code__.co_firstlineno) for entry in traceback.extract_tb(error.__traceback__)[1:]]
        return type(error).__name__, str(error)[:50], lines[:4]


def nest(depth):
    return Nested(depth)


def depth_of(nested):
    depth = 0
    while nested is not None:
        nested = nested.inner
        depth += 1
    return depth


def written(name, rounds):
    total = 0.5
    for number in range(rounds):
        total += number
        Writing("other" if number != rounds - 1 else name)
        total += 1
    return total


def doubled(numbers):
    return [Escaping(number).double for number in numbers]


def make(classes, value):
    return [type(made(value)).__name__ for made in classes]


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


class Derived(Point):
    def __init__(self, value):
        super().__init__(value, value)


def main():
    for _ in range(40):
        got = points(50)
    print(got, Point.made)
    for _ in range(600):
        pick("plain")
    print([outcome(pick, value) for value in ("raise", "give", "look", "keep", 3)])
    for _ in range(300):
        got = [outcome(pick, value) for value in ("raise", "give", "look", "keep", 3)]
    print(got, Picky("look").seen, Picky("keep").frame.f_locals["value"])

    for _ in range(200):
        nest(5)
    print(depth_of(nest(50)), outcome(nest, 5000)[:2], depth_of(nest(300)))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(30000)
    print(depth_of(nest(9000)))
    sys.setrecursionlimit(limit)
    for _ in range(30):
        written("other", 30)
    print(written("total", 30), written("other", 5))
    for _ in range(200):
        doubled([1, 2, 3])
    print(doubled([1, "a", 2.5, 3]), Escaping.last.double)

    before = sys.getrefcount(Point), sys.getrefcount(Point.__init__)
    points(100)
    print(before == (sys.getrefcount(Point), sys.getrefcount(Point.__init__)), Point.made)

    classes = [Picky, Nested, Escaping, Slotted, Derived, int, str, lambda value: value]
    for _ in range(200):
        got = make(classes[:4], 2)
    print(got, make(classes, 3))

    old = Point.__init__
    Point.__init__ = lambda self, x, y: setattr(self, "x", x) or setattr(self, "y", -y)
    print(points(5))
    Point.__init__ = old
    print(points(5))
    old.__code__, code = (lambda self, x, y: self.__dict__.update(x=x, y=7)).__code__, old.__code__
    print(points(5))
    old.__code__ = code
    Point.extra = 1
    print(points(5))
    Point.__init__ = lambda self, *, x=1, y=2: None
    print(outcome(points, 5))
    Point.__init__ = old

    events = []

    def tracer(frame, event, argument):
        events.append((event, frame.f_code.co_name))
        return tracer

    sys.settrace(tracer)
    points(2)
    sys.settrace(None)
    print(events)
    print(points(3), Point.made)
    Point.__new__ = lambda cls, *arguments: object.__new__(cls)
    print(points(5), Point.made)


main()
