"""Calls that are inlined: what others see of their frames, and who owns what in them."""
import gc
import sys
import traceback
import weakref


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def get(self):
        return self.x

    def plus(self, n):
        return self.x + n

    def middle(self, other):
        return (self.get() + other.get()) / 2

    def swap(self):
        old = self.x
        self.x = self.y
        self.y = old
        return self


def caller_names(depth):
    frame = sys._getframe(1)
    names = []
    for _ in range(depth):
        names.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        frame = frame.f_back
    return names


def inner(a):
    b = a + 1
    names = caller_names(3)
    return b, names


def outer(a):
    c = a * 2
    result = inner(c)
    return result


def seen_frames(n):
    return [outer(i) for i in range(n)][-1]


def arithmetic(p, q, n):
    total = 0
    for i in range(n):
        total += p.get() + q.plus(i) + p.middle(q)
        p.swap().swap()
    return total


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        kept = {k: v for k, v in frame.f_locals.items() if isinstance(v, (int, str))}
        self.log.append((self.name, frame.f_code.co_name, sorted(kept.items())))


def drop(thing, number):
    squared = number * number
    thing = None
    return squared


def replaces(holder, number):
    before = number + 1
    holder.x = number
    return before


def destructors(n):
    Dies.log.clear()
    total = 0
    for i in range(n):
        total += drop(Dies("dropped"), i)
        p = Point(Dies("replaced"), 0)
        total += replaces(p, i)
    return total, Dies.log[-4:], len(Dies.log)


def fails(p, depth):
    value = depth + 1
    return p.nothing + value


def middle_of_fails(p, depth):
    return fails(p, depth * 2)


def tracebacks(n):
    p = Point(1, 2)
    found = None
    for i in range(n):
        try:
            middle_of_fails(p, i)
        except AttributeError as error:
            entries = traceback.extract_tb(error.__traceback__)
            found = [(entry.name, entry.lineno) for entry in entries]
            frame = error.__traceback__.tb_next.tb_next.tb_frame
            found.append(frame.f_locals["value"])
            found.append(frame.f_back.f_locals["depth"])
            frame = None
    return found


def writes(name, value):
    sys._getframe(1).f_locals[name] = value
    return 0


def written(a, change):
    local = a + 1
    if change:
        writes("local", "written")
    return local, a


def written_from_outside(n):
    results = [written(i, i == n - 2) for i in range(n)]
    return results[-3:]


def kept_frame(a):
    local = a + 100
    return sys._getframe()


def frames_that_stay(n):
    frames = [kept_frame(i) for i in range(n)]
    gone = frames[-1]
    return gone.f_locals["local"], gone.f_back is None or gone.f_back.f_code.co_name


def down(n):
    if n == 0:
        return 0
    return one_more(n)


def one_more(n):
    return down(n - 1) + 1


def too_deep(n):
    return one_more_level(n)


def one_more_level(n):
    return too_deep(n + 1)


def limits():
    for _ in range(20):
        down(20)
    depths = []
    for _ in range(3):
        try:
            too_deep(0)
        except RecursionError as error:
            depth = 0
            tb = error.__traceback__
            while tb is not None:
                depth += 1
                tb = tb.tb_next
            depths.append(depth)
    return down(50), depths


def counts(thing):
    return sys.getrefcount(thing)


def passes_on(thing):
    copy = thing
    return counts(copy), counts(thing)


def references(n):
    thing = object()
    seen = set()
    for _ in range(n):
        seen.add(passes_on(thing))
    return seen, sys.getrefcount(thing)


def make(n):
    total = n

    def add(k):
        return total + k

    return add


def closures(n):
    result = 0
    add = make(5)
    for i in range(n):
        result += add(i)
        if i == n // 2:
            add = make(7)
    return result


def text(a, b):
    joined = a
    joined += b
    return joined


def texts(n):
    last = ""
    for i in range(n):
        last = text("a" * (i % 3), last[:5])
    return last


def numbers(n):
    for i in range(n):
        yield i


def sums(n):
    total = 0
    for i in numbers(n):
        total += i
    return total


def comprehension(n):
    return [i * i for i in range(n) if i % 2]


def with_loops(n):
    result = 0
    for i in range(n):
        result += sums(i % 5) + len(comprehension(i % 6))
    return result


def cell_of_argument(a):
    return [(lambda: a + b)() for b in range(2)]


def cells(n):
    return [cell_of_argument(i) for i in range(n)][-2:]


def weak(n):
    dead = []
    for i in range(n):
        p = Point(i, i)
        reference = weakref.ref(p, lambda _, i=i: dead.append(i))
        p = p.swap()
        del p
        assert reference() is None
    return len(dead)


def traced(a):
    b = a + 1
    return b


def traces_in_the_middle(n):
    events = []

    def tracer(frame, event, argument):
        if frame.f_code.co_name in ("traced", "switches"):
            events.append((event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    def switches(i):
        if i == n - 3:
            sys.settrace(tracer)
        return traced(i)

    total = 0
    for i in range(n):
        total += switches(i) + traced(i)
    sys.settrace(None)
    return total, events


def watched(n):
    events = []
    tool = sys.monitoring.PROFILER_ID
    total = 0
    for i in range(n):
        total += traced(i)
        if i == n // 2:
            sys.monitoring.use_tool_id(tool, "test")
            sys.monitoring.register_callback(
                tool, sys.monitoring.events.PY_START, lambda code, offset: events.append(code.co_name)
            )
            sys.monitoring.set_local_events(tool, traced.__code__, sys.monitoring.events.PY_START)
    sys.monitoring.set_local_events(tool, traced.__code__, 0)
    sys.monitoring.free_tool_id(tool)
    return total, len(events), set(events)


def other_code(a):
    return a - 1000


def replaced(n):
    def changing(a):
        return a + 1

    total = []
    for i in range(n):
        total.append(changing(i))
        if i == n // 2:
            changing.__code__ = other_code.__code__
    return total[-2:], total[:2]


def changes_itself(a):
    if a == 30:
        changes_itself.__code__ = other_code.__code__
        gc.collect()
    b = a + 1
    return str(b)


def code_that_goes():
    results = []
    for i in range(40):
        results.append(changes_itself(i))
    return results[-12:]


def first(a, b):
    try:
        return a[b]
    except IndexError:
        return "none"
    finally:
        a = None


def handled(n):
    items = [1, 2, 3]
    return [first(items, i % 5) for i in range(n)][-6:]


def overflows(a, b):
    c = a * b
    return c + a


def big_numbers(n):
    return [overflows(1 << (i % 70), 3) for i in range(n)][-3:]


gc.disable()
for turn in range(12):
    print(turn, arithmetic(Point(1, 2), Point(3.5, 4), 60))
    print(seen_frames(30))
    print(destructors(40))
    print(tracebacks(30))
    print(written_from_outside(30))
    print(frames_that_stay(30))
    print(references(40))
    print(closures(40), texts(30), with_loops(30), cells(20), weak(20))
    print(handled(30), big_numbers(90))
    print(replaced(40))
print(limits())
print(traces_in_the_middle(60))
print(watched(400))
print(code_that_goes())
