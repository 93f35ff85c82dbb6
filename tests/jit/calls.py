"""Calls from machine code to machine code, and what may happen in them."""
import sys
import threading
import weakref


def add(left, right):
    return left + right


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def depth(n):
    if n == 0:
        return 0
    return depth(n - 1) + 1


def fails_at(n):
    if n == 0:
        raise ValueError("bottom")
    return fails_at(n - 1) + 1


class Account:
    bonus = 3

    def __init__(self, amount, factor=2):
        self.amount = amount * factor

    def __add__(self, other):
        return Account(self.amount + other.amount, 1)

    def __getitem__(self, index):
        return self.amount + index

    @property
    def double(self):
        return self.amount * 2

    def plus(self, more=1, *, scale=1):
        return (self.amount + more) * scale + self.bonus


class Wrong:
    def __init__(self, result):
        return result


def closure(start):
    total = start

    def bump(by):
        nonlocal total
        total += by
        return total

    return bump


def frames(n):
    """The names of the functions that run, from within."""
    if n == 0:
        names = []
        frame = sys._getframe()
        while frame is not None and frame.f_code.co_name == "frames":
            names.append((frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals["n"]))
            frame = frame.f_back
        return names
    return frames(n - 1)


def change(caller, name, value):
    sys._getframe(1).f_locals[name] = value


def changed():
    seen = 1
    change(None, "seen", 2)
    return seen


class Loud:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        self.log.append((self.name, sys._getframe(1).f_code.co_name))


def drop(first, second):
    third = Loud("third")
    return first is second


def drops():
    drop(Loud("one"), Loud("two"))
    return None


def sums(bump, count):
    total = 0
    for index in range(count):
        total += bump(index)
    return total


def numbers(n):
    yield from range(n)


def consume(n):
    return sum(numbers(n))


def events(function, *arguments):
    """What a tracer sees of a call."""
    log = []

    def tracer(frame, event, argument):
        log.append((event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    sys.settrace(tracer)
    try:
        result = function(*arguments)
    finally:
        sys.settrace(None)
    return result, log[:60]


def deep(count):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(count + 200)
    try:
        return depth(count)
    finally:
        sys.setrecursionlimit(limit)


def too_deep():
    try:
        depth(10**6)
    except RecursionError as error:
        return str(error)


def raised():
    try:
        fails_at(5)
    except ValueError as error:
        lines = []
        traceback = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            lines.append((code.co_name, traceback.tb_lineno - code.co_firstlineno))
            traceback = traceback.tb_next
        return lines


def in_thread(function, *arguments):
    results = []
    size = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(function(*arguments)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    return results


def redefined():
    global add
    old = add
    results = []
    for index in range(4000):
        if index == 2000:
            def add(left, right):
                return left - right
            globals()["add"] = add
        results.append(globals()["add"](index, 1))
    globals()["add"] = old
    return sum(results)


def new_code():
    def target(value):
        return value + 1

    def other(value):
        return value * 3

    total = 0
    for index in range(3000):
        if index == 1500:
            target.__code__ = other.__code__
        total += target(index)
    return total


def new_defaults():
    def target(value, more=1):
        return value + more

    total = 0
    for index in range(3000):
        if index == 1500:
            target.__defaults__ = (10,)
        total += target(index)
    return total


def kept_frames():
    kept = []

    def target(value):
        kept.append(sys._getframe())
        local = value * 2
        return local

    for index in range(50):
        target(index)
    return [frame.f_locals["local"] for frame in kept]


def watched():
    references = []

    def target(value):
        item = Loud(value)
        references.append(weakref.ref(item, lambda reference: Loud.log.append("gone")))
        return value

    for index in range(20):
        target(index)
    return len(references)


def mixed(count):
    total = 0.0
    for index in range(count):
        total = total * 0.5 + add(index, 1) * 2.0 + (index * 3 + add(index, index))
    return total


def grows(function, *arguments):
    """Whether calls leave objects behind."""
    function(*arguments)
    before = sys.getallocatedblocks()
    function(*arguments)
    return sys.getallocatedblocks() - before > 500


def main():
    account = Account(5)
    for _ in range(40):
        fib(12)
        depth(30)
        too_deep() if _ > 38 else None
        account + account
        account[3]
        account.double
        account.plus()
        account.plus(2)
        account.plus(2, scale=3)
        frames(4)
        raised()
        changed()
        consume(20)
    print(fib(15), depth(900), deep(30000))
    print(too_deep())
    print((account + account).amount, account[3], account.double, account.plus(), account.plus(4, scale=2))
    for result in (None, 1):
        for _ in range(30):
            try:
                Wrong(result)
            except TypeError as error:
                message = str(error)
    print(message)
    print(sums(closure(10), 2000), sums(Account(7).plus, 2000))
    print(frames(3), changed(), raised())
    for _ in range(60):
        drops()
    print(Loud.log[-3:], len(Loud.log))
    print(consume(1000))
    print(events(fib, 4))
    print(events(drops))
    print(in_thread(depth, 800), in_thread(deep, 20000), in_thread(fib, 14))
    print(redefined(), new_code(), new_defaults())
    print(mixed(3000), grows(mixed, 3000), grows(fib, 15), grows(sums, Account(7).plus, 2000))
    print(kept_frames()[-3:], watched(), len(Loud.log))


main()
