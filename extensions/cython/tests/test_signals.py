"""What Cython makes of its language: extension types, generators, coroutines, memoryviews, closures, errors."""

import array
import asyncio
import collections.abc
import gc
import pickle
import struct
import sys
import traceback
import weakref

import pytest
import signals
from signals import Histogram, Point, SignalError


def doubles(*values):
    return array.array("d", values)


def test_memoryviews_read_and_write_any_buffer():
    out = bytearray(5 * 8)
    signals.smooth(doubles(0, 0, 3, 0, 0), doubles(1, 1, 1), memoryview(out).cast("d"))
    assert struct.unpack("5d", out) == (0, 3, 3, 3, 0)
    result = doubles(0, 0, 0)
    signals.smooth(doubles(3, 6, 9), doubles(1, 1, 1), result, signals.Edge.REPEAT)
    assert list(result) == [12, 18, 24]
    strided = memoryview(doubles(1, 9, 2, 9, 3, 9))[::2]
    signals.smooth(strided, doubles(1), result)
    assert list(result) == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((doubles(1), doubles(1, 1), doubles(1)), SignalError, "odd, not 2"),
        ((doubles(1), doubles(1), doubles(1, 2)), SignalError, "another size"),
        ((b"abcdefgh", doubles(1), doubles(1)), ValueError, "Buffer dtype mismatch"),
        (([1], doubles(1), doubles(1)), TypeError, "bytes-like"),
        ((doubles(1), doubles(1), memoryview(bytes(8)).cast("d")), BufferError, "not writable"),
        ((doubles(1), memoryview(doubles(1, 2, 3))[::2], doubles(1)), BufferError, "not C-contiguous"),
        ((doubles(1),), TypeError, "at least 3 positional"),
    ],
)
def test_memoryview_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        signals.smooth(*arguments)


def test_fused_types_choose_by_the_buffer():
    def grid(code):
        return memoryview(array.array(code, [1, 2, 3, 4])).cast("B").cast(code, (2, 2))

    assert signals.total(grid("i")) == (10, "int")
    assert signals.total(grid("d")) == (10.0, "double")
    assert signals.total(grid("f")) == (10.0, "float")
    assert signals.total["double"](grid("d"))[1] == "double"
    with pytest.raises(TypeError, match="No matching signature"):
        signals.total(grid("h"))


def test_histogram_counts():
    histogram = Histogram(0, 10, 5, label="h")
    assert histogram.add([0, 1.9, 2, 9.99, 10, -1]) == 4
    assert list(histogram) == [2, 1, 0, 0, 1]
    assert (histogram[0], histogram[-1], histogram[:2], len(histogram)) == (2, 1, [2, 1], 5)
    with pytest.raises(IndexError):
        histogram[5]
    assert repr(histogram) == "Histogram(0, 10, [2, 1, 0, 0, 1])"
    assert histogram + histogram == Histogram(0, 10, 5) + histogram + histogram
    assert histogram != Histogram(0, 10, 5) and histogram != 3
    assert hash(histogram) == hash(pickle.loads(pickle.dumps(histogram)))
    assert Histogram.of(1, 2, 3)[0] == 1 and len(Histogram.unit(3)) == 3


def test_histogram_buffer():
    histogram = Histogram(0, 4, 4)
    with memoryview(histogram) as view:
        assert histogram.exported == 1
        view[2] = 7
    assert histogram.exported == 0 and histogram[2] == 7
    assert bytes(histogram) == struct.pack("4q", 0, 0, 7, 0)


def test_extension_type_attributes_and_errors():
    histogram = Histogram(0, 1)
    histogram.label = ["any", "object"]
    with pytest.raises(AttributeError, match="is not writable"):
        histogram.low = 3
    with pytest.raises(SignalError, match="empty"):
        Histogram(1, 0)
    with pytest.raises(TypeError):
        Histogram()
    with pytest.raises(TypeError, match="got an unexpected keyword"):
        Histogram(0, 1, tag=1)
    with pytest.raises(TypeError, match="got NoneType"):
        histogram += None
    with pytest.raises(TypeError, match="unsupported operand"):
        histogram + 1


def test_python_overrides_cpdef_method():
    class Folded(Histogram):
        def index(self, value):
            return super().index(abs(value))

    folded = Folded(0, 10, 5)
    assert folded.add([-1, 1, -9]) == 3
    assert list(folded) == [2, 0, 0, 0, 1]

    class Broken(Histogram):
        def index(self, value):
            raise LookupError(value)

    with pytest.raises(LookupError) as caught:
        Broken(0, 1).add([0.5])
    assert caught.value.args == (0.5,)


def test_freelist_types_are_reused_safely():
    for _ in range(3):
        points = [Point(i, i) for i in range(10)]
        assert abs(points[3] - Point(0, -1)) == 5.0
        points.clear()
    with pytest.raises(TypeError, match="acceptable base type"):
        type("P", (Point,), {})


def test_generators():
    generator = signals.windows("abcd", 2)
    assert isinstance(generator, collections.abc.Generator)
    assert next(generator) == ("a", "b")
    assert generator.send(3) is not None
    assert next(generator) == ("b", "c", "d")
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == 3
    with pytest.raises(SignalError):
        next(signals.windows([], 0))
    signals.CLOSED.clear()
    generator = signals.windows("abcd", 2)
    next(generator)
    del generator
    gc.collect()
    assert signals.CLOSED == [2]
    generator = signals.windows("abcd", 1)
    next(generator)
    with pytest.raises(OSError):
        generator.throw(OSError)


def test_yield_from_nests_with_python_generators():
    assert list(signals.flatten([1, [2, [3, []], 4]])) == [1, 2, 3, 4]

    def outer():
        result = yield from signals.windows("abc", 2)
        yield result

    assert list(outer()) == [("a", "b"), ("b", "c"), 2]


def test_coroutines_and_asynchronous_generators():
    async def python_source():
        for i in range(3):
            await asyncio.sleep(0)
            yield i

    async def main():
        first = await signals.gather(signals.ticks(3, asyncio.sleep), scale=2)
        second = await signals.gather(python_source())
        both = await asyncio.gather(signals.gather(signals.ticks(2, asyncio.sleep)), signals.gather(python_source()))
        return first, second, both

    assert asyncio.run(main()) == ([0, 2, 4], [0, 1, 2], [[0, 1], [0, 1, 2]])


def test_closures():
    up, now = signals.make_counter(5)
    assert (up(), up(2, times=3), now()) == (6, 12, 12)
    with pytest.raises(TypeError):
        up(wrong=1)
    assert up.__name__ == "up" and up.__defaults__ == (1,) and up.__kwdefaults__ == {"times": 1}
    reference = weakref.ref(up)
    del up
    gc.collect()
    assert reference() is None


def test_exceptions_have_python_semantics():
    signals.CLOSED.clear()
    assert signals.apply(max, 1, 2) == ("fine", 2)
    kind, error = signals.apply({}.__getitem__, "k")
    assert kind == "lookup" and isinstance(error, KeyError)
    with pytest.raises(RuntimeError) as caught:
        signals.apply(Histogram, 1, 0)
    assert isinstance(caught.value.__cause__, SignalError)
    with pytest.raises(OSError):
        signals.apply(lambda: (_ for _ in ()).throw(OSError()))
    assert signals.CLOSED == ["applied"] * 4
    assert sys.exception() is None


def test_errors_from_code_without_the_gil():
    values = doubles(4, 9, -1, 16)
    with pytest.raises(SignalError, match="no root of -1") as caught:
        signals.roots(values)
    assert list(values) == [2, 3, -1, 16]
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][-2:] == ["signals.roots", "signals.checked_root"]
    assert frames[-1].filename.endswith("signals.pyx")


def test_introspection():
    assert signals.windows.__doc__.startswith("A generator of tuples")
    assert signals.Edge.REPEAT == 1 and int(signals.Edge.ZERO) == 0
    assert callable(signals.apply) and signals.apply.__module__ == "signals"
    assert issubclass(SignalError, ValueError)


def test_reference_counts():
    thing = object()
    seen = signals.refcount(thing)
    more = [thing] * 10
    assert signals.refcount(thing) == seen + 10
    del more
    assert signals.refcount(thing) == seen


def test_callbacks_in_sort():
    assert signals.sort_by([3, -1, 2, -2], abs) == [-1, -2, 2, 3]
    with pytest.raises(ZeroDivisionError):
        signals.sort_by([0], lambda item: 1 / item)
