# Functions that C calls: their machine code runs at once, and the evaluator goes on where it leaves.
import functools
import sys
import traceback


def key(x):
    return -x


def add(a, b):
    return a + b


def outer(offset):
    return lambda x: x + offset


def results():
    shifted = outer(3)
    numbers = list(range(50))
    for _ in range(40):
        result = sorted(numbers, key=key)
        mapped = list(map(shifted, numbers))
        total = functools.reduce(add, numbers)
    return result[:3], mapped[-3:], total


print(results())


# It leaves, and the evaluator goes on: other types, numbers that are too large, a type with an operator of its own.
class Odd:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return Odd(self.value + 1)

    def __neg__(self):
        return self.value

    def __lt__(self, other):
        return self.value < other.value

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return hash(self.value)

    def __index__(self):
        return self.value


mixed = [1, 2.5, True, 1 << 62, 1 << 80, Odd(7), -3]
for _ in range(30):
    print(list(map(outer(1), mixed[:5])), functools.reduce(add, ["a", "b"]), sorted(mixed, key=key)[1:3])
odds = [Odd(n % 7) for n in range(60)]
print([odd.value for odd in sorted(odds)][::9], len(set(odds)), max(odds).value, odds.index(Odd(6)))


# What is raised, and where: the traceback has the frames of Python and no other.
def fails(x):
    return 10 // x


def catches(values):
    try:
        return list(map(fails, values))
    except ZeroDivisionError as error:
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)], [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__)
        ]


for _ in range(50):
    catches(range(1, 20))
print(catches([1, 2, 0, 3]))


def handles(x):
    try:
        return 10 // x
    except ZeroDivisionError:
        return "none"


print([list(map(handles, [1, 2, 0, 5])) for _ in range(30)][-1])


# Who looks at the frames.
def names(x):
    frame = sys._getframe()
    found = []
    while frame is not None:
        found.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return found


def asks():
    return list(map(names, range(2)))


for _ in range(40):
    seen = asks()
print(seen)


def local(x):
    y = x + 1
    return sorted(sys._getframe().f_locals.items()), y


print([list(map(local, range(2))) for _ in range(40)][-1])


# Recursion by way of C: both limits are as ever, and what was counted is given back.
def nested(n):
    return sum(map(nested, [n - 1])) + 1 if n else 0


for _ in range(30):
    depth = nested(20)
print(depth)


# What each call counts of the C stack is given back: else there is none left for these.
print(sum(map(key, range(30_000))), nested(20))


def endless(n):
    return next(map(endless, [n + 1]))


def room(n=0):
    try:
        return room(n + 1)
    except RecursionError:
        return n


def deep():
    try:
        endless(0)
    except RecursionError as error:
        return str(error)
    return None


room()
before = room()
for _ in range(20):
    message = deep()
print(message)
print(before - room())


# A generator function, keywords, defaults, and arguments that do not fit.
def numbers(n):
    yield n
    yield n + 1


def defaults(a, b=2, *rest, c=4):
    return a, b, rest, c


for _ in range(30):
    generated = [list(generator) for generator in map(numbers, range(3))]
    given = [list(map(defaults, [1])), list(map(defaults, [1], [5], [6])), functools.partial(defaults, c=1)(2)]
print(generated, given)
try:
    list(map(add, [1]))
except TypeError as error:
    print(error)


# A tool that comes while a function runs that C has called, and one that goes.
events = []


def tracer(frame, event, argument):
    if frame.f_code.co_name in ("starts", "stops", "key"):
        events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
    return tracer


def starts(x):
    if x == 25:
        sys.settrace(tracer)
    y = key(x)
    return y


def stops(x):
    if x == 5:
        sys.settrace(None)
    return x


for _ in range(20):
    list(map(starts, range(20)))
    list(map(stops, range(6, 20)))
print(sum(map(starts, range(22, 28))))
print(sum(map(stops, [4, 5, 6])))
sys.settrace(None)
print(events)


# The code of a function is exchanged while C calls it.
def changes(x):
    if x == 700:
        changes.__code__ = key.__code__
    return x


print(list(map(changes, range(698, 703))), sum(map(changes, range(1000))))


# Destructors and what they see when a frame goes that C has called.
class Dies:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        caller = sys._getframe(1).f_code.co_name
        deaths.append((self.name, caller))


deaths = []


def keeps(x):
    held = Dies(x)
    return x


for _ in range(20):
    deaths.clear()
    list(map(keeps, range(2)))
print(deaths)
