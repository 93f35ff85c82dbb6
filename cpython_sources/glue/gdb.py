"""gdb's door to Python, loaded with the library: CPython's own script, and where it finds frames of a Rust evaluator.

That script takes a Python frame from the variable `frame` of the C function `_PyEval_EvalFrameDefault`. The Rust function
of this name keeps its registers where the compiler likes, so the frames are taken from the thread's state instead. Types
are C's, whatever language the selected frame is of.
"""
import functools
import os

import gdb

# Where the prefix keeps CPython's script, seen from the folder of this file.
UPSTREAM = "python3.13/config-3.13-x86_64-linux-gnu/libpython-gdb.py"


def run_upstream():
    """Runs CPython's script here, as if gdb had loaded it instead of this one."""
    objfile = gdb.current_objfile()
    # A script that gdb loads by itself lies beside its library; one that is sourced by hand knows its own name.
    beside = objfile.filename if objfile is not None else __file__
    path = os.path.join(os.path.dirname(os.path.realpath(beside)), UPSTREAM)
    with open(path, encoding="utf-8") as script:
        exec(compile(script.read(), path, "exec"), globals())


run_upstream()


def in_c(function):
    """`function`, with C as gdb's language while it runs: names of C types mean nothing in Rust."""
    @functools.wraps(function)
    def wrapper(*arguments):
        language = gdb.parameter("language")
        gdb.execute("set language c", to_string=True)
        try:
            return function(*arguments)
        finally:
            gdb.execute(f"set language {language}", to_string=True)
    return wrapper


def thread_states():
    """The states of the selected thread: one for each interpreter in which it has run."""
    # The C library's name of a thread is where its own data begin. The kernel's number is another one in a container.
    thread = int(gdb.parse_and_eval("(unsigned long)$fs_base"))
    number = gdb.selected_thread().ptid[1]
    interpreter = gdb.parse_and_eval("_PyRuntime.interpreters.head")
    while interpreter:
        state = interpreter["threads"]["head"]
        while state:
            if int(state["thread_id"]) == thread or int(state["native_thread_id"]) == number:
                yield state
            state = state["next"]
        interpreter = interpreter["next"]


class EvaluatorRuns:
    """The Python frames of the selected thread, by the run of the evaluator that they belong to.

    A run begins with a frame of its own on the C stack. All that it runs at the moment lies between that and the run
    which was started from it: a chain from the innermost frame.
    """

    def __init__(self):
        self.runs = []
        for state in thread_states():
            try:
                self.collect(state["current_frame"])
            except gdb.MemoryError:
                pass  # A stack that something has overwritten is shown as far as it goes.

    def collect(self, frame):
        """Adds the runs of a chain of frames."""
        seen = set()
        innermost = frame
        while frame and int(frame) not in seen:
            seen.add(int(frame))
            if int(frame["owner"]) == FRAME_OWNED_BY_CSTACK:
                self.runs.append((int(frame), innermost))
                innermost = frame["previous"]
            frame = frame["previous"]

    def innermost(self, gdbframe):
        """The innermost Python frame of the run whose C frame this is; None if it runs none at the moment."""
        older = gdbframe.older()
        begin = int(gdbframe.read_register("rsp"))
        end = int(older.read_register("rsp")) if older else 1 << 64
        for entry, frame in self.runs:
            if begin <= entry < end and int(frame) != entry:
                return PyFramePtr(frame)
        return None


@functools.lru_cache(maxsize=1)
def runs():
    """The runs as they are while a command works: a long stack is not walked again for each of its frames."""
    return EvaluatorRuns()


def builtins_on_stack(frame):
    """The built-in functions on a Python frame's stack, by their addresses.

    How high the stack is, only the evaluator's registers know: above it lies what has been there before.
    """
    kinds = [int(gdb.parse_and_eval(f"&{kind}")) for kind in ("PyCFunction_Type", "PyCMethod_Type")]
    slots = frame._gdbval["localsplus"].cast(gdb.lookup_type("PyObject").pointer().pointer())
    first = int(frame.co.field("co_nlocalsplus"))
    found = {}
    for index in range(first, first + int(frame.co.field("co_stacksize"))):
        try:
            if int(slots[index]["ob_type"]) in kinds:
                found[int(slots[index])] = slots[index]
        except gdb.MemoryError:
            pass
    return found


def called_by_evaluator(self):
    """The built-in function that the evaluator calls by this C function; None if it is not certain which."""
    caller = self.older()
    while caller and caller._gdbframe.type() == gdb.INLINE_FRAME:
        caller = caller.older()
    frame = caller and caller.is_evalframe() and caller.get_pyop()
    if not frame:
        return None
    found = list(builtins_on_stack(frame).values())
    called = self.newer() and self.newer()._gdbframe.function()
    if len(found) > 1 and called:
        kind = gdb.lookup_type("PyCFunctionObject").pointer()
        address = int(called.value().address)
        found = [each for each in found if int(each.cast(kind)["m_ml"]["ml_meth"]) == address]
    return found[0] if len(found) == 1 else None


def command(invoke):
    """A command of upstream's, in C and with the frames as they are now."""
    @in_c
    @functools.wraps(invoke)
    def wrapper(*arguments):
        try:
            invoke(*arguments)
        finally:
            runs.cache_clear()
    return wrapper


def is_evalframe(self):
    """Whether this is the evaluator, whose name has its module before it; functions within it do not count."""
    name = self._gdbframe.name() or ""
    return name.rpartition("::")[2] == EVALFRAME and self._gdbframe.type() == gdb.NORMAL_FRAME


def get_pyop(self):
    """The innermost Python frame that the evaluator runs here; None in any other function."""
    return runs().innermost(self._gdbframe) if self.is_evalframe() else None


upstream_is_other_python_frame = Frame.is_other_python_frame


def is_other_python_frame(self):
    """What upstream says of this function. The built-in function that it calls, which optimised code of C keeps in no
    variable, may be found on the stack of the Python frame."""
    said = upstream_is_other_python_frame(self)
    if said != "<optimized out>":
        return said
    called = called_by_evaluator(self)
    return said if called is None else str(called)


def is_waiting_for_gil(self):
    """Whether this is the function by which threads take the GIL. Without debug information a hash ends its name, and there
    are no frames of the functions that the compiler has put into it."""
    path = (self._gdbframe.name() or "").split("::")
    return path[:5] == ["pyroxene", "thread", "gil", "take", "take"]


Frame.is_evalframe = is_evalframe
Frame.get_pyop = get_pyop
Frame.is_other_python_frame = is_other_python_frame
Frame.is_waiting_for_gil = is_waiting_for_gil
PyObjectPtrPrinter.to_string = in_c(PyObjectPtrPrinter.to_string)
for each in (PyList, PyUp, PyDown, PyBacktraceFull, PyBacktrace, PyPrint, PyLocals):
    each.invoke = command(each.invoke)
