"""Numbers in arrays, and functions of C on numbers: where they are fast, where they raise, where something else takes their
place."""
import array
import math


def add_up(numbers):
    total = 0
    for i in range(len(numbers)):
        total += numbers[i]
    return total


def write(numbers, value):
    for i in range(-1, len(numbers) - 1):
        numbers[i] = value


def double(numbers):
    for i in range(len(numbers)):
        numbers[i] *= 2


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def fresh(names):
    """Functions of their own for each kind of array: what one has met is nothing to the others."""
    own = {}
    source = """
def add_up(numbers):
    total = 0
    for i in range(len(numbers)):
        total += numbers[i]
    return total

def write(numbers, value):
    for i in range(-1, len(numbers) - 1):
        numbers[i] = value

def at(numbers, i):
    return numbers[i]
"""
    exec(source, own)
    return [own[name] for name in names]


class Other(array.array):
    def __getitem__(self, index):
        return index * 100


LIMITS = {
    "b": (-128, 127), "B": (0, 255), "h": (-(2**15), 2**15 - 1), "H": (0, 2**16 - 1), "i": (-(2**31), 2**31 - 1),
    "I": (0, 2**32 - 1), "l": (-(2**63), 2**63 - 1), "q": (-(2**63), 2**63 - 1), "Q": (0, 2**64 - 1),
    "f": (-1e30, 0.1), "d": (-1e300, 0.1),
}  # fmt: skip


def arrays():
    for code, (least, greatest) in LIMITS.items():
        add_up, write, at = fresh(["add_up", "write", "at"])
        numbers = array.array(code, [least, 1, greatest])
        for _ in range(400):
            total = add_up(numbers)
            write(numbers, greatest)
            write(numbers, least)
            at(numbers, -2)
            numbers[1] = 3
        print(code, total, numbers, [outcome(at, numbers, i) for i in (-4, -3, 2, 3, 2**70, "a", True)])
        for value in (greatest + 1, least - 1, 7, True, 2.5, "a", None, 2**80):
            print(outcome(write, numbers, value), numbers)
        print(add_up([1, 2]), add_up(Other(code, [1, 2, 3])), add_up(array.array("d", [0.5])), add_up(b"ab"))


FUNCTIONS = [
    (math.sqrt, "sqrt"), (math.sin, "sin"), (math.cos, "cos"), (math.tan, "tan"), (math.asin, "asin"),
    (math.acos, "acos"), (math.atan, "atan"), (math.exp, "exp"), (math.log, "log"), (math.fabs, "fabs"),
    (math.floor, "floor"), (math.ceil, "ceil"),
]  # fmt: skip
NUMBERS = [
    0.25, -0.0, 0.0, -0.75, 2.5, -2.5, 1e300, -1e300, 4, -9, 0, 2**62, -(2**63), 2**63, 2**2000, True,
    float("inf"), float("-inf"), float("nan"), "3", None, 9.3e18, -9223372036854775808.0,
]  # fmt: skip


def functions():
    for function, name in FUNCTIONS:
        for warm in (0.5, 1):
            own = {"math": math}
            exec(f"def call(x):\n    return math.{name}(x)\ndef calls(x):\n    for _ in range(300): y = math.{name}(x)\n    return y", own)
            for _ in range(300):
                own["call"](warm)
            own["calls"](warm)
            print(name, [outcome(own[call], x) for call in ("call", "calls") for x in NUMBERS])
    for name in ("abs", "float", "int", "round"):
        for warm in (0.5, 1, -7):
            own = {}
            exec(f"def call(x):\n    return {name}(x)\ndef calls(x):\n    for _ in range(300): y = {name}(x)\n    return y", own)
            for _ in range(300):
                own["call"](warm)
            own["calls"](warm)
            print(name, [outcome(own[call], x) for call in ("call", "calls") for x in NUMBERS])
            same = 1234.5, 123456789
            print(name, [own["calls"](x) is x for x in same])


def replaced():
    """Another function takes the place of one that was met."""
    def root(x):
        return math.sqrt(x)

    def loop(x):
        return sum(root(x) for _ in range(300))

    print(loop(4.0))
    kept, math.sqrt = math.sqrt, lambda x: -x
    print(loop(4.0))
    math.sqrt = math.cos
    print(loop(4.0))
    math.sqrt = kept
    print(loop(4.0))


def powers():
    def power(x, y):
        return x**y

    for _ in range(500):
        power(2.5, 1.5)
    for x in (-2.0, 0.0, -0.0, 1.0, -1.0, 0.5, float("inf"), float("nan")):
        print([outcome(power, x, y) for y in (0.0, -0.0, 1.0, 2.0, -3.0, 0.5, -0.5, 3.0, 1e300, float("inf"), float("nan"), 2, 3)])

    def square(x):
        return x**2

    for _ in range(500):
        square(7)
    print([outcome(square, x) for x in (3, -4, True, 2**31, 2**40, 1.5, -1.5, "a")])


def extremes():
    source = '''
def call(x, y):
    return {name}(x, y)

def loop(items):
    best = items[0]
    for item in items:
        best = {name}(best, item)
    return best

def computed(items):
    best = 0.0
    for item in items:
        best = {name}(best, item * 2.0)
    return best
'''
    nan = float("nan")
    pairs = [
        (1.5, 2.5), (2.5, 1.5), (nan, 1.5), (1.5, nan), (0.0, -0.0), (-0.0, 0.0), (1000, 2000), (2000, 1000), (1, 1.0),
        (1.0, 1), (True, 1), (2**70, 1), ("a", "b"), (1, None),
    ]  # fmt: skip
    for name in ("min", "max"):
        for warm in ((1.5, 2.5), (3, 4)):
            own = {}
            exec(source.format(name=name), own)
            call, loop, computed = own["call"], own["loop"], own["computed"]
            for _ in range(300):
                call(*warm)
                loop([*warm] * 3)
                computed([1.5, -2.5, 3.5])
            for pair in pairs:
                result = outcome(call, *pair)
                print(name, result, result is pair[0], result is pair[1])
            items = [n * 1001 % 777 + 300 + (0.5 if warm[0] == 1.5 else 0) for n in range(50)]
            best = loop(items)
            print(name, best, any(best is item for item in items), computed([1.5, -2.5, nan, 3.5]), outcome(loop, [1, 2.5, "a"]))


arrays()
functions()
extremes()
replaced()
powers()
