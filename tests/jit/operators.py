"""Operators whose operands have methods of Python for them: what comes first, what comes after `NotImplemented`, who sees the frames."""
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


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return f"({self.x}, {self.y})"

    def __add__(self, other):
        if type(other) is not Vector:
            return NotImplemented
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return self + other * -1

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    def __rmul__(self, factor):
        return ("r", factor, self)

    def __matmul__(self, other):
        return self.x * other.x + self.y * other.y

    def __truediv__(self, other):
        return 1 / other

    def __mod__(self, other):
        names = []
        frame = sys._getframe()
        while frame:
            names.append((frame.f_code.co_name, frame.f_lineno))
            frame = frame.f_back
        return names[:2]

    def __and__(self, other):
        return sys.getrefcount(self), sys.getrefcount(other)

    def __or__(self, other):
        del self, other
        return NotImplemented

    def __xor__(self, other, more=3):
        return more

    def __pow__(self, other):
        return ("pow", other)


    def __lt__(self, other):
        return NotImplemented if type(other) is int else self.x < other.x

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __le__(self, other):
        return []

    def __ge__(self, other):
        return Truth(self, other)


class Truth:
    def __init__(self, *names):
        self.names = names

    def __bool__(self):
        if self.names[1] is one:
            raise ValueError("neither true nor false")
        return True


class Sub(Vector):
    def __gt__(self, other):
        return ("gt", other)

    def __radd__(self, other):
        return ("radd", other)


class Other:
    def __radd__(self, other):
        return ("other", other)

    def __ror__(self, other):
        raise KeyError("ror")


class Silent:
    __add__ = None

    def __gt__(self, other):
        return ("silent", other)

    def __eq__(self, other):
        return NotImplemented


class Assigning(Vector):
    def __iadd__(self, other):
        self.x += other
        return self


class Loud:
    log = []

    def __init__(self, name):
        self.name = name

    def __add__(self, other):
        self = None
        return other.name

    def __del__(self):
        self.log.append(self.name)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[1:]
        return type(error).__name__, str(error), [(frame.name, frame.line, frame.colno, frame.end_colno) for frame in frames]


def add(a, b):
    return a + b


def add_any(a, b):
    return a + b


def add_up(a, b):
    a += b
    return a


def subtract(a, b):
    return (a - b) + a


def dot(a, b):
    return (a @ b) * 2 + 1


def scale(a, factor):
    return a * (factor * 2)


def divide(a, b):
    return a / b


def frames(a, b):
    return a % b


def counts(a, b):
    return a & b, a & b


def refuse(a, b):
    return a | b


def xor(a, b):
    return a ^ b


def power(a, b):
    return a**b


def less(a, b):
    return a < b


def least(a, b):
    if a < b:
        return a
    return b


def equal(a, b):
    return 1 if a == b else 2


def unequal(a, b):
    return 1 if a != b else 2


def at_most(a, b):
    return a <= b, 1 if a <= b else 2


def at_least(a, b):
    return 1 if a >= b else 2


def loud(n):
    return Loud(("left", n)) + Loud(("right", n))


def sum_of(vectors):
    total = Vector(0, 0)
    for vector in vectors:
        total += vector
    return total


one, two = Vector(1, 2), Vector(3.5, 4)
for n in range(40000):
    if n % 1000 == 0:
        settle()
    add(one, two)
    add_any(one, two)
    add_up(one, two)
    subtract(one, two)
    dot(one, two)
    scale(one, 1.5)
    divide(one, 2)
    xor(one, two)
    power(one, 2)
    less(one, two)
    least(one, two)
    equal(one, two)
    unequal(one, two)
    at_most(one, two)
    at_least(one, two)
    if n % 2 == 0:
        frames(one, two)
        counts(one, two)
        outcome(refuse, one, two)
        loud(n)
    if n % 100 == 0:
        sum_of([one, two] * 20)
print(len(Loud.log), Loud.log[:4], Loud.log[-2:])
print(add(one, two), add_up(one, two), subtract(one, two), dot(one, two), scale(one, 1.5), divide(one, 2), xor(one, two), power(one, 2))
print(less(one, two), least(one, two), equal(one, two), equal(one, Vector(1.0, 2)), unequal(one, two), at_most(one, two), at_least(one, two))
print(outcome(at_least, two, one), outcome(equal, one, 3), outcome(less, 3, one))
print(frames(one, two), counts(one, two), sum_of([one, two] * 3), one)
print(outcome(divide, one, 0), outcome(dot, one, 3), outcome(scale, one, "a"))
for right in (Sub(5, 6), Other(), Silent(), 3, 2.5, "text", None, [1], (1,), object()):
    for function in (add, add_up, refuse, subtract, scale, xor, less, least, equal, unequal, at_most):
        print(function.__name__, outcome(function, one, right) if right is not None or function is not scale else "")
for left in (Sub(5, 6), Other(), Silent(), 3, "text", [1]):
    print(outcome(add_any, left, two), outcome(add_any, one, left), outcome(add_up, left, two))
    print(outcome(less, left, two), outcome(least, left, two), outcome(equal, left, two), outcome(equal, left, left))
assigning = Assigning(1, 2)
print(outcome(add_up, assigning, 5), assigning, outcome(add_any, assigning, one))


def tracer(frame, event, arg):
    events.append((event, frame.f_code.co_name, frame.f_lineno))
    return tracer


events = []
sys.setprofile(lambda frame, event, arg: events.append((event, frame.f_code.co_name, getattr(arg, "__name__", None))))
add(one, two)
sys.setprofile(None)
print(events)
events = []
sys.settrace(tracer)
subtract(one, two)
sys.settrace(None)
print(events)


class Changing:
    def __add__(self, other):
        if other:
            Changing.__add__ = lambda self, other: "changed"
        return "as it was"


def change(a, b):
    return a + b


changing = Changing()
for n in range(40000):
    if n % 1000 == 0:
        settle()
    change(changing, 0)
print(change(changing, 0), change(changing, 1), change(changing, 0), change(changing, 1))


class Deep:
    def __init__(self, depth):
        self.depth = depth

    def __add__(self, other):
        if self.depth == 0:
            return 0
        return Deep(self.depth - 1) + other


for n in range(300):
    add_any(Deep(20), 1)
print(outcome(add_any, Deep(100), 1), outcome(add_any, Deep(10**5), 1)[:2])
