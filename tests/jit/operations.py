"""Operations on objects of any class, by direct calls: what they give and raise, at which line, what others see meanwhile and
count, in which order things die; attributes of several types, of types that change, and of instances with dictionaries."""
import signal
import sys
import traceback


class Number:
    """All operators, which look at their caller and may fail."""

    log = []
    fails = False

    def __init__(self, value):
        self.value = value

    def note(self, name):
        caller = sys._getframe(2)
        Number.log.append((name, caller.f_lineno - caller.f_code.co_firstlineno, dict(caller.f_locals).get("count")))
        if Number.fails:
            raise ValueError(name)

    def __add__(self, other):
        self.note("add")
        return self.value + getattr(other, "value", other)

    __radd__ = __add__

    def __neg__(self):
        self.note("neg")
        return -self.value

    def __invert__(self):
        self.note("invert")
        return ~self.value

    def __lt__(self, other):
        self.note("lt")
        return [self.value] if self.value < other else []

    def __contains__(self, item):
        self.note("contains")
        return item == self.value

    def __bool__(self):
        self.note("bool")
        return self.value > 2

    def __getitem__(self, key):
        self.note("getitem")
        return key

    def __setitem__(self, key, value):
        self.note("setitem")

    def __delitem__(self, key):
        self.note("delitem")

    def __format__(self, spec):
        self.note("format")
        return f"<{self.value}{spec}>"

    def __repr__(self):
        self.note("repr")
        return "N"

    def __getattr__(self, name):
        self.note("getattr " + name)
        return len(name)

    def __iter__(self):
        self.note("iter")
        yield self.value

    def keys(self):
        self.note("keys")
        return ["k"]

    def __hash__(self):
        self.note("hash")
        return 7

    def __eq__(self, other):
        return self is other


def all_of_them(a, b):
    count = 0.5
    result = [a + b, b + a, -a, ~a]
    count += 1
    result.append(a < b if b.__class__ is int else a < 3)
    if a < 2:
        result.append("less")
    result += [1 in a, 1 not in a, not a]
    if a:
        result.append("true")
    count += 1
    result += [a[1], a[2:4], a[1:5:2]]
    a[3] = 4
    a[4:6] = 5
    del a[7]
    count += 1
    result += [f"{a}{a!r}{a:>{b.__class__.__name__}}", a.missing, a.other]
    result += [*a]
    result += [{**a}, {a: 1}, {a, 1}, [x for x in {y for y in a}], {k: v for k, v in [(a, count)]}]
    return len(result), str(result)


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        lines = [entry.lineno - function.__code__.co_firstlineno for entry in traceback.extract_tb(error.__traceback__)[1:2]]
        return type(error).__name__, str(error), lines


class Dying:
    order = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Dying.order.append(self.name)

    def __add__(self, other):
        return 1

    def __getitem__(self, key):
        return 2

    def __setitem__(self, key, value):
        pass

    def __lt__(self, other):
        return True

    def __contains__(self, item):
        return False

    def method(self, *arguments):
        return len(arguments)

    attribute = 3


def deaths():
    D = Dying
    D("l") + D("r")
    D("c")[D("k")]
    D("c")[D("k")] = D("v")
    D("l") < D("r")
    D("i") in D("c")
    D("a").attribute
    D("m").method(D("x"), D("y"))
    D("o").attribute = D("w")
    D("c")[D("s"):D("t")]
    isinstance(D("i"), int)
    len([D("p"), D("q")])
    {D("k1"): D("v1"), D("k2"): D("v2")}
    print_nothing(D("1"), D("2"))
    max(D("3"), D("4"), key=bool)


def print_nothing(*arguments):
    pass


class One:
    kind = "one"

    def __init__(self):
        self.x = 1
        self.y = 2

    def method(self):
        return self.x


class Two(One):
    kind = "two"

    def __init__(self):
        self.y = 20
        self.x = 10

    def method(self):
        return self.y


class Three:
    __slots__ = ("x", "y", "z")
    kind = "three"

    def __init__(self):
        self.x, self.y = 100, 200

    def method(self):
        return 300


class Four(One):
    @property
    def x(self):
        return self.__dict__.get("_x", 4)

    @x.setter
    def x(self, value):
        self.__dict__["_x"] = value


class Five(dict):
    kind = "five"
    x = 5

    def method(self):
        return 5


def fields(things):
    total = 0
    kinds = []
    for thing in things:
        total += thing.x * 2
        total += thing.method()
        thing.y = total
        thing.x = thing.y % 7
        kinds.append(thing.kind)
    return total, kinds[-3:]


def call_each(functions, value):
    return [function(value) for function in functions]


def builtins(values):
    got = []
    for value in values:
        got.append(isinstance(value, int))
        got.append(isinstance(value, (str, list)))
        got.append(str(value))
        got.append(type(value))
        got.append(repr(value).upper().split("'", 1))
        got.append(tuple([value]))
        got.append(max(1, 2))
        got.append(sorted([3, 1], reverse=True))
        got.append(hash(1.5))
        got.append(int("7", base=8) if value else bool(value))
        got.append(getattr(value, "nothing", None))
        got.append("abc".startswith("a"))
        got.append({}.get(str(value), 1))
        got.append(divmod(7, 3))
    return got[-14:]


def numbers(values, other):
    got = []
    for value in values:
        got.append(value + other)
        got.append(value - other)
        got.append(value * other)
        got.append(value / 3)
        value += other
        got.append(value)
        value *= 2
        got.append(value)
    return got


def subscripts(containers, key):
    found = 0
    for container in containers:
        found += container[key] + (key in container)
        container[key] = found
    return found


def failing(kind, value):
    if kind == 0:
        return value + "x"
    if kind == 1:
        return value[0]
    if kind == 2:
        value[0] = 1
    if kind == 3:
        return value.nothing
    if kind == 4:
        value.nothing = 1
    if kind == 5:
        return 1 in value
    if kind == 6:
        return value < "x"
    if kind == 7:
        return value(1)
    if kind == 8:
        return int(value, 2)
    if kind == 9:
        return value.nothing()
    if kind == 10:
        return isinstance(value, value)
    if kind == 11:
        return [*value]
    if kind == 12:
        return {**value}
    if kind == 13:
        return {value: 1, (value,): [1], **{1: 2}}
    if kind == 14:
        del value[1]
    if kind == 15:
        return -"a" if value is None else ~value
    if kind == 16:
        return f"{value:nonsense}"
    if kind == 17:
        return undefined_name + value
    return 0


def interrupted(rounds):
    seen = []
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(frame.f_lineno - frame.f_code.co_firstlineno))
    for _ in range(rounds):
        signal.raise_signal(signal.SIGUSR1)
        count = len(seen)
        signal.raise_signal(signal.SIGUSR1)
    return count, set(seen)


class Stack(list):
    """A list by another name."""


def appended(stacks, value):
    for stack in stacks:
        for number in range(3):
            stack.append(value)
    return [len(stack) for stack in stacks]


def unbound(lists, append, value):
    for one in lists:
        append(one, value)
        list.append(one, value)
    return [len(one) for one in lists]


class Spy:
    """Writes the locals of whoever adds to it, or starts to trace him."""

    lines = None

    def __init__(self, what):
        self.what = what

    def __radd__(self, other):
        frame = sys._getframe(1)
        if self.what == "write":
            frame.f_locals["total"] = 1000.5
        elif self.what == "trace":
            Spy.lines = []

            def tracer(frame, event, argument):
                Spy.lines.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
                return tracer

            frame.f_trace = tracer
            sys.settrace(tracer)
        return other

    def __index__(self):
        return 0


def spied(spies):
    total = 0.5
    for spy in spies:
        other = total + spy
        total = total + other
        total += 1
    sys.settrace(None)
    return total


def counts(value, rounds):
    before = sys.getrefcount(value)
    for _ in range(rounds):
        value + 1
        value < 3
        value[1]
        value.value
        1 in value
        isinstance(value, Number)
        f"{value}"
        (value, [value])[1][0].value
        repr(value)
        value.note
    return sys.getrefcount(value) - before


def main():
    for rounds in (1, 700):
        for _ in range(rounds):
            Number.log.clear()
            got = all_of_them(Number(1), Number(2))
        print(got)
        print(len(Number.log), Number.log[-40:])
    print(all_of_them(Number(5), 3))
    Number.fails = True
    print(attempt(all_of_them, Number(1), Number(2)))
    Number.fails = False

    for _ in range(600):
        Dying.order.clear()
        deaths()
    print(Dying.order)

    for _ in range(60):
        fields([One(), One()])
    for _ in range(60):
        things = [One(), Two(), Three(), One(), Two()] * 4
        got = fields(things)
    print(got)
    for _ in range(60):
        got = fields([One(), Two(), Three(), Four(), Five()] * 4)
    print(got)
    odd = One()
    odd.__dict__["extra"] = 1
    odd.__dict__
    bare = One()
    del bare.y
    shadowed = Two()
    shadowed.method = lambda: 77
    shadowed.kind = "own"
    print(attempt(fields, [One(), odd, bare, shadowed, Two()]))
    unset = Three()
    del unset.x
    print(attempt(fields, [One(), unset]))
    One.method = lambda self: self.x * 1000
    Two.kind = property(lambda self: "computed")
    print(attempt(fields, [One(), Two(), Three()]))
    ready = [One(), Two()]
    One.x = property(lambda self: 9)
    print(attempt(fields, ready[:1]), attempt(fields, ready[1:]))
    del One.x
    print(attempt(fields, [Two(), Three()]))
    hinted = []
    for index in range(30):
        thing = One()
        thing.__dict__.update({f"more{n}": n for n in range(index)})
        hinted.append(thing)
    for _ in range(40):
        got = fields(hinted)
    print(got, [sorted(vars(thing))[:2] for thing in hinted[:2]])
    vars(hinted[4])[5] = "no string"
    print(fields(hinted))

    functions = [str, repr, len, [].append, type, tuple, "a,b".split, lambda value: value * 2, Number, Dying("z").method, print_nothing]
    for _ in range(400):
        got = call_each(functions[:8], "a")
    print(got)
    for _ in range(100):
        got = call_each(functions[:-2] + [print_nothing], "b")[:-2]
    print(got)
    for _ in range(300):
        got = builtins([1, "a", None, 2.5])
    print(got)
    for _ in range(200):
        got = numbers([1, 2.5, True, 3 + 1j, 10**20], 2.0)
    print(got, numbers([0.0, -0.0, 1e308, 3], -3))
    print(numbers([float("inf"), 2**70, -1], 1.5), attempt(numbers, ["a"], 1.5))
    for _ in range(300):
        got = subscripts([[0, 1], {1: 2, 3: 4}, bytearray(b"ab")], 1)
    print(got, attempt(subscripts, [[1, 2], {}], 1), attempt(subscripts, [(1, 2)], 1))

    values = [None, 1, "a", [], {}, object, 2.5]
    for _ in range(40):
        for kind in range(19):
            got = [attempt(failing, kind, value) for value in values]
    for kind in range(19):
        print(kind, [str(attempt(failing, kind, value)).partition(" at 0x")[0] for value in values])
    for _ in range(300):
        got = appended([[], Stack(), [1]], 1), unbound([[], Stack([1])], list.append, 2)
    print(got, appended([Stack("ab"), []], None), attempt(unbound, [[1], (2,)], list.append, 3))
    print(attempt(unbound, [Stack(), 5], lambda one, value: None, 3))
    print(interrupted(700))
    calm = [Spy("") for _ in range(30)]
    for _ in range(30):
        spied(calm)
    print(spied([*calm, Spy("write"), *calm[:3]]))
    print(spied([*calm[:2], Spy("trace"), *calm[:2]]), Spy.lines)
    print(counts(Number(3), 700))


main()
