"""Floats that are put where a float lies: it is overwritten only if nobody else has it."""
import sys


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Inline:
    def __init__(self, x):
        self.x = x


def scale(items, factor):
    for i in range(len(items)):
        items[i] = items[i] * factor


def sums(items):
    for i in range(1, len(items)):
        items[i] += items[i - 1] * 0.5


def scale_attribute(point, factor):
    point.x *= factor
    return point.x


def put(items, i, number):
    items[i] = number + 0.5


def keeps(items):
    """What was there is on the stack while another is put there."""
    total = 0.0
    for i in range(len(items)):
        pair = (items[i], [items.__setitem__(i, items[i] + 1.0)], items[i])
        total += pair[0] - pair[2]
        first = items[i]
        items[i] = first * 2.0
        total += first / 4.0
    return total


def both(items, number):
    """One object for the local and for the place."""
    for i in range(len(items)):
        product = number * 2.0
        items[i] = product
        if items[i] is not product:
            return False
    return True


def chained(items, others, number):
    for i in range(len(items)):
        items[i] = others[i] = number * 3.0


class Loud:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __del__(self):
        self.log.append(self.name)


def main():
    for attempt in range(300):
        items = [float(n) for n in range(8)]
        held = items[3]
        shared = [1.5 * n for n in range(4)]
        twice = [shared[1], shared[1], shared[2]]
        scale(items, 1.25)
        scale(twice, 3.0)
        sums(items)
        if attempt % 100 == 99:
            print(items, held, shared, twice, sys.getrefcount(items[2]), twice[0] is twice[1])
        constant = [0.25] * 3
        scale(constant, 3.0)
        point, other = Slotted(attempt + 0.5), Inline(attempt - 0.25)
        before = point.x, other.x
        after = scale_attribute(point, 1.5), scale_attribute(other, 0.5)
        more = scale_attribute(point, 2.0), scale_attribute(other, 2.0)
        if attempt % 100 == 99:
            print(constant, before, after, more, point.x is more[0], sys.getrefcount(point.x))
        log = []
        mixed = [None, 7, "text", Loud(log, attempt), 1.0, True]
        for i in range(len(mixed)):
            put(mixed, i, attempt * 0.5)
        if attempt % 100 == 99:
            print(mixed, log)
            print(keeps([0.5, 1.5, float("nan"), float("inf")]), both([0.0, 1.0], attempt + 0.125))
            one, two = [1.0, 2.0], [3.0, 4.0]
            chained(one, two, attempt + 0.5)
            scale(one, 2.0)
            print(one, two)
    try:
        scale([1.0, "a", None], 2.0)
    except TypeError as error:
        print(error)
    numbers = [1.0, 2]
    scale(numbers, 2.0)
    print(numbers)


main()
