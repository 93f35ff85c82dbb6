"""Call sites that meet other callees than the one they were compiled for, and exits with more than one name for a number."""

import sys


class Meter:
    log = []

    def __init__(self, value=0):
        self.value = value

    def read(self, more):
        return self.value + more

    def __del__(self):
        Meter.log.append(self.value)


class Doubled(Meter):
    def read(self, more):
        return 2 * self.value + more


class Keyed(Meter):
    def read(self, more, *, key=3):
        return self.value + more + key


class Stored(Meter):
    """Its `read` is no method, but a function in the instance."""

    def __init__(self, value):
        super().__init__(value)
        self.read = lambda more: self.value - more


def one(number):
    return number + 1


def two(number):
    return number + 2


def generator(number):
    yield number
    yield number + 1


def defaulted(number, more=10):
    return number + more


def call(function, number):
    return function(number)


def read(meter, number):
    return meter.read(number)


def totals(meters, rounds):
    total = 0
    for number in range(rounds):
        for meter in meters:
            total += read(meter, number)
    return total


def outcome(function, *arguments):
    try:
        result = function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)
    return list(result) if hasattr(result, "__next__") else result


def two_names(numbers, limit):
    first = second = 0.0
    last = None
    for number in numbers:
        first = second = number * 1.5
        if number > limit:
            # Not run before: the code leaves here, with a number that has two names.
            last = [first, second]
            return first, last
        third = number - 1
    return first, second, third


def unboxed_everywhere(count, wrong):
    total, scale, odd = 0, 0.5, False
    for number in range(count):
        total = total + number * 2
        scale = scale + 0.25
        odd = total > 7
        if number == wrong:
            local = sorted(sys._getframe().f_locals.items())
            return local, total, scale, odd
    return total, scale, odd


def alike(items):
    """Numbers of different kinds with equal bits, each of them twice where the code leaves."""
    found = []
    for item in items:
        zero = item - item
        nothing = zero * 1.5
        false = zero > item
        found.append((zero, nothing, false, zero, nothing, false, item * item))
    return [[type(number).__name__ for number in numbers] for numbers in found], found


def main():
    callees = [one, two, defaulted, int, str, len, Meter(4).read, generator, 7, Meter, lambda number: -number]
    for _ in range(40):
        call(one, 3)
    print([outcome(call, callee, 5) for callee in callees[:-2]])
    for _ in range(60):
        for callee in callees:
            outcome(call, callee, 5)
    print([outcome(call, callee, 9) for callee in callees[:9]], call(Meter, 6).value, call(callees[-1], 8))

    for _ in range(40):
        read(Meter(1), 2)
    meters = [Meter(1), Doubled(2), Keyed(3), Stored(4), Meter(5)]
    print([read(meter, 10) for meter in meters], totals(meters, 400))
    one.__code__, code = two.__code__, one.__code__
    print(call(one, 1))
    one.__code__ = code
    print(call(one, 1), totals(meters, 3))

    before = [sys.getrefcount(function) for function in (one, two, defaulted)]
    for _ in range(300):
        for function in (one, two, defaulted):
            call(function, 1)
    del function
    print(before == [sys.getrefcount(function) for function in (one, two, defaulted)])
    blocks = sys.getallocatedblocks()
    for _ in range(30):
        totals(meters, 50)
        two_names(range(50), 100)
    print(abs(sys.getallocatedblocks() - blocks) < 200)

    for _ in range(40):
        alike(range(1, 9))
    print(alike([1, 2**40]))

    for _ in range(30):
        two_names([1, 2, 3] * 20, 5)
        unboxed_everywhere(60, -1)
    print(two_names([1, 2, 3, 9], 5))
    print(unboxed_everywhere(50, 31), unboxed_everywhere(50, -1))
    del meters
    print(sorted(set(Meter.log)))


main()
