"""Asynchronous generators that go on where others wait for them, alone and in front of coroutines that wait for one another: what the
event loop, its hooks, tools and tracebacks see of them meanwhile."""

import gc
import sys
import types
import warnings

LOG = []


@types.coroutine
def suspend(value):
    return (yield value)


async def deep(depth, value):
    """Waits for the loop below so many coroutines."""
    if depth:
        return await deep(depth - 1, value) + 1
    return await suspend(value)


async def slow(count, depth):
    """Waits for the loop, several times, between what it yields."""
    try:
        for number in range(count):
            for again in range(3):
                try:
                    LOG.append(await deep(depth, (number, again)))
                except KeyError as error:
                    LOG.append(("thrown in", str(error)))
            yield number
    finally:
        LOG.append("ends")


async def passing(below):
    async for item in below:
        yield item


async def total(generator):
    result = 0
    async for item in generator:
        result += item
    return result


def look(generator):
    """What is seen of a generator that has paused."""
    awaited = generator.ag_await
    names = []
    while awaited is not None:
        if not hasattr(awaited, "cr_await"):
            names.append(type(awaited).__name__)
            break
        names.append((awaited.__name__, awaited.cr_running, awaited.cr_frame.f_back, awaited.cr_frame.f_lineno > 0))
        awaited = awaited.cr_await
    frame = generator.ag_frame
    return (
        generator.ag_running,
        frame and (frame.f_back, frame.f_lineno - frame.f_code.co_firstlineno, sorted(frame.f_locals)),
        names,
    )


def run(coroutine, generator=None, throw_at=()):
    """An event loop of one task, which looks at a generator between steps and throws into the task."""
    seen = []
    steps = 0
    try:
        while True:
            if steps in throw_at:
                coroutine.throw(KeyError(steps))
            else:
                coroutine.send(steps if coroutine.cr_suspended else None)
            steps += 1
            if generator is not None and steps % 4 == 0:
                seen.append(look(generator))
            if steps == 1:
                LOG.append(("first", steps))
    except StopIteration as stop:
        return stop.value, steps, seen
    except Exception as error:
        return repr(error), lines(error), steps, seen


def start(coroutine):
    coroutine.send(None)
    return coroutine


def lines(error):
    trace = error.__traceback__
    result = []
    while trace:
        result.append((trace.tb_frame.f_code.co_name, trace.tb_lineno - trace.tb_frame.f_code.co_firstlineno))
        trace = trace.tb_next
    return result


def hooked(count, depth):
    """The hooks of a loop are told once of each generator, however often it goes on."""
    told = []
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(
        firstiter=lambda generator: told.append(("first", generator.__name__)),
        finalizer=lambda generator: told.append(("last", generator.__name__)),
    )
    try:
        task = start(total(slow(count, depth)))
        run(task)
        left = passing(slow(count, depth))
        one = start(anext(left))
        del one
        del left
        gc.collect()
    finally:
        sys.set_asyncgen_hooks(*hooks)
    return told


def closed(depth):
    """A generator is closed while it waits, and when it has yielded."""
    found = []
    generator = slow(3, depth)
    step = start(anext(generator))
    try:
        start(generator.aclose())
    except RuntimeError as error:
        found.append(str(error))
    try:
        start(anext(generator))
    except RuntimeError as error:
        found.append(str(error))
    try:
        while True:
            step.send(0)
    except StopIteration as stop:
        found.append(stop.value)
    try:
        start(generator.aclose())
    except StopIteration as stop:
        found.append(stop.value)
    try:
        start(anext(generator))
    except StopAsyncIteration as error:
        found.append(repr(error))
    found.append(look(generator))
    return found


async def frames(depth):
    """What is below a generator that runs."""
    names = []
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_name != "main":
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    yield names
    if depth:
        async for item in frames(depth - 1):
            yield item


async def listed(generator):
    return [item async for item in generator]


async def endless(depth):
    async for item in endless(depth + 1):
        yield item


def too_deep():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(120)
    try:
        start(listed(endless(0)))
    except RecursionError as error:
        return str(error)
    finally:
        sys.setrecursionlimit(limit)


async def itself():
    """Is resumed while it runs."""
    found = []
    generator = None

    async def body():
        try:
            generator.asend(None).send(None)
        except (RuntimeError, ValueError) as error:
            found.append((type(error).__name__, str(error), generator.ag_running))
        yield 1

    generator = body()
    found.append([item async for item in generator])
    return found


async def at_once(value):
    return value


async def awaits(count):
    """Coroutines that are awaited where they are made, and one that is kept."""
    result = 0
    for number in range(count):
        result += await at_once(number)
    kept = at_once(result)
    result = await kept
    try:
        await kept
    except RuntimeError as error:
        return result, str(error), kept.cr_frame, kept.cr_running, sys.getrefcount(kept)


def counts():
    """The collector counts the same, and references do not pile up, whatever the memory of a coroutine was before."""
    gc.collect()
    gc.disable()
    try:
        before = gc.get_count()[0], sys.getrefcount(at_once.__code__), sys.getrefcount(at_once)
        made = [at_once(number) for number in range(40)]
        between = gc.get_count()[0] - before[0] > 30, sys.getrefcount(at_once.__code__) - before[1]
        tracked = all(map(gc.is_tracked, made))
        for coroutine in made:
            coroutine.close()
        del made, coroutine
        return between, tracked, sys.getrefcount(at_once.__code__) - before[1], sys.getrefcount(at_once) - before[2]
    finally:
        gc.enable()


async def never():
    """A coroutine that nobody awaits is told of where it dies, with where it was made if that is wanted."""
    at_once(1)


def unawaited():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(never())
        sys.set_coroutine_origin_tracking_depth(2)
        try:
            coroutine = at_once(2)
            origin = [(line - unawaited.__code__.co_firstlineno, name) for _, line, name in coroutine.cr_origin[:1]]
            run(coroutine)
            run(never())
        finally:
            sys.set_coroutine_origin_tracking_depth(0)
    return origin, [str(warning.message).split("(most")[0] for warning in caught]


def traced(coroutine):
    events = []

    def trace(frame, event, argument):
        name = frame.f_code.co_name
        if name in ("total", "slow", "passing", "at_once"):
            events.append((name, event, frame.f_lineno - frame.f_code.co_firstlineno))
        return trace

    sys.settrace(trace)
    try:
        result = run(coroutine)
    finally:
        sys.settrace(None)
    return result, events


def seen(depth, throw_at=()):
    generator = slow(3, depth)
    return run(start(total(generator)), generator, throw_at)


def main():
    for _ in range(60):
        del LOG[:]
        results = [
            seen(0),
            seen(1),
            seen(4),
            seen(4, {3}),
            run(start(total(passing(passing(slow(3, 2)))))),
            hooked(2, 3),
            closed(0),
            closed(3),
            run(listed(frames(4))),
            run(itself()),
            run(awaits(20)),
            counts(),
            unawaited(),
        ]
        last = list(LOG)
    results.append(too_deep())
    for result in results:
        print(result)
    print(last)
    print(traced(start(total(slow(2, 1)))))
    print(traced(total(passing(slow(1, 0)))))
    print(traced(awaits(2)))
    print(seen(2))


main()
