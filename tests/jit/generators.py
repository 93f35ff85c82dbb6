"""Generators and coroutines: resumed by machine code and by others, paused, ended, thrown into, watched."""

import asyncio
import gc
import sys
import traceback
import weakref


def count(limit):
    for number in range(limit):
        yield number


def fibonacci(limit):
    one, two = 0, 1
    while one < limit:
        yield one
        one, two = two, one + two


def floats(limit):
    total = 0.0
    for number in range(limit):
        total += number * 0.5
        yield total
    return total


def total_of(iterable):
    total = 0
    for item in iterable:
        total += item
    return total


def loops():
    return (
        total_of(count(40)),
        total_of(fibonacci(10**30)),
        total_of(floats(30)),
        total_of([1, 2, 3]),
        total_of(item * item for item in count(9)),
        [one * two for one in count(4) for two in count(one)],
        sum(count(100)),
        dict(zip(count(3), fibonacci(9))),
    )


class Tree:
    def __init__(self, left, value, right):
        self.left = left
        self.value = value
        self.right = right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def grow(depth):
    return depth and Tree(grow(depth - 1), depth, grow(depth - 1))


def echo(log):
    got = "nothing"
    while got != "end":
        try:
            got = yield got
        except KeyError as error:
            got = f"caught {error}"
        finally:
            log.append(got)
    return "returned"


def sends():
    log = []
    generator = echo(log)
    out = [next(generator), generator.send(1), generator.throw(KeyError("key"))]
    try:
        generator.send("end")
    except StopIteration as stop:
        out.append(stop.value)
    other = echo(log)
    next(other)
    try:
        other.throw(ValueError("not caught"))
    except ValueError as error:
        out.append(str(error))
    third = echo(log)
    next(third)
    third.close()
    out += [third.gi_frame, generator.gi_running]
    return out, log


def delegate(log):
    result = yield from echo(log)
    log.append(result)
    yield from [7, 8]
    return (yield from count(2))


def delegates():
    log = []
    generator = delegate(log)
    out = [next(generator)]
    for value in ("a", "b", "end"):
        out.append(generator.send(value))
    out.append(generator.gi_yieldfrom is not None)
    out += list(generator)
    return out, log


def failing(limit):
    for number in range(limit):
        yield 10 // (limit - 3 - number)


def failures():
    seen = []
    try:
        for number in failing(6):
            seen.append(number)
    except ZeroDivisionError as error:
        frames = traceback.extract_tb(error.__traceback__)
        seen += [(frame.name, frame.lineno) for frame in frames]
    return seen


def names(depth):
    frame = sys._getframe(depth)
    found = []
    while frame and frame.f_code.co_name != "<module>":
        found.append((frame.f_code.co_name, frame.f_lineno, sorted(frame.f_locals)))
        frame = frame.f_back
    return found


def looking(limit):
    local = 1
    for number in range(limit):
        local = local * 2 + number
        yield names(1) if number == limit - 1 else local


def looks():
    total = 0
    for found in looking(5):
        if isinstance(found, list):
            return found, total
        total += found
    return None


def writer(log):
    """Somebody else writes to its variables while it pauses."""
    number = 0
    while number < 20:
        log.append(number)
        yield number
        number += 1


def written():
    log = []
    generator = writer(log)
    for number in generator:
        if number == 5:
            generator.gi_frame.f_locals["number"] = 15
    return log


class Resource:
    alive = 0

    def __init__(self):
        Resource.alive += 1

    def __del__(self):
        Resource.alive -= 1


def holding(limit):
    resource = Resource()
    for number in range(limit):
        yield number, resource
        resource = Resource()


def lifetimes():
    out = []
    for number, resource in holding(4):
        out.append((number, Resource.alive, sys.getrefcount(resource)))
    del resource
    out.append(Resource.alive)
    abandoned = holding(3)
    next(abandoned)
    reference = weakref.ref(abandoned)
    out.append(Resource.alive)
    del abandoned
    out += [Resource.alive, reference()]
    return out


def deep(depth):
    if depth:
        yield from deep(depth - 1)
    yield depth


def recursion():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        shallow = total_of(deep(100))
        try:
            total_of(deep(500))
        except RecursionError as error:
            return shallow, str(error)
    finally:
        sys.setrecursionlimit(limit)


def itself():
    """A generator that resumes itself."""

    def body():
        yield 1
        try:
            for _ in me:
                pass
        except ValueError as error:
            yield str(error)

    me = body()
    return list(me)


def finished():
    generator = count(3)
    return [list(generator), list(generator), [item for item in generator]]


def traced():
    events = []

    def trace(frame, event, argument):
        if frame.f_code.co_name in ("count", "total_of"):
            events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
            return trace
        return None

    generator = count(4)
    next(generator)
    sys.settrace(trace)
    total_of(generator)
    sys.settrace(None)
    return events


def inner_chain(limit):
    for number in range(limit):
        yield number


def middle_chain(limit):
    yield from inner_chain(limit)


def outer_chain(limit):
    yield from middle_chain(limit)


def traced_chain():
    """Tools that come while generators wait for each other see each of them go on."""
    events = []

    def trace(frame, event, argument):
        if frame.f_code.co_name.endswith("_chain"):
            events.append((frame.f_code.co_name, event))
            return trace
        return None

    for _ in range(30):
        list(outer_chain(5))
    generator = outer_chain(5)
    next(generator)
    sys.settrace(trace)
    next(generator)
    sys.settrace(None)
    before = len(events)
    rest = list(generator)
    sys.setprofile(lambda frame, event, argument: trace(frame, event, argument) and None)
    list(outer_chain(2))
    sys.setprofile(None)
    return events, before, rest


def handled():
    """The exception that is handled belongs to the frame that handles it, also while generators pause in handlers."""

    def pausing():
        try:
            raise KeyError("inside")
        except KeyError:
            yield repr(sys.exception())
            yield repr(sys.exception())
        yield repr(sys.exception())

    out = []
    for shown in pausing():
        out.append((shown, repr(sys.exception())))
    try:
        raise ValueError("outside")
    except ValueError:
        for shown in pausing():
            out.append((shown, repr(sys.exception())))
    return out


async def add(one, two):
    return one + two


async def slow(value):
    await asyncio.sleep(0)
    return value


async def ticks(limit):
    for number in range(limit):
        await asyncio.sleep(0)
        yield number


class Manager:
    async def __aenter__(self):
        return await slow("entered")

    async def __aexit__(self, *error):
        return await slow(True)


async def program():
    total = 0
    for number in range(30):
        total = await add(total, number)
    parts = [await slow(number) async for number in ticks(5)]
    async with Manager() as entered:
        raise ValueError
    gathered = await asyncio.gather(*[slow(number) for number in range(5)])
    return total, parts, entered, gathered


class Awaitable:
    def __await__(self):
        got = yield "waits"
        return got


async def awaiting():
    return [await Awaitable(), await Awaitable()]


def awaits():
    coroutine = awaiting()
    out = [coroutine.send(None), coroutine.send(1)]
    try:
        coroutine.send(2)
    except StopIteration as stop:
        out.append(stop.value)
    unawaited = add(1, 2)
    unawaited.close()
    return out


def main():
    tree = grow(6)
    for round_number in range(8):
        print(
            round_number,
            loops(),
            list(tree)[:9],
            total_of(tree),
            sends(),
            delegates(),
            failures(),
            looks(),
            written(),
            lifetimes(),
            recursion(),
            itself(),
            finished(),
            handled(),
            awaits(),
        )
        print(asyncio.run(program()))
        if round_number % 4 == 3:
            print(traced(), [event for event in traced_chain()[0] if event[1] != "c_call"])
            gc.collect()


if __name__ == "__main__":
    main()
    # What is hot now is compiled in the background where it is not at once.
    for _ in range(600):
        loops()
        total_of(tree for tree in count(20))
    main()
