"""`dict.get` and subscripts of dictionaries: what they give and raise, and what keys see that are hashed and compared."""

import sys
import traceback
from collections import Counter, OrderedDict, defaultdict

LOG = []


class Key:
    """Looks at its caller, and may change the dictionary."""

    def __init__(self, value, act=None):
        self.value = value
        self.act = act

    def __repr__(self):
        return f"Key({self.value})"

    def __hash__(self):
        caller = sys._getframe(1)
        LOG.append(("hash", caller.f_code.co_name, caller.f_lineno - caller.f_code.co_firstlineno))
        return hash(self.value)

    def __eq__(self, other):
        caller = sys._getframe(1)
        LOG.append(("eq", caller.f_code.co_name, sorted(caller.f_locals)))
        if self.act:
            self.act()
        return self.value == getattr(other, "value", other)


class Refcounting:
    """Tells what is held while it is compared."""

    def __init__(self):
        self.held = []

    def __hash__(self):
        return 5

    def __eq__(self, other):
        self.held.append((sys.getrefcount(self), sys.getrefcount(other)))
        return self is other


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        LOG.append(("died", self.name))


def get(map, key):
    return map.get(key)


def get_or(map, key, default):
    return map.get(key, default)


def item(map, key):
    return map[key]


def of_temporaries(map):
    """What lives only for the call dies in its order."""
    return map.get(Noisy("key"), Noisy("default")).name


def failing(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        lines = [(frame.name, frame.line) for frame in traceback.extract_tb(error.__traceback__)[1:]]
        return repr(error), lines, repr(error.__context__)


def all_keys(map, keys):
    return [map.get(key) for key in keys]


def counts(map, one, other):
    """How often the key and the default are held, as a comparison sees it."""
    default = object()
    before = sys.getrefcount(default)
    result = map.get(one, default)
    return sys.getrefcount(default) - before - (result is default), len(one.held) > 0, one.held, other.held


def main():
    numbers = {number: str(number) for number in range(-3, 10)}
    numbers[2**70] = "large"
    numbers[True] = "true"
    words = {"a": 1, "b": None, "c" * 3: 3}
    mixed = {1: "one", "two": 2, (3,): "three", 4.0: "four", None: "none"}
    for round in range(80):
        del LOG[:]
        results = [
            all_keys(numbers, [-3, -2, -1, 0, 5, 99, 2**70, 2**71, 1.0, True, "x"]),
            all_keys(words, ["a", "b", "ccc", "d", 1, None, "c" * (round % 4)]),
            all_keys(mixed, [1, True, "two", (3,), 4, None, 5]),
            [get_or(words, key, "default") for key in ("a", "b", "z")],
            [item(words, key) for key in ("a", "b")],
            [item(numbers, key) for key in (-1, -2, True, 2**70)],
            failing(item, words, "z"),
            failing(item, numbers, (1, 2)),
            failing(item, words, []),
            failing(get, words, []),
            failing(get_or, words, {}, 1),
            of_temporaries({}),
        ]
        holder = {Key(1): "found", Key(2): "second"}
        results += [get(holder, Key(2)), get_or(holder, Key(3), "none"), failing(item, holder, Key(7))]
        shrinking = {1: "one", 9: "nine"}
        results.append(get(shrinking, Key(1, shrinking.clear)))
        last = list(LOG)
    for result in results:
        print(result)
    print(last)
    for _ in range(3):
        one, other = Refcounting(), Refcounting()
        print(counts({other: 1}, one, other))
    # Those that are no dictionaries proper, where dictionaries were seen.
    filling = defaultdict(list, a=1)
    ordered = OrderedDict(a=1)
    for _ in range(40):
        other = [get(filling, "b"), get(ordered, "a"), get_or(Counter("aab"), "c", 7), item(filling, "n"), item(Counter("a"), "z")]
    print(other, sorted(filling))

    class Stranger:
        get = dict.get

    print(failing(get, Stranger(), 1))
    print(failing(get, 5, 1))


main()
