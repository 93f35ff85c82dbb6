"""What generated programs see: the log, watched objects, observers, ways to drive suspended code."""
import gc

from . import boundary, driving, importer, lifetimes, log, observers, state

FILE = log.FILE


def names():
    """The globals of a fresh program."""
    found = {"__name__": "program"}
    for module in (log, lifetimes, observers, driving, boundary):
        found.update((name, getattr(module, name)) for name in module.__all__)
    return found


# What is none of the program's own.
KNOWN = frozenset((*names(), "__builtins__"))


def run(source):
    """Runs a program; gives its log."""
    state.begin()
    scope = names()
    try:
        exec(compile(source, FILE, "exec", dont_inherit=True), scope)
    except BaseException as error:
        log.fail("ended by", error)
    # Whatever still observes shall not see the end, which is no code of the program's.
    observers.clear()
    lifetimes.final(scope, KNOWN)
    scope.clear()
    return state.end()


importer.install()
# What is there now lives on: the collector need not look at it for each program.
gc.collect()
gc.freeze()
