"""pyroxene.h: Python functions called with numbers of C, whatever becomes of them meanwhile."""

import gc
import math
import os
import subprocess
import sys
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
