"""What `dis` shows of code that is counted, compiled and entered is what the evaluator would run."""
import dis
import sys


def begins(function):
    """The instructions at which machine code is entered."""
    shown = dis.get_instructions(function, adaptive=True)
    names = [instruction.opname for instruction in shown]
    return [name for name in names if name.startswith(("RESUME", "JUMP_BACK", "ENTER"))]


def look(function, *arguments):
    for count in 0, 1, 1, 10, 1000:
        for _ in range(count):
            function(*arguments)
        code = function.__code__
        print(function.__name__, count, begins(function), len(code._co_code_adaptive) == len(code.co_code))


def once(x):
    return x + 1


def rounds(n):
    total = 0
    for i in range(n):
        for j in range(3):
            total += i * j
    return total


def paused(n):
    for i in range(n):
        yield i


def closure(x):
    def inner():
        return x
    return inner()


look(once, 1)
look(rounds, 50)
look(lambda n: sum(paused(n)), 20)
print(begins(paused))
look(closure, 1)


def traced():
    return rounds(30)


# Tools put their own instructions there, and take them away.
sys.settrace(lambda *_: None)
look(traced)
sys.settrace(None)
print(begins(traced))
look(traced)
copy = rounds.__code__.replace()
print(begins(copy), copy == rounds.__code__, hash(copy) == hash(rounds.__code__))


# What comes only after a loop was compiled is found all the same.
class Many:
    pass


def store(items):
    for item in items:
        item.stored = 1


def load(items):
    found = 0
    for item in items:
        try:
            found += item.loaded
        except AttributeError:
            pass
    return found


def call(items):
    found = 0
    for item in items:
        try:
            found += item.called()
        except AttributeError:
            pass
    return found


def attributes(function):
    shown = dis.get_instructions(function, adaptive=True)
    return [instruction.opname for instruction in shown if "_ATTR" in instruction.opname]


def many():
    item = Many()
    for number in range(40):
        setattr(item, f"_{number}", None)
    return item


several = [many() for _ in range(1000)]
for function in store, load, call:
    print(function.__name__, function(several), attributes(function))
for item in several:
    item.loaded = 2
Many.called = lambda self: 3
for function in store, load, call:
    print(function.__name__, function(several), attributes(function))
