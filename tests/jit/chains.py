"""Generators and coroutines that wait for one another, looked at and resumed by others while the innermost pauses."""

import gc
import sys
import threading
import types

FRAMES = []
LOG = []


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        LOG.append(("died", self.name))


def leaf(limit):
    noisy = Noisy("leaf")
    try:
        for number in range(limit):
            got = yield number
            if got is not None:
                LOG.append(("got", got))
    finally:
        LOG.append("leaf ends")
    return noisy.name


def link(made, below):
    """Waits for what is below it."""
    noisy = Noisy(len(made))
    try:
        result = yield from below
    except KeyError as error:
        LOG.append(("caught", str(error)))
        yield "instead"
        result = "handled"
    finally:
        LOG.append("link ends")
    yield ("result", result)
    return noisy.name


def handling(below):
    """Waits while it handles an exception."""
    try:
        raise LookupError("outside")
    except LookupError:
        yield from below
    yield repr(sys.exception())


def seeing(limit):
    for number in range(limit):
        try:
            raise ValueError(number)
        except ValueError:
            yield repr(sys.exception()), repr(sys.exception().__context__)
        yield repr(sys.exception())


def framed(below):
    FRAMES.append(sys._getframe())
    yield from below
    yield "last"


def chain(length, limit=200):
    made = [leaf(limit)]
    for _ in range(length):
        made.append(link(made, made[-1]))
    return made


def take(generator, count):
    """So many of its values: the loop is machine code, and leaves the generator where it is."""
    out = []
    for item in generator:
        out.append(item)
        count -= 1
        if not count:
            break
    return out


def states(made):
    return [
        (
            one.gi_running,
            one.gi_suspended,
            type(one.gi_yieldfrom).__name__,
            one.gi_frame and (one.gi_frame.f_back, one.gi_frame.f_lasti, one.gi_frame.f_lineno),
        )
        for one in made
    ]


def logged():
    out = LOG[:]
    LOG.clear()
    return out


def looked_at():
    out = []
    for place in range(5):
        made = chain(4)
        take(made[-1], 20)
        out.append(states([made[place]]))
        out.append((take(made[-1], 5), states(made), take(made[-1], 3)))
    return out


def resumed_elsewhere():
    """Any of the chain can be resumed, and takes the rest of the chain with it."""
    out = []
    for place in range(5):
        made = chain(4)
        out.append(take(made[-1], 12))
        out.append((next(made[place]), made[place].send("sent"), take(made[place], 4)))
        out.append((take(made[-1], 4), next(made[-1]), made[-1].send("more"), take(made[-1], 2)))
    return out, logged()


def thrown_into():
    out = []
    for place in range(5):
        made = chain(4, 30)
        take(made[-1], 12)
        try:
            out.append(made[place].throw(KeyError(place)))
        except KeyError as error:
            out.append(repr(error))
        out.append(take(made[-1], 9))
        del made
        out.append(logged())
    return out


def closed():
    out = []
    for place in range(5):
        made = chain(4, 30)
        take(made[-1], 12)
        out.append(made[place].close())
        out.append(states(made))
        out.append(take(made[-1], 9))
        del made
        out.append(logged())
    return out


def died():
    out = []
    for count in (1, 12):
        made = chain(4)
        outermost = made.pop()
        out.append(take(outermost, count))
        made.clear()
        del outermost
        out.append(logged())
        cycle = chain(3)
        take(cycle[-1], count)
        cycle.append(cycle)
        del cycle, made
        gc.collect()
        # In which order the collector closes them does not matter.
        out.append(sorted(map(str, logged())))
    return out


def ended():
    """The innermost ends, and those that waited for it, one after the other."""
    made = chain(4, 17)
    return take(made[-1], 100), states(made), logged()


def handled():
    return take(handling(handling(handling(seeing(6)))), 50)


def frames():
    out = []
    for asks in (
        lambda frame: frame.f_back,
        lambda frame: frame.f_lasti,
        lambda frame: frame.f_lineno,
        lambda frame: sorted(frame.f_locals),
        lambda frame: frame.clear(),
    ):
        FRAMES.clear()
        outermost = framed(framed(framed(framed(leaf(40)))))
        out.append(take(outermost, 10))
        for frame in FRAMES:
            try:
                out.append(asks(frame))
            except RuntimeError as error:
                out.append(str(error))
        out.append(take(outermost, 100))
    FRAMES.clear()
    logged()
    return out


def recursive(depth, limit):
    if depth:
        yield from recursive(depth - 1, limit)
    else:
        for number in range(limit):
            yield number if number % 10 else room()


def room():
    """How many calls are left before the limit."""

    def deeper(count):
        try:
            return deeper(count + 1)
        except RecursionError:
            return count

    return deeper(0)


def limits():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        return take(recursive(100, 40), 40)
    finally:
        sys.setrecursionlimit(limit)


def in_threads():
    made = chain(4)
    out = []
    for _ in range(3):
        take(made[-1], 5)
        thread = threading.Thread(target=lambda: out.append(take(made[-1], 4)))
        thread.start()
        thread.join()
    return out


def watched():
    """Tools that come and go while the chain pauses see each of it go on."""
    events = []

    def trace(frame, event, argument):
        if frame.f_code.co_name in ("link", "leaf"):
            events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
            return trace
        return None

    made = chain(3)
    take(made[-1], 20)
    sys.settrace(trace)
    one = take(made[-1], 2)
    sys.settrace(None)
    two = take(made[-1], 5)
    monitoring = sys.monitoring
    tool = monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "chains")
    told = []
    kinds = monitoring.events.PY_RESUME | monitoring.events.PY_YIELD
    monitoring.register_callback(
        tool, monitoring.events.PY_RESUME, lambda code, offset: told.append(("resume", code.co_name))
    )
    monitoring.register_callback(
        tool, monitoring.events.PY_YIELD, lambda code, offset, value: told.append(("yield", code.co_name))
    )
    monitoring.set_local_events(tool, link.__code__, kinds)
    three = take(made[-1], 2)
    monitoring.set_local_events(tool, link.__code__, 0)
    monitoring.free_tool_id(tool)
    return events, one, two, told, three, take(made[-1], 3)


@types.coroutine
def pause(value):
    return (yield value)


async def waiting(depth, limit):
    if depth:
        return [await waiting(depth - 1, limit)]
    total = 0
    for number in range(limit):
        total += await pause(number) or 0
    return total


def drive(coroutine):
    out = []
    sent = None
    try:
        while True:
            out.append(coroutine.send(sent))
            sent = out[-1]
    except StopIteration as stop:
        out.append(stop.value)
    return out


def coroutines():
    one = waiting(5, 30)
    first = [one.send(None) for _ in range(7)]
    inner = one.cr_await.cr_await
    states = [(inner.cr_running, inner.cr_suspended, inner.cr_frame.f_back)]
    try:
        drive(awaits_again(inner))
    except RuntimeError as error:
        states.append(str(error))
    return drive(waiting(6, 20)), first, states, drive(one)


async def awaits_again(coroutine):
    await coroutine


class Looks:
    """A generator that looks at those that wait for it."""

    def __init__(self):
        self.made = []

    def inner(self, limit):
        for number in range(limit):
            frame, names = sys._getframe(), []
            while frame and frame.f_code.co_name in ("inner", "outer"):
                names.append(frame.f_code.co_name)
                frame = frame.f_back
            running = [one.gi_running for one in self.made]
            refused = []
            for one in self.made:
                try:
                    next(one)
                except ValueError as error:
                    refused.append(str(error))
            yield names, running, len(refused), set(refused)

    def outer(self, below):
        yield from below


def from_within():
    looks = Looks()
    looks.made.append(looks.inner(12))
    for _ in range(3):
        looks.made.append(looks.outer(looks.made[-1]))
    return take(looks.made[-1], 20)


def main():
    for round_number in range(6):
        print(round_number)
        print(looked_at())
        print(resumed_elsewhere())
        print(thrown_into())
        print(closed())
        print(died())
        print(ended())
        print(handled())
        print(frames())
        print(limits())
        print(in_threads())
        print(coroutines())
        print(from_within())
        if round_number % 3 == 2:
            print(watched())
            logged()


if __name__ == "__main__":
    main()
    # What is hot now is compiled in the background where it is not at once.
    for _ in range(300):
        take(chain(4)[-1], 20)
        drive(waiting(5, 9))
    logged()
    main()
