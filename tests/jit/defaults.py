"""Calls that leave arguments to their defaults, which are each function's own."""
import sys


class Counter:
    def __init__(self, start=0, *, step=1):
        self.count = start
        self.step = step

    def add(self, number, times=2, log=None):
        self.count += number * times
        if log is not None:
            log.append(self.count)
        return self.count

    def nothing(self, a=1, b=2, c=3):
        return a, b, c


def three(a, b=2, c=3):
    return a, b, c


def shared(a, kept=[]):
    kept.append(a)
    return len(kept)


def make(default):
    def function(a, b=default, c=None):
        return a, b, c
    return function


def look(a=7, b=8):
    frame = sys._getframe()
    return a, b, sorted(frame.f_locals), frame.f_back.f_lineno - frame.f_back.f_code.co_firstlineno


def use(rounds):
    got = None
    for number in range(rounds):
        got = three(number), three(number, 5), three(number, c=9), three(number, 6, 7)
    return got


def call(function, number):
    return function(number)


def methods(counter, rounds):
    log = []
    for number in range(rounds):
        counter.add(number)
        counter.add(number, 3)
        counter.add(number, 1, log)
        got = counter.nothing()
    return counter.count, len(log), got, counter.nothing(5)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


def numbers(first, last=3, step=1):
    yield from range(first, last, step)


class Generating:
    """What should make it ready gives a generator."""

    def __init__(self, value):
        yield value


def generated(rounds):
    got = None
    for number in range(rounds):
        got = list(numbers(1)), list(numbers(0, 5)), list(numbers(0, 6, 2)), outcome(Generating, number)
    return got


def looked():
    return look(), look(1)


def main():
    for _ in range(40):
        got = use(50)
    print(got)
    for _ in range(40):
        got = methods(Counter(1), 30)
    print(got, Counter().count, Counter(step=3).step)
    for _ in range(600):
        got = shared(1)
    print(got)
    functions = [make(value) for value in (1, "b", None, 2.5)]
    for _ in range(200):
        for function in functions:
            call(function, 1)
    print([call(function, 3) for function in functions])
    functions[1].__defaults__ = ("new", "er")
    functions[2].__defaults__ = ("one",)
    functions[3].__defaults__ = None
    for _ in range(300):
        got = [outcome(call, function, 3) for function in functions]
    print(got)
    before = [sys.getrefcount(default) for default in three.__defaults__ + Counter.add.__defaults__[:1]], sys.getrefcount(shared.__defaults__[0])
    use(50)
    methods(Counter(), 50)
    print(before == ([sys.getrefcount(default) for default in three.__defaults__ + Counter.add.__defaults__[:1]], sys.getrefcount(shared.__defaults__[0])))
    three.__defaults__ = (20, 30)
    print(use(3))
    three.__defaults__ = (30,)
    print(outcome(use, 3))
    three.__defaults__ = (1, 2)
    print(use(700))
    print(generated(700), generated(5))
    for _ in range(600):
        got = looked()
    print(got)


main()
