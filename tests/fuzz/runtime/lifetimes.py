"""Objects that say when and where they die."""
import gc
import sys
import weakref
from types import ModuleType

from .log import ATOMS, place, show, write

__all__ = ["Watched", "Mute", "Phoenix", "Linked", "weak", "collect", "refs", "counts", "gone"]

# Names of watched objects that live, in the order of their birth.
alive = {}
# Weak references with their callbacks; they must outlive what they refer to.
held = []
# Objects that saved themselves at the end.
saved = []
refs = sys.getrefcount
# Constants and modules are shared with whoever has them.
UNCOUNTED = ATOMS | {ModuleType}


def born(name):
    alive[name] = alive.get(name, 0) + 1


def died(name, frame):
    left = alive.get(name, 0) - 1
    if left > 0:
        alive[name] = left
    else:
        alive.pop(name, None)
    write(f"- {name} {place(frame)}")


class Watched:
    """Logs its end: where the program was when it came."""

    def __init__(self, name, *kept):
        self.name = name
        self.kept = kept
        born(name)

    def __repr__(self):
        return f"<{self.name}>"

    def __del__(self):
        died(self.name, sys._getframe().f_back)


class Linked(Watched):
    """A watched object with a link, for cycles."""

    next = None


class Phoenix(Watched):
    """Comes back once."""

    def __del__(self):
        died(self.name, sys._getframe().f_back)
        saved.append(self)


class Mute:
    """Has no finalizer: only weak references see it go."""

    __slots__ = ("name", "kept", "__weakref__")

    def __init__(self, name, *kept):
        self.name = name
        self.kept = kept

    def __repr__(self):
        return f"<mute {self.name}>"


def weak(thing, label):
    """A weak reference that logs when its object goes."""

    def callback(reference):
        write(f"~ {label} {place(sys._getframe().f_back)} {show(reference())}")

    reference = weakref.ref(thing, callback)
    held.append(reference)
    return reference


def gone(reference):
    """Whether what a weak reference refers to is gone."""
    return reference() is None


def collect(generation=2):
    """Collects garbage. How much there was is not logged: what the process did before can change it."""
    write(f"collect {generation}")
    gc.collect(generation)
    write("collected")


def counts(label, **things):
    """Logs reference counts. A thing in `things` is held once by it, and once as an argument of getrefcount. A str may be
    held by the cache of attributes too, where its place depends on its address."""
    found = [name for name in things if type(things[name]) is not str]
    write(f"{label} " + " ".join([f"{name}={sys.getrefcount(things[name])}" for name in found]))


def final(scope, known):
    """Logs the reference counts of what is in `scope` at the end, but for the names in `known` and what says no more by
    its count than that it is a value."""
    found = [name for name in scope if name not in known and type(scope[name]) not in UNCOUNTED]
    write("final " + " ".join([f"{name}={sys.getrefcount(scope[name])}" for name in found]))


def clear():
    """Forgets all, and says what has not died."""
    held.clear()
    saved.clear()
    gc.collect()
    if alive:
        write("alive " + " ".join(alive))
    alive.clear()

