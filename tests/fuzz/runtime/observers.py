"""Tracing, profiling and monitoring that programs switch on and off while they run. What is observed goes to the log;
each observer has a limit, above which it only counts, so that a hot loop does not fill the log."""
import sys
from opcode import opmap

from . import log
from .log import FILE, brief, show, write

__all__ = ["trace_on", "trace_off", "trace_here", "profile_on", "profile_off", "monitor_on", "monitor_local",
           "monitor_off", "monitor_again", "jump_on", "Naughty"]

LIMIT = 250
monitoring = sys.monitoring
EVENTS = monitoring.events
TOOLS = (1, 3)


class Naughty(Exception):
    """Raised by an observer."""


class Observer:
    """Counts what it sees, logs the first of it, and can raise once: at the event of a number, or at the first one after
    it at which it may."""

    def __init__(self, mark, raises_at):
        self.mark = mark
        self.left = LIMIT
        self.seen = 0
        self.raises_at = raises_at

    def note(self, text, survived=lambda: True):
        self.seen += 1
        if self.left > 0:
            self.left -= 1
            write(f"{self.mark} {text}")
        if 0 < self.raises_at <= self.seen and survived():
            self.raises_at = 0
            raise Naughty(f"{self.mark}{self.seen}")

    def end(self):
        write(f"{self.mark} saw {self.seen}")


def argument(value):
    """What an event says besides its place, without asking the program's own code for a text."""
    if isinstance(value, tuple) and value:
        return getattr(value[0], "__name__", show(value[0]))
    kind = type(value)
    if kind in log.ATOMS:
        return show(value)
    name = getattr(value, "__qualname__", None) if not isinstance(value, type) else value.__name__
    return f"<{name}>" if isinstance(name, str) else f"<{kind.__name__}>"


class Tracer(Observer):
    """sys.settrace: which functions get a local trace function, and what it asks for, goes by `ways`."""

    def __init__(self, ways, raises_at):
        super().__init__("t", raises_at)
        self.opcodes = "opcodes" in ways
        self.lines = "quiet" not in ways
        self.some = "some" in ways
        self.drops = "drops" in ways

    def begin(self, frame, event, value):
        code = frame.f_code
        if code.co_filename != FILE:
            return None
        self.note(f"{event} {code.co_name}:{frame.f_lineno}")
        if self.some and len(code.co_name) % 2:
            return None
        frame.f_trace_opcodes = self.opcodes
        frame.f_trace_lines = self.lines
        return self.local(frame.f_lineno)

    def local(self, line):
        """The trace function of a frame that is at this line."""
        return Local(self, line)


class Local:
    """The trace function of a frame."""

    __slots__ = ("tracer", "last")

    def __init__(self, tracer, line):
        self.tracer = tracer
        self.last = line

    def __call__(self, frame, event, value):
        tracer, line = self.tracer, frame.f_lineno
        place = f"{event} {frame.f_code.co_name}:{line}"
        if event == "opcode":
            place += f"@{frame.f_lasti}"
        elif event != "line":
            place += f" {argument(value)}"
        # A line that comes after itself is told of by a jump; where that raises, stock loses its place in the code.
        again = event == "line" and line == self.last
        self.last = line
        tracer.note(place, lambda: not again)
        if tracer.drops and tracer.seen % 7 == 0:
            return None
        return self


class Jumper(Observer):
    """sys.settrace: at the given visit of a line in a function it asks for another line."""

    def __init__(self, function, visit, target):
        super().__init__("j", 0)
        self.function = function
        self.visit = visit
        self.target = target

    def begin(self, frame, event, value):
        if frame.f_code.co_filename == FILE and frame.f_code.co_name == self.function:
            return self.inside
        return None

    def local(self, line):
        """The trace function of any frame."""
        return self.inside

    def inside(self, frame, event, value):
        self.note(f"{event} {frame.f_lineno}")
        if event == "line":
            self.visit -= 1
            if self.visit == 0:
                try:
                    frame.f_lineno = self.target
                except Exception as error:
                    write(f"j no {brief(error)}")
                else:
                    write(f"j to {frame.f_lineno}@{frame.f_lasti}")
        return self.inside


class Profiler(Observer):
    """sys.setprofile."""

    def __init__(self, raises_at):
        super().__init__("p", raises_at)

    def __call__(self, frame, event, value):
        code = frame.f_code
        if code.co_filename == FILE:
            self.note(f"{event} {code.co_name}:{frame.f_lineno} {argument(value)}",
                      lambda: event != "c_call" or not unpacks(code, frame.f_lasti))


def unpacks(code, where):
    """Whether the instruction there is a call with * or **. Where its callback raises, stock goes on with a list that it has
    released in favour of a tuple."""
    return code.co_code[where] == opmap["CALL_FUNCTION_EX"]


def is_survived(name, code, where, others):
    """Whether stock goes on as it should after a callback that raises. From a jump it looks for handlers at what the memory
    held; and it keeps what a call of super() is given for ever."""
    if name == "CALL":
        return others[0] is not super and not unpacks(code, where)
    return name not in ("BRANCH", "JUMP")


class Monitor(Observer):
    """A tool of sys.monitoring; every event whose number `rest` divides is switched off where it happened."""

    def __init__(self, tool, rest, raises_at):
        super().__init__(f"m{tool}", raises_at)
        self.tool = tool
        self.rest = rest
        self.locals = []

    def callback(self, name):
        def call(code, *values):
            if code.co_filename != FILE:
                return None
            where, *others = values
            texts = "".join([f" {argument(value)}" for value in others])
            self.note(f"{name} {code.co_name}:{where}{texts}", lambda: is_survived(name, code, where, others))
            if self.rest and self.seen % self.rest == 0:
                return monitoring.DISABLE
            return None

        return call

    def start(self, names):
        monitoring.use_tool_id(self.tool, "fuzz")
        for name in ALL:
            monitoring.register_callback(self.tool, getattr(EVENTS, name), self.callback(name))
        monitoring.set_events(self.tool, mask(names))

    def stop(self):
        monitoring.set_events(self.tool, 0)
        for code in self.locals:
            monitoring.set_local_events(self.tool, code, 0)
        for name in ALL:
            monitoring.register_callback(self.tool, getattr(EVENTS, name), None)
        monitoring.free_tool_id(self.tool)


ALL = ("PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "CALL", "LINE", "INSTRUCTION", "JUMP", "BRANCH",
       "STOP_ITERATION",
       "RAISE", "EXCEPTION_HANDLED", "PY_UNWIND", "PY_THROW", "RERAISE", "C_RETURN", "C_RAISE")


def mask(names):
    """The events of `names`, words apart by a space."""
    bits = 0
    for name in names.split():
        bits |= getattr(EVENTS, name)
    return bits


tracer = None
profiler = None
monitors = {}


def trace_on(ways="", raises_at=0):
    """Traces what is called from now on."""
    global tracer
    trace_off()
    tracer = Tracer(ways, raises_at)
    sys.settrace(tracer.begin)


def jump_on(function, visit, target):
    """Traces `function` alone and sends it to the line `target` at the given visit of a line."""
    global tracer
    trace_off()
    tracer = Jumper(function, visit, target)
    sys.settrace(tracer.begin)


def trace_here(opcodes=False):
    """Lets the caller itself be traced too."""
    frame = sys._getframe(1)
    if tracer is not None:
        frame.f_trace_opcodes = opcodes
        frame.f_trace = tracer.local(frame.f_lineno)


def trace_off():
    """Ends tracing."""
    global tracer
    sys.settrace(None)
    if tracer is not None:
        tracer.end()
        tracer = None


def profile_on(raises_at=0):
    """Profiles from now on."""
    global profiler
    profile_off()
    profiler = Profiler(raises_at)
    sys.setprofile(profiler)


def profile_off():
    """Ends profiling."""
    global profiler
    sys.setprofile(None)
    if profiler is not None:
        profiler.end()
        profiler = None


def monitor(tool, rest=0, raises_at=0):
    if tool not in monitors:
        monitors[tool] = Monitor(tool, rest, raises_at)
        return monitors[tool], True
    return monitors[tool], False


def monitor_on(names, tool=TOOLS[0], rest=0, raises_at=0):
    """Monitors the events everywhere, in place of those that the tool monitored there before."""
    found, new = monitor(tool, rest, raises_at)
    if new:
        found.start(names)
    else:
        monitoring.set_events(tool, mask(names))


def monitor_local(function, names, tool=TOOLS[0], rest=0):
    """Monitors the events in one function."""
    found, new = monitor(tool, rest)
    if new:
        found.start("")
    code = getattr(function, "__code__", None)
    if code is not None:
        found.locals.append(code)
        monitoring.set_local_events(tool, code, mask(names))
        write(f"local events {monitoring.get_local_events(tool, code)}")


def monitor_again():
    """Switches on what was switched off where it happened."""
    monitoring.restart_events()


def monitor_off(tool=TOOLS[0]):
    """Ends a tool."""
    found = monitors.pop(tool, None)
    if found is not None:
        found.stop()
        found.end()


def clear():
    """Ends all."""
    trace_off()
    profile_off()
    for tool in TOOLS:
        monitor_off(tool)
