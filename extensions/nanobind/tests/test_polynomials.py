"""nanobind: constructors, operators, arrays without copies, trampolines, exceptions, cycles, its leak checker."""

import array
import gc
import pickle
import subprocess
import sys
import textwrap
import threading
import weakref

import pytest
from polynomials import NoConvergence, Norm, Polynomial, Watcher, chain, fit, guarded, largest, throw_cpp


def doubles(*values):
    return array.array("d", values)


def test_arithmetic():
    p = Polynomial([1, 2])
    assert (p * p) == Polynomial([1, 4, 4])
    assert (p + p * 3)(2) == 20
    assert list(p * Polynomial([])) == []
    assert Polynomial([1, 0, 0]).degree == 0
    assert Polynomial([3, 2, 1]).derivative() == Polynomial([2, 2])
    assert repr(p) == "Polynomial([1.0, 2.0])"
    p.constant = 5
    assert p(0) == 5 and list(p) == [5, 2]


def test_roots_and_keyword_only_arguments():
    assert Polynomial([-2, 0, 1]).root() == pytest.approx(2**0.5)
    with pytest.raises(NoConvergence, match="no root found from 3"):
        Polynomial([1, 0, 1]).root(3, steps=20)
    assert issubclass(NoConvergence, ArithmeticError)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        Polynomial([1]).root(1, 2)


def test_arrays_are_shared():
    p = Polynomial(memoryview(doubles(1, 9, 2, 9))[::2])
    assert list(p) == [1, 2]
    values = doubles(0, 1, 2)
    p.fill(values)
    assert list(values) == [1, 3, 5]
    with pytest.raises(TypeError):
        p.fill(array.array("f", [1]))
    with pytest.raises(TypeError):
        p.fill(bytes(8))


def test_arrays_from_cpp_own_their_memory():
    p = Polynomial([0, 1])
    table = p.table(1000)
    del p
    gc.collect()
    view = memoryview(table)
    assert (view.format, view.shape) == ("d", (1000,)) and view[999] == 999.0
    view[0] = 5.0
    assert memoryview(table)[0] == 5.0


class Largest(Norm):
    """A norm in Python."""

    def of(self, polynomial):
        return max(map(abs, polynomial), default=0)


class Broken(Norm):
    """A norm that fails."""

    def of(self, polynomial):
        raise LookupError(polynomial.degree)


def test_python_overrides_virtual_functions():
    best = largest(Largest(), [Polynomial([1]), Polynomial([2, -7]), Polynomial([5])])
    assert best == Polynomial([2, -7])
    assert largest(Largest(), []) is None
    with pytest.raises(LookupError) as caught:
        largest(Broken(), [Polynomial([1, 2])])
    assert caught.value.args == (1,)
    with pytest.raises(RuntimeError, match="pure virtual"):
        largest(Norm(), [Polynomial([1])])


def test_callbacks():
    p = fit(lambda x: 3 * x * x - x + 2, 0, 1, 2)
    assert list(p) == pytest.approx([2, -1, 3])
    with pytest.raises(ZeroDivisionError):
        fit(lambda x: 1 / x, 0, 1, 2)


def test_exceptions_in_both_directions():
    assert guarded({}.__getitem__, 1) == "caught: 1"
    assert guarded(dict, x=1) == {"x": 1}
    with pytest.raises(ZeroDivisionError):
        guarded(lambda: 1 // 0)
    with pytest.raises(ValueError, match="chained in C") as caught:
        chain(lambda: {}["gone"])
    assert isinstance(caught.value.__cause__, KeyError)
    assert sys.exception() is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("value", ValueError),
        ("out_of_range", IndexError),
        ("bad_alloc", MemoryError),
        ("stop", StopIteration),
        ("other", RuntimeError),
    ],
)
def test_standard_exceptions(kind, error):
    with pytest.raises(error):
        throw_cpp(kind)


def test_life_cycle():
    gc.collect()
    before = Polynomial.live
    p = Polynomial([1, 2])
    iterator = iter(p)
    reference = weakref.ref(p)
    assert Polynomial.live == before + 1
    del p
    assert next(iterator) == 1.0 and reference() is not None
    del iterator
    gc.collect()
    assert reference() is None and Polynomial.live == before


def test_cycles_through_cpp_are_collected():
    watcher = Watcher()
    watcher.target = [watcher]
    reference = weakref.ref(watcher)
    del watcher
    gc.collect()
    assert reference() is None
    watcher = Watcher()
    watcher.target = None
    assert watcher.target is None


def test_pickle_and_subclass():
    p = Polynomial([1, 2, 3])
    assert pickle.loads(pickle.dumps(p)) == p

    class Named(Polynomial):
        def __init__(self, name, terms):
            super().__init__(terms)
            self.name = name

    assert Named("n", [1]).name == "n"


def test_threads_without_the_gil():
    results = []
    p = Polynomial([-2, 0, 1])
    threads = [
        threading.Thread(target=lambda: results.extend(p.root() for _ in range(200))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 800 and len(set(results)) == 1


def test_nothing_leaks_at_exit():
    """nanobind prints what is still alive when the interpreter ends."""
    code = """
        from polynomials import Polynomial, Watcher, fit
        kept = Polynomial([1, 2])
        cycle = Watcher()
        cycle.target = cycle
        fit(lambda x: x, 0, 1, 2)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
