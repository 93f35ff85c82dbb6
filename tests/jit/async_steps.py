"""Steps of asynchronous generators that others await: what comes back, what is raised where, and what tools are told of it."""

import sys
import types

LOG = []


@types.coroutine
def suspend(value):
    return (yield value)


async def numbers(count):
    """Yields what it is sent too, and waits for the loop in between."""
    try:
        for number in range(count):
            if number % 3 == 2:
                LOG.append(("from the loop", await suspend(("waits", number))))
            got = yield number
            if got is not None:
                LOG.append(("sent", got))
    finally:
        LOG.append("ends")


async def tuples():
    """Yields what a StopIteration would take for its arguments, or for itself."""
    yield ()
    yield (1, 2)
    yield StopIteration(3)
    yield None
    yield KeyError


async def nested(depth):
    if depth:
        async for item in nested(depth - 1):
            yield item
    yield depth


async def failing(at):
    for number in range(at):
        yield number
    raise ValueError(at)


def run(coroutine):
    """An event loop of one task."""
    answer = None
    waits = []
    while True:
        try:
            waits.append(coroutine.send(answer))
        except StopIteration as stop:
            return stop.value, waits
        answer = len(waits)


async def collect(generator):
    return [item async for item in generator]


async def by_hand(count):
    generator = numbers(count)
    found = [await generator.asend(None)]
    try:
        while True:
            found.append(await generator.asend("hello"))
    except StopAsyncIteration:
        found.append("stop")
    return found


async def thrown():
    generator = numbers(5)
    await anext(generator)
    found = []
    try:
        await generator.athrow(KeyError("in"))
    except KeyError as error:
        found.append(repr(error))
    try:
        await anext(generator)
    except StopAsyncIteration as error:
        found.append((repr(error), error.__context__))
    return found


async def twice():
    """An awaitable is awaited once."""
    generator = numbers(5)
    step = anext(generator)
    found = [await step]
    for again in (step, generator.asend(1)):
        try:
            found.append(await again)
        except RuntimeError as error:
            found.append(str(error))
    await generator.aclose()
    return found


async def line_of_failure():
    try:
        async for _ in failing(3):
            pass
    except ValueError as error:
        trace = error.__traceback__
        lines = []
        while trace:
            lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno - trace.tb_frame.f_code.co_firstlineno))
            trace = trace.tb_next
        return lines, error.__context__


async def handling():
    """A step that is made while an exception is handled leaves that alone."""
    try:
        raise LookupError
    except LookupError:
        async for _ in numbers(2):
            pass
        return repr(sys.exception())


async def counted():
    """What an awaitable gives is nobody else's."""
    value = object()

    async def one():
        for _ in range(3):
            yield value

    before = sys.getrefcount(value)
    async for item in one():
        pass
    del item
    return sys.getrefcount(value) - before


def told(coroutine):
    """What tools are told of while it runs: the end of each awaitable is an exception to them."""
    tool = sys.monitoring.DEBUGGER_ID
    events = sys.monitoring.events
    seen = []

    def on_raise(code, offset, exception):
        seen.append((code.co_name, repr(exception)))

    sys.monitoring.use_tool_id(tool, "steps")
    try:
        sys.monitoring.register_callback(tool, events.RAISE, on_raise)
        sys.monitoring.set_events(tool, events.RAISE)
        result = run(coroutine)
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.register_callback(tool, events.RAISE, None)
        sys.monitoring.free_tool_id(tool)
    return result, seen


def traced(coroutine):
    events = []

    def trace(frame, event, argument):
        name = frame.f_code.co_name
        if name in ("collect", "numbers") and event == "exception":
            events.append((name, event, repr(argument[1])))
        return trace

    sys.settrace(trace)
    try:
        run(coroutine)
    finally:
        sys.settrace(None)
    return events


def main():
    for _ in range(60):
        del LOG[:]
        results = [
            run(collect(numbers(7))),
            run(collect(tuples())),
            run(collect(nested(6))),
            run(by_hand(5)),
            run(thrown()),
            run(twice()),
            run(line_of_failure()),
            run(handling()),
            run(counted()),
        ]
        last = list(LOG)
    for result in results:
        print(result)
    print(last)
    print(told(collect(numbers(4))))
    print(told(collect(tuples())))
    print(traced(collect(numbers(3))))
    print(run(collect(numbers(4))))


main()
