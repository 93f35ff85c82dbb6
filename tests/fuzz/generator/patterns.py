"""match with every kind of pattern."""
from .expressions import condition, expr
from .program import KINDS
from .statements import block
from .tables import statement
from .values import NAMES

FIXED = ("0", "1", "-1", "'a'", "b'x'", "None", "True", "False", "1.5", "'k'", "2 + 3j", "-1.5 - 2j", "sys.maxsize",
         "types.NoneType")
CLASSES = ("int", "str", "float", "list", "tuple", "dict", "bool", "bytes", "object", "set")


@statement(3)
def match_statement(p):
    subject = expr(p, p.pick(KINDS + ("any", "tuple", "list", "dict")), 2)
    if p.chance(0.3):
        subject = f"{subject}, {expr(p, 'any', 0)}"
    with p.block(f"match {subject}:"):
        for _ in range(p.number(1, 4)):
            names = []
            text = pattern(p, 2, names, refutable=True)
            for name in names:
                p.bind(name, "any")
            guard = f" if {condition(p, 1)}" if p.chance(0.25) else ""
            case(p, f"case {text}{guard}:", names)
        if p.chance(0.7):
            case(p, "case _:", [])


def case(p, header, names):
    with p.block(header):
        p.write(f"emit('case{p.line()}'{''.join([f', {name}' for name in names[:3]])})")
        if p.chance(0.4):
            block(p, 2)


def pattern(p, depth, names, refutable=False):
    """A pattern; the names that it binds are added to `names`, which is None where nothing may be bound. A refutable
    one does not match everything: cases may follow it."""
    way = p.number(0, 13) if depth else p.number(0, 4)
    if way <= 1:
        return p.pick(FIXED)
    if way <= 3 and not refutable:
        return capture(p, names)
    if way <= 4:
        return f"{p.pick(CLASSES)}({capture(p, names) if p.chance(0.4) else ''})" if p.chance(0.7) else p.pick(FIXED)
    if way <= 7:
        return sequence(p, depth - 1, names)
    if way <= 9:
        return mapping(p, depth - 1, names)
    if way <= 10:
        return " | ".join([pattern(p, 0, None) for _ in range(p.number(2, 3))])
    if way <= 11:
        inner = pattern(p, depth - 1, names, refutable)
        if names is None or inner == "_" or inner in names:
            return inner
        names.append(p.fresh())
        return f"({inner}) as {names[-1]}"
    return of_class(p, depth - 1, names)


def capture(p, names):
    """A name, or _ where none may be bound."""
    if names is None:
        return p.pick(FIXED)
    if p.chance(0.3):
        return "_"
    names.append(p.fresh())
    return names[-1]


def star(p, names, mark="*"):
    if names is None:
        return "*_"
    if p.chance(0.3) and mark == "*":
        return "*_"
    names.append(p.fresh())
    return mark + names[-1]


def sequence(p, depth, names):
    parts = [bracketed(p, depth, names) for _ in range(p.number(0, 3))]
    if p.chance(0.4):
        parts.insert(p.number(0, len(parts)), star(p, names))
    if p.chance(0.5) or not parts:
        return "[" + ", ".join(parts) + "]"
    return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"


def mapping(p, depth, names):
    keys = p.some(("'a'", "'b'", "'k'", "1", "2", "None", "True", "-1", "'x'"), 0, 3)
    if "1" in keys and "True" in keys:
        keys.remove("True")
    parts = [f"{key}: {bracketed(p, depth, names)}" for key in keys]
    if names is not None and p.chance(0.3):
        parts.append(star(p, names, "**"))
    return "{" + ", ".join(parts) + "}"


def of_class(p, depth, names):
    found = [known for known in p.classes if known.simple]
    if not found or p.chance(0.2):
        return f"{p.pick(CLASSES)}({bracketed(p, 0, names)})"
    known = p.pick(found)
    parts = [bracketed(p, depth, names) for _ in range(p.number(0, 2))]
    parts += [f"{field}={bracketed(p, depth, names)}" for field in p.some(NAMES, 0, 2)]
    return f"{known.name}({', '.join(parts)})"


def bracketed(p, depth, names):
    text = pattern(p, depth, names)
    return f"({text})" if " " in text and text[0] not in "([{" else text
