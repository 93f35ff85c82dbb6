"""One place calls many kinds of things: by position, by name, and with what is unpacked. What is called has machine code, or not."""
import functools
import re
import traceback
import warnings

warnings.simplefilter("ignore", DeprecationWarning)


def several():
    """Things to call with one argument, or with `value` as its name."""

    def plain(value):
        return value + 1

    def default(value, more=10):
        return value + more

    def only_named(value=1, *, more=20):
        return value * more

    def rest(*values, **named):
        return len(values), sorted(named.items())

    outer = 5

    def closure(value):
        return value + outer

    def cell(value):
        return (lambda: value)()

    def generator(value):
        yield value
        yield -value

    async def coroutine(value):
        return value

    def raises(value):
        raise ValueError(value)

    def many(value, a=1, b=2, c=3, d=4, e=5, f=6):
        return value, a, b, c, d, e, f

    class Made:
        def __init__(self, value):
            self.value = value

        def method(self, value):
            return self.value, value

        def __call__(self, value):
            return "called", value

        @classmethod
        def of_class(cls, value):
            return cls.__name__, value

        @staticmethod
        def of_none(value):
            return "static", value

    made = Made(7)
    functions = [plain, default, only_named, rest, closure, cell, generator, coroutine, raises, many]
    methods = [made.method, Made.of_class, Made.of_none, made, Made]
    return functions + methods + [functools.partial(plain), lambda value: value * 2]


def shown(result):
    if hasattr(result, "cr_await"):
        result.close()
        return "coroutine"
    if hasattr(result, "gi_frame"):
        return list(result)
    return getattr(result, "__dict__", result)


def by_position(called, value):
    return called(value)


def by_name(called, value):
    return called(value=value)


def unpacked(called, *values, **named):
    return called(*values, **named)


def only_values(called, values):
    return called(*values)


def attempt(way, *arguments, **named):
    try:
        return shown(way(*arguments, **named))
    except (TypeError, ValueError) as error:
        text = re.sub("0x[0-9a-f]+", "somewhere", str(error).replace("several.<locals>.", ""))
        return type(error).__name__, text, [entry.lineno for entry in traceback.extract_tb(error.__traceback__)]


def rounds(count):
    things = several()
    for number in range(count):
        results = [
            [
                attempt(by_position, thing, number),
                attempt(by_name, thing, number),
                attempt(unpacked, thing, number),
                attempt(unpacked, thing, value=number),
                attempt(only_values, thing, (number,)),
                attempt(only_values, thing, [number]),
            ]
            for thing in things
        ]
    return results


def wrong():
    for thing in several():
        yield attempt(by_position, thing, "text"), attempt(unpacked, thing), attempt(unpacked, thing, 1, 2, 3, nobody=4)
        yield attempt(only_values, thing, ()), attempt(only_values, thing, 5)
        yield attempt(unpacked, thing, 1, value=2)


def other_code():
    """A function gets other code between calls, which another function has."""

    def first(value):
        return "first", value

    def second(value):
        return "second", value

    def gives(value):
        yield value

    results = []
    for number in range(900):
        first.__code__ = (second, gives, second)[number % 3].__code__
        results.append(shown(by_position(first, number)))
    return results[-3:]


for result in rounds(400):
    print(result)
for result in wrong():
    print(result)
print(other_code())
