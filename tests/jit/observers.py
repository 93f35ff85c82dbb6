"""What others see of running code: frames, locals that are written from outside, tracing switched on in the middle, reference
counts, destructors, weak references, code objects."""
import marshal
import sys
import types
import weakref


def peek():
    frame = sys._getframe(1)
    return frame.f_lineno - frame.f_code.co_firstlineno, dict(frame.f_locals)


def looked_at(n):
    total = 0.0
    seen = []
    for i in range(n):
        total += i * 0.25
        if i % 25 == 0:
            seen.append(peek())
            del seen[:-1]
    return total, seen[0][0], seen[0][1]["total"], seen[0][1]["i"]


def poke(value):
    sys._getframe(1).f_locals["total"] = value


def written(n):
    total = 0
    for i in range(n):
        total += i
        if i == n // 2:
            poke(1000)
    return total


def traced(n):
    lines = []

    def tracer(frame, event, argument):
        lines.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    total = 0
    for i in range(n):
        total += i
        if i == n - 3:
            sys._getframe().f_trace = tracer
            sys.settrace(tracer)
    sys.settrace(None)
    return total, lines


def monitored(n):
    events = []
    tool = sys.monitoring.PROFILER_ID
    sys.monitoring.use_tool_id(tool, "test")
    sys.monitoring.register_callback(
        tool, sys.monitoring.events.JUMP, lambda code, at, to: events.append("jump")
    )
    total = 0
    for i in range(n):
        total += i
        if i == n - 5:
            sys.monitoring.set_events(tool, sys.monitoring.events.JUMP)
    sys.monitoring.set_events(tool, 0)
    sys.monitoring.free_tool_id(tool)
    return total, len(events)


def counts(n):
    thing = object()
    out = set()
    for i in range(n):
        other = thing
        out.add(sys.getrefcount(thing))
        del other
        out.add(sys.getrefcount(thing))
    return sorted(out)


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Dies.log.append(self.name)


def destructors(n):
    Dies.log.clear()
    last = None
    for i in range(n):
        last = Dies(i)
        Dies.log.append("made")
    last = None
    return Dies.log[:]


def weak(n):
    out = []
    for i in range(n):
        thing = Dies(i)
        reference = weakref.ref(thing)
        thing = None
        out.append(reference() is None)
    return out


def original(n):
    total = 0
    for i in range(n):
        total += i
    return total


before = original.__code__.co_code, hash(original.__code__), marshal.dumps(original.__code__)
copy = original.__code__.replace()

for turn in range(6):
    print(looked_at(120), written(100), counts(50), destructors(20), weak(10))
    print(traced(60))
    print(monitored(60))
    print(original(200))
for _ in range(2000):
    original(20)
print(original(100_000))
after = original.__code__.co_code, hash(original.__code__), marshal.dumps(original.__code__)
print(before == after, copy == original.__code__, original.__code__.replace() == copy)

# Code objects come and go.
for turn in range(200):
    made = types.FunctionType(original.__code__.replace(co_name=f"name{turn}"), {"range": range})
    for _ in range(8):
        made(30)
print(made(50))
