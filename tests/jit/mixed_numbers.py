"""Sites that meet ints and floats: what is a float or an int stays what it is, whichever comes how often."""
import itertools
import math

BIG = 2**53
NUMBERS = [0, 1, -3, 0.0, -0.0, 2.5, -0.5, True, BIG, BIG + 1, -BIG - 1, float(BIG), 2**63, -(2**70), 1e300, math.inf, -math.inf, math.nan]


def combine(a, b):
    return a + b, a - b, a * b


def divide(a, b):
    return a / b


def order(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def smallest(items):
    best = math.inf
    for item in items:
        if item < best:
            best = item
    return best


def total(items):
    result = 0
    for item in items:
        result = result + item
    return result


def warm(function, few, many):
    """Has a function meet few of one kind and many of the other, in turn."""
    for _ in range(40):
        function(*few)
        for _ in range(20):
            function(*many)


def show(function, pairs):
    for arguments in pairs:
        try:
            result = function(*arguments)
        except (ArithmeticError, TypeError) as error:
            result = type(error).__name__, str(error)
        print(function.__name__, arguments, repr(result))


KINDS = {"int": 3, "float": 0.5, "big": 2**80, "str": "3"}
for few, many in itertools.product(["int", "float", "big"], repeat=2):
    for function in combine, divide, order:
        # One operand changes, then the other, then both.
        for arguments in [(2.5, KINDS[few]), (KINDS[few], 2.5), (KINDS[few], KINDS[few]), (KINDS[many], KINDS[few])]:
            warm(function, arguments, (KINDS[many], 1.5))
for function in combine, divide, order:
    show(function, itertools.product(NUMBERS, repeat=2))

ints, floats, both = (1, 2, -3), (0.5, -1.5, 2.25), (1, 0.5, -2)
for pair in itertools.product([floats, both, ints], repeat=2):
    warm(dot, pair, (floats, both))
    warm(dot, (floats, both), pair)
show(dot, itertools.product([ints, floats, both, (BIG, BIG + 1, 0.5), (2**70, 1, 1)], repeat=2))

rows = [[3, 2.5, 2], [BIG + 1, float(BIG)], [float(BIG), BIG + 1, BIG - 1], [], [math.nan, 1, 0.5], [True, 0.5, False]]
for _ in range(200):
    for row in rows:
        smallest(row)
        total(row)
show(smallest, [(row,) for row in rows])
show(total, [(row,) for row in [*rows, [1, 2, 3], [0.1] * 10, [1, 2.5, "3"]]])
