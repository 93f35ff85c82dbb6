"""Functions with variables of outer functions, called by machine code, and what `super` gives."""
import sys
import traceback


def adder(step):
    count = 0

    def add(number):
        nonlocal count
        count += 1
        return number + step

    def calls():
        return count

    return add, calls


def deep(a):
    def middle(b):
        def inner(c):
            return a, b, c, sorted(sys._getframe().f_locals)
        return inner
    return middle


def unbound():
    def late():
        return value
    try:
        late()
    except NameError as error:
        result = type(error).__name__, str(error)
    value = 3
    return result, late()


def generator(limit):
    def numbers():
        for number in range(limit):
            yield number + limit
    return numbers


def total(function, rounds):
    result = 0
    for number in range(rounds):
        result += function(number)
    return result


class Base:
    kind = "base"

    def __init__(self, value):
        self.value = value

    def method(self, more):
        return self.value + more

    @property
    def computed(self):
        return self.value * 10

    @classmethod
    def made(cls):
        return cls.__name__

    @staticmethod
    def fixed(number):
        return number * 3


class Derived(Base):
    kind = "derived"

    def __init__(self, value):
        super().__init__(value)
        self.more = super().kind

    def method(self, more):
        return super().method(more) + 1

    def explicit(self, more):
        return super(Derived, self).method(more)

    def all(self, more):
        return super().computed, super().made(), super().fixed(more), super().kind, super(Derived, self).kind

    def missing(self):
        return super().nothing

    def missing_method(self):
        return super().nothing()

    @classmethod
    def made(cls):
        return "derived " + super().made()


class Twice(Derived):
    def method(self, more):
        return super().method(more) * 2

    def __getattribute__(self, name):
        return super().__getattribute__(name)


class Odd(Derived):
    """Its attributes are looked up in another way."""

    def __getattr__(self, name):
        return name


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        lines = [(entry.name, entry.lineno - function.__code__.co_firstlineno) for entry in traceback.extract_tb(error.__traceback__)[1:]]
        return type(error).__name__, str(error), lines


def all_of(things, more):
    return [(thing.method(more), thing.explicit(more), thing.all(more), thing.made()) for thing in things]


def main():
    add, calls = adder(5)
    other, others = adder(0.5)
    for _ in range(40):
        got = total(add, 50)
    print(got, calls(), total(other, 30), others())
    for _ in range(600):
        got = deep(1)(2)(3)
    print(got)
    for _ in range(400):
        got = unbound()
    print(got)
    for _ in range(300):
        got = sum(generator(5)())
    print(got)
    cell = add.__closure__[1]
    before = sys.getrefcount(cell), sys.getrefcount(add)
    total(add, 100)
    print(before == (sys.getrefcount(cell), sys.getrefcount(add)), cell.cell_contents)
    cell.cell_contents = 100
    print(total(add, 3))
    del cell.cell_contents
    print(outcome(total, add, 3)[:2])
    cell.cell_contents = "a"
    print(outcome(total, add, 3)[:2])

    for _ in range(600):
        got = all_of([Derived(1), Derived(2)], 3)
    print(got)
    for _ in range(100):
        got = all_of([Derived(1), Twice(2), Odd(3)], 3)
    print(got)
    for thing in (Derived(1), Twice(2), Odd(3)):
        for _ in range(300):
            got = outcome(Derived.missing, thing), outcome(Derived.missing_method, thing)
        print(got)
    thing = Derived(5)
    before = sys.getrefcount(thing), sys.getrefcount(Derived), sys.getrefcount(Base.method)
    for _ in range(100):
        thing.method(1)
        thing.all(2)
        outcome(thing.missing)
    print(before == (sys.getrefcount(thing), sys.getrefcount(Derived), sys.getrefcount(Base.method)))
    Base.method = lambda self, more: "changed"
    print(outcome(thing.method, 1), thing.explicit(1))
    del Base.method
    print(outcome(thing.explicit, 1))
    globals()["super"] = lambda *arguments: type("Fake", (), {"kind": len(arguments), "computed": 1, "made": staticmethod(lambda: 2), "fixed": staticmethod(lambda number: number)})()
    print(thing.all(4))
    del globals()["super"]
    print(thing.all(4))


main()
