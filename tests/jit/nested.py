"""Hot code calls functions that have no machine code yet, and such that leave it: what those do, see and raise."""
import sys
import traceback


def fresh(body, parameters="value"):
    """A function that has never run."""
    names = {}
    exec(f"import sys\ndef called({parameters}):\n{body}", names)
    return names["called"]


def hot(functions, value):
    results = []
    for function in functions:
        try:
            results.append(function(value))
        except ValueError as error:
            results.append((type(error).__name__, str(error), lines(error)))
    return results


def hot_method(receivers, value):
    total = 0
    for receiver in receivers:
        total += receiver.step(value) + receiver.named(first=value, second=1)
    return total


def lines(error):
    return [(entry.name, entry.lineno) for entry in traceback.extract_tb(error.__traceback__)]


def callers(depth=6):
    names, frame = [], sys._getframe(1)
    while frame is not None and len(names) < depth:
        names.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return names


def receiver():
    names = {}
    exec(
        "class Receiver:\n"
        " def step(self, value):\n  return value + 1\n"
        " def named(self, second, first):\n  return first * second\n",
        names,
    )
    return names["Receiver"]()


def warm():
    for number in range(60):
        hot([fresh(" return value")] * 90, number)
        hot_method([receiver() for _ in range(5)] * 20, number)


def many_shapes():
    bodies = [
        " return value * 2",
        " raise ValueError(value)",
        " return [number for number in range(value)]",
        " return sum(number for number in range(value))",
        " total = 0\n for number in range(500):\n  total += number ^ value\n return total",
        " try:\n  raise ValueError(value)\n except ValueError as error:\n  return error.args",
        " return (lambda number: number + value)(1)",
        " class Made:\n  number = value\n return Made.number",
    ]
    print(hot([fresh(body) for body in bodies] * 2, 7))


def seen_from_there():
    look = fresh(" return look()")
    look.__globals__["look"] = callers
    print(hot([look], 1))


def locals_of_the_caller():
    write = fresh(" sys._getframe(1).f_locals['value'] = 'written'\n return value")
    read = fresh(" return value")
    print(hot([read, write, read, read], "as it was"))


def traced():
    events = []

    def trace(frame, event, argument):
        events.append((frame.f_code.co_name, event))
        return trace

    begin = fresh(" sys.settrace(trace)\n sys._getframe(1).f_trace = trace\n return value")
    begin.__globals__["trace"] = trace
    end = fresh(" sys.settrace(None)\n return value")
    print(hot([begin, fresh(" return value"), end], 3))
    print(events)


def deep():
    def down(depth, function):
        if depth == 0:
            return len(callers(10_000))
        return again(depth - 1, function)

    def again(depth, function):
        return fresh(" return down(depth, again)", "depth, down, again")(depth, down, function)

    counts = []
    for depth in list(range(40)) * 3:
        counts.append(down(depth, again))
    print([count - counts[0] for count in counts[:40]])

    def without_end(depth):
        reached.append(depth)
        return fresh(" return without_end(depth + 1)", "depth, without_end")(depth, without_end)

    for _ in range(6):
        reached = []
        try:
            without_end(0)
        except RecursionError as error:
            first = error
    print(len(reached), str(first))


def leaves():
    def sometimes(value):
        # Ints at first, and then what they were not: the code leaves.
        return value + value if value is not None else "none"

    def use(values):
        return [sometimes(value) for value in values], [sometimes(value) * 2 for value in values]

    for _ in range(300):
        use(range(20))
    print(use([1, 2.5, "text", (1,), None, 2**70, True]))


def generators():
    def count(upto):
        for number in range(upto):
            yield fresh(" return value")(number)

    def consume(upto):
        return [number * 2 for number in count(upto)]

    for _ in range(100):
        consume(30)
    print(consume(5))


warm()
for test in many_shapes, seen_from_there, locals_of_the_caller, traced, deep, leaves, generators:
    print(test.__name__)
    test()
