"""Expressions by kind. A kind is what the value most likely is; now and then another one is put in its place, so that
every operation also meets operands for which it raises."""
from .program import SCALARS
from .tables import EXPRESSIONS, expression
from .values import KEYS, NAMES, elements, literal, scalar

WRONG = 0.03


def expr(p, kind, depth=2):
    """The text of an expression. It stands in brackets where precedence could matter."""
    if p.chance(WRONG):
        kind = p.pick(("int", "str", "list", "float", "any"))
    if depth <= 0 or p.chance(0.3):
        return atom(p, kind)
    table = EXPRESSIONS.get(kind)
    if table is None:
        return atom(p, kind)
    return p.pick(table.within(p.scope.flavour))(p, depth - 1)


def atom(p, kind):
    """A name or a literal."""
    if p.chance(0.65):
        name = p.variable(kind)
        if name is not None:
            return name
    if kind == "any":
        kind = p.pick(("int", "str", "list", "tuple", "any", "float", "dict"))
    return literal(p, kind)


def condition(p, depth=2):
    """Something that is tested: mostly a bool, else anything."""
    return expr(p, "bool" if p.chance(0.6) else p.pick(("int", "str", "list", "any", "float", "dict", "obj")), depth)


def short(p, kind, depth):
    """A sequence of a few items at most, for places where sizes would add up."""
    return f"{expr(p, kind, depth)}[:{p.number(1, 5)}]"


def both(kinds):
    """Registers a form for several kinds; it is told which."""

    def register(form):
        for kind in kinds:
            expression(kind, 2)(lambda p, depth, kind=kind: form(p, depth, kind))
        return form

    return register


@both(("int", "float", "str", "list", "tuple", "dict", "set", "bool", "obj", "any"))
def choice(p, depth, kind):
    return f"({expr(p, kind, depth)} if {condition(p, depth)} else {expr(p, kind, depth)})"


@both(("int", "float", "str", "list", "any"))
def walrus(p, depth, kind):
    text = expr(p, kind, depth)
    if p.no_walrus or p.scope.flavour in ("class", "comprehension"):
        return text
    name = p.own(kind) if p.chance(0.5) else None
    if name is None or name in p.scope.foreign:
        # A letter of its own: the text may yet be thrown away, and the name with it.
        name = p.bind(p.fresh("u"), kind)
    return f"({name} := {text})"


@both(("int", "str", "float", "bool", "obj", "any", "list"))
def logic(p, depth, kind):
    word = p.pick(("and", "or"))
    return f"({expr(p, kind, depth)} {word} {expr(p, kind, depth)})"


@both(("int", "float", "str", "tuple", "any", "list"))
def called(p, depth, kind):
    known = [known for known in p.functions if known.result == kind and known.flavour == "function"]
    found = [known for known in known if known.callable_from(p)]
    if not found:
        return expr(p, kind, depth)
    return p.pick(found).call(p)


@both(("int", "float", "str", "any", "tuple"))
def attribute(p, depth, kind):
    """An attribute or the result of a method of an object."""
    usable = [known for known in p.classes if known.simple and known.members.get(kind)]
    if not usable:
        return atom(p, kind)
    known = p.pick(usable)
    p.spend(3)
    owner = p.variable("obj") if p.chance(0.7) else None
    return f"{owner or known.make(p)}.{p.pick(known.members[kind])}"


@both(("int", "float", "str", "list", "tuple", "dict", "bool", "any"))
def through_lambda(p, depth, kind):
    name = p.fresh("q")
    argument = expr(p, kind, 0)
    p.no_walrus += 1
    with p.inside("comprehension"):
        p.bind(name, kind)
        body = expr(p, kind, depth)
    p.no_walrus -= 1
    form = p.pick(("(lambda {n}: {b})({a})", "(lambda {n}={a}: {b})()", "(lambda *, {n}: {b})({n}={a})",
                   "(lambda *r, {n}={a}: {b})(1, 2)"))
    return form.format(n=name, a=argument, b=body)


@both(("int", "float", "str", "any"))
def waited(p, depth, kind):
    if p.may_await():
        value = expr(p, kind, depth)
        return f"(await {p.pick(('Suspend', 'Suspend', 'Plain', 'old_coroutine'))}({value}))"
    if p.may_yield():
        return f"(yield {expr(p, kind, depth)})"
    return expr(p, kind, depth)


# Numbers.


@expression("int", 8)
def arithmetic(p, depth):
    return f"({expr(p, 'int', depth)} {p.pick(('+', '-', '+', '-', '&', '|', '^'))} {expr(p, 'int', depth)})"


@expression("int", 3)
def scaled(p, depth):
    return f"({expr(p, 'int', depth)} * {p.number(-3, 9)})"


@expression("int", 3)
def divided(p, depth):
    divisor = expr(p, "int", 0) if p.chance(0.3) else str(p.number(1, 13))
    return f"({expr(p, 'int', depth)} {p.pick(('//', '%'))} {divisor})"


@expression("int", 2)
def powered(p, depth):
    return f"(({expr(p, 'int', depth)} % 97) {p.pick(('** 2', '** 3', '<< 3', '>> 2'))})"


@expression("int", 2)
def unary(p, depth):
    return f"({p.pick(('-', '+', '~', '- -', '-~'))}{expr(p, 'int', depth)})"


@expression("int", 5)
def counted(p, depth):
    return f"len({expr(p, p.pick(('str', 'list', 'tuple', 'dict', 'set', 'obj', 'any')), depth)})"


@expression("int", 5)
def from_builtin(p, depth):
    kind = p.pick(("list", "tuple"))
    form = p.pick(("abs({i})", "sum({l})", "max({i}, {i2})", "min({i}, {j})", "int({f})", "int({s}, 36)",
                   "divmod({i}, 7)[1]", "round({f})",
                   "ord({s}[0])", "({s}).find('a')", "({s}).count('b')", "({l}).count(1)", "({l}).index(2)",
                   "hash({h})", "({i}).bit_length()",
                   "({d}).get('k', 3)", "next(iter({l}))", "next(iter({l}), -1)", "pow({i}, 2, 101)",
                   "min({l}, default=0)", "{t}[0]"))
    return form.format(i=expr(p, "int", depth), i2=expr(p, "int", 0), j=expr(p, "int", 0), f=expr(p, "float", 0),
                       s=expr(p, "str", 0),
                       l=expr(p, kind, 0), d=expr(p, "dict", 0), t=expr(p, "tuple", 0),
                       h=literal(p, "int"))  # the hash of anything else may be an address


@expression("int", 4)
@expression("any", 3)
def item(p, depth):
    kind = p.pick(("list", "tuple", "dict", "str", "obj"))
    index = p.pick(KEYS) if kind == "dict" else expr(p, "int",
                                                     0) if p.chance(0.4) else p.pick(("0", "1", "-1", "True"))
    return f"{expr(p, kind, depth)}[{index}]"


@expression("float", 6)
def float_arithmetic(p, depth):
    left, right = p.pick((("float", "float"), ("float", "int"), ("int", "float")))
    return f"({expr(p, left, depth)} {p.pick(('+', '-', '*'))} {expr(p, right, depth)})"


@expression("float", 3)
def float_division(p, depth):
    left = expr(p, p.pick(("int", "float")), depth)
    right = p.pick(("2", "3.0", "0.5", "-4", expr(p, "float", 0)))
    return f"({left} {p.pick(('/', '/', '//', '%'))} {right})"


@expression("float", 2)
def float_builtin(p, depth):
    form = p.pick(("float({i})", "abs({f})", "round({f}, 1)", "-{f}", "max({f}, {i})", "sum([{f}, {i}])",
                   "({f}).real", "complex({i}, 1).imag"))
    return form.format(f=expr(p, "float", depth), i=expr(p, "int", 0))


# Text.


@expression("str", 5)
def concatenation(p, depth):
    return f"({short(p, 'str', depth)} + {short(p, 'str', depth)})"


@expression("str", 6)
def formatted(p, depth):
    parts = []
    for _ in range(p.number(1, 3)):
        kind = p.pick(("int", "float", "str", "list", "any", "obj", "bool"))
        inner = expr(p, kind, depth)
        tail = {"int": ("", ":>5", ":+d", ":x", "!r:>8.20", ":{w}"), "float": (":.2f", ":>9.3g", ":.1e"),
                "bool": ("", ":d", "!s:.20"),
                "obj": ("!s:.20", "!r:.20", ":>4")}.get(kind, ("!r:.20", "!s:.12", "!a:.9", "!r:<12.10"))
        tail = p.pick(tail).replace("{w}", "{%d}" % p.number(1, 6))
        parts.append("{(" + inner + ")" + tail + "}")
    return 'f"' + p.pick(("", "x", "{{", "\\n")) + p.pick((" ", "", "-")).join(parts) + '"'


@expression("str", 3)
def of_value(p, depth):
    value = expr(p, p.pick(("int", "list", "tuple", "float", "any", "obj")), depth)
    return f"{p.pick(('str', 'repr', 'ascii', 'format'))}({value})[:20]"


@expression("str", 5)
def text_method(p, depth):
    form = p.pick(("({s}).upper()", "({s}).strip()", "({s}).replace('a', 'bb')[:9]", "','.join([{s}[:5], 'z'])",
                   "({s}).title()", "({s}).center(7, '*')[:9]",
                   "('%s-%r' % ({i}, {s}))[:20]", "'{{}}/{{!r:.9}}'.format({i}, {s})", "({s}).zfill(4)",
                   "chr({i} % 128)", "({s}).partition(',')[0]",
                   "({s}).join('ab')[:9]", "'%(a)s' % {{'a': {i}}}", "({s}).format({i})[:20]", "('%d' % {i})",
                   "({s}).casefold()", "str({s})", "({s}).removeprefix('a')"))
    return form.format(s=expr(p, "str", depth), i=expr(p, "int", 0))


@expression("str", 3)
@expression("list", 2)
@expression("tuple", 2)
def part(p, depth):
    kind = p.pick(("str", "str", "list", "tuple"))
    cut = p.pick(("1:", ":2", ":-1", "::-1", "::2", "1:3", ":", "-2:", "a:b", "1:a", ":b:c"))
    cut = "".join([f"({expr(p, 'int', 0)} or 1)" if letter in "abc" else letter for letter in cut])
    return f"{expr(p, kind, depth)}[{cut}]"


# Containers. Their items are scalars, so that nothing grows in depth.


def items(p, depth):
    """Items of a display."""
    found = []
    for _ in range(p.number(0, 3)):
        found.append(expr(p, p.pick(SCALARS),
                          depth - 1) if p.chance(0.9) else f"*{short(p, p.pick(('list', 'tuple', 'str')), 0)}")
    return found


@expression("list", 5)
def list_display(p, depth):
    return "[" + ", ".join(items(p, depth)) + "]"


@expression("list", 3)
def list_builtin(p, depth):
    form = p.pick(("list({t})", "sorted({l}, key=str)", "list({s}[:6])", "({s}).split(',')[:5]", "list(range({n}))",
                   "list(map(str, {l}))[:6]",
                   "[*{t}][:8]", "list(reversed({l}))", "list(zip({l}, {s}))[:3]", "list({d})",
                   "list(({d}).items())[:3]", "({l}[:4] + {l2}[:4])",
                   "({l}).copy()", "list(enumerate({s}))[:3]", "({l}[:3] * 2)", "list(filter(None, {l}))",
                   "sorted({l}, reverse=True)"))
    return form.format(t=expr(p, "tuple", depth), l=expr(p, "list", depth), l2=expr(p, "list", 0),
                       s=expr(p, "str", 0), d=expr(p, "dict", 0), n=p.number(0, 6))


@expression("tuple", 5)
def tuple_display(p, depth):
    found = items(p, depth)
    return f"({found[0]},)" if len(found) == 1 else "(" + ", ".join(found) + ")"


@expression("tuple", 3)
def tuple_builtin(p, depth):
    form = p.pick(("tuple({l})", "divmod({i}, 5)", "({t}[:4] + {t2}[:4])", "(*{s}[:4],)", "({s}).partition('b')",
                   "tuple({d})", "({i}).as_integer_ratio()", "({t}[:2] * 2)"))
    return form.format(l=expr(p, "list", depth), i=expr(p, "int", 0), t=expr(p, "tuple", depth),
                       t2=expr(p, "tuple", 0), s=expr(p, "str", 0), d=expr(p, "dict", 0))


@expression("dict", 5)
def dict_display(p, depth):
    found = []
    for _ in range(p.number(0, 3)):
        pair = f"{p.pick(KEYS)}: {expr(p, p.pick(SCALARS), depth - 1)}"
        found.append(pair if p.chance(0.9) else f"**{expr(p, 'dict', 0)}")
    return "{" + ", ".join(found) + "}"


@expression("dict", 3)
def dict_builtin(p, depth):
    form = p.pick(("dict({n}={i})", "dict(zip('abk', {l}))", "({d} | {d2})", "dict({d}, {n}={i})",
                   "dict.fromkeys('kx', {i})", "({d}).copy()",
                   "dict(({d}).items())", "dict([('k', {i})])"))
    return form.format(n=p.pick(NAMES), i=expr(p, "int", depth), l=expr(p, "list", 0), d=expr(p, "dict", depth),
                       d2=expr(p, "dict", 0))


@expression("set", 4)
def set_display(p, depth):
    found = elements(p, 3) + [expr(p, p.pick(("int", "str")), depth)]
    return "{" + ", ".join(found) + "}"


@expression("set", 3)
def set_builtin(p, depth):
    form = p.pick(("set({l})", "frozenset({s})", "({e} {o} {f})", "({e}).union({l})", "set({d})", "{{*{s}}}"))
    return form.format(l=expr(p, "list", 0), s=expr(p, "str", 0), e=expr(p, "set", depth), f=expr(p, "set", 0),
                       d=expr(p, "dict", 0), o=p.pick("|&-^"))


# Truth.


@expression("bool", 6)
def comparison(p, depth):
    kind = p.pick(("int", "int", "float", "str", "list", "tuple", "any", "obj"))
    found = [expr(p, kind, depth)]
    for _ in range(p.pick((1, 1, 1, 2, 3))):
        found.append(p.pick(("<", "<=", "==", "!=", ">", ">=")) if kind not in ("any",
            "obj") else p.pick(("==", "!=", "<")))
        found.append(expr(p, kind, depth - 1))
    return "(" + " ".join(found) + ")"


@expression("bool", 4)
def membership(p, depth):
    kind = p.pick(("list", "tuple", "str", "set", "dict", "any"))
    needle = expr(p, "str" if kind == "str" else p.pick(("int", "str")), depth)
    return f"({needle} {p.pick(('in', 'not in'))} {expr(p, kind, depth)})"


@expression("bool", 3)
def identity(p, depth):
    other = p.pick(("None", "True", "...", p.variable("any") or "False"))
    return f"({expr(p, 'any', depth)} {p.pick(('is', 'is not'))} {other})"


@expression("bool", 2)
def negation(p, depth):
    return f"(not {condition(p, depth)})"


@expression("bool", 4)
def test(p, depth):
    form = p.pick(("isinstance({a}, {c})", "callable({a})", "any({l})", "all({t})", "bool({a})",
                   "({s}).startswith('a')", "({s}).isdigit()", "hasattr({a}, {n!r})",
                   "issubclass(type({a}), {c})", "({e}).issubset({l})", "({i} < {i} + 1 < 9)",
                   "isinstance({a}, int | str)"))
    return form.format(a=expr(p, "any", depth), c=p.pick(("int", "str", "(list, tuple)", "float", "object", "type")),
                       l=expr(p, "list", 0), t=expr(p, "tuple", 0),
                       s=expr(p, "str", 0), n=p.pick(NAMES), e=expr(p, "set", 0), i=expr(p, "int", 0))


# Whatever.


@expression("any", 8)
def of_some_kind(p, depth):
    return expr(p, p.pick(("int", "str", "list", "tuple", "dict", "float", "set", "bool", "obj")), depth)


@expression("any", 4)
def untyped(p, depth):
    """An operator with one operand of any type, and a literal."""
    pair = [atom(p, "any"), literal(p, p.pick(("int", "str", "list", "float", "tuple")))]
    if p.chance(0.4):
        pair.reverse()
    return f"({pair[0]} {p.pick(('+', '+', '-', '==', '<', '|', '&', '>=', '!=', '^', '@'))} {pair[1]})"


@expression("obj", 3)
def bound_method(p, depth):
    return atom(p, "obj")


@expression("any", 1)
def function_value(p, depth):
    found = [known for known in p.functions if known.flavour == "function"]
    return p.pick(found).name if found else "len"
