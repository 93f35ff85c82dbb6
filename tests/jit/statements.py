"""Instructions that have one direct call of the runtime each: unpacking, functions and cells, names, imports, matching,
exception groups, asynchronous statements, strings that grow."""
import asyncio
import sys
import types


def many(function, *arguments, times=300):
    """Calls it so often that it is compiled, and shows each result and how often it was given."""
    results = {}
    for _ in range(times):
        try:
            result = repr(function(*arguments))
        except BaseException as error:
            result = f"{type(error).__name__}: {error}"
        results[result] = results.get(result, 0) + 1
    print(function.__name__, results)


# Unpacking.
def count(start, stop):
    while start < stop:
        yield start
        start += 1


def unpack_iterator(start, stop):
    first, second, third = count(start, stop)
    return third, second, first


def unpack_star(values):
    first, *rest, last = values
    return first, rest, last


def unpack_nothing(values):
    first, second = values
    return first


def unpack_in_loop(rows):
    total = 0
    for left, right in rows:
        total += left * right
    return total


class Pair:
    def __init__(self, left, right):
        self.both = left, right

    def __iter__(self):
        return iter(self.both)


# Functions and cells.
def makes_functions(start):
    def inner(first, second=2, *, third: int = 3):
        return first + second + third + start

    start += 1
    double = lambda value: value * 2
    return inner(1), double(start), inner.__defaults__, inner.__kwdefaults__, inner.__annotations__


def argument_in_cell(value, other):
    def get():
        return value

    value = (value, other)
    return get(), get.__closure__[0].cell_contents


def emptied():
    value = 1

    def get():
        return value

    del value
    return get()


def emptied_twice():
    value = 1

    def get():
        return value

    del value
    del value


class Watched:
    made = 0

    def __init__(self):
        type(self).made += 1

    def __del__(self):
        type(self).made -= 1


def cell_keeps(value):
    def get():
        return value

    return sys.getrefcount(value)


def class_in_function(base):
    class Local(base):
        limit: int = 3

        def method(self):
            return super().__class__.__name__, __class__.limit

        copies = [limit, base]

    return Local().method(), Local.copies, Local.__annotations__


# Names.
MODULE = """
total = 0
for index in range(600):
    total += index
    text = str(index)
    if index % 7 == 0:
        del text
    else:
        last = text
    note: int = index
missing = []
for index in range(400):
    try:
        nowhere
    except NameError as error:
        missing.append(str(error))
    try:
        del nowhere
    except NameError as error:
        missing.append(str(error))
"""


class Namespace(dict):
    def __missing__(self, name):
        if name.startswith("free_"):
            return name[5:]
        raise KeyError(name)


def runs_module():
    namespace = {}
    exec(MODULE, namespace)
    print(namespace["total"], namespace["last"], namespace["note"], set(namespace["missing"]))
    other = Namespace()
    exec("seen = []\nfor _ in range(300): seen.append(free_name)", {}, other)
    print(set(other["seen"]))


def global_comes_and_goes():
    global comes
    comes = 1
    del comes
    del comes


# Imports.
def imports():
    import os.path
    from collections import OrderedDict, deque as queue
    from xml import dom
    return os.path.join("a", "b"), OrderedDict.__name__, queue.__name__, dom.__name__


def imports_nothing():
    from os import there_is_no_such_name


def star():
    namespace = {}
    exec("from itertools import *", namespace)
    return "chain" in namespace


# Keywords, and other functions that instructions name by number.
def takes(*arguments, **keywords):
    return arguments, keywords


def merges(one, other):
    return takes(*[1, 2], *one, a=1, **one, **other)


def positive(value):
    return +value


def to_tuple(values):
    return (*values, 1, *values)


class Generic:
    def method[T](self, value: T) -> T:
        return value


def type_parameters():
    def inner[T: int, *Ts](value: T, *rest: *Ts) -> T:
        return value

    type Alias[T] = list[T]
    return inner.__type_params__, Alias.__name__


# Patterns.
class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


def matches(subject):
    match subject:
        case Point(0, y=0):
            return "origin"
        case Point(x, y):
            return "point", x, y
        case {"kind": kind, **rest}:
            return "mapping", kind, rest
        case [first, *rest, last]:
            return "sequence", first, rest, last
        case [only]:
            return "one", only
        case str() | int():
            return "plain", subject
        case _:
            return "other"


def matches_twice(subject):
    match subject:
        case {"a": 1, "b": 2}:
            return 3
        case {"a": first, "b": second}:
            return first, second


# Exceptions.
def group(kinds):
    caught = []
    try:
        raise ExceptionGroup("several", [kind("text") for kind in kinds])
    except* ValueError as error:
        caught.append(("values", len(error.exceptions)))
    except* (TypeError, KeyError) as error:
        caught.append(("others", len(error.exceptions)))
    return caught


def asserts(value):
    assert value, f"no {value}"
    return value


# Asynchronous statements.
class Manager:
    def __init__(self, swallows):
        self.swallows = swallows

    async def __aenter__(self):
        return "entered"

    async def __aexit__(self, kind, error, traceback):
        return self.swallows


class Ticker:
    def __init__(self, stop):
        self.stop = stop

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.stop == 0:
            raise StopAsyncIteration
        self.stop -= 1
        return self.stop


async def ticks(count):
    for index in range(count):
        yield index


async def asynchronous(count, swallows):
    seen = []
    async with Manager(swallows) as entered:
        async for index in Ticker(count):
            seen.append(index)
        else:
            seen.append("else")
        async for index in ticks(count):
            seen.append(index)
        seen.append([index async for index in ticks(2)])
        if swallows:
            raise ValueError("swallowed")
    return entered, seen


async def fails_in_async_for():
    async for index in ticks(3):
        raise KeyError(index)


async def not_asynchronous(value):
    async for index in value:
        pass


def run(coroutine_function, *arguments):
    coroutine = coroutine_function(*arguments)
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def awaits(coroutine_function, *arguments):
    return run(coroutine_function, *arguments)


# Exceptions that are thrown into what a generator waits for.
def innermost():
    while True:
        try:
            yield 1
        except ValueError:
            return "ended by a value"


def outer():
    result = yield from innermost()
    yield result


def thrown(kind):
    generator = outer()
    first = next(generator)
    return first, generator.throw(kind("text"))


@types.coroutine
def waits():
    yield


def from_iterator(values):
    yield from values
    yield from waits()


def delegated(values):
    return list(from_iterator(values))


# Strings that grow in place.
def grows(pieces):
    text = ""
    for piece in pieces:
        text += piece
    return len(text), hash(text) == hash("".join(pieces))


def shared_text(pieces):
    text = "start"
    kept = []
    for piece in pieces:
        kept.append(text)
        text += piece
    return kept[1:3], text


def doubles(text):
    for _ in range(3):
        text += text
    return text


def mixed(pieces):
    text = pieces[0]
    for piece in pieces[1:]:
        text += piece
    return text


class Text(str):
    def __add__(self, other):
        return Text("<" + str(self) + other + ">")


def length_pattern(subject):
    match subject:
        case [_, _]:
            return len(subject)
    return None


def main():
    many(unpack_iterator, 1, 4)
    many(unpack_iterator, 1, 3)
    many(unpack_iterator, 1, 9)
    many(unpack_star, "abcde")
    many(unpack_star, [1])
    many(unpack_star, Pair(1, 2))
    many(unpack_nothing, 5)
    many(unpack_nothing, {"a": 1, "b": 2})
    many(unpack_in_loop, [Pair(1, 2), (3, 4), [5, 6]])
    many(makes_functions, 5)
    many(argument_in_cell, 1, "two")
    many(emptied)
    many(emptied_twice)
    value = Watched()
    many(cell_keeps, value)
    del value
    print(Watched.made)
    many(class_in_function, object)
    runs_module()
    many(global_comes_and_goes)
    many(imports)
    many(imports_nothing)
    many(star)
    many(merges, {"b": 2}, {"c": 3})
    many(merges, {"b": 2}, {"b": 3})
    many(merges, {"b": 2}, 5)
    many(positive, True)
    many(positive, "text")
    many(to_tuple, [1, 2])
    many(Generic().method, 3)
    many(type_parameters)
    for subject in (Point(0, 0), Point(1, 2), {"kind": 1, "a": 2}, [1, 2, 3], (1,), "text", 5, 1.5, {}):
        many(matches, subject)
    many(matches_twice, {"a": 1, "b": 2})
    many(matches_twice, {"a": 5, "b": 2})
    many(length_pattern, (1, 2))
    many(length_pattern, range(2))
    many(group, [ValueError, TypeError, ValueError, KeyError])
    many(group, [ValueError, OSError])
    many(asserts, 1)
    many(asserts, 0)
    many(awaits, asynchronous, 3, False)
    many(awaits, asynchronous, 3, True)
    many(awaits, fails_in_async_for)
    many(awaits, not_asynchronous, [1])
    many(awaits, not_asynchronous, 5)
    many(thrown, ValueError)
    many(thrown, KeyError)
    many(delegated, [1, 2])
    many(delegated, 5)
    many(grows, ["ab", "c", "é"] * 50)
    many(shared_text, ["a", "b", "c"])
    many(doubles, "ab")
    many(mixed, ["a", "b", "c"])
    many(mixed, [Text("a"), "b", "c"])
    many(mixed, [1, 2, 3])
    many(mixed, ["a", "b", 3])


main()
