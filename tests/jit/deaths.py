"""Instances die: what their attributes run, who sees it, and in which order."""
import gc
import sys
import weakref


class Plain:
    def __init__(self, first, second):
        self.first = first
        self.second = second


class Told:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        caller = sys._getframe(1)
        print("gone", self.name, caller.f_code.co_name, caller.f_lineno)


class Slotted(Plain):
    __slots__ = ("third",)


class Failure(Exception):
    pass


def make(number):
    plain = Plain(number, number + 0.5)
    twice = Plain(plain, plain)
    plain = None
    twice = None
    shared = [number]
    Plain(shared, shared)
    return shared


def seen(number):
    told = Plain(Told(number), Told(-number))
    reference = weakref.ref(told, lambda _: print("unreachable", number))
    told = None
    return reference()


def with_dict(number):
    plain = Plain(number, Told(("dict", number)))
    plain.__dict__["third"] = 1
    plain = None


def slots(number):
    slotted = Slotted(number, None)
    slotted.third = Told(("slot", number))


def fails(number):
    try:
        raise Failure(Plain(Told(("raised", number)), 1))
    except Failure as failure:
        failure.more = Plain(2, 3)


def chain(length):
    first = None
    for number in range(length):
        first = Plain(first, number)
    first = None


def class_of_its_own():
    class Own:
        last = Told("class")

        def __init__(self):
            self.number = 1

    made = Own()
    del Own
    made = None
    gc.collect()


for number in range(1500):
    assert make(number) == [number]
    if number % 500 == 0:
        print(seen(number))
        with_dict(number)
        slots(number)
        fails(number)
chain(300000)
class_of_its_own()
before = len(gc.get_objects())
for number in range(3000):
    make(number)
print(len(gc.get_objects()) - before < 100)
