"""Classes: how they keep attributes, what operators they answer, how they inherit."""
from .expressions import expr
from .functions import define, signature
from .program import SCALARS
from .snippets import SNIPPETS, fill, snippet
from .statements import block, prologue
from .tables import scene, statement
from .values import NAMES, SMALL, literal

# Methods of operators, by a group that is taken as a whole. None of them calls anything that is costly, because any
# operator anywhere may run them.
OPERATORS = {
    "number": ("def __add__(self, other): return {n}", "def __radd__(self, other): return {n2}",
               "def __mul__(self, other): return NotImplemented",
               "def __sub__(self, other): return self.{f} - other if type(other) is int else NotImplemented"),
    "inplace": ("def __iadd__(self, other):\n    self.{f} = other if type(other) is int else 0\n    return self",
                "def __ior__(self, other): return {n}"),
    "truth": ("def __bool__(self): return {truth}",),
    "size": ("def __len__(self): return {small}",),
    "items": ("def __getitem__(self, key):\n    if key in ({n}, 'z') or key > {small}: raise {lookup}(key)\n"
              "    return {n2}", "def __setitem__(self, key, value): emit('set', key, value)",
              "def __delitem__(self, key): emit('del', key)"),
    "contains": ("def __contains__(self, thing): return {contained}",),
    "iterated": ("def __iter__(self): return iter(({n}, {n2}))",),
    "generated": ("def __iter__(self):\n    yield {n}\n    yield self.{f}",),
    "called": ("def __call__(self, *values, **words): return len(values) + {n}",),
    "equal": ("def __eq__(self, other): return {equality}", "def __hash__(self): return {small}"),
    "ordered": ("def __lt__(self, other): return {comparison}", "def __gt__(self, other): return NotImplemented"),
    "shown": ("def __repr__(self): return '<{name} ' + str(type(self.{f}).__name__) + '>'",),
    "text": ("def __str__(self): return 'str {name}'", "def __format__(self, spec): return 'format' + spec"),
    "index": ("def __index__(self): return {small}", "def __int__(self): return {small}"),
    "managed": ("def __enter__(self): return self",
                "def __exit__(self, *details):\n    emit('exit {name}', details[0])\n    return {truth}"),
    "missing": ("def __getattr__(self, name):\n    if name[:1] == '_' or name == 'x': raise AttributeError(name)\n"
                "    return {n}",),
    "all": ("def __getattribute__(self, name):\n    if name == 'k': return {n}\n"
            "    return super().__getattribute__(name)",),
    "kept": ("def __setattr__(self, name, value):\n    if name == 'x': emit('setattr', name)\n"
             "    super().__setattr__(name, value)",
             "def __delattr__(self, name):\n    emit('delattr', name)\n    super().__delattr__(name)"),
    "dying": ("def __del__(self): emit('del {name}', lineno(1) if sys._getframe().f_back else None)",),
    "matched": ("__match_args__ = ('a', 'b')",),
    "dir": ("def __dir__(self): return ['a']", "def __sizeof__(self): return 1",
            "def __reversed__(self): return iter('ba')"),
    "matrix": ("def __matmul__(self, other): return {n}", "def __neg__(self): return {n2}",
               "def __invert__(self): return ~{n}", "def __divmod__(self, other): return ({n}, other)"),
}


class Class:
    """A class that a program has."""

    def __init__(self, name, base):
        self.name = name
        self.base = base
        # Whether its instances are made from up to two values.
        self.simple = True
        # Texts that follow a dot, by the kind that they most likely give.
        self.members = {kind: list(found) for kind, found in base.members.items()} if base else {}

    def make(self, p):
        """The text that makes an instance."""
        values = [p.pick(SMALL) if p.chance(0.7) else literal(p, p.pick(SCALARS)) for _ in range(p.number(0, 2))]
        return f"{self.name}({', '.join(values)})"

    def has(self, kind, text):
        """Notes a member."""
        self.members.setdefault(kind, []).append(text)


def operators(p, known, least=1, most=5):
    """Writes some groups of operator methods."""
    for group in p.some(OPERATORS, least, most):
        for form in OPERATORS[group]:
            if p.chance(0.85):
                text = form.format(
                    n=p.pick(SMALL), n2=literal(p, p.pick(("int", "str", "float"))), f=p.pick(NAMES[:2]),
                    name=known.name, small=p.number(0, 4),
                    truth=p.pick(("True", "False", "bool(self.a)", "1" if p.chance(0.1) else "True")),
                    lookup=p.pick(("IndexError", "KeyError")),
                    contained=p.pick(("thing == 1", "True", "0", "self.a is thing")),
                    equality=p.pick(("self is other", "NotImplemented", "type(other) is type(self)", "True", "0")),
                    comparison=p.pick(("True", "False", "NotImplemented", "id", "self.a is None")))
                p.write(text)


def initialiser(p, known, inherits):
    """__init__ with up to two values, which go to the fields."""
    with p.block(f"def __init__(self, a={literal(p, 'int')}, b={literal(p, p.pick(SCALARS))}):"):
        if inherits and p.chance(0.8):
            p.write(p.pick(("super().__init__(a, b)", f"super({known.name}, self).__init__(a)",
                            "super().__init__()")))
        p.write("self.a = a")
        if p.chance(0.8):
            p.write("self.b = b")
        if p.chance(0.3):
            p.write(f"self.k = {literal(p, p.pick(SCALARS))}")


def methods(p, known, most=3):
    """Methods of every sort, which do little."""
    for _ in range(p.number(1, most)):
        kind = p.pick(("int", "str", "any", "float", "tuple"))
        sort = p.pick(("", "", "", "classmethod", "staticmethod", "property", "super", "cached"))
        name = p.fresh("m")
        decorators = [sort] if sort in ("classmethod", "staticmethod", "property") else []
        first = {"classmethod": "cls", "staticmethod": None}.get(sort, "self")
        parameters = [] if sort in ("property", "cached") else signature(p, 2)

        def body(p, function):
            if first == "self":
                p.bind("self", "obj")
            if first and p.chance(0.2):
                p.write("emit(__class__.__name__)")
            if sort == "super" and known.base:
                inherited = sum(known.base.members.values(),
                                ["__repr__()", "a", "__class__", "__str__()", "__init__()"])
                p.write(f"t = super().{p.pick(inherited)}")
                p.write("emit(type(t))")
            elif sort == "cached":
                p.write("try: return self._cached")
                p.write(f"except AttributeError: self._cached = {literal(p, kind)}")
            elif p.chance(0.5):
                prologue(p)
                block(p, 2)
            p.write(f"return {expr(p, kind, 1)}")

        function = define(p, body, name=name, parameters=parameters, first=first, result=kind, size=2, most=12,
                          decorators=decorators)
        if sort == "property":
            known.has(kind, name)
            if p.chance(0.4):
                p.write(f"@{name}.setter")
                p.write(f"def {name}(self, value): self.b = value")
        else:
            function.cost = max(function.cost, 2)
            known.has(kind, function.call(p))


def fields(p, known):
    """Attributes of the class itself, and descriptors."""
    for name in p.some(NAMES, 0, 2):
        kind = p.pick(SCALARS)
        p.write(f"{name} = {literal(p, kind)}")
    if p.chance(0.2):
        name = p.fresh("d")
        p.write(f"{name} = {p.pick(('Described', 'Stored'))}({literal(p, 'int')})")
        known.has("any", name)
    if p.chance(0.15):
        p.write(p.pick(("__add__ = None", "__hash__ = None", "alias = property(lambda self: self.a)", "late: int",
                        "lazy: 'str' = 'x'", "locals()['made'] = 1", "emit(__qualname__, __module__)",
                        "for i in range(2): made = i", "__slots__ = ()", "__call__ = lambda self, *r: r")))


def write_class(p, base=None, name=None):
    """Writes a class and makes it known."""
    name = name or p.fresh("C")
    known = Class(name, base)
    bases, words = [], []
    if base:
        bases.append(base.name)
    slots = base is None and p.chance(0.25)
    if not slots and p.chance(0.15):
        words.append(p.pick(("metaclass=Meta", "metaclass=Meta", "word=1")))
    parts = [*(["Registered"] if words == ["word=1"] and not base else []), *bases, *words]
    if words == ["word=1"] and base:
        parts.remove("word=1")
    if p.chance(0.08) and not base and not slots and not parts:
        parts = [p.pick(("dict", "list", "int", "str", "Exception", "tuple"))]
        known.simple = False
    if p.chance(0.1):
        p.write(p.pick(("@decorated", "@(lambda c: c)", "@decorated")))
    with p.block(f"class {name}{f'({', '.join(parts)})' if parts else p.pick(('', '', '()'))}:"), p.inside("class"):
        if p.chance(0.1):
            p.write(f'"""{name}"""')
        if slots and known.simple:
            p.write(p.pick(("__slots__ = ('a', 'b', 'k', 'x')", "__slots__ = ('a', 'b')",
                            f"__slots__ = ('a', 'b'); k = {literal(p, p.pick(SCALARS))}",
                            "__slots__ = 'a', 'b', 'k', '_cached', '__weakref__', '__dict__'")))
        else:
            fields(p, known)
        if known.simple and (base is None or p.chance(0.4)):
            initialiser(p, known, base is not None)
        if base is None:
            # What object has would tell an address.
            p.write(f"def __repr__(self): return '<{name}>'")
        operators(p, known)
        methods(p, known)
    for kind, field in (("int", "a"), ("any", "b"), ("any", "x"), ("int", "a"), ("any", "k")):
        known.has(kind, field)
    p.classes.append(known)
    return known


PRELUDE = """\
class Described:
    def __repr__(self): return type(self).__name__
    def __init__(self, value): self.value = value
    def __get__(self, owner, kind): return (self.value, kind.__name__ if owner is None else 1)
    def __set_name__(self, owner, name): self.name = name
class Stored(Described):
    def __set__(self, owner, value): emit('stored', self.name, value)
    def __delete__(self, owner): emit('deleted', self.name)
class Meta(type):
    def __call__(cls, *values): return super().__call__(*values)
    def __new__(meta, name, bases, space, **words): return super().__new__(meta, name, bases, space)
    def __getattr__(cls, name):
        if name[0] == '_': raise AttributeError(name)
        return 'meta ' + name
class Registered:
    def __repr__(self): return 'registered'
    def __init_subclass__(cls, word=0, **words): emit('subclass', cls.__name__, word)
    def __class_getitem__(cls, key): return (cls.__name__, key)
def decorated(thing):
    thing.mark = 1
    return thing"""


def prelude(p):
    """What every program begins with: helpers of classes, and two classes, so that there are objects."""
    p.write(PRELUDE)
    first = write_class(p)
    write_class(p, first if p.chance(0.4) and first.simple else None)


@scene(5)
def family(p):
    """A class, perhaps with a base among those that are there, and a loop over instances of several."""
    bases = [known for known in p.classes if known.simple]
    write_class(p, p.pick(bases) if bases and p.chance(0.6) else None)
    known = [known for known in p.classes if known.simple]
    if not known:
        return
    use(p, known)


def use(p, known):
    """A hot loop that uses the same attributes of instances of several classes."""
    stream, thing = p.fresh("s"), p.bind(p.fresh(), "obj")
    p.write(f"{stream} = Stream('{stream}')")
    makers = [p.pick(known) for _ in range(p.number(2, 4))]
    things = " + ".join([f"[{maker.make(p)}] * {p.pick((4, 12, 60))}" for maker in makers])
    with p.block(f"for {thing} in {things}:"), p.repeated(50):
        with p.block("try:"):
            for _ in range(p.number(1, 3)):
                member = p.pick(sum(p.pick(known).members.values(), []))
                field, value = p.pick(NAMES), p.pick(SMALL)
                p.write(snippet(p, "use", stream=stream, thing=thing, member=member, field=field, int=value))
        with p.block("except Exception as e:"):
            p.write(f"{stream}.error(e)")
    p.write(f"{stream}.end()")
    p.write(f"del {thing}")
    p.scope.drop(thing)


@statement(2, flavours=("function",))
def local_class(p):
    """A class inside a function, which uses names of the function."""
    if p.level > 3 or p.weight > 8:
        return p.write("pass")
    name = p.fresh("L")
    with p.block(f"class {name}:"), p.inside("class"):
        p.write(f"field = {expr(p, 'int', 1)}")
        block(p, 2)
        with p.block("def method(self):"), p.inside("function"):
            p.write(f"return ({expr(p, 'any', 1)}, self.field, __class__)")
    p.write(f"emit({name}().method(), {name}.__qualname__)")


@scene(3)
def changed_class(p):
    """A class that changes while a hot place uses its instances: attributes come, go, and become descriptors."""
    found = [known for known in p.classes if known.simple]
    if not found:
        return
    known = p.pick(found)
    function, stream = p.fresh("f"), p.fresh("s")
    field = p.pick(NAMES)
    body = p.pick((f"return t.{field}", f"t.{field} = i", f"return t.{p.pick(sum(known.members.values(), ['a']))}",
                   f"return (t.{field}, {known.name}.{field})", "return t == i", "return t + i",
                   f"return {known.name}(i)", "return bool(t)", f"return isinstance(t, {known.name})", "return t[i]",
                   "return len(t)", "return [*t]"))
    with p.block(f"def {function}(t, i):"):
        p.write(body)
    p.write(f"{stream} = Stream('{stream}')")
    changes = [fill(p, text, name=known.name, field=field) for text in p.some(SNIPPETS["change"], 2, 5)]
    p.write(f"t = {known.make(p)}")
    with p.block(f"for i in range({p.pick((60, 120, 200))}):"), p.repeated(100):
        for number, change in enumerate(changes):
            with p.block(f"{'el' if number else ''}if i == {p.number(5, 20) + number * p.pick((9, 40))}:"):
                p.write(f"try: {change}" if "\n" not in change else change)
                p.write(f"except Exception as e: {stream}.error(e)")
        p.write(f"try: {stream}({function}(t, i % 2))")
        p.write(f"except Exception as e: {stream}.error(e)")
    p.write(f"{stream}.end()")
    p.write("del t, i")
