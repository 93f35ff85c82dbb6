"""Tracing, profiling and monitoring: statements that switch them on and off."""
from .values import literal

EVENTS = ("PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "CALL", "LINE", "INSTRUCTION", "JUMP", "BRANCH",
          "STOP_ITERATION")
# Those that can be had everywhere only, not in one function.
GLOBAL = ("RAISE", "EXCEPTION_HANDLED", "PY_UNWIND", "PY_THROW", "RERAISE", "C_RETURN", "C_RAISE")
WAYS = ("", "", "opcodes", "quiet opcodes", "some", "drops", "opcodes drops", "quiet")
# Stock forgets where it is when an observer of these raises, as any does for which the limit of recursion leaves no room.
JUMPS = ("JUMP", "BRANCH")
OFF = "trace_off(); profile_off(); monitor_off(); monitor_off(3)"


def events(p, local=False, jumps=True):
    """Some events by name. The events of C functions come with CALL only."""
    found = p.some(EVENTS if jumps else [name for name in EVENTS if name not in JUMPS], 1, 4)
    if not local:
        found += p.some(GLOBAL, 0, 3)
        if any(name.startswith("C_") for name in found):
            found = [name for name in found if not name.startswith("C_")]
            found += ["CALL", "C_RETURN", "C_RAISE"]
    return " ".join(dict.fromkeys(found))


def fault(p):
    """The number of an event at which the observer raises; mostly none."""
    return f", raises_at={p.number(3, 40)}" if p.chance(0.12) else ""


def switch_on(p, jumps=True):
    """A statement that begins to observe; without `jumps` no tool is told of jumps."""
    way = p.random()
    if way < 0.35:
        return f"trace_on({p.pick(WAYS)!r}{fault(p)})"
    if way < 0.5:
        return f"profile_on({fault(p)[2:]})"
    rest = f", rest={p.number(1, 9)}" if p.chance(0.5) else ""
    tool = ", tool=3" if p.chance(0.25) else ""
    functions = [known.name for known in p.functions]
    if way < 0.65 and functions:
        return f"monitor_local({p.pick(functions)}, {events(p, True, jumps)!r}{rest}{tool})"
    return f"monitor_on({events(p, False, jumps)!r}{rest}{tool}{fault(p)})"


def switch_off(p):
    """A statement that ends observing."""
    return p.pick(("trace_off()", "profile_off()", "monitor_off()", "monitor_off(3)"))


def toggle(p):
    """A statement that changes what is observed."""
    way = p.random()
    if way < 0.5:
        return switch_on(p)
    if way < 0.75:
        return switch_off(p)
    return p.pick(("monitor_again()", "trace_here()", "trace_here(True)", f"emit('t', {literal(p, 'int')})",
                   "monitor_again()"))
