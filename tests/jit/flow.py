"""Control flow: exceptions and their tracebacks, with, generators, comprehensions, recursion."""
import sys
import traceback


def handled(n):
    total = 0
    for i in range(n):
        try:
            total += 10 // (i % 5)
        except ZeroDivisionError:
            total -= 1
        finally:
            total += 2
    return total


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow
        self.log = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.log.append(kind and kind.__name__)
        return self.swallow


def managed(n):
    manager = Manager(True)
    for i in range(n):
        with manager:
            if i % 4 == 0:
                raise KeyError(i)
    return manager.log


def numbers(n):
    for i in range(n):
        if i % 3:
            yield i


def delegates(n):
    total = yield from numbers(n)
    yield total


def consumed(n):
    return sum(x * x for x in numbers(n)), list(delegates(n))


def comprehensions(n):
    return (
        [i * 2 for i in range(n) if i % 2],
        {i: i * i for i in range(n)},
        {i % 7 for i in range(n)},
        [(i, j) for i in range(5) for j in range(i)],
    )


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def endless(n):
    return endless(n + 1)


def fails(n):
    for i in range(n):
        if i == n - 1:
            raise ValueError(i)


def outer(n):
    for _ in range(3):
        fails(n)


def while_else(n):
    i = 0
    while i < n:
        i += 1
        if i == n + 1:
            break
    else:
        return "else", i
    return "break", i


def matching(values):
    out = []
    for value in values:
        match value:
            case [a, b]:
                out.append(a + b)
            case {"x": x}:
                out.append(x)
            case int():
                out.append(-value)
            case _:
                out.append(None)
    return out


async def waits(n):
    total = 0
    for i in range(n):
        total += i
    return total


def drive(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


for turn in range(6):
    print(handled(60), managed(20), consumed(50), comprehensions(20))
    print(fib(15), deep(200), while_else(100), drive(waits(100)))
    print(matching([[1, 2], {"x": 5}, 7, "s", (3, 4)] * 10))
    try:
        outer(100)
    except ValueError:
        for frame in traceback.extract_tb(sys.exc_info()[2]):
            print(frame.name, frame.lineno, frame.colno, frame.end_colno)
    try:
        endless(0)
    except RecursionError as error:
        print(error)
