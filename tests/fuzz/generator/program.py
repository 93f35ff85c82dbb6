"""A program while it is being written: its lines, its random choices, and the names that are in scope.

What is written keeps two promises. It ends: loops count, recursion has a depth, and no value of a variable is ever
combined with another one in a way that doubles its size each time. And it says the same in every run: nothing in it
depends on addresses, times, or the order of a set of objects without a hash of their own."""
from random import Random

KINDS = ("int", "float", "str", "list", "tuple", "dict", "set", "bool", "obj")
SCALARS = ("int", "float", "str", "bool")
PADS = ["    " * level for level in range(40)]

# Where `await` may stand, and where `yield`.
AWAITING = frozenset(("coroutine", "asyncgen"))
YIELDING = frozenset(("generator", "asyncgen"))


class Scope:
    """A place with names of its own, and what statements it allows."""

    __slots__ = ("flavour", "parent", "names", "loops", "locked", "foreign")

    def __init__(self, flavour, parent=None):
        # module, class, function, generator, coroutine, asyncgen, or comprehension (also the body of a lambda).
        self.flavour = flavour
        self.parent = parent
        self.names = {}
        # Loops that are open here.
        self.loops = 0
        # Blocks that break, continue and return may not leave.
        self.locked = 0
        # Names declared global or nonlocal.
        self.foreign = []

    def add(self, name, kind):
        """A name that was just bound."""
        self.names.setdefault(kind, []).append(name)

    def drop(self, name):
        """A name that was just deleted."""
        for names in self.names.values():
            if name in names:
                names.remove(name)


class Block:
    """The lines below a header."""

    __slots__ = ("program",)

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.program.level += 1

    def __exit__(self, *_):
        self.program.level -= 1


class Inside:
    """The part of a program that is written in a scope."""

    __slots__ = ("program", "scope")

    def __init__(self, program, scope):
        self.program = program
        self.scope = scope

    def __enter__(self):
        self.program.scope = self.scope
        return self.scope

    def __exit__(self, *_):
        self.program.scope = self.scope.parent


class Repeated:
    """The part of a program that runs several times whenever what is around it runs once."""

    __slots__ = ("program", "before", "times")

    def __init__(self, program, times):
        self.program = program
        self.times = times

    def __enter__(self):
        self.before = self.program.weight
        self.program.weight *= self.times

    def __exit__(self, *_):
        self.program.weight = self.before


class Body:
    """The body of a function: what it costs is counted by itself. `most` is how much it may cost."""

    __slots__ = ("program", "outer", "most")

    def __init__(self, program, most):
        self.program = program
        self.most = most

    def __enter__(self):
        p = self.program
        self.outer = (p.cost, p.weight, p.most, p.no_walrus, p.budget)
        p.cost, p.weight, p.most, p.no_walrus = 1, 1, min(self.most, p.most), 0

    def __exit__(self, *_):
        p = self.program
        p.cost, p.weight, p.most, p.no_walrus, p.budget = self.outer


class Program:
    """A program that is being written."""

    def __init__(self, seed):
        self.random = Random(seed).random
        self.lines = []
        self.level = 0
        self.count = 0
        self.scope = Scope("module")
        self.functions = []
        self.classes = []
        # How many more statements the code that is being written may have.
        self.budget = 0
        # About how many statements the function that is being written will execute, how often the place that is being
        # written runs when the function runs once, and how much the function may cost.
        self.cost = 0
        self.weight = 1
        self.most = 3000
        # Above zero where := may not stand.
        self.no_walrus = 0
        self.here = Block(self)

    # Random choices.

    def pick(self, options):
        """One of them."""
        return options[int(self.random() * len(options))]

    def chance(self, share):
        """True in this share of cases."""
        return self.random() < share

    def number(self, low, high):
        """A whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def some(self, options, low, high):
        """Some of them, in a random order."""
        pool = list(options)
        found = []
        for _ in range(min(self.number(low, high), len(pool))):
            found.append(pool.pop(int(self.random() * len(pool))))
        return found

    # Text.

    def write(self, text):
        """A line, or several that begin at the level of this place."""
        pad = PADS[self.level]
        if "\n" in text:
            self.lines += [pad + line for line in text.split("\n")]
        else:
            self.lines.append(pad + text)

    def block(self, header):
        """A header; what is written in the `with` of the result stands below it."""
        self.lines.append(PADS[self.level] + header)
        return self.here

    def line(self):
        """The number of the line that comes next."""
        return len(self.lines) + 1

    def text(self):
        """The program."""
        return "\n".join(self.lines) + "\n"

    # Names.

    def fresh(self, prefix="v"):
        """A name that nothing has."""
        self.count += 1
        return f"{prefix}{self.count}"

    def inside(self, flavour):
        """A new scope, for the code that is written in the `with` of the result."""
        return Inside(self, Scope(flavour, self.scope))

    def bind(self, name, kind):
        """Notes that a name of this kind now exists here."""
        self.scope.add(name, kind)
        return name

    def visible(self, kind):
        """The names of a kind that can be read here; of any kind for `any`."""
        scope, found = self.scope, []
        while scope is not None:
            if scope.flavour != "class" or scope is self.scope:
                names = scope.names
                if kind == "any":
                    for group in names.values():
                        found += group
                else:
                    found += names.get(kind, ())
            scope = scope.parent
        return found

    def variable(self, kind):
        """One of the visible names, or None."""
        found = self.visible(kind)
        return self.pick(found) if found else None

    def own(self, kind):
        """A name of this scope alone, which may be bound anew; or None."""
        names = self.scope.names.get(kind)
        return self.pick(names) if names else None

    # Costs.

    def repeated(self, times):
        """What is written in the `with` of the result runs so many times."""
        return Repeated(self, times)

    def body(self, most=400):
        """What is written in the `with` of the result is the body of a function."""
        return Body(self, most)

    def spend(self, cost):
        """Counts what is executed here."""
        self.cost += cost * self.weight

    def affords(self, cost):
        """Whether something that costs so much may be executed here."""
        return self.cost + cost * self.weight <= self.most

    def body_scope(self):
        """The scope of the function, class or module around, past comprehensions."""
        scope = self.scope
        while scope.flavour == "comprehension":
            scope = scope.parent
        return scope

    def may_await(self):
        """Whether `await` may stand here."""
        return self.scope.flavour in AWAITING

    def may_yield(self):
        """Whether `yield` may stand here."""
        return self.scope.flavour in YIELDING
