"""Comprehensions of all kinds, and generator expressions."""
from .expressions import condition, expr, short
from .program import SCALARS
from .tables import expression
from .values import KEYS

SOURCES = (("range({n})", "int"), ("{l}", "any"), ("{t}", "any"), ("{s}", "str"), ("{d}", "any"),
           ("({d}).values()", "int"), ("Countdown({n})", "int"),
           ("enumerate({l})", "tuple"), ("zip({l}, {s})", "tuple"), ("({l} or [1])", "any"))


def clauses(p, depth, words=""):
    """The clauses; binds their names in the scope of the comprehension. The first source is evaluated outside."""
    text = ""
    for number in range(p.pick((1, 1, 1, 2))):
        form, kind = p.pick(SOURCES)
        if words and number == 0:
            form, kind = "AsyncCountdown({n})", "int"
        source = form.format(n=p.number(0, 4), l=short(p, "list", 0), t=short(p, "tuple", 0), s=short(p, "str", 0),
                             d=expr(p, "dict", 0))
        name = p.bind(p.fresh("i"), kind)
        target = name
        if kind == "tuple" and p.chance(0.7):
            other = p.bind(p.fresh("i"), "any")
            target = f"{name}, {other}"
            p.scope.drop(name)
            p.bind(name, "int")
        text += f"{words if number == 0 else ''} for {target} in {source}"
        while p.chance(0.25):
            text += f" if {condition(p, depth)}"
    return text


def comprehension(p, form, kinds, depth, words=""):
    """A comprehension: `form` has a place for its element and one for its clauses."""
    p.no_walrus += 1
    with p.inside("comprehension"), p.repeated(4):
        found = clauses(p, depth - 1, words)
        values = [expr(p, p.pick(kinds), depth) for _ in range(form.count("{v}"))]
    p.no_walrus -= 1
    for value in values:
        form = form.replace("{v}", value, 1)
    return form.replace("{c}", found, 1)


@expression("list", 4)
def list_comprehension(p, depth):
    return comprehension(p, "[{v}{c}]", SCALARS, depth)


@expression("set", 2)
def set_comprehension(p, depth):
    return comprehension(p, "{{v}{c}}", ("int", "str"), depth)


@expression("dict", 3)
def dict_comprehension(p, depth):
    key = p.pick(("{v}", p.pick(KEYS)))
    return comprehension(p, "{" + key + ": {v}{c}}", ("int", "str"), depth)


@expression("int", 2)
@expression("any", 1)
def generator_expression(p, depth):
    form = p.pick(("sum({v}{c})", "max(({v}{c}), default=0)", "len(list({v}{c}))", "next(({v}{c}), 5)",
                   "min([{v}{c}] or [1])"))
    return comprehension(p, form, ("int",), depth)


@expression("tuple", 2)
def tuple_of_generator(p, depth):
    return comprehension(p, "tuple({v}{c})", SCALARS, depth)


@expression("bool", 2)
def quantifier(p, depth):
    return comprehension(p, p.pick(("any({v}{c})", "all({v}{c})", "(1 in ({v}{c}))")), ("bool", "int"), depth)


@expression("str", 1)
def joined(p, depth):
    return comprehension(p, "','.join({v}{c})[:12]", ("str",), depth)


@expression("list", 4, flavours=("coroutine", "asyncgen"))
def asynchronous(p, depth):
    return comprehension(p, p.pick(("[{v}{c}]", "list({{v}{c}})[:1]", "[*{{v}: 1{c}}]")), ("int",), depth, " async")
