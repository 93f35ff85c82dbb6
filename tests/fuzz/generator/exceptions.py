"""raise, try in all its forms, with, and exception groups."""
from .expressions import condition, expr
from .statements import FUNCTIONS, block, one, suite
from .tables import statement
from .values import literal

RAISED = ("ValueError('v')", "KeyError('k')", "TypeError", "ZeroDivisionError()", "IndexError(1, 2)",
          "StopIteration(3)", "Refusal('r')", "AttributeError('x', name='x')",
          "OSError(2, 'no')", "RuntimeError('r')", "AssertionError", "NameError('n')", "LookupError(())",
          "GeneratorExit()", "KeyboardInterrupt", "UnicodeError('u')")
CAUGHT = ("ValueError", "KeyError", "TypeError", "(ValueError, TypeError)", "ArithmeticError", "LookupError",
          "Exception", "Exception", "Exception", "Refusal", "(KeyError, (IndexError))",
          "StopIteration", "OSError", "RuntimeError", "AttributeError", "Naughty", "()", "BaseException")
PROVOKED = ("1 // 0", "{}['missing']", "[][1]", "None.absent", "int('x')", "undefined_name", "len(5)", "'a' + 1",
            "next(iter(()))", "(1)()", "a, b = 1, 2, 3", "del never_bound",
            "object().x", "assert False, 'no'", "[] > 1", "float('x')", "iter(3)", "{[]: 1}", "sorted([1, 'a'])",
            "f'{1:q}'", "import small.absent", "from small import absent")


@statement(4, simple=True)
def raising(p):
    """Raises: mostly behind a condition, so that something runs after it too."""
    if p.chance(0.3):
        text = p.pick(PROVOKED)
    else:
        text = f"raise {p.pick(RAISED)}"
        if p.chance(0.25):
            text += p.pick((" from None", " from ValueError('cause')", f" from {expr(p, 'any', 0)}"))
    if p.chance(0.75):
        with p.block(f"if {condition(p, 1)}:"):
            p.write(text)
    else:
        p.write(text)


@statement(7)
def try_statement(p):
    """try, any number of handlers, else, finally."""
    suite(p, "try:")
    handlers = p.pick((0, 1, 1, 1, 2, 3))
    for _ in range(handlers):
        handler(p)
    if handlers and p.chance(0.15):
        suite(p, "except:", 2)
    if handlers and p.chance(0.3):
        suite(p, "else:", 2)
    if not handlers or p.chance(0.35):
        ending(p)


def handler(p):
    name = p.fresh("e")
    named = p.chance(0.6)
    header = f"except {p.pick(CAUGHT)}{f' as {name}' if named else ''}:"
    with p.block(header):
        if named:
            p.write(p.pick((f"emit('h{p.line()}', {name})", f"fail('h{p.line()}', {name})", f"emit(brief({name}))",
                            f"{name}.add_note('n{p.line()}')", f"{name} = None", "pass",
                            f"emit({name}.__traceback__.tb_lineno, {name}.__context__)")))
        if p.chance(0.7):
            block(p, 2)
        elif not named:
            p.write("pass")
        if p.chance(0.2):
            p.write(p.pick(("raise", f"raise {p.pick(RAISED)}",
                            f"raise {p.pick(RAISED)} from {name}" if named else "raise",
                            f"del {name}" if named else "raise",
                            "emit(sys.exception())", "emit(sys.exc_info()[1])")))


def ending(p):
    """finally: sometimes it swallows, by leaving in another way."""
    with p.block("finally:"):
        block(p, 2)
        if p.chance(0.1) and not p.scope.locked:
            if p.scope.loops:
                p.write(p.pick(("break", "continue")))
            elif p.scope.flavour in FUNCTIONS:
                p.write("return" if p.scope.flavour == "asyncgen" else f"return {literal(p, 'int')}")


@statement(6)
def guarded(p):
    """The plainest handler: logs and goes on."""
    name = p.fresh("e")
    suite(p, "try:")
    with p.block(f"except Exception as {name}:"):
        p.write(p.pick((f"fail('x{p.line()}', {name})", f"emit('x{p.line()}', brief({name}))")))


@statement(2)
def star_statement(p):
    """except*, whose blocks may not be left."""
    with p.block("try:"):
        if p.chance(0.6):
            one(p)
        p.write(f"raise {group(p, 2)}" if p.chance(0.8) else p.pick(PROVOKED))
    p.scope.locked += 1
    for _ in range(p.number(1, 3)):
        name = p.fresh("e")
        with p.block(f"except* {p.pick(CAUGHT[:10])} as {name}:"):
            p.write(p.pick((f"fail('s{p.line()}', {name})", f"emit(type({name}), len({name}.exceptions))")))
            if p.chance(0.4):
                block(p, 2)
            if p.chance(0.25):
                p.write(p.pick(("raise", f"raise {p.pick(RAISED)}", f"raise {name}.exceptions[0]", f"raise {name}")))
    p.scope.locked -= 1
    if p.chance(0.2):
        suite(p, "else:", 1)
    if p.chance(0.3):
        suite(p, "finally:", 1)


def group(p, depth):
    """An exception group, perhaps with groups in it."""
    inner = [group(p, depth - 1) if depth and p.chance(0.3) else p.pick(("ValueError(1)", "TypeError('t')",
        "KeyError('k')", "OSError(3, 'o')", "Refusal('g')", "IndexError()"))
             for _ in range(p.number(1, 3))]
    return f"ExceptionGroup('g{p.number(0, 9)}', [{', '.join(inner)}])"


@statement(4)
def with_statement(p):
    """with: managers that log, swallow or raise; several at once; brackets."""
    prefix, maker = "", "Manager"
    if p.may_await() and p.chance(0.5):
        prefix, maker = "async ", "AsyncManager"
    parts = []
    for _ in range(p.pick((1, 1, 1, 2, 3))):
        way = p.pick(("", "", "", ", (ValueError, KeyError)", ", Exception", ", raises='enter'", ", raises='exit'"))
        text = f"{maker}('m{p.line()}'{way})"
        if p.chance(0.05):
            text = expr(p, "any", 0)
        if p.chance(0.4):
            text += f" as {p.bind(p.fresh(), 'any')}"
        parts.append(text)
    joined = ", ".join(parts)
    suite(p, f"{prefix}with {f'({joined})' if p.chance(0.2) else joined}:")


@statement(1)
def context(p):
    """A chain of exceptions: one in the handler of another, and what sys says meanwhile."""
    name = p.fresh("e")
    with p.block("try:"):
        with p.block("try:"):
            p.write(p.pick(PROVOKED))
        with p.block("except Exception:"):
            p.write(p.pick((f"raise {p.pick(RAISED[:8])}", p.pick(PROVOKED),
                            f"raise {p.pick(RAISED[:8])} from None")))
        with p.block("finally:"):
            p.write("emit(sys.exception())")
    with p.block(f"except BaseException as {name}:"):
        p.write(f"fail('c{p.line()}', {name})")
