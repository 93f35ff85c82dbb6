"""Generators and coroutines that have ended, and die in machine code: what dies with them, and who is told."""

import gc
import sys
import types
import weakref

LOG = []


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        LOG.append(("died", self.name))


def numbers(count):
    noisy = Noisy("local")
    for number in range(count):
        yield number
    return noisy.name


async def leaf(number):
    return number


async def awaits(number):
    noisy = Noisy(number)
    return await leaf(number) + await leaf(number + 1)


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def total(count):
    """The generator dies at the end of the loop."""
    result = 0
    for number in numbers(count):
        result += number
    LOG.append("after the loop")
    return result


def delegated(count):
    return (yield from numbers(count))


def of_dead_function(count):
    """Nobody else has the function and its code, nor the names."""
    namespace = {}
    exec("def made(count):\n  for number in range(count):\n    yield number", namespace)
    made = namespace.pop("made")
    made.__name__ = "-".join(["a", str(count)])
    made.__qualname__ = "-".join(["b", str(count)])
    generator = made(count)
    code = weakref.ref(made.__code__, lambda _: LOG.append("the code died"))
    del made
    result = []
    for number in generator:
        result.append(number)
    result.append((generator.__name__, generator.__qualname__, generator.gi_frame))
    del generator
    return result, code() is None


def watched(count):
    """Somebody is told of the death."""
    generator = numbers(count)
    watcher = weakref.ref(generator, lambda _: LOG.append("the generator died"))
    for _ in generator:
        pass
    LOG.append("ended")
    del generator
    return watcher() is None


def with_frame(count):
    """The frame lives on."""

    def showing():
        local = Noisy("kept")
        yield sys._getframe()

    for frame in showing():
        pass
    names = sorted(frame.f_locals)
    LOG.append("before the frame dies")
    del frame
    return names


def raising(count):
    def fails():
        noisy = Noisy("raising")
        yield 1
        raise ValueError(count)

    try:
        for _ in fails():
            pass
    except ValueError as error:
        return repr(error), error.__traceback__.tb_next.tb_frame.f_code.co_name


def closed(count):
    generator = numbers(count)
    for _ in generator:
        generator.close()
    LOG.append("closed")
    del generator


def counts(function, *arguments):
    """What is held of the functions' parts after all that."""
    code = function.__code__
    before = [sys.getrefcount(each) for each in (function, code, function.__name__)]
    for _ in range(50):
        function(*arguments)
    after = [sys.getrefcount(each) for each in (function, code, function.__name__)]
    return [now - then for now, then in zip(after, before)]


def main():
    for _ in range(80):
        del LOG[:]
        results = [
            total(3),
            list(delegated(2)),
            run(awaits(1)),
            of_dead_function(2),
            watched(2),
            with_frame(1),
            raising(1),
            closed(2),
        ]
        last = list(LOG)
    for result in results:
        print(result)
    print(last)
    print(counts(total, 3), counts(numbers, 1), counts(leaf, 1).__class__)
    of_type = [each for each in gc.get_objects() if isinstance(each, (types.GeneratorType, types.CoroutineType))]
    print(len(of_type))


import warnings

warnings.simplefilter("ignore")
main()
