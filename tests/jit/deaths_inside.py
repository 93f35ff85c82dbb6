"""Containers and what they hold die in inlined calls: what runs then sees the frames, and what runs nothing changes nothing."""
import gc
import sys
import time
import weakref

try:
    import pyroxene
except ImportError:
    pyroxene = None


class Plain:
    def __init__(self, first, second):
        self.first = first
        self.second = second

    def method(self):
        return self.first


class Told:
    def __init__(self, name):
        self.name = name

    def __call__(self):
        return self.name

    def method(self):
        return self.name

    def __del__(self):
        stack = []
        frame = sys._getframe(1)
        while frame.f_code.co_name != "<module>":
            stack.append((frame.f_code.co_name, frame.f_lineno, sorted(frame.f_locals)))
            frame = frame.f_back
        print("gone", self.name, stack)


def consume(box):
    size = 1
    box = None
    return size


def lists(n, make):
    return consume([n, 1.5, make(n)]) + n


def twice(n, make):
    made = make(n)
    return consume([made, (made, made)]) + n


def long_lists(n, make):
    return consume([make(n)] * 2 + [n] * 40) + n


def same_in_lists(n, make):
    return consume([make(n)] * 40) + consume([n] * 20 + [make(n)] * 20) + consume([n] * 70 + [make(n)]) + n


def tuples(n, make):
    return consume((n, [make(n), (n, "text")], {n})) + n


def sets(n, make):
    return consume({n, make(n), "text", (n, 2)}) + n


def large_sets(n, make):
    return consume(set(range(n, n + 100)) | {make(n)}) + n


def emptied(n, make):
    made = {n, -1, make(n)}
    made.discard(-1)
    return consume(made) + n


def plain(n, make):
    return consume(Plain(Plain(n, [n]), make(n))) + n


def methods(n, make):
    return consume(Plain([make(n)], n).method) + n


def closures(n, make):
    kept = [make(n)]

    def inner():
        return kept

    kept = inner
    kept = make(n)
    return consume(inner) + n


def defaults(n, make):
    return consume(lambda x=[make(n)]: x) + n


def weak(n, make):
    box = Plain(n, make(n))
    reference = weakref.ref(box, lambda _: print("cleared", n) if n < 0 else None)
    consume([box])
    box = None
    return reference() is None, n


def dicts(n, make):
    return consume({"a": make(n), n: [n]}) + n


def ranges(n, make):
    return consume(iter([n, make(n)])) + consume(reversed((n, make(n)))) + n


def weak_others(n, make):
    kept = make(n)
    made = [{n, 2}, lambda: kept, Plain(n, kept).method]
    references = [weakref.ref(one, lambda _, name=type(one).__name__: cleared(n, name)) for one in made]
    consume(made.pop())
    consume(made.pop(0))
    consume(made.pop())
    return [reference() for reference in references]


def cleared(n, name):
    if abs(n) < 10:
        print("cleared", n, name, sys._getframe(1).f_code.co_name, sys._getframe(2).f_code.co_name)


def generators(n, make):
    def numbers():
        held = [make(n), {n}]
        yield len(held)
        yield held

    return consume(next(numbers())) + consume([numbers(), n]) + n


FUNCTIONS = [weak_others, generators, lists, twice, long_lists, same_in_lists, tuples, sets, large_sets, emptied, plain, methods, closures, defaults, weak, dicts, ranges]


def settle():
    """Waits until the compiler has begun with what it was asked for, a second at most, and then a little."""
    for _ in range(100):
        time.sleep(0.02 if pyroxene else 0)
        if not pyroxene or not pyroxene.jit()["waiting"]:
            break


for function in FUNCTIONS:
    for n in range(30000):
        if n % 1000 == 0:
            settle()
        function(n, float)
before = len(gc.get_objects())
for function in FUNCTIONS:
    for n in range(1000):
        function(n, float)
print(abs(len(gc.get_objects()) - before) < 100)
for function in FUNCTIONS:
    print(function.__name__)
    print(function(7, Told))
    print(function(-7, Told))
    print(function(8, str), function(9, lambda n: [n]) if function not in (sets, large_sets, emptied) else "")
