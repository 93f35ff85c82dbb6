"""Statements that assign, delete, test, loop, call and log. `block` writes some of them."""
from .expressions import condition, expr, short
from .functions import define
from .observers import toggle
from .program import KINDS, SCALARS
from .tables import SIMPLE, STATEMENTS, statement
from .values import KEYS, NAMES, literal

BINDABLE = ("int", "int", "int", "str", "str", "float", "list", "tuple", "dict", "set", "bool", "obj", "any")
FUNCTIONS = ("function", "generator", "coroutine", "asyncgen")
DEEPEST = 7


def block(p, most=4):
    """Some statements; as few as one when the budget is spent."""
    count = p.number(1, most)
    for _ in range(count):
        one(p)


def one(p):
    """One statement."""
    p.budget -= 1
    p.spend(1)
    simple = p.budget < 0 or p.level > DEEPEST or p.weight > 60
    p.pick((SIMPLE if simple else STATEMENTS).within(p.scope.flavour))(p)


def suite(p, header, most=3):
    """A header and the statements below it. They may not run: what they bind is mostly not used below them."""
    before = {kind: list(names) for kind, names in p.scope.names.items()}
    with p.block(header):
        block(p, most)
    if p.chance(0.8):
        p.scope.names = before


def target(p, kind):
    """A name to assign to: a new one, or one of this scope."""
    name = p.own(kind) if p.chance(0.45) else None
    return name or p.fresh()


def assign(p, name, kind, text):
    p.write(f"{name} = {text}")
    p.bind(name, kind)


@statement(10, simple=True)
def assignment(p):
    kind = p.pick(BINDABLE)
    text = expr(p, kind)
    name = target(p, kind)
    way = p.random()
    if way < 0.85:
        p.write(f"{name} = {text}")
    elif way < 0.93:
        p.write(f"{p.bind(p.fresh(), kind)} = {name} = {text}")
    elif name not in p.scope.foreign and name not in p.visible(kind):
        p.write(f"{name}: {p.pick(('int', 'str', 'list[int]', repr('later')))} = {text}")
    else:
        p.write(f"{name} = {text}")
    if name not in p.scope.names.get(kind, ()):
        p.bind(name, kind)


@statement(6, simple=True)
def augmented(p):
    kind = p.pick(("int", "int", "float", "str", "list", "set", "dict", "any"))
    name = p.own(kind)
    if name is None:
        return assignment(p)
    value = {
        "int": lambda: f"{p.pick(('+', '-', '+', '&', '|', '^', '//', '%'))}= {expr(p, 'int', 1)}",
        "float": lambda: f"{p.pick('+-*')}= {p.pick(('1.5', '2', '-0.25', expr(p, 'int', 0)))}",
        "str": lambda: f"+= {literal(p, 'str')}",
        "list": lambda: p.pick(("+= [1]", "+= (2, 3)", "+= 'ab'", "*= 1",
                                f"+= {short(p, 'list', 0)}" if p.weight < 5 else "+= []")),
        "set": lambda: f"{p.pick(('|', '&', '-', '^'))}= {expr(p, 'set', 0)}",
        "dict": lambda: f"|= {expr(p, 'dict', 0)}",
        "any": lambda: p.pick("+-|@%/") + "= " + literal(p, p.pick(("int", "str", "list", "float"))),
    }[kind]()
    p.write(f"{name} {value}")


@statement(4, simple=True)
def unpacking(p):
    """Targets of all shapes; the value may have another number of items."""
    form, count = p.pick((("{}, {}", 2), ("{}, {}", 2), ("[{}, {}, {}]", 3), ("{}, *{}", 2), ("*{}, {}", 2),
                          ("{}, *{}, {}", 3), ("({}, {}), {}", 3),
                          ("{}, ({}, *{})", 3), ("{},", 1), ("*{},", 1), ("{}, {}, {}, {}", 4)))
    names = [p.fresh() for _ in range(count)]
    kinds = ["list" if "*{}" in part else "any" for part in form.split(",") if "{}" in part]
    p.no_walrus += 1  # it may become what a generator loops over
    plain = ", ".join([expr(p, p.pick(SCALARS), 1) for _ in range(count)])
    p.no_walrus -= 1
    if "(" in form:
        value = p.pick(("((1, 2), 3)", "('ab', 'cd')", "[[1, 2], (3, 4, 5)]", "(1, (2, 3))", "({1: 2, 3: 4}, 'xy')",
                        plain))
    else:
        value = p.pick((plain, plain, plain, f"[{plain}]", literal(p, "str"), short(p, "list", 1),
                        expr(p, "tuple", 1), f"range({count})", f"Countdown({count})",
                        f"(z for z in ({plain},))", "{1: 2, 'k': 3}", expr(p, "any", 1)))
    p.write(f"{form.format(*names)} = {value}")
    for name, kind in zip(names, kinds):
        p.bind(name, kind)


@statement(3, simple=True)
def swap(p):
    names = [name for name in p.scope.names.get(p.pick(BINDABLE), ()) if name not in p.scope.foreign]
    if len(set(names)) < 2:
        return unpacking(p)
    chosen = p.some(dict.fromkeys(names), 2, 3)
    p.write(f"{', '.join(chosen)} = {', '.join(chosen[1:] + chosen[:1])}")


@statement(4, simple=True)
def item_store(p):
    kind = p.pick(("list", "dict", "dict", "obj"))
    name = p.variable(kind)
    if name is None:
        return assignment(p)
    key = p.pick(KEYS) if kind == "dict" else p.pick(("0", "-1", "1", expr(p, "int", 0)))
    way = p.random()
    if way < 0.6:
        p.write(f"{name}[{key}] = {expr(p, p.pick(SCALARS), 1)}")
    elif way < 0.8:
        p.write(f"{name}[{key}] {p.pick('+-|')}= {literal(p, 'int')}")
    elif kind == "list":
        p.write(f"{name}[{p.pick(('1:', ':1', ':', '::2', '1:2'))}] "
                f"= {p.pick(('[7, 8]', '()', short(p, 'str', 0), '[1]', 'range(2)'))}")
    else:
        p.write(f"{name}.setdefault({key}, {literal(p, 'int')})")


@statement(2, simple=True)
def method(p):
    """A method of a container that changes it."""
    kind = p.pick(("list", "list", "dict", "set"))
    name = p.own(kind)
    if name is None or p.weight > 20:
        return assignment(p)
    p.write(name + "." + p.pick({
        "list": (f"append({expr(p, p.pick(SCALARS), 1)})", "sort(key=str)", "reverse()", "pop()", "pop(0)",
                 f"insert(0, {literal(p, 'int')})", f"extend({short(p, 'str', 0)})",
                 "clear()", "remove(1)", f"append({literal(p, 'int')})"),
        "dict": (f"update({expr(p, 'dict', 0)})", f"pop({p.pick(KEYS)}, None)", "popitem()", "clear()",
                 f"update({p.pick(NAMES)}={literal(p, 'int')})"),
        "set": (f"add({literal(p, 'int')})", f"discard({literal(p, 'int')})", f"update({literal(p, 'list')})"),
    }[kind]))


@statement(4, simple=True)
def attribute_store(p):
    name = p.variable("obj")
    if name is None:
        return assignment(p)
    field = p.pick(NAMES)
    way = p.random()
    if way < 0.55:
        p.write(f"{name}.{field} = {expr(p, p.pick(SCALARS), 1)}")
    elif way < 0.8:
        p.write(f"{name}.{field} {p.pick(('+=', '-=', '|='))} {literal(p, 'int')}")
    elif way < 0.9:
        p.write(f"setattr({name}, {field!r}, {literal(p, 'int')})")
    else:
        p.write(f"del {name}.{field}")


@statement(3, simple=True)
def deletion(p):
    kind = p.pick(BINDABLE)
    name = p.own(kind)
    if name is None:
        return p.write("pass")
    way = p.random()
    if way < 0.4 and kind in ("list", "dict"):
        p.write(f"del {name}[{p.pick(KEYS) if kind == 'dict' else p.pick(('0', '-1', ':1', '::2', '1:3'))}]")
    elif p.scope.loops == 0 and p.scope.flavour != "class":
        p.write(f"del {name}")
        if p.chance(0.9):
            p.scope.drop(name)
    else:
        p.write(f"{name} = {literal(p, kind)}")


@statement(6, simple=True)
def probe(p):
    names = p.some(dict.fromkeys(p.visible("any")), 1, 3)
    p.write(f"emit('p{p.line()}'{''.join([f', {name}' for name in names])})")


@statement(2, simple=True)
def evaluated(p):
    p.write(expr(p, p.pick(KINDS), 2))


@statement(2, simple=True, flavours=FUNCTIONS)
def assertion(p):
    p.write(f"assert {condition(p, 1)}" + p.pick(("", f", {expr(p, 'str', 1)}")))


@statement(2, simple=True, flavours=FUNCTIONS)
def early_return(p):
    if p.scope.locked or not p.chance(0.4):
        return probe(p)
    with p.block(f"if {condition(p, 1)}:"):
        p.write("return" if p.scope.flavour == "asyncgen" else f"return {expr(p, p.pick(BINDABLE), 1)}")


@statement(2, simple=True)
def leave(p):
    """break or continue, mostly behind a condition."""
    if not p.scope.loops or p.scope.locked:
        return evaluated(p)
    word = p.pick(("break", "continue"))
    if p.chance(0.8):
        with p.block(f"if {condition(p, 1)}:"):
            p.write(word)
    else:
        p.write(word)


@statement(6)
def branch(p):
    suite(p, f"if {condition(p)}:")
    for _ in range(p.pick((0, 0, 1, 2))):
        suite(p, f"elif {condition(p)}:", 2)
    if p.chance(0.5):
        suite(p, "else:", 2)


SOURCES = (("range({n})", "int"), ("range({i}, {n})", "int"), ("{l}", "any"), ("{t}", "any"), ("{s}", "str"),
           ("{d}", "any"), ("({d}).items()", "pair"), ("enumerate({l})", "pair"),
           ("zip({l}, {s})", "pair"), ("Countdown({n})", "int"), ("(1, 2, 3)", "int"), ("[1.5, 2, 'a']", "any"),
           ("reversed({l})", "any"), ("map(str, {l})", "str"), ("{e}", "any"),
           ("iter([1, 2])", "int"), ("(w * 2 for w in range({n}))", "int"), ("[(1, 2), (3, 4)]", "pair"),
           ("{a}", "any"), ("'ab'", "str"), ("filter(None, {l})", "any"))


def source(p):
    """Something to loop over, of a few items, and what its items are."""
    form, kind = p.pick(SOURCES)
    most = 4 if p.weight > 3 else 9
    text = form.format(n=p.number(0, most), i=p.number(-1, 2), l=short(p, "list", 1), t=short(p, "tuple", 1),
                       s=short(p, "str", 1), d=expr(p, "dict", 0),
                       e=literal(p, "set"), a=short(p, "any", 0))
    return text, kind


def looped(p, header, most):
    """The body of a loop, and perhaps its else."""
    with p.repeated(4):
        p.scope.loops += 1
        suite(p, header, most)
        p.scope.loops -= 1
    if p.chance(0.25):
        suite(p, "else:", 1)


def item_names(p, kind):
    """Names for the items of a loop; they are bound."""
    if kind == "pair":
        names = p.fresh(), p.fresh()
        for name in names:
            p.bind(name, "any")
        return p.pick(("{}, {}", "({}, {})", "{}, *{}")).format(*names)
    return p.bind(p.fresh(), kind)


@statement(6)
def for_loop(p):
    text, kind = source(p)
    if kind != "pair" and p.chance(0.04) and p.variable("obj"):
        names = f"{p.variable('obj')}.{p.pick(NAMES)}"
    else:
        names = item_names(p, kind)
    looped(p, f"for {names} in {text}:", 3)


@statement(3)
def while_loop(p):
    """Counts down by a name of its own, that nothing else assigns."""
    counter = p.fresh("n")
    p.write(f"{counter} = {p.number(0, 5)}")
    test = f"{counter} > 0"
    if p.chance(0.4):
        test += f" {p.pick(('and', 'and not'))} {condition(p, 1)}"
    with p.repeated(4):
        with p.block(f"while {p.pick((test, test, counter))}:"):
            p.write(f"{counter} -= 1")
            p.scope.loops += 1
            block(p, 3)
            p.scope.loops -= 1
    if p.chance(0.3):
        suite(p, "else:", 1)


@statement(3)
def call_of_function(p):
    """A call as a statement of its own, or its result in a name."""
    found = [known for known in p.functions if known.flavour == "function" and known.callable_from(p)]
    if not found:
        return assignment(p)
    known = p.pick(found)
    text = known.call(p)
    if p.chance(0.6):
        assign(p, p.fresh(), known.result, text)
    else:
        p.write(text)


def opening(p):
    """A few local variables, so that what follows works on values that the compiler cannot know."""
    for _ in range(p.number(1, 4)):
        kind = p.pick(BINDABLE)
        assign(p, p.fresh(), kind, expr(p, kind, 1))


def outer_names(p, scope, kind):
    """Names of a kind that belong to `scope` or to what is around it, and the word that declares them inside."""
    while scope is not None:
        if scope.flavour in FUNCTIONS or scope.flavour == "module":
            names = [name for name in scope.names.get(kind, ()) if name not in scope.foreign and name[0] in "va"]
            if names:
                return names, "global" if scope.flavour == "module" else "nonlocal"
        scope = scope.parent
    return [], ""


def prologue(p):
    """What a function may begin with: names of others that it will bind."""
    if p.chance(0.15):
        kind = p.pick(("int", "str", "list"))
        names, word = outer_names(p, p.scope.parent, kind)
        if names:
            name = p.pick(names)
            p.write(f"{word} {name}")
            p.scope.foreign.append(name)
            p.bind(name, kind)


@statement(2)
def declared(p):
    """A small function that binds or deletes a name from around it."""
    kind = p.pick(("int", "str", "list"))
    names, word = outer_names(p, p.scope, kind)
    if not names:
        return assignment(p)
    name, inner = p.pick(names), p.fresh("f")
    with p.block(f"def {inner}():"):
        p.write(f"{word} {name}")
        p.write(p.pick((f"{name} = {literal(p, kind)}", f"{name} += {literal(p, kind)}", f"{name} = {name}",
                        f"{name} += {literal(p, kind)}", f"del {name}",
                        f"for {name} in ({literal(p, kind)},): pass", f"{name} = ({name}, {literal(p, 'str')})[0]")))
        p.write(f"return {name}")
    assign(p, p.fresh(), kind, f"{inner}()")


@statement(2, flavours=FUNCTIONS)
def nested(p):
    """A function in a function, used at once or kept."""
    if p.level > 4:
        return assignment(p)

    def body(p, function):
        prologue(p)
        block(p, 3)
        p.write(f"return {expr(p, function.result, 1)}")

    function = define(p, body, size=3, most=60, result=p.pick(("int", "str", "tuple", "list")))
    for _ in range(p.number(1, 2)):
        if function.callable_from(p):
            assign(p, p.fresh(), function.result, function.call(p))


@statement(1, simple=True)
def introspection(p):
    form = p.pick(("emit('l', sorted(locals().keys())[:5])", "emit('w', here())", "emit('fr', frame_of())",
                   "emit('w', lineno())",
                   "emit('g', len(globals()) > 5)", "emit('d', len(dir()) > 0)", "emit('v', callable(vars))",
                   "pending('q')", "emit('depth', here(2))", "collect(0)"))
    p.write(form)


@statement(2, simple=True, flavours=FUNCTIONS)
def poked(p):
    """A local variable set from outside, as debuggers do. Never one that a loop counts by."""
    kind = p.pick(("int", "str", "list", "any"))
    names = [name for name in p.scope.names.get(kind, ()) if name[0] in "va" and name not in p.scope.foreign]
    if not names:
        return probe(p)
    name = p.pick(names)
    p.write(f"poke({name!r}, {literal(p, p.pick((kind, 'int', 'str')))})")
    if p.chance(0.3):
        p.write("emit('peek', peek())")


@statement(1, simple=True)
def executed(p):
    """Code made while the program runs."""
    name = p.variable("int") or "3"
    text = p.pick((f"eval('{name} + 1')", f"eval(compile('({name}, 2)', '<fuzz>', 'eval'))",
                   f"exec('emit({name}, 5)')", f"eval('[q for q in range({p.number(0, 4)})]')",
                   f"eval('{name}', {{'{name}': 8}})", f"exec('x = 1; emit(x)', {{'emit': emit}})", "eval('1 +')",
                   f"exec('def g():\\n return {p.number(1, 9)}\\nemit(g())')"))
    p.write(text)


@statement(1, simple=True)
def observed(p):
    """Switches an observer on or off in mid-run."""
    if p.weight <= 16:
        p.write(toggle(p))
    else:
        p.write("pass")
