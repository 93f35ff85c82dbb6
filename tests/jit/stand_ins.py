"""Functions of C that go over a generator which is made for them: `any`, `all`, `set`, `tuple`. Their loop is a part of the code that
calls them, and nobody can tell: neither frames, nor tracebacks, nor tools, nor how deep calls can be."""
import builtins
import gc
import sys
import threading
import traceback
import weakref


def rounds(run, *arguments, count=40):
    """What each of so many rounds gives, each result once: all should give the same."""
    seen = []
    for _ in range(count):
        result = repr(run(*arguments))
        if result not in seen:
            seen.append(result)
    return seen


def chain(count, frame=None):
    frame = frame or sys._getframe(1)
    found = []
    while frame is not None and len(found) < count:
        found.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        frame = frame.f_back
    return found


# What they give.


def some(items, least):
    return any(item > least for item in items)


def every(items):
    return all(item for item in items)


def listed(items):
    return list(item * 2 for item in items if item)


def unique(items):
    return sorted(set(item & 3 for item in items))


def fixed(items, scale=3):
    return tuple((item, scale) for item in items)


def nested(rows):
    return tuple(any(item == len(row) for item in row) for row in rows)


def of_function(count):
    def numbers(limit):
        index = 0
        while index < limit:
            index += 1
            yield index
        return "end"

    return list(numbers(count)), tuple(numbers(count)), any(numbers(0)), all(numbers(count))


print(rounds(some, [1, 2, 3], 2), rounds(some, [1, 2, 3], 5), rounds(some, [], 0))
print(rounds(every, [1, "a", 2.0]), rounds(every, [1, "", 2]), rounds(every, ()))
print(rounds(listed, [0, 1, 2, 0, 3]), rounds(unique, range(20)), rounds(fixed, "abc"))
print(rounds(nested, [[1], [1, 2], [1, 5, 7], []]), rounds(of_function, 4))
print(rounds(some, [1.5, 2, True], 1), rounds(some, ["a", "b"], "a"), rounds(listed, ["x", 1.5]))

# The iterable does not come to its end; what is not a generator; what takes their place.


class Watched:
    ended = 0

    def __del__(self):
        Watched.ended += 1


def early(items):
    watched = Watched()
    found = any(item is watched or item for item in items)
    del watched
    return found, Watched.ended


def kept(items):
    generator = (item for item in items)
    return any(generator), list(generator), list(generator), generator.gi_frame is None


def various(items):
    found = []
    for source in (items, (item for item in items), iter(items), {item: 1 for item in items}):
        found.append(tuple(source))
    return found


def replaced(items):
    return [any(item for item in items), all(item for item in items)]


class Last:
    """Whose end is seen, with who runs then."""

    def __init__(self, value=True):
        self.value = value

    def __bool__(self):
        return self.value

    def __del__(self):
        ends.append(chain(3))


ends = []


def dying_items():
    found = any(each for each in [Last(False), Last(), Last()])
    shown = list(ends)
    ends.clear()
    return found, shown


def dying_variable():
    last = Last()
    found = any(last and item for item in (0, 1, 2))
    shown = len(ends)
    del last
    shown = shown, list(ends)
    ends.clear()
    return found, shown


def dying_argument():
    def numbers(last):
        yield 0
        yield 1

    found = any(numbers(Last()))
    shown = list(ends)
    ends.clear()
    return found, shown


def dying_tuples():
    found = any(pair for pair in ((Last(), 1) for _ in range(2))), tuple((1, Last()) for _ in range(1))[0][0]
    shown = list(ends)
    ends.clear()
    return found, shown


print(rounds(early, [0, 0, 1, 2], count=1), Watched.ended > 0)
for dying in (dying_items, dying_variable, dying_argument, dying_tuples):
    print(rounds(dying))
Watched.ended = 0
print([early([0, 1]) for _ in range(30)][-1])
print(rounds(kept, [0, 0, 3, 4, 5]), rounds(various, (1, 2, 3)))
print(rounds(replaced, [1, 0]))
any_of_c = builtins.any
builtins.any = lambda items: ("mine", list(items))
print(rounds(replaced, [1, 0]))
builtins.any = any_of_c
print(rounds(replaced, [1, 0]))

# Who looks at frames.


def looking(count):
    return list(tuple(chain(3)) for _ in range(count))


class Truth:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        seen.append(chain(3))
        return self.value


class Hashed:
    def __hash__(self):
        seen.append(chain(3))
        return 7

    def __eq__(self, other):
        seen.append(chain(3))
        return True


seen = []


def truths(values):
    found = any(value for value in values)
    shown = list(seen)
    seen.clear()
    return found, shown


def hashes(values):
    found = len(set(value for value in values))
    shown = list(seen)
    seen.clear()
    return found, shown


def running(items):
    generator = None

    def inside():
        for item in items:
            yield generator.gi_running, generator.gi_frame.f_back is sys._getframe(1), item

    generator = inside()
    result = tuple(generator)
    return result, generator.gi_running, generator.gi_frame


print(rounds(looking, 2))
print(rounds(truths, [Truth(False), Truth(False), Truth(True), Truth(False)]))
print(rounds(hashes, [Hashed(), Hashed()]))
print(rounds(running, [1, 2]))

# What is raised.


class Bad:
    def __bool__(self):
        raise ValueError("no truth")

    def __hash__(self):
        raise TypeError("no hash")


def where(error):
    lines = traceback.extract_tb(error.__traceback__)
    return type(error).__name__, str(error), [(line.name, line.line) for line in lines]


def failing(run, items):
    try:
        run(items)
    except Exception as error:
        return where(error), error.__context__


def stopping(items):
    return list(next(iter(())) if item == 2 else item for item in items)


def dividing(items):
    return tuple(1 / item for item in items)


def hashing(items):
    return set(item for item in items)


def raising(items):
    return any(item.missing for item in items)


for run, items in (
    (every, [1, Bad()]),
    (hashing, [1, Bad()]),
    (hashing, [1, []]),
    (stopping, [1, 2, 3]),
    (dividing, [1, 0]),
    (raising, [1]),
):
    print(rounds(failing, run, items))


def handled(items):
    """An exception is handled around it: others see it in the generator."""
    try:
        raise KeyError("outer")
    except KeyError:
        return any((sys.exc_info()[0], item)[1] for item in items), list(repr(sys.exception()) for _ in items)


print(rounds(handled, [0, 1]))

# How deep calls can be.


def deep(level):
    return level == 0 or any(deep(level - 1) for _ in (1,))


def deepest():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(chain(10000)) + 201)
    reached = 0
    try:
        for level in range(1, 200):
            deep(level)
            reached = level
    except RecursionError:
        pass
    sys.setrecursionlimit(limit)
    return reached


for _ in range(30):
    deep(20)
print(deepest(), deepest())


def depth():
    """How many more calls there can be: nothing is lost."""

    def call(level):
        try:
            return call(level + 1)
        except RecursionError:
            return level

    return call(0)


before = depth()
for _ in range(50):
    some([1, 2], 1), every([1, 0]), fixed([1, 2]), unique([1]), failing(dividing, [1, 0])
print(depth() == before)

# Tools that come meanwhile: the code has run often without them.


def tracing(items, step):
    return tuple(step(item) for item in items)


def profiling(items, step):
    return any(step(item) < 0 for item in items)


def dividing_by(items, step):
    return any(1 // (step(item) - 3) > 5 for item in items)


def unchanged(item):
    return item


def traced(items, at):
    events = []

    def trace(frame, event, argument):
        if frame.f_code.co_filename == __file__:
            events.append((frame.f_code.co_name, event))
        return trace

    def step(item):
        if item == at:
            sys.settrace(trace)
            frame = sys._getframe(1)
            while frame is not None:
                frame.f_trace = trace
                frame = frame.f_back
        return item

    for _ in range(12):
        tracing(items, unchanged)
    result = tracing(items, step)
    sys.settrace(None)
    return result, events


def profiled(items, at):
    events = []

    def profile(frame, event, argument):
        name = argument.__name__ if event.startswith("c_") else frame.f_code.co_name
        events.append((event, name))

    def step(item):
        if item == at:
            sys.setprofile(profile)
        return item

    for _ in range(12):
        profiling(items, unchanged)
    result = profiling(items, step)
    sys.setprofile(None)
    return result, events


def monitored(items, names):
    tool, events = 3, []
    sys.monitoring.use_tool_id(tool, "test")
    wanted = 0
    for name in names:
        event = getattr(sys.monitoring.events, name)
        callback = lambda code, *more, name=name: events.append((name, code.co_name))
        sys.monitoring.register_callback(tool, event, callback)
        wanted |= event

    def step(item):
        if item == 2:
            sys.monitoring.set_events(tool, wanted)
        return item

    for _ in range(12):
        dividing_by((4, 5), unchanged)
    try:
        dividing_by(items, step)
    except ZeroDivisionError:
        pass
    sys.monitoring.set_events(tool, 0)
    sys.monitoring.free_tool_id(tool)
    return events


for at in (0, 2, 3):
    print(rounds(traced, [1, 2, 3], at, count=12))
    print(rounds(profiled, [1, 2, 3], at, count=12))
for names in (
    ("RAISE", "PY_UNWIND", "RERAISE", "EXCEPTION_HANDLED"),
    ("PY_YIELD", "PY_RESUME", "PY_START", "PY_RETURN", "STOP_ITERATION"),
    ("LINE", "RAISE"),
    ("INSTRUCTION", "CALL", "JUMP", "BRANCH"),
):
    print(rounds(monitored, [1, 2, 3], names, count=12))

# Locals that others write, generators that others get hold of, threads.


def written(items):
    scale = 1

    def step(item):
        frame = sys._getframe(2)
        frame.f_locals["other"] = item
        return item

    other = 0
    result = list((step(item), scale) for item in items)
    return result, other


def caught(items):
    found = []

    def step(item):
        generators = [each for each in gc.get_referrers(marker) if hasattr(each, "gi_frame")]
        found.append([type(each).__name__ for each in generators])
        return item

    marker = object()
    result = any((marker, step(item))[1] for item in items)
    return result, len(found)


def looked_up(items):
    """A weak reference to a generator that another list has, whose end is seen."""
    ended = []
    generator = (item for item in items)
    reference = weakref.ref(generator, lambda _: ended.append("ended"))
    result = any(generator)
    del generator
    return result, ended, reference() is None


print(rounds(written, [1, 2]), rounds(caught, [0, 0, 1]), rounds(looked_up, [0, 1, 2]))


def together():
    results = []

    def work():
        total = 0
        for index in range(3000):
            total += some(range(5), index % 7) + len(fixed("ab")) + len(unique(range(3)))
        results.append(total)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


print(together())


def long(count):
    """So often that it is hot, with what is rare only at the end."""
    total = 0
    for index in range(count):
        items = (1, 2, index % 5)
        total += any(item > 3 for item in items) + len(tuple(item for item in items if item))
        total += all(isinstance(item, int) for item in items) + len(set(item for item in items))
    return total


print(long(30000))
print(failing(every, [1, Bad()]), failing(dividing, [1, 0]), depth() == before)
