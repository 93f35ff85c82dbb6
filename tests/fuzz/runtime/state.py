"""The state of the process that programs share: set the same for each of them, and undone after it."""
import builtins
import gc
import sys
import typing
import warnings

from . import boundary, importer, lifetimes, log, observers
from .log import brief, place, show, write

BUILTINS = dict(vars(builtins))
# How many objects the collector knew before the program.
objects = 0


class Output:
    """Stands for standard output: what is printed goes to the log."""

    def write(self, text):
        if text != "\n":
            write(f"> {log.cut(text)}")
        return len(text)

    def flush(self):
        pass


def warned(message, category, filename, line, file=None, text=None):
    write(f"warning {category.__name__} {line}: {message}")


def unraisable(unraised):
    write(f"unraisable {brief(unraised.exc_value)} in {show(unraised.object)} {unraised.err_msg or ''}")


def excepthook(kind, error, trace):
    write(f"excepthook {brief(error)}")


def first(generator):
    write(f"first iteration {place(sys._getframe(1))}")


def finalize(generator):
    write(f"finalize {generator.__qualname__}")
    try:
        generator.aclose().send(None)
    except StopIteration:
        pass
    except BaseException as error:
        write(f"finalize {brief(error)}")


def begin():
    """Before a program."""
    global objects
    log.clear()
    gc.disable()
    sys.stdout = Output()
    sys.unraisablehook = unraisable
    sys.excepthook = excepthook
    sys.set_asyncgen_hooks(first, finalize)
    warnings.showwarning = warned
    warnings.simplefilter("always")
    gc.collect()
    objects = len(gc.get_objects())


def end():
    """After a program, whose names are gone: says what did not die, and puts everything back."""
    observers.clear()
    boundary.clear()
    sys.set_coroutine_origin_tracking_depth(0)
    for name in vars(builtins).keys() - BUILTINS.keys():
        delattr(builtins, name)
    for name in BUILTINS:
        if vars(builtins).get(name) is not BUILTINS[name]:
            setattr(builtins, name, BUILTINS[name])
    importer.forget()
    for forget in typing._cleanups:
        forget()
    lifetimes.clear()
    write(f"objects {len(gc.get_objects()) - objects:+}")
    return log.text()
