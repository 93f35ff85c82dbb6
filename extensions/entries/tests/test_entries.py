"""pyroxene.h: Python functions called with numbers of C, whatever becomes of them meanwhile."""

import gc
import math
import os
import subprocess
import sys
import threading
import traceback
import weakref

import pytest
import quadrature
from quadrature import integrate

PYROXENE = "pyroxene" in sys.builtin_module_names
ours = pytest.mark.skipif(not PYROXENE, reason="stock CPython has no entries")


def square(x):
    return x * x


@pytest.mark.parametrize("plain", [False, True])
def test_integrals(plain):
    assert integrate(square, 0, 3, plain=plain) == pytest.approx(9, 1e-5)
    assert integrate(math.sin, 0, math.pi, plain=plain) == pytest.approx(2, 1e-5)
    assert integrate(lambda x: 2, 0, 3, plain=plain) == pytest.approx(6)
    with pytest.raises(ZeroDivisionError):
        integrate(lambda x: 1 / (x - 0.5), 0, 1, steps=1, plain=plain)
    with pytest.raises(TypeError, match="must be real number, not str"):
        integrate(str, 0, 1, plain=plain)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        integrate(lambda x, y: x, 0, 1, plain=plain)


def test_the_api_is_there_where_pyroxene_runs():
    assert quadrature.API == (1 if PYROXENE else 0)


@ours
def test_values_of_each_kind():
    entry = quadrature.acquire(lambda d, q, o: (d, q, o), "dqO->O")
    thing = object()
    d, q, o = quadrature.call(entry, 1.5, -7, thing)
    assert (type(d), d, type(q), q) == (float, 1.5, int, -7)
    assert o is thing
    for number in (0, 255, 1 << 40, -(1 << 63), (1 << 63) - 1):
        assert quadrature.call(quadrature.acquire(lambda q: q, "q->q"), number) == number
    for number in (-1.0, -0.0, math.inf, 1e-300):
        assert quadrature.call(quadrature.acquire(lambda d: d, "d->d"), number) == number
    assert math.isnan(quadrature.call(quadrature.acquire(lambda d: d, "d->d"), math.nan))
    assert quadrature.call(quadrature.acquire(lambda: -1, "->q")) == -1
    assert quadrature.call(quadrature.acquire(lambda *all: sum(all), "qqqqqqqq->d"), *range(8)) == 28.0


@ours
def test_what_is_kept_of_a_call_stays_as_it_was():
    kept = []

    def keeps(x):
        if x % 3 == 0:
            kept.append(x)
        return x

    entry = quadrature.acquire(keeps, "d->d")
    for number in range(1500):
        assert quadrature.call(entry, number) == number
    assert kept == [float(number) for number in range(0, 1500, 3)]

    def nests(x):
        return x if x < 1 else quadrature.call(nested, x - 1) * 1000 + x

    nested = quadrature.acquire(nests, "d->d")
    assert {quadrature.call(nested, 3) for _ in range(800)} == {1002003}


@ours
def test_results_that_do_not_fit():
    for function, signature, error in [
        (lambda: 1 << 63, "->q", OverflowError),
        (lambda: 1.0, "->q", TypeError),
        (lambda: "1", "->d", TypeError),
        (lambda: 10**400, "->d", OverflowError),
    ]:
        with pytest.raises(error):
            quadrature.call(quadrature.acquire(function, signature))


@ours
def test_what_is_refused():
    for signature in ("", "d", "d->", "->dd", "x->d", "ddddddddd->d", "d ->d"):
        with pytest.raises(ValueError, match="a signature is"):
            quadrature.acquire(square, signature)
    with pytest.raises(TypeError, match="an entry is for a callable"):
        quadrature.acquire(3, "->O")


@ours
def test_what_is_called_may_be_anything():
    class Callable:
        def __call__(self, x):
            return x + 1

        def method(self, x):
            return x + 2

        @classmethod
        def of_class(cls, x):
            return x + 3

    results = []
    for callable in (Callable(), Callable().method, Callable.of_class, float, abs, math.floor):
        entry = quadrature.acquire(callable, "d->d")
        assert quadrature.callable(entry) is callable or quadrature.callable(entry) == callable
        results.append(quadrature.call(entry, 4.0))
    assert results == [5, 6, 7, 4, 4, 4]

    def generates(x):
        yield x

    assert list(quadrature.call(quadrature.acquire(generates, "q->O"), 3)) == [3]


@ours
def test_a_function_that_changes():
    def function(x, more=1):
        return x + more

    entry = quadrature.acquire(function, "d->d")
    assert {quadrature.call(entry, 2) for _ in range(2000)} == {3}
    function.__defaults__ = (5,)
    assert {quadrature.call(entry, 2) for _ in range(2000)} == {7}
    function.__code__ = (lambda x, more=0: x * 10).__code__
    assert {quadrature.call(entry, 2) for _ in range(2000)} == {20}
    function.__code__ = (lambda x, y, z: 0).__code__
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        quadrature.call(entry, 2)


@ours
def test_references_are_given_back():
    class Thing:
        pass

    def function(thing):
        return thing

    thing = Thing()
    entry = quadrature.acquire(function, "O->O")
    for _ in range(1000):
        assert quadrature.call(entry, thing) is thing
    died = weakref.ref(thing), weakref.ref(function)
    counts = sys.getrefcount(thing), sys.getrefcount(function)
    del thing
    assert died[0]() is None
    del function
    assert died[1]() is not None
    del entry
    gc.collect()
    assert died[1]() is None
    assert counts == (2, 3)


@ours
def test_an_entry_may_be_released_by_what_it_calls():
    def releases(release):
        release()
        gc.collect()
        return "released"

    assert quadrature.call_and_release(releases) == "released"
    assert quadrature.call_and_release((lambda: lambda release: [release(), 1][1])()) == 1

    class Callable:
        def __call__(self, release):
            release()
            gc.collect()
            return self

    assert type(quadrature.call_and_release(Callable())) is Callable


@ours
def test_limits_hold_in_calls_by_entries():
    entry = None

    def endless(n):
        return quadrature.call(entry, n + 1)

    entry = quadrature.acquire(endless, "q->q")
    for _ in range(3):
        with pytest.raises(RecursionError):
            endless(0)
    assert quadrature.call(quadrature.acquire(square, "q->q"), 3) == 9


@ours
def test_tools_see_the_calls():
    seen = []

    def tracer(frame, event, argument):
        seen.append((frame.f_code.co_name, event))
        return tracer

    entry = quadrature.acquire(square, "d->d")
    for _ in range(1000):
        quadrature.call(entry, 1)
    sys.settrace(tracer)
    quadrature.call(entry, 1)
    sys.settrace(None)
    assert seen[:3] == [("square", "call"), ("square", "line"), ("square", "return")]


@ours
@pytest.mark.parametrize("mode", ["off", "on", "eager"])
def test_with_the_compiler(mode):
    """The same with the compiler in each mode; eager, the entry enters machine code."""
    program = """if True:
        import quadrature, sys
        def function(x):
            return x * x - 0.5
        entry = quadrature.acquire(function, "d->d")
        print(sum(quadrature.call(entry, n / 8) for n in range(1000)))
        print(quadrature.call(entry, 3), quadrature.is_compiled(entry))
        print(quadrature.integrate(function, 0, 1, steps=64) == quadrature.integrate(function, 0, 1, steps=64, plain=True))
        class Odd(float):
            def __mul__(self, other):
                raise KeyError("odd")
        other = quadrature.acquire(function, "O->d")
        try:
            quadrature.call(other, Odd(3))
        except KeyError as error:
            print(repr(error))
    """
    environment = {**os.environ, "PYROXENE_JIT": mode}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    lines = run.stdout.splitlines()
    compiled = lines[1].split()[1]
    assert lines[0] == str(sum((n / 8) ** 2 - 0.5 for n in range(1000)))
    assert lines[1].split()[0] == "8.5"
    assert compiled == {"off": "False", "on": compiled, "eager": "True"}[mode]
    assert lines[2:] == ["True", "KeyError('odd')"]


OFTEN = 1200  # calls, by which machine code takes numbers of C if the compiler is on


def often(function, signature, *arguments):
    """What a function gives by an entry that is called often, the last time."""
    entry = quadrature.acquire(function, signature)
    for _ in range(OFTEN):
        result = quadrature.call(entry, *arguments)
    return result


@ours
def test_numbers_go_both_ways_as_they_are():
    assert often(lambda x, n: x * n + 0.5, "dq->d", 1.5, 7) == 11.0
    assert often(lambda n: n * 3 - 1, "q->q", -5) == -16
    assert often(lambda n: n + 1, "q->d", (1 << 53) + 2) == float((1 << 53) + 3)
    assert often(lambda x: x > 1, "d->d", 2) == 1.0
    assert often(lambda x: x > 1, "d->q", 0) == 0
    assert often(lambda x: x > 1, "d->O", 2) is True
    assert repr(often(lambda x: -x, "d->O", 0.0)) == "-0.0"
    assert often(lambda n: n + 1, "q->O", 1 << 40) == (1 << 40) + 1
    assert math.isnan(often(lambda x: x * 2, "d->d", math.nan))
    assert often(lambda x: 7, "d->d", 2) == 7.0
    assert often(lambda x: None, "d->O", 2) is None
    assert often(lambda a, b, c, d, e, f, g, h: a + b * c + d * e + f * g + h, "dddddddd->d", *range(8)) == 51.0


@ours
def test_ints_that_do_not_fit_meanwhile():
    def square(n):
        return n * n // n

    assert often(square, "q->q", 3) == 3
    entry = quadrature.acquire(square, "q->q")
    for number in (3, 1 << 62, -(1 << 63), (1 << 63) - 1) * 600:
        assert quadrature.call(entry, number) == number
    power = quadrature.acquire(lambda n: n * n, "q->q")
    for _ in range(OFTEN):
        assert quadrature.call(power, 9) == 81
    for _ in range(300):
        with pytest.raises(OverflowError):
            quadrature.call(power, 1 << 40)
    assert quadrature.call(power, 9) == 81


@ours
def test_results_of_another_kind():
    for function, signature, error in [
        (lambda x: x * 0.5, "d->q", TypeError),
        (lambda x: str(x), "d->d", TypeError),
        (lambda x: None, "d->q", TypeError),
        (lambda x: 10**400, "d->d", OverflowError),
    ]:
        entry = quadrature.acquire(function, signature)
        for _ in range(OFTEN):
            with pytest.raises(error):
                quadrature.call(entry, 1)


@ours
def test_what_is_raised_has_its_traceback():
    def inner(x):
        return 1 / (x - 3)

    def outer(x):
        y = x + 1
        return inner(y) * 2

    entry = quadrature.acquire(outer, "d->d")
    for _ in range(OFTEN):
        assert quadrature.call(entry, 4) == 1.0
    for _ in range(OFTEN):
        try:
            quadrature.call(entry, 2)
        except ZeroDivisionError as error:
            frames = [(frame.f_code.co_name, line - frame.f_code.co_firstlineno, dict(frame.f_locals)) for frame, line in traceback.walk_tb(error.__traceback__)][1:]
        assert frames == [("outer", 2, {"x": 2.0, "y": 3.0, "inner": inner}), ("inner", 1, {"x": 3.0})]
    assert quadrature.call(entry, 4) == 1.0


@ours
def test_frames_can_be_looked_at():
    seen = []

    def looks(x, n):
        y = x * 2
        look()
        return y + n

    def look():
        caller = sys._getframe(1)
        seen.append((caller.f_code.co_name, caller.f_lineno - caller.f_code.co_firstlineno, dict(caller.f_locals), caller.f_back.f_code.co_name))

    entry = quadrature.acquire(looks, "dq->d")
    for number in range(OFTEN):
        seen.clear()
        assert quadrature.call(entry, 1.5, number) == 3.0 + number
        assert seen == [("looks", 2, {"x": 1.5, "n": number, "y": 3.0, "look": look}, "test_frames_can_be_looked_at")]


@ours
def test_locals_written_from_outside():
    def function(x):
        write()
        return x + 1

    def write():
        if armed:
            sys._getframe(1).f_locals["x"] = 40.0

    armed = False
    entry = quadrature.acquire(function, "d->d")
    for number in range(OFTEN):
        armed = number % 7 == 0
        assert quadrature.call(entry, 1) == (41.0 if armed else 2.0)


@ours
def test_counts_of_references_are_those_of_a_call():
    def counts(thing, n):
        return sys.getrefcount(thing)

    class Thing:
        pass

    thing = Thing()
    entry = quadrature.acquire(counts, "Oq->q")
    assert len({quadrature.call(entry, thing, 1) for _ in range(OFTEN)}) == 1
    assert sys.getrefcount(thing) == 2
    died = []

    class Dies:
        def __del__(self):
            died.append(sys._getframe(1).f_code.co_name)

    def drops(thing, x):
        thing = None
        return x

    entry = quadrature.acquire(drops, "Od->d")
    for _ in range(OFTEN):
        assert quadrature.call(entry, Dies(), 1) == 1
    # C has the last reference, and lets go of it when it has come back.
    assert set(died) == {"test_counts_of_references_are_those_of_a_call"} and len(died) == OFTEN


@ours
def test_functions_with_loops_handlers_and_callees():
    scale = 2.0

    def series(x, n):
        total = 0.0
        for k in range(n):
            total += scale * x / (k + 1)
        return total

    def handles(x):
        try:
            return math.log(x)
        except ValueError:
            return -1.0

    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    assert often(series, "dq->d", 0.5, 10) == series(0.5, 10)
    entry = quadrature.acquire(handles, "d->d")
    for _ in range(OFTEN):
        assert quadrature.call(entry, 1) == 0.0
        assert quadrature.call(entry, -1) == -1.0
    entry = quadrature.acquire(fib, "q->q")
    assert {quadrature.call(entry, 12) for _ in range(OFTEN)} == {144}


@ours
def test_globals_and_classes_that_change():
    class Point:
        def __init__(self, x):
            self.x = x

    namespace = {"offset": 1}
    exec("def function(point, x): return point.x + x + offset", namespace)
    entry = quadrature.acquire(namespace["function"], "Od->d")
    point = Point(0.5)
    for number in range(3 * OFTEN):
        if number % 400 == 0:
            namespace["offset"] = number
            point.x = number / 2 if number % 800 else number
        if number == 2 * OFTEN:
            namespace["other"] = 0
            Point.y = 1
        assert quadrature.call(entry, point, 2) == point.x + 2 + namespace["offset"]


@ours
def test_closures_of_one_code():
    def scaled(by):
        return lambda x: x * by

    entries = [quadrature.acquire(scaled(by), "d->d") for by in (1, 2.0, 3)]
    for _ in range(OFTEN):
        assert [quadrature.call(entry, 2) for entry in entries] == [2.0, 4.0, 6.0]


@ours
def test_monitoring_of_one_function():
    def function(x):
        return x + 1

    entry = quadrature.acquire(function, "d->d")
    for _ in range(OFTEN):
        quadrature.call(entry, 1)
    seen = []
    monitoring = sys.monitoring
    monitoring.use_tool_id(4, "test")
    try:
        monitoring.register_callback(4, monitoring.events.PY_START, lambda code, offset: seen.append(code.co_name))
        monitoring.set_local_events(4, function.__code__, monitoring.events.PY_START)
        assert quadrature.call(entry, 1) == 2
        monitoring.set_local_events(4, function.__code__, 0)
        assert quadrature.call(entry, 1) == 2
    finally:
        monitoring.free_tool_id(4)
    assert seen == ["function"]
    for _ in range(OFTEN):
        assert quadrature.call(entry, 1) == 2


@ours
def test_a_tool_that_comes_during_the_call():
    events = []

    def tracer(frame, event, argument):
        events.append((frame.f_code.co_name, event))
        return tracer

    def starts(n):
        sys.settrace(tracer)
        sys._getframe().f_trace = tracer
        n += 1
        return n

    def passes(n):
        n += 1
        return n

    entries = [quadrature.acquire(function, "q->q") for function in (starts, passes)]
    for _ in range(OFTEN):
        for entry in entries:
            quadrature.call(entry, 1)
        sys.settrace(None)
    events.clear()
    try:
        assert quadrature.call(entries[0], 1) == 2
    finally:
        sys.settrace(None)
    assert events[:3] == [("starts", "line"), ("starts", "line"), ("starts", "return")]


@ours
def test_threads():
    def function(x, n):
        total = x
        for _ in range(n):
            total += 0.5
        return total

    entry = quadrature.acquire(function, "dq->d")
    wrong = []

    def calls(number):
        for _ in range(OFTEN):
            if quadrature.call(entry, number, 20) != number + 10:
                wrong.append(number)

    threads = [threading.Thread(target=calls, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@ours
def test_code_that_goes_while_it_runs():
    def function(n):
        if n == 5:
            function.__code__ = (lambda n: (function, n + 100)[1]).__code__
            gc.collect()
        return n + 1

    entry = quadrature.acquire(function, "q->q")
    for _ in range(OFTEN):
        assert quadrature.call(entry, 1) == 2
    assert quadrature.call(entry, 5) == 6
    for _ in range(OFTEN):
        assert quadrature.call(entry, 1) == 101


@ours
def test_machine_code_takes_the_numbers():
    """With the compiler, it is made of a function that C calls, and not of one that cannot be called so."""
    program = """if True:
        import quadrature, pyroxene
        def function(x, n): return x * n
        def defaults(x, more=1): return x
        def generates(x): yield x
        for callee, signature in [(function, "dq->d"), (defaults, "d->d"), (generates, "d->O")]:
            entry = quadrature.acquire(callee, signature)
            before = pyroxene.jit()["for_c"]
            for _ in range(50):
                quadrature.call(entry, *(1, 2)[:signature.index("-")])
            print(pyroxene.jit()["for_c"] - before, quadrature.is_compiled(entry))
    """
    environment = {**os.environ, "PYROXENE_JIT": "eager"}
    environment.pop("PYROXENE_JIT_EXITS", None)
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["1 True", "0 True", "0 False"]
