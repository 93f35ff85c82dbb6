"""Hot places: one operation in a loop, which meets one type long enough to specialise, and then others."""
from .functions import define
from .statements import assign, block, opening, prologue
from .expressions import expr
from .tables import scene
from .values import SMALL, literal, stream

ANY = ("int", "float", "str", "list", "tuple", "dict", "set", "bool", "obj")
# The operation on x and y, and the kinds that it is given: most of them suit.
OPERATIONS = (
    ("x + y", ("int", "float", "str", "list", "tuple", "obj")), ("x - y", ("int", "float", "set", "obj")),
    ("x * y", ("int", "float")), ("x / y", ("int", "float")),
    ("x // y", ("int", "float")), ("x % y", ("int", "float")), ("x & y", ("int", "set", "bool")),
    ("x | y", ("int", "set", "dict", "obj")), ("x < y", ANY), ("x == y", ANY), ("x != y", ("int", "float", "str")),
    ("x <= y", ("int", "float", "str", "list")), ("x is y", ANY),
    ("x in y", ("list", "tuple", "str", "set", "dict", "obj")), ("x not in y", ("set", "dict", "list")),
    ("not x", ANY), ("bool(x)", ANY),
    ("x[y]", ("list", "tuple", "str", "dict", "obj")), ("x[0]", ("list", "tuple", "str", "obj")),
    ("x[-1]", ("list", "tuple", "str")), ("x['a']", ("dict", "obj")), ("x[1:]", ("list", "tuple", "str")),
    ("len(x)", ANY), ("-x", ("int", "float", "obj", "bool")), ("~x", ("int", "bool")), ("x and y", ANY),
    ("x or y", ANY), ("1 if x else 2", ANY), ("[*x]", ("list", "tuple", "str", "set", "dict", "obj")),
    ("[i for i in x]", ("list", "tuple", "str", "dict", "obj")), ("(x, y)", ANY), ("x.a", ("obj", "int")),
    ("x.b", ("obj",)), ("x.k", ("obj",)), ("x.real", ("int", "float", "bool")),
    ("x.count(1)", ("list", "tuple", "str")), ("x.copy()", ("list", "dict", "set")), ("x.upper()", ("str",)),
    ("x.__class__", ANY), ("str(x)[:9]", ("int", "str", "float", "list")), ("type(x)", ANY),
    ("isinstance(x, int)", ANY), ("tuple(x)", ("list", "tuple", "str", "set")), ("list(x)", ("list", "tuple", "str")),
    ("int(x)", ("int", "float", "str")), ("f'{x!s:.9}{y!r:.9}'", ("int", "str", "float")),
    ("f'{x}'[:9]", ("str", "int")), ("x < y < x", ("int", "float", "str")),
    ("x if x > y else y", ("int", "float", "str")), ("(lambda q: q)(x)", ANY), ("{**x}", ("dict", "list")),
    ("{x: y}", ("int", "str", "list")),
    ("max(x, y)", ("int", "float", "str")), ("x.get('a')", ("dict",)), ("x.a + y.a", ("obj",)),
    ("x.a == y.b", ("obj",)), ("x()", ("obj", "int")), ("x.join('ab')[:9]", ("str",)), ("x.split(',')", ("str",)),
    ("abs(x)", ("int", "float")), ("hash(x) == hash(y)", ("int", "str", "tuple")), ("sum(x)", ("list", "tuple")),
    ("sorted(x, key=str)", ("list", "tuple", "str")), ("divmod(x, y)", ("int", "float")),
    ("x ^ y", ("int", "set", "bool")), ("x >> 1", ("int", "bool", "float")), ("x ** 2", ("float", "bool")),
    ("x @ y", ("obj", "int")), ("callable(x)", ANY), ("x.__add__(y)", ("int", "float", "str")), ("repr(x)[:12]", ANY),
    ("x.startswith('a')", ("str",)), ("x.items()", ("dict",)), ("x.index(1)", ("list", "tuple")),
    ("ord(x)", ("str", "int")), ("iter(x) is x", ("list", "str", "int")), ("x.a.real", ("obj",)),
    ("x.__dict__", ("obj",)),
    ("super(type(x), x)", ("obj", "int")), ("getattr(x, 'a', y)", ("obj", "int")), ("[y for y in (x, y) if y]", ANY),
    ("any(i for i in x)", ("list", "tuple", "str")),
)
CHANGES = (
    ("x += y", ("int", "float", "str", "list", "obj")), ("x -= y", ("int", "float", "set")),
    ("x *= 2", ("int", "float")), ("x |= y", ("int", "set", "dict")), ("x[0] = y", ("list", "dict", "tuple", "obj")),
    ("x['k'] = y", ("dict", "list")),
    ("x[1:2] = [y]", ("list", "tuple")), ("x.a = y", ("obj", "int")), ("x.b = x", ("obj",)), ("x.a += 1", ("obj",)),
    ("del x[0]", ("list", "dict")), ("del x.a", ("obj",)), ("x, y = x", ("tuple", "list", "str", "dict")),
    ("x, *y = x", ("tuple", "list", "str")),
    ("x, y = y, x", ANY), ("for x in x: pass", ("list", "tuple", "str", "set", "dict", "obj")),
    ("for x, y in x: pass", ("list", "dict", "tuple")), ("while x: x = 0", ANY), ("assert x", ANY),
    ("if x: y = 1", ANY), ("if x is None: y = 1", ANY),
    ("x.append(y)", ("list", "set")), ("x.c = 1; x.d = 2; del x.c", ("obj",)), ("x = x + y", ("str", "int", "float")),
    ("x[y] += 1", ("list", "dict")), ("with x: y = 1", ("obj", "int")), ("x = [*x, y]", ("list", "tuple")),
    ("for _ in range(y % 5): x = y", ("int", "float")),
    ("match x:\n    case int(): y = 1\n    case [y, *_]: pass\n    case {'a': y}: pass", ANY),
    ("import sys as y", ANY), ("raise x", ("obj", "int")), ("x.update(y)", ("dict", "set")),
    ("global made; made = x", ANY), ("del x", ANY), ("x = y = x", ANY),
    ("x, (y, z) = 1, x", ("tuple", "list", "str")),
)


@scene(12)
def operation(p):
    """One operation in a function that is called with streams of values."""
    function, name = p.fresh("f"), p.fresh("s")
    if p.chance(0.6):
        text, kinds = p.pick(OPERATIONS)
        with p.block(f"def {function}(x, y):"):
            p.write(f"return {text}")
    else:
        text, kinds = p.pick(CHANGES)
        with p.block(f"def {function}(x, y):"):
            p.write(text)
            if text != "del x":
                p.write("return x, y")
    # A sequence times a large number would fill the memory.
    repeats = text == "x * y"
    if p.chance(0.1) and not repeats:
        kinds = ANY
    kinds = p.some(kinds, 1, 3)
    other = kinds if repeats or p.chance(0.7) else p.some(ANY, 1, 2)
    p.write(f"{name} = Stream('{name}')")
    with p.block(f"for x, y in zip({stream(p, kinds)}, {stream(p, other)}):"):
        call = p.pick((f"{function}(x, y)", f"{function}(x, y)", f"{function}(y=y, x=x)", f"{function}(*(x, y))"))
        p.write(f"try: {name}({call})")
        p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")
    p.write(f"counts('{name}', x=x, y=y)" if p.chance(0.3) else "del x, y")


@scene(4)
def inlined(p):
    """The same in the loop itself: the names are global."""
    text, kinds = p.pick(OPERATIONS)
    name = p.fresh("s")
    p.write(f"{name} = Stream('{name}')")
    kinds = p.some(kinds, 1, 3)
    with p.block(f"for x, y in zip({stream(p, kinds)}, {stream(p, kinds)}):"):
        with p.block("try:"):
            p.write(f"{name}({text})")
        p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")


CALLEES = ("lambda x, y=2: (x, y)", "lambda *r: r", "lambda x, **w: (x, w)", "int", "str", "type", "tuple", "len",
           "abs", "isinstance", "max", "print", "Watched", "[].append", "'a,b'.split", "dict", "list", "range",
           "{1: 2}.get",
           "(1, 2).count", "'abc'.find", "sorted", "Countdown", "Described", "Meta", "object", "super", "repr",
           "iter", "getattr", "min", "Refusal", "ValueError", "emit", "types.SimpleNamespace", "float", "bool", "set",
           "sum",
           "decorated", "None", "'text'", "ord", "chr", "divmod", "zip", "enumerate", "map", "hasattr", "complex",
           "format", "slice", "frozenset", "type(None)", "locals", "id and len", "[].sort", "{}.update", "''.join",
           "'%s'.__mod__")


@scene(8)
def callees(p):
    """One call that calls many things, each for a while."""
    function, name = p.fresh("f"), p.fresh("s")
    found = list(p.some(CALLEES, 2, 4))
    found += [known.name for known in p.some([known for known in p.functions if known.cost < 30], 0, 2)]
    found += [known.name for known in p.some(p.classes, 0, 2)]
    if p.chance(0.4):
        known = p.pick(p.classes)
        method = p.pick(sum(known.members.values(), ["a"])).partition("(")[0]
        found.append(f"{known.make(p)}.{method}" if known.simple else known.name)
    call = p.pick(("f(x)", "f(x)", "f(x, y)", "f()", "f(*x)", "f(x, *y)", "f(**y)", "f(x=1)", "f(x, y=2)",
                   "f(x, y, 3)", "f(x, key=None)", "f(*x, **y)"))
    xs = stream(p, ("list", "tuple", "str") if "*x" in call else p.some(ANY, 1, 3), 20)
    ys = stream(p, ("dict",) if "**y" in call else ("list", "tuple") if "*y" in call else p.some(ANY, 1, 3), 20)
    with p.block(f"def {function}(f, x, y):"):
        p.write(p.pick((f"return {call}", f"z = {call}; return z", f"{call}")))
    p.write(f"{name} = Stream('{name}')")
    table = ", ".join([f"({callee})" for callee in found])
    with p.block(f"for f in ({table},):"):
        with p.block(f"for x, y in zip({xs}, {ys}):"):
            p.write(f"try: {name}({function}(f, x, y))")
            p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")
    p.write("del f, x, y")


@scene(4)
def methods(p):
    """Methods of built-in types, called as methods and through their type."""
    kind = p.pick(("list", "str", "dict", "tuple", "set", "int", "float"))
    method = p.pick({"list": ("append(1)", "pop()", "sort()", "index(1)", "extend('a')", "insert(0, 2)", "count(2)",
                              "reverse()", "remove(1)", "copy()", "clear()", "__len__()",
                              "sort(key=str, reverse=True)"),
                     "str": ("upper()", "split(',')", "replace('a', 'b')", "join(['x'])", "encode()", "find('b', 1)",
                             "strip()", "split(sep=',', maxsplit=1)", "isdigit()", "startswith(('a', 'b'))",
                             "format(1)", "__len__()", "zfill(3)"),
                     "dict": ("get('a')", "keys()", "setdefault('q', 1)", "pop('a', 0)", "update(z=1)", "items()",
                              "copy()", "popitem()", "get('k', 5)", "__contains__('a')"),
                     "tuple": ("count(1)", "index(2)", "__len__()", "__getitem__(0)"),
                     "set": ("add(1)", "union([3])", "pop", "discard(2)", "issubset([1])", "copy()"),
                     "int": ("bit_length()", "to_bytes(9, 'little', signed=True)", "__add__(1)", "conjugate()"),
                     "float": ("is_integer()", "hex()", "__mul__(2)", "as_integer_ratio()")}[kind])
    name, function = p.fresh("s"), p.fresh("f")
    with p.block(f"def {function}(x):"):
        p.write(p.pick((f"return x.{method}", f"r = x.{method}; return r, x", f"x.{method}; return x",
                        f"m = x.{method.partition('(')[0]}; return m{''.join(method.partition('(')[1:])}")))
    p.write(f"{name} = Stream('{name}')")
    with p.block(f"for x in {stream(p, (kind, kind, kind, p.pick(ANY)))}:"):
        p.write(f"try: {name}({function}(x))")
        p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")


@scene(9)
def functions(p):
    """A function of many statements, called in a loop with arguments of changing kinds."""

    def body(p, function):
        prologue(p)
        opening(p)
        block(p, 6)
        names = p.some(dict.fromkeys(p.visible("any")), 1, 4)
        p.write(f"return {expr(p, function.result, 2)}" if p.chance(0.6) or not names else
                f"return ({', '.join(names)},)")

    function = define(p, body, size=12, decorators=["decorated"] if p.chance(0.05) else ())
    p.functions.append(function)
    name = p.fresh("s")
    p.write(f"{name} = Stream('{name}')")
    times = p.pick((1, 3, 3, 12, 60)) if function.cost < 40 else p.pick((1, 2))
    for _ in range(p.number(1, 3)):
        with p.block(f"for i in range({times}):"):
            p.write(f"try: {name}({function.call(p)})")
            p.write(f"except Exception as e: {p.pick((f'{name}.error(e)', f'fail({name!r}, e)'))}")
    p.write(f"{name}.end()")


@scene(3)
def module_level(p):
    """Statements of the module itself."""
    p.budget = 10
    with p.block("try:"):
        block(p, 5)
        p.write(f"emit('module', {expr(p, 'any', 2)})")
    with p.block("except BaseException as e:"):
        p.write("fail('module', e)")


@scene(3)
def globals_and_builtins(p):
    """A function whose globals and builtins change while it is hot."""
    function, name, thing = p.fresh("f"), p.fresh("s"), p.bind(p.fresh(), "int")
    p.write(f"{thing} = 1")
    # What is changed in builtins is nothing that our own code uses.
    body = p.pick((f"return {thing}", "return oct(8)", f"return ({thing}, len('ab'))", "return bin(x)",
                   f"global {thing}; {thing} = x; return {thing}", "return [oct(ord(c)) for c in 'ab']",
                   "return isinstance(x, int)", "return late"))
    with p.block(f"def {function}(x):"):
        p.write(body)
    changes = p.some((f"globals()[{thing!r}] = {literal(p, 'str')}", f"globals()['new{p.number(1, 9)}'] = 1",
                      "globals()['len'] = lambda x: 'mine'", "globals().pop('len', None)", f"del {thing}",
                      "import builtins; builtins.late = 5",
                      "import builtins; builtins.late = 'l'; builtins.oct = lambda x: -1",
                      "import builtins; del builtins.late", f"{thing} = {literal(p, 'int')}", "late = 'global'",
                      "[globals().setdefault('q%d' % j, j) for j in range(90)]",
                      "import builtins; builtins.bin = lambda x: 'bin'", "isinstance = lambda *r: r",
                      "del isinstance", "import builtins; builtins.oct = lambda x: 77", "oct = hex", "del oct"), 2, 5)
    p.write(f"{name} = Stream('{name}')")
    with p.block(f"for i in range({p.pick((40, 90, 150))}):"):
        for number, change in enumerate(changes):
            with p.block(f"{'el' if number else ''}if i == {p.number(4, 15) + number * p.pick((6, 20))}:"):
                p.write(f"try: {change}")
                p.write(f"except Exception as e: {name}.error(e)")
        p.write(f"try: {name}({function}(i % 2))")
        p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")
    p.write("globals().pop('len', None); globals().pop('isinstance', None); globals().pop('oct', None)")
    assign(p, thing, "int", p.pick(SMALL))


@scene(3)
def changed_function(p):
    """A function whose code, defaults and the like change while it is hot."""
    first, second, name = p.fresh("f"), p.fresh("f"), p.fresh("s")
    arguments = p.pick(("x", "x, y=1", "x, *r", "x, *, k=3", "x=0, y=5"))
    p.write(f"def {first}({arguments}): return (1, {arguments.split(',')[0].strip('*').partition('=')[0]})")
    p.write(f"def {second}({p.pick((arguments, arguments, 'x, y, z=9', '*r', '**w', ''))}): "
            f"return {expr(p, 'int', 1)}")
    changes = p.some(("swap({f}, {g})", "swap({g}, {f})", "{f}.__defaults__ = (7, 8)", "{f}.__defaults__ = None",
                      "{f}.__kwdefaults__ = {{'k': 4}}", "{f}.__kwdefaults__ = None",
                      "{f}.__name__ = 'renamed'; {f}.__qualname__ = 'q'",
                      "{f} = {g}",
                      "{f} = types.FunctionType({f}.__code__, {{'emit': emit}}, 'made', {f}.__defaults__)",
                      "{f}.__code__ = {f}.__code__.replace(co_name='replaced')", "{f}.__dict__['x'] = 1",
                      "{f} = types.MethodType({g}, 3)", "{f}.__defaults__ = (1, 2, 3)", "{f}.__code__ = 5",
                      "{f}.__annotations__ = {{'x': int}}", "del {f}.__defaults__", "{f} = lambda x, y=0: x",
                      "{f}.__type_params__ = ()",
                      "import functools; {f} = functools.partial({f}, 1)", "{f}.__builtins__",
                      "{f} = staticmethod({f})", "{f} = property({f})"), 1, 4)
    call = p.pick(("{f}(i)", "{f}(i, 2)", "{f}(x=i)", "{f}(*[i])", "{f}()", "from_c(0, {f}, (i,))",
                   "from_c(1, {f}, (i,), {{'y': 2}})", "from_c(2, {f}, (i, 1))", "from_c(3, {f}, (i,))",
                   "list(map({f}, 'ab'))", "sorted([2, 1], key={f})"))
    user = p.fresh("f")
    p.write(f"def {user}(i): return {call.format(f=first)}")
    p.write(f"{name} = Stream('{name}')")
    with p.block(f"for i in range({p.pick((30, 80))}):"):
        for number, change in enumerate(changes):
            with p.block(f"{'el' if number else ''}if i == {p.number(4, 12) + number * 12}:"):
                p.write(f"try: {change.format(f=first, g=second)}")
                p.write(f"except Exception as e: {name}.error(e)")
        p.write(f"try: {name}({user}(i % 2))")
        p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")


# Where instances keep their attributes differs between these.
BASES = ("Exception", "KeyError", "list", "dict", "set", "int", "str", "tuple", "float", "object", "Watched")


@scene(3)
def hidden(p):
    """Attributes of a class that those of some of its instances hide."""
    base = p.pick(BASES)
    made, function, name = p.fresh("H"), p.fresh("f"), p.fresh("s")
    with p.block(f"class {made}({base}):"):
        if base in ("object", "list", "dict", "Exception") and p.chance(0.3):
            p.write("__slots__ = 'x', '__dict__'")
        p.write("def m(self): return 'method'")
        p.write("k = 'class'")
    with p.block(f"def {function}(x):"):
        p.write(f"return {p.pick(('x.m()', 'x.m()', 'x.k', 'x.m(), x.k', 'x.m.__name__'))}")
    p.write(f"{name} = Stream('{name}')")
    with p.block(f"for i in range({p.number(20, 90)}):"):
        p.write(f"x = {made}({repr(made) if base == 'Watched' else ''})")
        with p.block(f"if i % {p.number(7, 30)} == {p.number(2, 6)}:"):
            p.write(p.pick(("x.m = lambda: 'instance'", "x.k = 'instance'", "x.other = 1", "x.__dict__",
                            "x.__dict__['m'] = str", "x.m = len", "x.k = x.m = str; del x.m",
                            f"{made}.k = i", f"{made}.m = lambda self: i")))
        p.write(f"try: {name}({function}(x))")
        p.write(f"except Exception as e: {name}.error(e)")
    p.write(f"{name}.end()")
    p.write("del x")
