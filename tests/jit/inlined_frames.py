"""Calls that are inlined, while others look at their frames, trace them, change their functions, or raise in them."""
import gc
import inspect
import signal
import sys
import threading
import traceback
import types
import warnings
import weakref


def shown(value):
    return isinstance(value, (int, str, float, tuple)) or value is None


def place(frame):
    kept = {name: value for name, value in frame.f_locals.items() if shown(value)}
    return frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, kept


def chain(frame, count):
    found = []
    while frame is not None and len(found) < count:
        found.append(place(frame))
        frame = frame.f_back
    return found


# Frames that code called from inlined calls looks at, from Python and from C.


def looks(depth):
    return chain(sys._getframe(1), depth)


def inner(a, b):
    c = a + b
    seen = looks(
        3
    )
    c = c * 2
    return c, seen


def middle(a, log):
    d = a - 1
    result, seen = inner(
        d,
        a,
    )
    log.append(seen)
    return result + d


def key_of(item):
    return sys._getframe(1).f_lineno - sys._getframe(1).f_code.co_firstlineno, item


def sorts(items, n):
    m = n * 2

    result = sorted(items, key=key_of)
    return result[0] + m


def nested(n):
    log = []
    total = 0
    for i in range(n):
        total += middle(i, log)
        total += sorts([3, i], i)
    return total, log[-1]


# What dies in inlined calls looks at their frames.


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        self.log.append((self.name, chain(sys._getframe(1), 2)))


def drop(thing, number):
    squared = number * number
    thing = None

    other = squared + 1
    return other


def keep(thing, number):
    return number


def keep_twice(number):
    result = keep(

        keep(Dies("argument"), number) + 1,
        number
    )
    return result


def replace(holder, number):
    holder["x"] = Dies(number)
    holder["x"] = number

    return number


def raises_with(thing, number):
    number = number + 1
    return thing[number]


def dying(n):
    Dies.log.clear()
    total = 0
    holder = {}
    for i in range(n):
        total += drop(Dies("dropped"), i)
        total += keep_twice(
            i
        )
        total += replace(holder, i)
        try:
            raises_with(Dies("raised"), i)
        except TypeError:
            total += 1
    return total, Dies.log[-6:], len(Dies.log)


def weakly(thing, log, number):
    kept = [thing]
    reference = weakref.ref(thing, lambda _: log.append(chain(sys._getframe(1), 2)))
    thing = None
    kept.clear()

    number += 1
    return number, reference() is None


class Plain:
    pass


def weak(n):
    log = []
    for i in range(n):
        weakly(Plain(), log, i)
    return log[-1], len(log)


# Exceptions.


def fails(n, number):
    value = (number +
             n.missing)
    return value


def fails_below(n, number):
    return 1 + fails(
        n, number * 2
    )


def entries(error):
    found = []
    tb = error.__traceback__
    while tb is not None:
        positions = list(tb.tb_frame.f_code.co_positions())[tb.tb_lasti // 2]
        first = tb.tb_frame.f_code.co_firstlineno
        positions = positions[0] - first, positions[1] - first, *positions[2:]
        found.append((*place(tb.tb_frame)[:2], tb.tb_lineno - first, tb.tb_lasti, positions))
        tb = tb.tb_next
    return found


def tracebacks(n):
    found = []
    for i in range(n):
        try:
            fails_below(None, i)
        except AttributeError as error:
            found.append(entries(error))
    return found[-1], len(set(map(str, found)))


def divides(a, b):
    return a / b


def handles(a, b):
    try:
        return divides(a, b)
    except ZeroDivisionError as error:
        state = sys.exc_info()[0].__name__
        raise ValueError(state) from error


def converts(a, b):
    try:
        handles(a, b)
    finally:
        state = sys.exc_info()[0]
    return state


def contexts(n):
    found = set()
    for i in range(n):
        try:
            converts(i, i % 3)
        except ValueError as error:
            context = error.__context__
            found.add((type(context).__name__, context is error.__cause__, len(entries(error)), len(entries(context))))
            try:
                divides(error, 2)
            except TypeError as other:
                found.add((other.__context__ is error, len(entries(other))))
        found.add(sys.exc_info()[0])
    return sorted(map(str, found))


def unbound(a, b):
    if a:
        c = b
    del b
    return c + b


def names_of(n):
    messages = set()
    for i in range(n):
        try:
            unbound(i % 2, i)
        except UnboundLocalError as error:
            messages.add((str(error), error.name if hasattr(error, "name") else None))
    return sorted(messages)


# Looking at oneself.


def own_locals(a, b):
    c = a + b
    before = dict(locals())
    d = c * 2
    return before, sorted(locals()), eval("c + d"), vars()["d"], dir()


def evaluates(a):
    b = a + 1
    exec("b = 5")
    return b, [name for name in (lambda: a, b) if name == b]


def selves(n):
    return [(own_locals(i, 2), evaluates(i)[0]) for i in range(n)][-1]


class Base:
    def name(self):
        return "base"

    def area(self, n):
        return n


class Derived(Base):
    def name(self):
        parent = super()
        return "derived " + parent.name()

    def area(self, n):
        return super().area(n) + 1


def supers(n):
    thing = Derived()
    total = 0
    for i in range(n):
        total += thing.area(i) + len(thing.name())
    return total


def warns(n):
    m = n + 1
    warnings.warn(f"{m % 2}", stacklevel=2)
    return m


def warned(n):
    total = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(n):
            total += warns(i)
    first = warned.__code__.co_firstlineno
    return total, {(str(one.message), one.lineno - first) for one in caught} == {("0", 6), ("1", 6)}


def written_below(name, value):
    frame = sys._getframe(1)
    frame.f_locals[name] = value
    frame.f_back.f_locals["outside"] = value
    return 1


def writes_two(a, change):
    local = a + 1
    if change:
        written_below("local", -a)
    return local


def calls_writer(a, change):
    outside = a
    result = writes_two(a, change)
    return result, outside


def written(n):
    return [calls_writer(i, i % 7 == 6) for i in range(n)][-8:]


def clears(a):
    try:
        sys._getframe(0).clear()
    except RuntimeError as error:
        return str(error), a


def cleared(n):
    return {clears(i % 3) for i in range(n)}.__len__()


# Functions that change.


def changing(a, b):
    return a + b


def changed_code(a, b):
    return a * b + 1000


def calls_changing(a, b):
    return changing(a, b)


def changes(n):
    changing.__code__, kept = changed_code.__code__, changing.__code__
    changing.__code__ = kept
    results = []
    for i in range(n):
        results.append(calls_changing(i, 2))
        if i == n // 2:
            changing.__code__ = changed_code.__code__
    changing.__code__ = kept
    for i in range(n):
        results.append(calls_changing(i, 2))
    return results[n // 2 - 1 : n // 2 + 3], results[-2:]


def with_default(a, b=1):
    return a * b


def defaults(n):
    results = []
    with_default.__defaults__ = (1,)
    for i in range(n):
        results.append(with_default(i) + with_default(i, 2))
        if i == n // 2:
            with_default.__defaults__ = (i,)
        if i == n - 3:
            with_default.__defaults__ = (-1,)
    with_default.__defaults__ = (1,)
    return results[-3:], results[n // 2 : n // 2 + 2]


SCALE = 2


def scaled(a):
    return a * SCALE + len("ab")


def elsewhere(n):
    other = types.FunctionType(scaled.__code__, {"SCALE": 10, "__builtins__": {"len": lambda _: 100}})
    one = types.FunctionType(scaled.__code__, {"SCALE": 3})
    results = []
    function = scaled
    for i in range(n):
        results.append(function(i))
        if i == n // 2:
            function = one
        if i == n - 3:
            function = other
    global SCALE
    for i in range(n):
        results.append(scaled(i))
        if i == n // 2:
            SCALE = 5
    SCALE = 2
    return results[n - 4 : n], results[n // 2 : n // 2 + 3], results[-2:]


class Attribute:
    def get(self):
        return 1

    def twice(self):
        return self.get() + self.get()


def other_method(self):
    return 50


def methods(n):
    results = []
    thing = Attribute()
    kept = Attribute.get
    for i in range(n):
        results.append(thing.twice())
        if i == n // 2:
            Attribute.get = other_method
        if i == n - 3:
            thing.get = lambda: 7
    Attribute.get = kept
    return results[n // 2 : n // 2 + 3], results[-3:]


# Tools that are switched on in inlined calls.


def switches_on(a, events, tool):
    b = a + 1
    if tool is not None:
        tool(events)
    c = b * 2

    return c


def traced(a, events, tool):
    d = switches_on(a, events, tool)
    return d + a


def trace(events):
    def tracer(frame, event, argument):
        if frame.f_code.co_name in ("switches_on", "traced"):
            events.append((event, *place(frame)[:2], argument if shown(argument) else None))
            return tracer
        return None

    frame = sys._getframe(1)
    sys.settrace(tracer)
    while frame.f_code.co_name in ("switches_on", "traced"):
        frame.f_trace = tracer
        frame = frame.f_back


def profile(events):
    def profiler(frame, event, argument):
        if frame.f_code.co_name in ("switches_on", "traced"):
            events.append((event, *place(frame)[:2], argument if shown(argument) else None))

    sys.setprofile(profiler)


def monitor(events):
    monitoring = sys.monitoring
    tool = monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "test")

    def note(name):
        def callback(code, *rest):
            if code.co_name in ("switches_on", "traced"):
                events.append((name, code.co_name, *[one for one in rest if shown(one)]))

        return callback

    wanted = 0
    for name in ("PY_START", "PY_RETURN", "LINE", "CALL"):
        event = getattr(monitoring.events, name)
        monitoring.register_callback(tool, event, note(name))
        wanted |= event
    monitoring.set_events(tool, wanted)


def no_tools():
    sys.settrace(None)
    sys.setprofile(None)
    if sys.monitoring.get_tool(sys.monitoring.PROFILER_ID):
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)


def relative(events):
    first = {"switches_on": switches_on, "traced": traced}
    found = []
    for event in events:
        if event[0] == "LINE":
            name = event[1]
            event = "LINE", name, event[2] - first[name].__code__.co_firstlineno
        found.append(event)
    return found


def tools(n):
    seen = []
    for tool in (trace, profile, monitor):
        events = []
        total = 0
        for i in range(n):
            total += traced(i, events, tool if i == n - 2 else None)
        no_tools()
        seen.append((total, relative(events)))
    return seen


# The limit of recursion.


def down(n):
    return 0 if n == 0 else down_more(n)


def down_more(n):
    return down(n - 1) + 1


def endless(n):
    return endless_too(n + 1)


def endless_too(n):
    return endless(n)


def depth_of(function):
    try:
        function(0)
    except RecursionError as error:
        depth = 0
        tb = error.__traceback__
        while tb is not None:
            depth += 1
            tb = tb.tb_next
        return depth, str(error)


def limits(n):
    found = set()
    for i in range(n):
        found.add(down(12))
    found.add(depth_of(endless))
    limit = sys.getrecursionlimit()
    frame, current = sys._getframe(), 0
    while frame is not None:
        frame, current = frame.f_back, current + 1
    for more in (1, 2, 3, 5, 20):
        sys.setrecursionlimit(current + more + 3)
        try:
            found.add((more, down(1)))
        except RecursionError:
            found.add((more, "RecursionError"))
        finally:
            sys.setrecursionlimit(limit)
    return sorted(map(str, found))


# Generators.


def count_to(n):
    try:
        for i in range(n):
            yield i, sys._getframe(1).f_code.co_name
    finally:
        count_to.ended += 1


count_to.ended = 0


def first_of(n):
    for i, name in count_to(n):
        return i, name


def all_of(n):
    generator = count_to(n)
    found = [one for one in generator]
    return len(found), found[-1:]


def generators(n):
    count_to.ended = 0
    found = {first_of(i % 4) for i in range(n)}
    found.update(str(all_of(i % 3)) for i in range(n))
    gc.collect()
    return sorted(map(str, found)), count_to.ended


async def waits(n):
    return n + 1


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def runs(n):
    return run(waits(n)) + 1


def coroutines(n):
    return sum(runs(i) for i in range(n))


# Signals, threads and collections of garbage.


def signalled(log, i):
    j = i + 1
    if i % 10 == 0:
        signal.raise_signal(signal.SIGUSR1)
    k = j + i
    return k


def signals(n):
    log = []
    kept = signal.signal(signal.SIGUSR1, lambda number, frame: log.append(frame.f_code.co_name))
    total = 0
    for i in range(n):
        total += signalled(log, i)
    signal.signal(signal.SIGUSR1, kept)
    return total, len(log), sorted(set(log))


def add_all(items, extra):
    total = extra
    for item in items:
        total += item
    return total


def work(results, index, n):
    total = 0
    for i in range(n):
        total += add_all((i, 1, 2), i) + changing(i, 1)
        if i % 50 == 0:
            frames = sys._current_frames()
            total += 0 * sum(len(chain(frame, 4)) for frame in frames.values())
    results[index] = total


def threads(n):
    results = [None] * 3
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    running = [threading.Thread(target=work, args=(results, index, n)) for index in range(3)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    sys.setswitchinterval(interval)
    return results


class Cycle:
    def __init__(self, log):
        self.me = self
        self.log = log

    def __del__(self):
        names = [name for name, *_ in chain(sys._getframe(1), 3)]
        self.log.append(names[:2])


def makes_cycle(log, i):
    number = i + 1
    Cycle(log)
    if i % 20 == 19:
        gc.collect()

    return number


def cycles(n):
    log = []
    total = 0
    for i in range(n):
        total += makes_cycle(log, i)
    gc.collect()
    return total, len(log), sorted(set(map(str, log)))


def stacks(a):
    return [(one.function, one.lineno - one.frame.f_code.co_firstlineno) for one in inspect.stack(0)[:3]]


def calls_stacks(a):
    b = stacks(
        a
    )
    return b


def inspected(n):
    found = set()
    for i in range(n):
        found.add(str(calls_stacks(i)))
    return sorted(found)


def printed(n):
    found = set()
    for i in range(n):
        try:
            fails_below(1, 2)
        except AttributeError:
            found.add(traceback.format_exc())
    return "\n".join(found)


gc.disable()
for turn in range(14):
    print(turn, nested(30))
    print(dying(30))
    print(weak(30))
    print(tracebacks(30))
    print(contexts(40), names_of(30))
    print(selves(30), supers(40), warned(30))
    print(written(30), cleared(20))
    print(changes(40), defaults(40), elsewhere(40), methods(40))
    print(tools(60))
    print(limits(40))
    print(generators(40), coroutines(40))
    print(signals(40), threads(150), cycles(40))
    print(inspected(20))
    print(printed(20))
