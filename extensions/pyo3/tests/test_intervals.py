"""PyO3: classes and operators in Rust, borrow checks at run time, callbacks, panics, the lock, the collector."""

import gc
import math
import pickle
import sys
import threading
import weakref

import intervals
import pytest
from intervals import IntervalError, IntervalSet, call, chain, explode, longest_gap, measure, parse


def test_intervals_join():
    parts = IntervalSet([(5, 7), (1, 2)])
    assert list(parts) == [(1.0, 2.0), (5.0, 7.0)]
    parts.add(2, 5)
    assert list(parts) == [(1.0, 7.0)] and parts.length == 6
    assert 1 in parts and 7 not in parts and math.nan not in parts
    assert parts[0] == parts[-1] == (1.0, 7.0)
    assert list(IntervalSet.between(1, 2)) == [(1.0, 2.0)]


def test_operators():
    a, b = parse("1-3, 5-8"), parse("2-6")
    assert a | b == parse("1-8")
    assert a & b == parse("2-3,5-6")
    assert ~~a == a != b
    assert ~IntervalSet() == IntervalSet([intervals.EVERYTHING])
    assert parse("2-3") < b <= b and not b < b and a | b > a
    assert hash(a) == hash(parse("5-8;1-3", separator=";"))
    assert (a == 3) is False and not IntervalSet()
    assert repr(b) == "IntervalSet([(2.0, 6.0)])"
    with pytest.raises(TypeError, match="unsupported operand"):
        a | 3
    with pytest.raises(TypeError, match="compares with its kind"):
        a < 3


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: IntervalSet([(2, 1)]), IntervalError, "from 2 to 1"),
        (lambda: parse("1"), IntervalError, "no interval"),
        (lambda: parse("a-b"), ValueError, "invalid float"),
        (lambda: IntervalSet([1]), TypeError, "tuple"),
        (lambda: IntervalSet([(1, 2, 3)]), ValueError, "length"),
        (lambda: IntervalSet(3), TypeError, "not iterable"),
        (lambda: parse("", ","), TypeError, "takes 1 positional"),
        (lambda: parse(text="1-2"), TypeError, "positional-only arguments passed as keyword arguments: 'text'"),
        (lambda: IntervalSet()[0], IndexError, "out of range"),
        (lambda: IntervalSet().add(1), TypeError, "missing 1 required positional argument: 'high'"),
        (lambda: IntervalSet().add("1", 2), TypeError, "must be real number, not str"),
        (lambda: intervals.IntervalIter(), TypeError, "cannot create '.*IntervalIter' instances"),
    ],
)
def test_errors(function, error, message):
    with pytest.raises(error, match=message):
        function()


def test_exception_class():
    assert issubclass(IntervalError, ValueError)
    assert IntervalError.__module__ == "intervals" and IntervalError.__doc__ == "An interval that cannot be."


def test_the_iterator_is_live_and_keeps_its_set():
    parts = parse("1-2")
    iterator = iter(parts)
    assert next(iterator) == (1.0, 2.0)
    parts.add(3, 4)
    del parts
    gc.collect()
    assert list(iterator) == [(3.0, 4.0)]


def test_callbacks():
    parts = parse("1-3,5-8")
    assert measure(parts, lambda low, high: high - low) == 5
    with pytest.raises(ZeroDivisionError):
        measure(parts, lambda low, high: 1 / 0)
    with pytest.raises(TypeError, match="real number"):
        measure(parts, lambda low, high: "text")
    assert call({}.__getitem__, "gone") == "'gone'"
    assert call(dict, a=1) == {"a": 1}
    with pytest.raises(OSError):
        call(open, "/no/such/file")
    with pytest.raises(IntervalError, match="chained in Rust") as caught:
        chain(lambda: {}["gone"])
    assert isinstance(caught.value.__cause__, KeyError)
    assert sys.exception() is None


def test_borrowing_is_checked():
    parts = parse("1-2")
    pairs = iter([(3, 4), (5, 6), None])
    assert parts.add_from(lambda: next(pairs)) == 2
    with pytest.raises(RuntimeError, match="Already mutably borrowed"):
        parts.add_from(lambda: parts.length)
    with pytest.raises(RuntimeError, match="Already borrowed"):
        parts.add_from(lambda: parts.add(1, 2))
    parts.add(8, 9)
    assert len(parts) == 4


def test_panics_become_exceptions(capfd):
    with pytest.raises(BaseException, match="the extension panicked") as caught:
        explode()
    assert caught.type.__name__ == "PanicException" and not isinstance(caught.value, Exception)
    with pytest.raises(BaseException, match="the extension panicked"):
        explode(lambda: explode(lambda: explode()))
    assert "the extension panicked" in capfd.readouterr().err


def test_subclass_weakref_and_pickle():
    class Named(IntervalSet):
        def __init__(self, parts=()):
            self.name = "n"

    named = Named([(1, 2)])
    assert named.name == "n" and repr(named) == "Named([(1.0, 2.0)])"
    assert isinstance(Named.between(1, 2), Named)
    parts = parse("1-2,3-4")
    assert pickle.loads(pickle.dumps(parts)) == parts
    reference = weakref.ref(parts)
    del parts
    assert reference() is None


def test_cycles_are_collected():
    parts = parse("1-2")
    parts.owner = [parts]
    reference = weakref.ref(parts)
    del parts
    gc.collect()
    assert reference() is None
    parts = parse("1-2")
    thing = object()
    before = sys.getrefcount(thing)
    parts.owner = thing
    assert sys.getrefcount(thing) == before + 1 and parts.owner is thing
    parts.owner = None
    assert sys.getrefcount(thing) == before and parts.owner is None


def test_work_without_the_lock():
    parts = IntervalSet((i, i + 0.5) for i in range(1000))
    parts.add(2000, 2001)
    results = []
    threads = [
        threading.Thread(target=lambda: results.extend(longest_gap(parts) for _ in range(50))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [(999.5, 2000.0)] * 200
    assert longest_gap(IntervalSet()) is None


def test_signature_and_documentation():
    import inspect

    assert str(inspect.signature(parse)) == "(text, /, *, separator=',')"
    assert parse.__doc__.startswith("parse(text")
    assert "half-open" in IntervalSet.__doc__
