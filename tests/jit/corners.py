"""Corners where compiled code could easily do otherwise: operands of another kind than the caches say, locals that somebody
else writes, tools that come in the middle, what is told of loops that end."""
import sys
import weakref

import _testcapi


def compared(a, b, c):
    x = a + b
    if c:
        return x == "ab"


for _ in range(50):
    compared("a", "b", True)
for _ in range(3000):
    compared(1, 2, False)
print(compared(1, 2, True), compared("a", "b", True), compared(0.5, 1.0, True))


class Owner:
    a = 1


class Bytes(bytes):
    a = 2


def attribute(o):
    return o.a


for _ in range(100):
    attribute(Owner)
print(attribute(Bytes(_testcapi.type_get_version(Owner).to_bytes(4, "little") * 200)), attribute(Owner))


def caught(classes):
    try:
        raise KeyError("k")
    except tuple([c for c in classes]) as e:
        return str(e), repr(e), str(e), sys.getrefcount(e)


for _ in range(500):
    last = caught([KeyError, ValueError, TypeError])
print(last)


def events(wanted):
    set_local(3, events.__code__, wanted)
    d = {}
    return d


set_local = sys.monitoring.set_local_events
sys.monitoring.use_tool_id(3, "corners")
lines = []
sys.monitoring.register_callback(3, sys.monitoring.events.LINE,
                                 lambda code, line: lines.append(line - code.co_firstlineno))
for _ in range(10):
    events(0)
print(events(sys.monitoring.events.LINE), lines)
sys.monitoring.set_local_events(3, events.__code__, 0)

raised = []
sys.monitoring.register_callback(3, sys.monitoring.events.RAISE,
                                 lambda code, offset, error: raised.append((code.co_name, type(error).__name__)))


class Countdown:
    def __init__(self):
        self.left = 3

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left < 0:
            raise StopIteration
        return self.left


def loop():
    total = 0
    for x in Countdown():
        total += x
    return total


for _ in range(20):
    loop()
sys.monitoring.set_events(3, sys.monitoring.events.RAISE)
for _ in range(20):
    loop()
sys.monitoring.set_events(3, 0)
sys.monitoring.free_tool_id(3)
print(len(raised), sorted(set(raised)))


class Writer:
    def __del__(self):
        sys._getframe(1).f_locals["x"] = "written"


def written():
    x = 0.0
    d = Writer()
    x = x + 1.0
    d = None
    return x


print({written() for _ in range(20)})


def generator():
    y = []
    yield y


class Object:
    pass


for _ in range(5):
    next(generator())
o = Object()
reference = weakref.ref(o)
suspended = generator()
suspended.gi_frame.f_locals["y"] = o
del o
next(suspended)
print(reference())


def mixed(h, c):
    return (h * 33) ^ c


for n in range(3000):
    mixed(n, 7)
print([mixed(1 << n, 7) for n in range(50, 70)], [mixed(-(1 << n), n) for n in range(58, 66)])


def places(items):
    """More than 255 units, so that the loop's instructions have longer operands."""
    seen = set()
    for item in items:
        seen.add(item)
        a = b = c = d = e = f = g = h = item
        a = a + 1; b = b + 1; c = c + 1; d = d + 1; e = e + 1; f = f + 1; g = g + 1; h = h + 1
        a = a + 1; b = b + 1; c = c + 1; d = d + 1; e = e + 1; f = f + 1; g = g + 1; h = h + 1
        a = a + 1; b = b + 1; c = c + 1; d = d + 1; e = e + 1; f = f + 1; g = g + 1; h = h + 1
        a = a + 1; b = b + 1; c = c + 1; d = d + 1; e = e + 1; f = f + 1; g = g + 1; h = h + 1
        a = a + 1; b = b + 1; c = c + 1; d = d + 1; e = e + 1; f = f + 1; g = g + 1; h = h + 1
        a = a + 1; b = b + 1; c = c + 1; d = d + 1; e = e + 1; f = f + 1; g = g + 1; h = h + 1
    return seen


class Lasti:
    def __init__(self):
        self.left = 60

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if not self.left:
            raise StopIteration
        return sys._getframe(1).f_lasti


print(sorted(places(Lasti())), sorted(places(Lasti())))
