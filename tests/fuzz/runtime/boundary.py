"""Ways between C and the program that a program cannot take by itself: pending calls, calls from C, another thread, a
small recursion limit, the hook of PEP 523, and names of other frames."""
import _testcapi
import _testinternalcapi
import _thread
import contextvars
import gc
import sys
import types

from .log import FILE, brief, here, place, show, write

__all__ = ["pending", "limited", "in_thread", "in_context", "from_c", "frame_hook", "poke", "peek", "frame_of",
           "swap",
           "gc", "sys", "types"]


def pending(label):
    """Asks for a call at the next time when the evaluator looks for such; it logs where that is."""

    def call():
        write(f"pending {label} {place(sys._getframe().f_back)}")

    _testcapi._pending_threadfunc(call)


def limited(frames, function, *arguments):
    """Calls `function` with room for so many frames."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_testinternalcapi.get_recursion_depth() + frames)
    try:
        return function(*arguments)
    finally:
        sys.setrecursionlimit(before)


def in_thread(function, *arguments):
    """Calls `function` in a thread of its own and waits for it."""
    results = []
    lock = _thread.allocate_lock()

    def run():
        try:
            results.append(function(*arguments))
        except BaseException as error:
            results.append(brief(error))
        finally:
            lock.release()

    lock.acquire()
    _thread.start_new_thread(run, ())
    lock.acquire()
    return results[0]


variable = contextvars.ContextVar("variable", default="unset")


def in_context(value, function, *arguments):
    """Calls `function` in a context in which a variable is set; gives its result and the variable outside."""
    context = contextvars.copy_context()
    context.run(variable.set, value)
    return context.run(function, *arguments), context[variable], variable.get()


def from_c(way, function, arguments, keywords=None):
    """Calls `function` from C in one of several ways."""
    if way == 0:
        return _testcapi.pyobject_fastcalldict(function, arguments, keywords)
    if way == 1:
        names = tuple(keywords) if keywords else None
        values = (*arguments, *keywords.values()) if keywords else arguments
        return _testcapi.pyobject_vectorcall(function, values, names)
    if way == 2:
        return _testcapi.pyvectorcall_call(function, arguments, keywords)
    return types.MethodType(function, arguments[0])(*arguments[1:], **(keywords or {}))


def frame_hook(function, *arguments):
    """Calls `function` while a hook of PEP 523 notes the name of every function that is evaluated."""
    names = []
    _testinternalcapi.set_eval_frame_record(names)
    try:
        return function(*arguments)
    finally:
        _testinternalcapi.set_eval_frame_default()
        write(f"evaluated {' '.join(names)}")


def poke(name, value, up=0):
    """Sets a local variable of the caller, or of a frame above it."""
    try:
        sys._getframe(up + 1).f_locals[name] = value
    except Exception as error:
        write(f"poke {brief(error)}")


def peek(up=0):
    """The local variables of the caller, or of a frame above it."""
    frame = sys._getframe(up + 1)
    found = frame.f_locals
    if frame.f_code.co_filename != FILE or frame.f_code.co_name == "<module>":
        return "elsewhere"
    return {name: show(found[name], 2) for name in found}


def frame_of(depth=0):
    """What a frame says about itself."""
    frame = sys._getframe(depth + 1)
    code = frame.f_code
    if code.co_filename != FILE:
        return "elsewhere"
    return (here(depth + 2), code.co_qualname, code.co_flags, frame.f_back is not None, len(frame.f_locals),
            frame.f_trace is not None, frame.f_trace_lines, frame.f_trace_opcodes)


def swap(function, other):
    """Gives a function the code of another; logs when it may not have it."""
    try:
        function.__code__ = other.__code__
    except ValueError as error:
        write(f"swap {brief(error)}")


def clear():
    """Undoes what a program left behind."""
    _testinternalcapi.set_eval_frame_default()
    sys.setrecursionlimit(1000)
