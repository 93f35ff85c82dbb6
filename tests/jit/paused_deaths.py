"""Generators that a loop leaves while they pause: what dies with them is seen to die, with the frames of who runs then, however often
they hold it."""
import sys


class Mortal:
    """Tells of its end, with who runs then."""

    def __init__(self, name, act=None):
        self.name = name
        self.act = act

    def __del__(self):
        found = []
        frame = sys._getframe(1)
        while frame is not None and len(found) < 3:
            found.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
            frame = frame.f_back
        ends.append((self.name, found))
        if self.act is not None:
            self.act()


ends = []


def rounds(run, *arguments, count=40):
    seen = []
    for _ in range(count):
        result = repr((run(*arguments), ends))
        ends.clear()
        if result not in seen:
            seen.append(result)
    return seen


def over(items):
    for item in items:
        yield item


def twice(mortal):
    pair = (mortal,)
    for number in range(3):
        yield number, len(pair)


def closed(mortal):
    def numbers():
        for number in range(3):
            yield number, mortal is None

    return numbers()


def leave_twice():
    mortal = Mortal("twice")
    for number, _ in twice(mortal):
        del mortal
        break
    return number


def leave_closed():
    for number, _ in closed(Mortal("closed")):
        break
    return number


def leave_list():
    for item in over([Mortal("first"), Mortal("second")]):
        break
    return item.name


def leave_tuple():
    for item in over((Mortal("one"), (Mortal("inner"),))):
        break
    del item
    return len(ends)


def leave_nested():
    def both(one, other):
        held = (one, other)
        again = (one, held)
        yield len(again)
        yield len(held)

    for count in both(Mortal("one"), Mortal("other")):
        break
    return count


def inner(run):
    x = 1.5
    result = run()
    return result, x


for run in (leave_twice, leave_closed, leave_list, leave_tuple, leave_nested):
    print(rounds(run), rounds(inner, run))


def writes(count):
    """What dies writes a local of who runs."""

    def write():
        frame = sys._getframe(2)
        frame.f_locals["total"] = 99.5

    total = 0.5
    for index in range(count):
        total += 1.0
        mortal = Mortal("writer", write if index == count - 1 else None)
        for _ in twice(mortal):
            del mortal
            break
    return total


def traces(count):
    """What dies has everything traced from then on."""
    events = []

    def trace(frame, event, argument):
        events.append((frame.f_code.co_name, event))
        return trace

    def begin():
        sys.settrace(trace)
        frame = sys._getframe(2)
        while frame is not None:
            frame.f_trace = trace
            frame = frame.f_back

    for index in range(count):
        mortal = Mortal("tracer", begin if index == count - 1 else None)
        for _ in twice(mortal):
            del mortal
            break
    sys.settrace(None)
    return events


for count in (1, 20, 400):
    print(writes(count))
    ends.clear()
    print(traces(count))
    ends.clear()

# What is gone over dies before the generator goes on, or ends.


def body(index):
    ends.append(("body", index))
    return index


class Falsy(Mortal):
    def __bool__(self):
        return self.name == 2


def after_each():
    return any(Falsy(body(index)) for index in range(4))


def every():
    return all(not Falsy(body(index)) for index in range(2))


def in_set():
    return len(set(body(index) % 2 for index in range(4)))


def counted(value):
    return any(sys.getrefcount(item) > 1000 for item in [value, value])


def with_argument(argument):
    for index in range(3):
        yield Falsy(index)
        ends.append(("after", index))


def early():
    return any(with_argument(Mortal("argument")))


for run in (after_each, every, in_set, early):
    print(rounds(run))
print(rounds(counted, "a"), sys.getsizeof(list(index for index in range(3))))
