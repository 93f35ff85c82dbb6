"""The log of a program: what two interpreters are compared by. Text in it says nothing of addresses, times or the
order of sets, so that it is the same in any run of any interpreter that does the same."""
import re
import sys
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType

__all__ = ["emit", "brief", "fail", "here", "lineno", "Stream"]

# The file name of every program. Frames of other files are not shown: they are ours or the library's.
FILE = "<fuzz>"
# Lines above this number are only counted: a program that logs so much has long said what it has to say.
LIMIT = 4000
WIDTH = 160

lines = []
dropped = 0

ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
ATOMS = frozenset((int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented), range, slice))


def write(text):
    """Appends a line."""
    global dropped
    if len(lines) < LIMIT:
        lines.append(plain(text))
    else:
        dropped += 1


def text():
    """The whole log."""
    end = [f"and {dropped} lines"] if dropped else []
    return "\n".join(lines + end) + "\n"


def clear():
    """Begins a new log."""
    global dropped
    lines.clear()
    dropped = 0


def cut(long):
    return long if len(long) <= WIDTH else f"{long[:WIDTH]}..{len(long)}"


def plain(text):
    """The text without addresses."""
    return ADDRESS.sub("0x", text) if "0x" in text else text


def show(value, depth=3):
    """A short text for any value."""
    kind = type(value)
    if kind in ATOMS:
        try:
            return cut(plain(repr(value)))
        except ValueError:  # an int of more digits than may be converted
            return f"<int of {value.bit_length()} bits>"
    if depth == 0:
        return f"<{kind.__name__}>"
    if kind is tuple or kind is list:
        inner = ", ".join([show(item, depth - 1) for item in value[:12]])
        more = f" ..{len(value)}" if len(value) > 12 else ""
        return f"({inner}{more})" if kind is tuple else f"[{inner}{more}]"
    if kind is dict:
        pairs = list(value.items())[:12]
        return "{" + ", ".join([f"{show(k, depth - 1)}: {show(v, depth - 1)}" for k, v in pairs]) + "}"
    if kind is set or kind is frozenset:
        return f"{kind.__name__}{sorted(show(item, depth - 1) for item in value)}"
    return cut(other(value, kind, depth))


def other(value, kind, depth):
    if isinstance(value, BaseException):
        return f"{kind.__name__}{show(value.args, depth - 1)}"
    if kind in (FunctionType, BuiltinFunctionType, MethodType):
        return f"<{kind.__name__} {value.__qualname__}>"
    if kind is CodeType:
        return f"<code {value.co_qualname}>"
    if kind is FrameType:
        return f"<frame {place(value)}>"
    if kind is ModuleType:
        return f"<module {value.__name__}>"
    if isinstance(value, type):
        return f"<class {value.__qualname__}>"
    try:
        return plain(repr(value))
    except Exception as error:
        return f"<{kind.__name__}: repr raised {type(error).__name__}>"


def emit(*values):
    """Logs the values."""
    write(" ".join([value if type(value) is str else show(value) for value in values]))


def place(frame):
    """Function, line and instruction where a frame is, if it is the program's."""
    if frame is None:
        return "nowhere"
    code = frame.f_code
    if code.co_filename != FILE:
        return "-"
    return f"{code.co_name}:{frame.f_lineno}@{frame.f_lasti}"


def lineno(depth=0):
    """The line of the caller, or of who called it."""
    return sys._getframe(depth + 1).f_lineno


def here(depth=1):
    """Places of the program's frames, the caller's first."""
    frame, places = sys._getframe(depth), []
    while frame is not None and len(places) < 6:
        if frame.f_code.co_filename == FILE:
            places.append(place(frame))
        frame = frame.f_back
    return " < ".join(places)


def brief(error):
    """An exception in a word or two."""
    return f"!{type(error).__name__}: {cut(message(error))}"


def message(error):
    try:
        return plain(str(error))
    except Exception as inner:
        return f"<str raised {type(inner).__name__}>"


def fail(label, error):
    """Logs an exception with its traceback, notes, group and chain."""
    write(f"{label} {brief(error)}")
    details(error, "  ", set())


def details(error, indent, seen):
    if id(error) in seen or len(seen) > 8:
        return
    seen.add(id(error))
    trace, entries = error.__traceback__, []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            entries.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}@{trace.tb_lasti}")
        trace = trace.tb_next
    if len(entries) > 12:
        entries = [*entries[:4], f"..{len(entries)}..", *entries[-4:]]
    write(f"{indent}at {' > '.join(entries)}")
    for note in getattr(error, "__notes__", None) or ():
        write(f"{indent}note {show(note)}")
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            write(f"{indent}+ {brief(inner)}")
            details(inner, indent + "  ", seen)
    for word, inner in (("cause", error.__cause__), ("context", error.__context__)):
        if inner is not None:
            hidden = " hidden" if word == "context" and error.__suppress_context__ else ""
            write(f"{indent}{word}{hidden} {brief(inner)}")
            details(inner, indent + "  ", seen)


class Stream:
    """Logs what a hot place gives: equal values that follow one another are one entry."""

    def __init__(self, label):
        self.label = label
        self.entries = []
        self.last = None
        self.times = 0

    def __call__(self, *values):
        """Adds an entry."""
        now = " ".join([show(value) for value in values])
        if now == self.last:
            self.times += 1
            return
        self.flush()
        self.last, self.times = now, 1

    def error(self, error):
        """Adds an exception, and the line that raised it."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        self(f"{brief(error)} at {trace and trace.tb_lineno}")

    def flush(self):
        if self.times:
            self.entries.append(self.last if self.times == 1 else f"{self.last} *{self.times}")

    def end(self):
        """Logs all of it."""
        self.flush()
        self.times = 0
        for start in range(0, len(self.entries), 8):
            write(f"{self.label} " + " | ".join(self.entries[start:start + 8]))
