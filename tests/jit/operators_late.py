"""Operators and comparisons: when their operands die, what their classes learn while they run, and where they are asked for the truth."""
import sys
import time
import traceback

try:
    import pyroxene
except ImportError:
    pyroxene = None


def settle():
    """Waits until the compiler has begun with what it was asked for, a second at most, and then a little."""
    for _ in range(100):
        time.sleep(0.02 if pyroxene else 0)
        if not pyroxene or not pyroxene.jit()["waiting"]:
            break


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[1:]
        return type(error).__name__, str(error), [(frame.name, frame.line, frame.colno, frame.end_colno) for frame in frames]


class Answer:
    def __init__(self, number):
        self.number = number

    def __bool__(self):
        if self.number >= 0:
            log.append(("truth", self.number))
        return self.number != 1

    def __del__(self):
        if self.number >= 0:
            log.append(("answer gone", self.number))


class Asked:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return Answer(self.number)

    def __lt__(self, other):
        return NotImplemented

    def __gt__(self, other):
        return Answer(self.number)

    def __del__(self):
        if self.number >= 0:
            log.append(("gone", self.number, sys._getframe(1).f_code.co_name))


def ask(number):
    if Asked(number) == Asked(number):
        return 1
    return 2


def ask_other(number):
    return 1 if Asked(number) < Asked(number) else 2


log = []
for n in range(60000):
    if n % 1000 == 0:
        settle()
    ask(-1)
    ask_other(-1)
print(ask(0), ask(1), ask_other(0), ask_other(1), log)


class Late:
    pass


class Early:
    def __init__(self, changes):
        self.changes = changes

    def __add__(self, other):
        if self.changes == 1:
            Late.__radd__ = lambda self, other: "late"
        if self.changes == 2:
            del Early.__add__
            return "gone"
        return NotImplemented if self.changes else "early"


def early(left, right):
    return left + right


def early_up(left, right):
    left += right
    return left


lasting, late = Early(0), Late()
for n in range(60000):
    if n % 1000 == 0:
        settle()
    early(lasting, late)
    early_up(lasting, late)
print(outcome(early, Early(1), late), outcome(early, Early(1), late), early(lasting, late))
Early.__iadd__ = lambda self, other: "assigned"
print(early_up(lasting, late), outcome(early, Early(2), late), outcome(early, lasting, late), early_up(lasting, late))
