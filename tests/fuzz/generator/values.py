"""Literals of each kind, and streams of values for places that meet several types."""

INTS = ("0", "1", "2", "3", "4", "5", "7", "9", "-1", "-2", "-7", "10", "12", "255", "256", "257", "-5", "-6", "1000",
        "65536",
        "0x3fffffff", "0x40000000", "-0x40000000", "(1 << 60)", "(1 << 62)", "-(1 << 63)", "10**20", "1_000_003")
SMALL = ("0", "1", "2", "3", "4", "5", "-1", "-2")
FLOATS = ("0.0", "-0.0", "1.0", "1.5", "-2.25", "3.75", "1e10", "-1e-3", "0.1", "2.0", "100.0")
# Only for places that make no set of them: the hash of a NaN is its address, and infinities lead to NaNs.
ODD_FLOATS = ("float('nan')", "float('inf')", "float('-inf')", "1e300")
STRINGS = ("''", "'a'", "'b'", "'abc'", "'xyz'", "'Hello'", "'a,b,c'", "' x '", "'\\u00e9t\\u00e9'",
           "'\\u65e5\\u672c'", "'\\U0001f600!'",
           "'0'", "'42'", "'-7'", "'%s'", "'{}'", "'k'", "'\\n'", "'a' 'b'")
BYTES = ("b''", "b'ab'", "b'\\x00\\xff'", "bytearray(b'xy')")
KEYS = ("'a'", "'b'", "'k'", "'x'", "1", "2", "0", "(1, 2)", "None", "True", "2.5")
NAMES = ("a", "b", "k", "x")


def scalar(p):
    """A literal that holds no other."""
    return literal(p, p.pick(("int", "int", "str", "float", "bool"))) if p.chance(0.9) else "None"


def literal(p, kind):
    """A literal of a kind."""
    if kind == "int":
        return p.pick(SMALL) if p.chance(0.6) else p.pick(INTS)
    if kind == "float":
        return p.pick(FLOATS)
    if kind == "str":
        return p.pick(STRINGS)
    if kind == "bool":
        return p.pick(("True", "False"))
    if kind == "list":
        return "[" + ", ".join(elements(p, 4)) + "]"
    if kind == "tuple":
        items = elements(p, 4)
        return f"({items[0]},)" if len(items) == 1 else "(" + ", ".join(items) + ")"
    if kind == "dict":
        return "{" + ", ".join([f"{p.pick(KEYS)}: {p.pick(SMALL)}" for _ in range(p.number(0, 3))]) + "}"
    if kind == "set":
        items = elements(p, 3)
        return "{" + ", ".join(items) + "}" if items else p.pick(("set()", "frozenset()"))
    if kind == "obj":
        return instance(p)
    return p.pick(("None", "...", "NotImplemented", p.pick(BYTES), p.pick(INTS), p.pick(STRINGS), "range(3)", "2j",
                   "len", "int"))


def elements(p, most):
    """Items of a display, usually all of one kind."""
    count = p.number(0, most)
    if p.chance(0.2):
        return [scalar(p) for _ in range(count)]
    kind = p.pick(("int", "int", "str", "float"))
    return [literal(p, kind) for _ in range(count)]


def instance(p):
    """An object of one of the program's classes."""
    found = [known for known in p.classes if known.simple]
    if not found:
        return "Watched('temporary')"
    return p.pick(found).make(p)


def stream(p, kinds, longest=70):
    """A list of values, literally: runs of one type, as long as caches need to fill and to be given up."""
    parts = []
    for _ in range(p.number(2, 4)):
        kind = p.pick(kinds)
        times = p.pick((3, 5, 12, 20, longest))
        items = ", ".join([streamed(p, kind) for _ in range(p.number(1, 3))])
        parts.append(f"[{items}] * {times}")
    return " + ".join(parts)


def streamed(p, kind):
    """A literal for a stream."""
    if kind == "float" and p.chance(0.2):
        return p.pick(ODD_FLOATS)
    return literal(p, kind)
