"""Generators that are made and gone over in the same function: their code becomes a part of the loop, while others look at their
frames, trace them, write to them, or raise in them and in the loop."""
import gc
import inspect
import itertools
import signal
import sys
import traceback
import types
import weakref


def place(frame):
    shown = (int, float, tuple, type(None))
    kept = {name: value for name, value in frame.f_locals.items() if isinstance(value, shown)}
    return frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, kept


def chain(count, frame=None):
    frame = frame or sys._getframe(1)
    found = []
    while frame is not None and len(found) < count:
        found.append(place(frame))
        frame = frame.f_back
    return found


def rounds(run, *arguments, count=40):
    """What each of so many rounds gives, each result once: all should give the same."""
    seen = []
    for _ in itertools.repeat(None, count):
        result = repr(run(*arguments))
        if result not in seen:
            seen.append(result)
    return seen


# Plain loops, of numbers and of objects; ends of all kinds.


def count_to(n):
    for i in range(n):
        yield i


def squares(n, scale=2):
    total = 0
    while total < n:
        total += 1
        yield total * total * scale


def pairs(items):
    for index, item in enumerate(items):
        yield index, item
        yield item, index


def constants():
    yield 1
    yield "two"
    yield 3.0
    return "end"


def nothing():
    return
    yield


def drop(items):
    kept = []
    for item in items:
        if item is not None:
            kept.append(item)
            yield item


def sums(n):
    total = 0
    for x in count_to(n):
        total += x
    for x in squares(n):
        total += x
    return total


def floats(n):
    total = 0.0
    for x in halves(n):
        total += x
    return total


def halves(n):
    value = 1.0
    for _ in range(n):
        value = value * 0.5 + 1.0
        yield value


def unpacks(items):
    log = []
    for a, b in pairs(items):
        log.append((b, a))
    return log


def mixed():
    log = []
    for x in constants():
        log.append(x)
    for x in nothing():
        log.append(x)
    return log, [x for x in constants()], {x: 1 for x in count_to(3)}


def nested(n):
    total = 0
    for x in count_to(n):
        for y in count_to(x):
            total += x * y
        for y in drop([x, None, n]):
            total += y
    return total


def of_generator(n):
    for x in count_to(n):
        yield x + 1


def through(n):
    return [x for x in of_generator(n)], sum(of_generator(n))


def else_of(n, stop):
    for x in count_to(n):
        if x == stop:
            break
    else:
        return "all"
    return x


print(rounds(sums, 50), rounds(floats, 30), rounds(unpacks, ["a", None, 2]), rounds(mixed))
print(rounds(nested, 12), rounds(through, 9), rounds(else_of, 9, 5), rounds(else_of, 9, 50))


# Big numbers, and what a loop does with the numbers.


def grows(n):
    value = 1
    for _ in range(n):
        yield value
        value = value * 3


def big(n):
    total = 0
    for x in grows(n):
        total += x
    return total


print(rounds(big, 70))


# Others look from the generator, from the loop, and from what both call.


def looked_at(log, n):
    local = "kept"
    for i in range(n):
        log.append(chain(3))
        yield i
        local = i
    log.append(chain(2))


def looks_at(n):
    log = []
    before = "loop"
    for x in looked_at(log, n):
        log.append(chain(2))
        before = x
    return log


class Seen:
    """Looks at the frames when it dies."""

    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Seen.log.append((self.name, chain(3)))


def dying(n):
    held = None
    for i in range(n):
        held = Seen(("generator", i))
        yield i
    held = Seen("last")


def deaths(n):
    Seen.log = []
    kept = None
    for x in dying(n):
        kept = Seen(("loop", x))
    kept = None
    return Seen.log


def given(n):
    for i in range(n):
        yield Seen(i)


def deaths_of_given(n):
    Seen.log = []
    for x in given(n):
        pass
    x = None
    return Seen.log


print(rounds(looks_at, 3))
print(rounds(deaths, 3))
print(rounds(deaths_of_given, 3))


# The generator as an object: its state, its frame, what it waits for, its references.


def state(generator):
    frame = generator.gi_frame
    return (
        inspect.getgeneratorstate(generator),
        generator.gi_running,
        generator.gi_yieldfrom,
        frame and frame.f_lineno - frame.f_code.co_firstlineno,
        frame and frame.f_lasti,
        frame and frame.f_back is not None,
    )


def itself():
    """The generator that runs the frame of the caller."""
    code = sys._getframe(1).f_code
    for found in gc.get_objects():
        if isinstance(found, types.GeneratorType) and found.gi_code is code and found.gi_running:
            return found


def told(log, n):
    for i in range(n):
        if i == 2:
            log.append(state(itself()))
        yield i


def made_by(log, n):
    for x in told(log, n):
        if x > 2:
            code = told.__code__
            for found in gc.get_objects():
                if isinstance(found, types.GeneratorType) and found.gi_code is code:
                    log.append((state(found), sys.getrefcount(found), len(gc.get_referrers(found))))
    return log


print(rounds(lambda: made_by([], 4), count=12))


def counted(items):
    for item in items:
        yield item


def counts(item):
    log = []
    for x in counted([item]):
        log.append(sys.getrefcount(item))
        log.append(sys.getrefcount(counted))
    log.append(sys.getrefcount(item))
    log.append(sys.getrefcount(counted))
    return log


def counts_within(item, function):
    for x in (1, 2):
        yield sys.getrefcount(item), sys.getrefcount(function)


def all_counts(item):
    log = []
    for x in counts_within(item, counts_within):
        log.append(x)
    return log


print(rounds(counts, object()), rounds(all_counts, object()))


def yield_itself(log, hold):
    for i in range(3):
        try:
            next(hold[0])
        except ValueError as error:
            log.append(str(error))
        yield i


def resumes_itself(n):
    log = []
    hold = [None]
    generator = yield_itself(log, hold)
    hold[0] = generator
    for x in generator:
        log.append(x)
    hold[0] = None
    return log


print(rounds(resumes_itself, 3))


# Others resume it in between, throw into it, close it, or write to its locals.


def shared(hold, n):
    value = "own"
    for i in range(n):
        hold.append(value)
        yield i


def meddles(how, n):
    hold = []
    log = []
    for x in shared(hold, n):
        log.append(x)
        if x == 3:
            code = shared.__code__
            found = [
                g
                for g in gc.get_objects()
                if isinstance(g, types.GeneratorType) and g.gi_code is code and g.gi_frame
            ]
            generator = found[-1]
            if how == "next":
                log.append(next(generator))
            elif how == "close":
                log.append(repr(generator.close()))
            elif how == "throw":
                try:
                    generator.throw(KeyError(x))
                except KeyError as error:
                    log.append(error.args)
            elif how == "write":
                generator.gi_frame.f_locals["value"] = "written"
            elif how == "keep":
                log.append(generator)
            del found, generator
    log = [entry if isinstance(entry, (int, tuple, str)) else state(entry) for entry in log]
    return log, hold[-3:]


for how in "next", "close", "throw", "write", "keep":
    print(how, rounds(meddles, how, 7, count=12))


# Breaks: the generator dies there, and what it still has to do is done there.


def finishes(log, n):
    try:
        for i in range(n):
            yield i
    finally:
        log.append(("finally", chain(2)))


def closes(log, n):
    for i in range(n):
        try:
            yield i
        except GeneratorExit:
            log.append("exit")
            raise


def breaks(n):
    log = []
    for x in finishes(log, n):
        if x == 2:
            log.append("breaks")
            break
    log.append("after")
    for x in closes(log, n):
        if x == 3:
            return log + ["returns"]


print(rounds(breaks, 6))


# Exceptions from the generator, from the loop, and from what they call.


def raises(n, at):
    for i in range(n):
        if i == at:
            raise KeyError(i)
        yield i


def divides(items):
    for item in items:
        yield 6 // item


def lines(error):
    return [
        (f.name, f.lineno - first)
        for f, first in (
            (f, w.tb_frame.f_code.co_firstlineno)
            for f, w in zip(traceback.extract_tb(error.__traceback__), walk(error.__traceback__))
        )
    ]


def walk(entry):
    while entry is not None:
        yield entry
        entry = entry.tb_next


def loop_over(n, at):
    total = 0
    for x in raises(n, at):
        total += x
    return total


def catches(n, at):
    try:
        return loop_over(n, at)
    except KeyError as error:
        return error.args, lines(error), error.__context__


def catches_division(items):
    log = []
    try:
        for x in divides(items):
            log.append(x)
    except ZeroDivisionError as error:
        log.append(lines(error))
    return log


def body_raises(n):
    log = []
    for x in finishes(log, n):
        try:
            if x % 2:
                raise ValueError(x)
        except ValueError as error:
            log.append((error.args, lines(error)))
    return log


def stops():
    for i in range(3):
        yield next(iter([]))


def stop_in_generator():
    try:
        for x in stops():
            pass
    except RuntimeError as error:
        return repr(error), repr(error.__cause__), lines(error)


def handling(n):
    for i in range(n):
        try:
            raise IndexError(i)
        except IndexError:
            yield sys.exc_info()[1].args


def handled(n):
    log = []
    try:
        raise OSError("outside")
    except OSError:
        for x in handling(n):
            log.append((x, repr(sys.exc_info()[1])))
        for x in exceptions_seen(n):
            log.append(x)
    return log


def exceptions_seen(n):
    for i in range(n):
        yield repr(sys.exc_info()[1])


def contexts(n):
    for i in range(n):
        yield context()


def context():
    try:
        raise LookupError("inner")
    except LookupError as error:
        return repr(error.__context__), repr(sys.exception())


def outer_contexts(n):
    log = []
    try:
        raise OSError("outer")
    except OSError:
        for x in contexts(n):
            log.append(x)
    return log


print(rounds(catches, 9, 4), rounds(catches, 9, 40), rounds(catches_division, [1, 2, 0, 3]))
print(rounds(body_raises, 4), rounds(stop_in_generator), rounds(handled, 3))
print(rounds(outer_contexts, 3, count=500))


# Recursion, and its limit.


def tree(depth):
    if depth:
        for x in tree(depth - 1):
            yield x + 1
    yield 0


def leaves(depth):
    total = 0
    for x in tree(depth):
        total += x
    return total


def deep(depth):
    for x in deep_items(depth):
        return x


def deep_items(depth):
    yield deep(depth + 1)


def limit():
    try:
        return deep(0)
    except RecursionError as error:
        return type(error).__name__


print(rounds(leaves, 8))
print(rounds(limit, count=8))


# Tools that come in the middle, from the generator and from the loop; signals; other threads of control.


def traced_items(n, at, tool):
    for i in range(n):
        if i == at:
            tool()
        yield i


def traced(n, at, inside):
    events = []

    def tracer(frame, event, argument):
        if frame.f_code.co_name in ("traced", "traced_items", "loop"):
            events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    def switch_on():
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_name != "traced":
            frame.f_trace = tracer
            frame = frame.f_back
        sys.settrace(tracer)

    def loop():
        total = 0
        for x in traced_items(n, at if inside else -1, switch_on):
            if not inside and x == at:
                switch_on()
            total += x
        return total

    try:
        result = loop()
    finally:
        sys.settrace(None)
    return result, events


print(rounds(traced, 6, 3, True, count=12))
print(rounds(traced, 6, 3, False, count=12))


def profiled(n):
    events = []

    def profiler(frame, event, argument):
        if frame.f_code.co_name in ("count_to", "sums_of"):
            events.append((frame.f_code.co_name, event))

    def sums_of():
        total = 0
        for x in count_to(n):
            if x == 2:
                sys.setprofile(profiler)
            total += x
        sys.setprofile(None)
        return total

    return sums_of(), events


print(rounds(profiled, 5, count=12))


def signalled(n):
    for i in range(n):
        if i == 3:
            signal.raise_signal(signal.SIGUSR1)
        yield i


def with_signal(n):
    log = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: log.append(place(frame)[:2]))
    try:
        for x in signalled(n):
            log.append(x)
    finally:
        signal.signal(signal.SIGUSR1, before)
    return log


print(rounds(with_signal, 6))


# Other functions take the place of the one that makes the generator, or it gets other code.


def first_kind(n):
    for i in range(n):
        yield i


def second_kind(n):
    for i in range(n):
        yield -i


def not_a_generator(n):
    return [n]


def makes(kind, n):
    total = []
    for x in kind(n):
        total.append(x)
    return total


for kind in [first_kind] * 30 + [second_kind, not_a_generator, first_kind, squares] * 10:
    result = makes(kind, 4)
print(result, makes(first_kind, 4), makes(second_kind, 4), makes(not_a_generator, 4))


def changing(n):
    for i in range(n):
        yield i


def other_code(n):
    for i in range(n):
        yield i * 100


def changes(n, at):
    log = []
    for x in changing(n):
        log.append(x)
        if x == at:
            changing.__code__ = other_code.__code__
    return log


original = changing.__code__
for _ in range(30):
    result = changes(5, 2)
    changing.__code__ = original
print(result, changes(5, 9), changes(5, 2), changes(5, 2))


# Closures, defaults, methods, cells.


class Box:
    def __init__(self, items):
        self.items = items

    def each(self, scale=1):
        for item in self.items:
            yield item * scale

    def total(self):
        total = 0
        for item in self.each():
            total += item
        for item in self.each(3):
            total += item
        return total


def closure(factor):
    def inside(n):
        for i in range(n):
            yield i * factor

    def run(n):
        total = 0
        for x in inside(n):
            total += x
        return total

    return run


run_closure = closure(7)
print(rounds(Box([1, 2, 3]).total), rounds(run_closure, 6))


# Weak references and collections while it pauses and while it runs.


def collects(item):
    hold = [item]
    for i in range(3):
        gc.collect()
        yield hold


def collected():
    log = []
    item = Seen("held")
    watch = weakref.ref(item)
    for x in collects(item):
        item = None
        gc.collect()
        log.append((watch() is None, len(x)))
    x = None
    log.append(watch() is None)
    return log


print(rounds(collected, count=10))


# Events of one code object, switched on while its generator pauses, and while it runs.


def monitored_items(n, at, tool):
    for i in range(n):
        if i == at:
            tool()
        yield i


def monitored(n, at, inside):
    events = []
    monitoring = sys.monitoring
    monitoring.use_tool_id(3, "test")
    code = monitored_items.__code__

    def switch_on():
        monitoring.register_callback(
            3, monitoring.events.LINE, lambda code, line: events.append(line - code.co_firstlineno)
        )
        monitoring.register_callback(
            3, monitoring.events.PY_YIELD, lambda code, place, value: events.append(("yield", value))
        )
        both = monitoring.events.LINE | monitoring.events.PY_YIELD
        monitoring.set_local_events(3, code, both)

    def loop():
        total = 0
        for x in monitored_items(n, at if inside else -1, switch_on):
            if not inside and x == at:
                switch_on()
            total += x
        return total

    try:
        for _ in range(5):
            result = loop()
    finally:
        monitoring.set_local_events(3, code, 0)
        monitoring.free_tool_id(3)
    return result, events


print(rounds(monitored, 5, 2, True, count=12))
print(rounds(monitored, 5, 2, False, count=12))


# Loops in calls that are inlined, and inlined calls and new instances in a generator.


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.where = chain(3) if x == 2 else None


def add(a, b):
    return a + b


def points(n):
    for i in range(n):
        yield Point(i, add(i, 1))


def inner_loop(n, log):
    total = 0
    for point in points(n):
        total = add(total, point.x * point.y)
        if point.where:
            log.append(point.where)
    return total


def outer_loop(n):
    log = []
    first = inner_loop(n, log)
    for x in count_to(n):
        first = add(first, inner_loop(x, log))
    return first, log


print(rounds(outer_loop, 4))


# Pairs of numbers that nobody makes, and a number that both have.


def number_pairs(n):
    total = 0
    for i in range(n):
        total += i
        yield i, total


def same_number(n):
    value = 1000
    for _ in range(n):
        value += 1000
        yield value


def sums_of_pairs(n):
    log = 0
    for i, total in number_pairs(n):
        log += i * total
    kept = [pair for pair in number_pairs(3)]
    for value in same_number(n):
        log += value
    return log, kept, value


print(rounds(sums_of_pairs, 20))


# A loop that is left and entered in the middle of its generator's work, again and again.


def first_of(items, wanted):
    for item in drop(items):
        if item == wanted:
            return item


def many(n):
    return [first_of([None, 1, 2, None, i], i) for i in range(n)]


print(rounds(many, 5, count=60))
