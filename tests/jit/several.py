"""Calls at one place of several functions, with defaults, with names, and of properties: what is inlined does what is called does."""
import gc
import sys
import traceback
import weakref


def stack(depth=3):
    frame = sys._getframe(1)
    found = []
    for _ in range(depth):
        found.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        frame = frame.f_back
    return found


class Shape:
    def __init__(self, size):
        self.size = size
        self.looked = 0

    def area(self, scale):
        return self.size * scale

    @property
    def double(self):
        return self.size + self.size

    @property
    def where(self):
        self.looked += 1
        return stack(2) if self.looked % 7 == 0 else None

    @property
    def broken(self):
        return self.nothing

    def look(self, n):
        return stack() if n % 10 == 3 else n


class Square(Shape):
    def area(self, scale):
        side = self.size
        if scale > 20:
            side = side + 1
        return side * side * scale

    def look(self, n):
        m = n + 1
        return stack() if m % 10 == 7 else m


class Circle(Shape):
    def area(self, scale):
        total = 0.0
        for i in range(3):
            total += self.size * 3.5 * i
        return total * scale

    def look(self, n):
        return inner(n)


class Counted(Shape):
    """Its method is no function of Python's that can be inlined."""
    def area(self, *scale):
        return len(scale) + self.size

    def look(self, n, *rest):
        return n, rest


class Lazy(Shape):
    def area(self, scale):
        yield scale
        yield self.size

    def look(self, n):
        return (n, self.size)


def inner(n):
    return stack(4) if n % 10 == 5 else -n


def areas(shapes, n):
    total = 0
    for i in range(n):
        for shape in shapes:
            area = shape.area(i)
            if isinstance(area, (int, float)):
                total += area
            else:
                total += sum(area)
    return total


def looks(shapes, n):
    found = []
    for i in range(n):
        for shape in shapes:
            x = i * 2
            result = shape.look(x)
            if isinstance(result, list):
                found.append(result)
    return found[-4:], len(found)


def pairs(shapes, n):
    """Tuples that are taken apart where they come from one of several."""
    total = 0
    for i in range(n):
        for shape in shapes:
            a, b = shape.look(i)
            total += a + len(b) if isinstance(b, tuple) else a + b
    return total


def first(a, b=2, c=3):
    return a, b, c


def second(a, b=20):
    c = a
    return c, b, stack(2) if a % 10 == 9 else None


def third(a, *, b=5):
    return a + b, None, None


def with_defaults(n):
    total = 0
    kept = None
    for i in range(n):
        for f in (first, second, third):
            x, y, z = f(i)
            total += x
            if isinstance(z, list):
                kept = z
        a, b, c = first(i, i + 1)
        total += a + b + c
        x, y, z = first(i, c=i)
        total += x * y + z
        x, y, z = first(c=1, a=i, b=7)
        total += x * y + z
        x, y, z = second(b=i, a=1)
        total += x * y
    return total, kept


def changing(a, b=1.5, c=None):
    if c is None:
        c = 2
    return a * b + c


def change_defaults(n):
    found = []
    old = changing.__defaults__
    for i in range(n):
        found.append(changing(i))
        found.append(changing(i, c=i))
        if i == n // 2:
            changing.__defaults__ = (2, 7)
        if i == n // 2 + 3:
            changing.__defaults__ = (7,)
            changing.__defaults__ = (1, 2, 3, 4.5)
    changing.__defaults__ = None
    try:
        changing(3)
    except TypeError as error:
        found.append(str(error))
    changing.__defaults__ = old
    return found[-8:]


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        self.log.append((self.name, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))


def keeps(a, b=None):
    c = a
    a = b
    return c


def drops(a, b=None):
    a = b
    return b


def replaces_defaults(a, b=None):
    drops.__defaults__ = (a,)
    a = None
    drops.__defaults__ = (None,)
    return b


def deaths(n):
    Dies.log.clear()
    for i in range(n):
        for f in (keeps, drops, replaces_defaults):
            x = f(Dies(f.__name__))
            f(b=Dies("named"), a=x)
    x = None
    return Dies.log[-12:], len(Dies.log)


def own_default(a, thing=[]):
    thing.append(a)
    if a % 10 == 4:
        own_default.__defaults__ = ([],)
    return len(thing)


def mutable_defaults(n):
    return [own_default(i) for i in range(n)][-3:]


def fails_small(n, by=0):
    return n // by


def fails_more(n, by=None):
    m = n + 1
    return m // by


def failing(n):
    found = set()
    for i in range(n):
        for f in (fails_small, fails_more):
            try:
                f(i)
            except (ZeroDivisionError, TypeError) as error:
                entries = traceback.extract_tb(error.__traceback__)
                found.add((type(error).__name__, tuple((e.name, e.lineno, e.line) for e in entries)))
    return sorted(found)


def properties(shape, n):
    total = 0
    kept = []
    for i in range(n):
        total += shape.double
        seen = shape.where
        if seen:
            kept.append(seen)
        try:
            shape.broken
        except AttributeError as error:
            entries = traceback.extract_tb(error.__traceback__)
            kept.append([(e.name, e.lineno) for e in entries])
    return total, kept[-3:]


def changing_property(n):
    class Changes:
        def __init__(self):
            self.x = 1

        @property
        def value(self):
            return self.x

    thing = Changes()
    found = []
    for i in range(n):
        found.append(thing.value)
        if i == n // 2:
            Changes.value = property(lambda self: self.x + 10)
        if i == n // 2 + 4:
            thing.x = 2.5
    Changes.value.fget.__code__ = (lambda self: stack(1)).__code__
    found.append(thing.value)
    return found[-6:]


def deep(n, f, g):
    return f(n - 1, g, f) if n else 0


def deeper(n, f, g):
    return 1 + (g(n - 1, g, f) if n else 0)


def limits():
    old = sys.getrecursionlimit()
    found = []
    base = len(traceback.extract_stack())
    for limit in range(base + 40, base + 47):
        sys.setrecursionlimit(limit)
        reached = None
        for n in range(20, 60):
            try:
                deep(n, deeper, deep)
            except RecursionError:
                reached = n
                break
        found.append(reached - limit + base)
        sys.setrecursionlimit(old)
    return found


def swaps(n):
    """A function gets other code between two calls."""
    def one(x, y=1):
        return x + y

    def two(x, y=1):
        return x - y

    found = []
    for i in range(n):
        for f in (one, two):
            found.append(f(i))
        if i == n // 2:
            one.__code__, two.__code__ = two.__code__, one.__code__
    return found[-4:], sum(found)


def traced(n):
    events = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name in ("first", "second", "double"):
            events.append((event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    shape = Square(3)
    for i in range(n):
        if i == n - 2:
            sys.settrace(tracer)
        for f in (first, second):
            f(i)
        shape.double
        first(i, c=1)
    sys.settrace(None)
    return events


def counts(n):
    marker = object()
    for i in range(n):
        for f in (first, second):
            f(3, marker)
        first(a=1, c=marker)
        keeps(marker)
        keeps(b=marker, a=None)
    return sys.getrefcount(marker)


def weak(n):
    gone = []
    for i in range(n):
        for f in (keeps, drops):
            shape = Shape(i)
            reference = weakref.ref(shape, gone.append)
            f(shape)
            f(shape, b=shape)
            shape = None
    return len(gone)


gc.disable()
shapes = [Square(3), Circle(2.5), Shape(4), Counted(2), Lazy(5)]
for turn in range(14):
    print(turn, areas(shapes[:2], 30), areas(shapes, 30), areas(shapes[1:4], 30))
    print(looks(shapes[:3], 40), looks(shapes[:4], 20))
    print(pairs(shapes[3:], 40))
    print(with_defaults(40))
    print(change_defaults(30), mutable_defaults(30))
    print(deaths(20))
    print(failing(20))
    print(properties(shapes[0], 30), changing_property(30))
    print(limits())
    print(swaps(30), traced(30))
    print(counts(40), weak(20))
