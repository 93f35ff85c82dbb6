"""Ways to drive generators, coroutines and asynchronous generators step by step, and what they wait for."""
import types

from .log import FILE, brief, emit, show, write

__all__ = ["Suspend", "Plain", "Manager", "AsyncManager", "Countdown", "AsyncCountdown", "Refusal", "drive",
           "awaited",
           "suspended", "old_coroutine", "run_all"]


class Refusal(Exception):
    """Thrown into suspended code."""


class Shown:
    """Its text is its name."""

    def __repr__(self):
        return f"<{type(self).__name__}>"


class Plain(Shown):
    """A plain awaitable: it suspends nothing."""

    def __init__(self, value):
        self.value = value

    def __await__(self):
        return self.value
        yield


class Suspend(Shown):
    """An awaitable that suspends its coroutine as often as asked, and gives what was sent last."""

    def __init__(self, value, times=1):
        self.value = value
        self.times = times

    def __await__(self):
        sent = None
        for time in range(self.times):
            sent = yield (self.value, time)
        return sent if sent is not None else self.value


@types.coroutine
def old_coroutine(value):
    """A coroutine that is a generator."""
    sent = yield ("old", value)
    return sent


class Manager:
    """A context manager that logs, and may swallow or raise."""

    def __init__(self, name, swallows=(), raises=None):
        self.name = name
        self.swallows = swallows
        self.raises = raises

    def __enter__(self):
        emit(f"enter {self.name}")
        if self.raises == "enter":
            raise Refusal(self.name)
        return self

    def __exit__(self, kind, error, trace):
        emit(f"exit {self.name}", kind, brief(error) if error is not None else None, trace and trace.tb_lineno)
        if self.raises == "exit":
            raise Refusal(self.name)
        return kind is not None and issubclass(kind, self.swallows)

    def __repr__(self):
        return f"<manager {self.name}>"


class AsyncManager(Manager):
    """The same for `async with`; it suspends on the way in and out."""

    async def __aenter__(self):
        await Suspend(f"aenter {self.name}")
        return self.__enter__()

    async def __aexit__(self, kind, error, trace):
        await Suspend(f"aexit {self.name}")
        return self.__exit__(kind, error, trace)


class Countdown(Shown):
    """An iterator of a class of Python."""

    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.left <= 0:
            raise StopIteration
        self.left -= 1
        return self.left


class AsyncCountdown(Shown):
    """The same for `async for`."""

    def __init__(self, start):
        self.left = start

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.left <= 0:
            raise StopAsyncIteration
        self.left -= 1
        await Suspend(("next", self.left))
        return self.left


PREFIXES = {types.GeneratorType: "gi", types.CoroutineType: "cr", types.AsyncGeneratorType: "ag"}


def suspended(thing):
    """Where suspended code is, and what it waits for."""
    prefix = PREFIXES.get(type(thing))
    if prefix is None:
        return type(thing).__name__
    frame = getattr(thing, prefix + "_frame")
    running = getattr(thing, prefix + "_running")
    halted = getattr(thing, prefix + "_suspended", None)
    waits = getattr(thing, "gi_yieldfrom" if prefix == "gi" else prefix + "_await")
    where = f"{frame.f_lineno}@{frame.f_lasti}" if frame is not None else "over"
    if frame is not None and frame.f_code.co_filename != FILE:
        where = "elsewhere"
    return f"{where} running={running} suspended={halted} waits={type(waits).__name__}"


def step(thing, action, value):
    if action == "next":
        return next(thing)
    if action == "send":
        return thing.send(value)
    if action == "throw":
        return thing.throw(value)
    if action == "close":
        return thing.close()
    return suspended(thing)


def drive(thing, *actions, label="d"):
    """Sends `thing` through the actions; each is a word, or a word and a value. Logs what comes back."""
    for action in actions:
        word, value = action if isinstance(action, tuple) else (action, None)
        try:
            result = step(thing, word, value)
        except StopIteration as stop:
            write(f"{label} {word} stop {show(stop.value)}")
        except BaseException as error:
            trace = error.__traceback__
            lines = []
            while trace is not None:
                if trace.tb_frame.f_code.co_filename == FILE:
                    lines.append(trace.tb_lineno)
                trace = trace.tb_next
            write(f"{label} {word} {brief(error)} at {lines} from {show(error.__context__)}")
        else:
            write(f"{label} {word} {show(result)}")


def awaited(coroutine, *sent, limit=40):
    """Runs a coroutine to its end, sending it `sent` and then nothing; gives its result."""
    queue = list(sent)
    yielded = []
    try:
        for _ in range(limit):
            value = queue.pop(0) if yielded and queue else None
            if isinstance(value, BaseException):
                yielded.append(coroutine.throw(value))
            else:
                yielded.append(coroutine.send(value))
        coroutine.close()
        return ("not over", yielded[:4])
    except StopIteration as stop:
        return (stop.value, len(yielded), yielded[:6])


def run_all(*coroutines, limit=60):
    """Runs coroutines in turns; gives their results in order."""
    results = [None] * len(coroutines)
    left = dict(enumerate(coroutines))
    for _ in range(limit):
        for number, coroutine in list(left.items()):
            try:
                coroutine.send(None)
            except StopIteration as stop:
                results[number] = stop.value
                del left[number]
            except Exception as error:
                results[number] = brief(error)
                del left[number]
        if not left:
            break
    for coroutine in left.values():
        coroutine.close()
    return results
