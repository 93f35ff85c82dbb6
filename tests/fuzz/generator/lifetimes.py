"""When objects die: temporaries, locals, arguments, cells, frames, cycles, and what dies in an exception."""
from .expressions import condition, expr
from .snippets import snippet
from .statements import FUNCTIONS, block, opening, suite
from .tables import scene, statement
from .values import literal


@statement(4, simple=True, flavours=FUNCTIONS)
def watched(p):
    """An object that logs its end, held in one of many ways."""
    if p.weight > 16:
        return p.write("pass")
    name = p.bind(p.fresh("w"), "obj") if p.chance(0.02) else p.fresh("w")
    p.write(snippet(p, "watched", name=name))


@statement(2, flavours=FUNCTIONS)
def dying_with_error(p):
    """Objects on the stack and in locals when an exception passes."""
    if p.weight > 16:
        return p.write("pass")
    with p.block("try:"):
        p.write(snippet(p, "dying"))
    name = p.fresh("e")
    with p.block(f"except {p.pick(('Exception', 'Exception as ' + name))}:"):
        p.write(f"emit('caught{p.line()}')")
        if p.chance(0.3):
            block(p, 1)


# What a function with the parameters a, b, *c and **d is called with; W is a watched object.
ARGUMENTS = ("W", "W, W", "W, b=W", "a=W", "W, W, W, k=W", "*[W]", "**{'a': W}", "", "W, a=1")


@scene(6)
def lives(p):
    """A function full of watched objects."""
    name = p.fresh("f")
    with p.block(f"def {name}(a, b=None, *c, **d):"), p.inside("function") as scope, p.body(200):
        scope.add("a", "any")
        p.budget = 8
        opening(p)
        for _ in range(p.number(2, 5)):
            p.pick((watched, watched, dying_with_error, block, holding))(p)
        p.write(p.pick(("return a", "return (a, b)", "return", "return locals().keys() and 1", "return (lambda: a)",
                        "raise Refusal(a)", "return [x for x in (a, b)]", "emit('end')")))
    for number in range(p.number(1, 3)):
        made = f"Watched('arg{number}')"
        p.write(f"try: emit('r', {name}({p.pick(ARGUMENTS).replace('W', made)}))")
        p.write(f"except Exception as e: fail('r', e){p.pick(('', '; del e', '; emit(sys.exception())'))}")
        if p.chance(0.3):
            p.write("collect()")


def holding(p):
    """Something that keeps the frame or its cells alive."""
    p.write(snippet(p, "holding"))


@scene(3)
def cycles(p):
    """Garbage that only the collector finds: objects, frames, generators, exceptions and classes in cycles."""
    name = p.fresh("f")
    with p.block(f"def {name}(n):"):
        for _ in range(p.number(1, 4)):
            p.write(snippet(p, "cycles"))
        if p.chance(0.4):
            p.write("collect()")
        p.write("return n")
    p.write(f"try: emit({name}(1)); {name}(0)")
    p.write("except Exception as e: fail('cy', e)")
    p.write(p.pick(("collect()", "collect(0)", "collect(1); collect()")))


@scene(3)
def closures(p):
    """Functions that share cells, keep them, empty them."""
    name = p.fresh("f")
    with p.block(f"def {name}(a, b={literal(p, 'int')}):"), p.inside("function") as scope, p.body(100):
        scope.add("a", "any")
        scope.add("b", "int")
        p.budget = 5
        p.write(f"c = {expr(p, 'int', 1)}")
        scope.add("c", "int")
        with p.block("def inner(d=0):"):
            p.write(p.pick(("nonlocal c", "nonlocal c, a", "nonlocal b")))
            p.write(p.pick(("c += 1", "c = d; a", "b = (b, 1)[0]", "c = a",
                            "del c" if p.lines[-1].endswith("c") else "b = 1",
                            "a = c" if p.lines[-1].endswith("a") else "pass")))
            p.write(p.pick(("return c", "return (a, b, c)", "return [c for _ in 'ab']",
                            "return [a for i in (1, 2) if i]", "return lambda: (c, b)", "emit(c); return inner",
                            "return [lambda: (i, c) for i in range(2)]")))
        suite(p, f"if {condition(p, 1)}:", 2)
        p.write(p.pick(("return inner", "return inner, lambda: c", "return inner(), c",
                        "x = inner(2); return x, c, inner", "c = inner; return c",
                        "return inner.__closure__[0].cell_contents, inner", "del a; return inner")))
    with p.block("try:"):
        p.write(f"r = {name}({literal(p, p.pick(('int', 'str', 'list')))})")
        p.write(snippet(p, "closure_use"))
    p.write("except Exception as e: fail('cl', e)")


# Displays and patterns that take watched objects and let go of some. K are equal to one another; sets have no others,
# because the hash of W is an address.
DROPPING = ("{K('a'): W('b'), K('c'): W('d')}", "{W('a'): W('b'), K('c'): W('d'), K('e'): W('f')}",
            "{K('a'), K('b'), 7}", "{'x': W('a'), 'y': W('b')}", "{W('a'): W('b'), []: W('c')}", "{K('a'), K('b'), []}",
            "[W('a'), *[W('b')], *W('c')]", "(W('a'), *(W('b') for _ in 'ab'), 1 // 0)",
            "{**{K('a'): W('b')}, **{K('c'): W('d')}}", "{K('a'): W('b'), **W('c')}", "f'{W('a')}{W('b'):x}'",
            "W('a')[W('b'):W('c')]", "max(W('a'), W('b'))", "print(*[W('a')], **{'sep': W('b')})")
PATTERNS = ("P(a=x, b=y, c=z)", "P(x, y, z)", "P(x, b=1)", "P(x, y)", "P(a=P())", "{'a': x, 'b': y, 'none': z}",
            "{'a': x, 'b': 1}", "{'a': x, **y}", "[x, y, 1]", "[x, *y]", "P(x) | {'a': x}")


@scene(2)
def dropping(p):
    """In which order values go: those of displays, and those that a pattern has found before it fails."""
    name = p.fresh("f")
    p.write("W = Watched")
    p.write("class K(Watched): __eq__ = lambda self, other: isinstance(other, K); __hash__ = lambda self: 1")
    with p.block("class P:"):
        p.write("__match_args__ = 'a', 'b', 'none'")
        p.write("a = property(lambda self: Watched('a'))")
        p.write("b = property(lambda self: Watched('b'))")
    with p.block("class M(dict):"):
        p.write("def get(self, key, default): return default if key == 'none' else Watched(key)")
    with p.block(f"def {name}(n):"):
        if p.chance(0.5):
            p.write(f"x = {p.pick(DROPPING)}")
        else:
            subject = p.pick(("P()", "P()", "M(a=1, b=2, c=3)", "[W('a'), W('b'), W('c')]"))
            with p.block(f"match {subject}:"):
                for _ in range(p.number(1, 3)):
                    p.write(f"case {p.pick(PATTERNS)}: emit('case{p.line()}')")
        p.write("emit('end')")
    with p.block(f"for i in range({p.pick((1, 3, 20))}):"):
        p.write(f"try: {name}(i)")
        p.write("except Exception as e: fail('dr', e)")
