"""cffi's API mode: calls, structs by value, callbacks both ways, threads, handles, errno, ownership."""

import array
import errno
import gc
import math
import statistics
import sys
import threading
import weakref

import pytest
import streamstats
from streamstats import Stream, ffi, lib, visit

NUMBERS = [math.sin(i) * i for i in range(1, 500)]


def test_the_module_was_compiled():
    assert streamstats._native.__file__.endswith(".so")
    assert streamstats.VERSION == "streamstats 1.0"
    assert lib.WINDOW == 4096
    assert (lib.ASCENDING, lib.DESCENDING) == (0, -1)


def test_statistics_agree_with_python():
    stream = Stream().add(NUMBERS)
    assert stream.count == len(NUMBERS)
    assert stream.mean == pytest.approx(statistics.fmean(NUMBERS))
    assert stream.deviation == pytest.approx(statistics.stdev(NUMBERS))
    assert (stream.low, stream.high) == (min(NUMBERS), max(NUMBERS))


def test_structs_travel_by_value():
    both = Stream().add(NUMBERS[:100]) | Stream().add(NUMBERS[100:])
    whole = Stream().add(NUMBERS)
    assert both.deviation == pytest.approx(whole.deviation)
    assert ffi.sizeof("struct stats") == 8 + 24 + 4 * 8
    assert ffi.offsetof("struct stats", "mean") == 32
    assert [name for name, _ in ffi.typeof("struct stats").fields] == ["count", "mean", "spread", "low", "high"]


def test_buffers_are_not_copied():
    values = array.array("d", [3, 1, 2])
    lib.sort(ffi.from_buffer("double[]", values, require_writable=True), 3, lib.ASCENDING)
    assert list(values) == [1, 2, 3]
    lib.sort(ffi.from_buffer("double[]", values), 3, lib.DESCENDING)
    assert list(values) == [3, 2, 1]
    view = ffi.from_buffer("double[]", values)
    with pytest.raises(BufferError):
        values.append(1)
    ffi.release(view)
    values.append(1)
    with pytest.raises(BufferError):
        ffi.from_buffer("double[]", bytes(8), require_writable=True)
    raw = ffi.new("double[2]", [1.0, 2.0])
    ffi.buffer(raw)[:8] = bytes(8)
    assert list(raw) == [0.0, 2.0]


def test_errno_is_kept_apart():
    with pytest.raises(OSError) as caught:
        Stream().add([1.0, math.nan])
    assert caught.value.errno == errno.EDOM
    with pytest.raises(OSError) as caught:
        streamstats.resource(-1)
    assert caught.value.errno == errno.EINVAL
    ffi.errno = 7
    open("/dev/null").close()
    assert ffi.errno == 7


def test_global_variables():
    before = lib.calls
    Stream().add([1]).add([2])
    assert lib.calls == before + 2
    lib.calls = 40
    Stream().add([1])
    assert lib.calls == 41


@pytest.mark.parametrize("thread", [False, True])
def test_callbacks(thread):
    seen = []
    idents = set()

    def function(value):
        idents.add(threading.get_ident())
        seen.append(value)
        return 7 if value == 3 else 0

    assert visit([1, 2, 3, 4], function, thread=thread) == 7
    assert seen == [1.0, 2.0, 3.0]
    assert (idents == {threading.get_ident()}) is not thread


@pytest.mark.parametrize("thread", [False, True])
def test_a_callback_that_raises_gives_its_error_value(thread, monkeypatch):
    caught = []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: caught.append((info.exc_type, str(info.exc_value))))

    def function(value):
        raise LookupError("from the callback")

    assert visit([1], function, thread=thread) == -2
    assert caught == [(LookupError, "from the callback")]


def test_old_style_callbacks_and_function_pointers():
    seen = []
    callback = ffi.callback("int(double, void *)", lambda value, context: seen.append(value) or 0)
    assert lib.each([1.0, 2.0], 2, callback, ffi.NULL) == 0
    assert seen == [1.0, 2.0]
    pointer = ffi.addressof(lib, "stats_deviation")
    assert math.isnan(pointer(Stream()._stats))
    assert ffi.typeof(pointer).kind == "function"


def test_callbacks_nest():
    depth = []

    def function(value):
        depth.append(value)
        return visit([value - 1], function) if value > 0 else 0

    assert visit([50], function) == 0
    assert len(depth) == 51


def test_variadic_functions():
    out = ffi.new("char[64]")
    length = lib.format_all(out, 64, b"%s %d %.2f", ffi.new("char[]", b"x"), ffi.cast("int", 3), ffi.cast("double", 0.5))
    assert ffi.string(out, length) == b"x 3 0.50"
    with pytest.raises(TypeError, match="needs to be a cdata"):
        lib.format_all(out, 64, b"%d", 3)


def test_ownership():
    gc.collect()
    before = lib.resource_count()
    things = [streamstats.resource(i) for i in range(3)]
    assert lib.resource_count() == before + 3
    del things
    gc.collect()
    assert lib.resource_count() == before
    with streamstats.resource(1):
        assert lib.resource_count() == before + 1
    assert lib.resource_count() == before


def test_handles_and_weak_keys():
    class Thing:
        pass

    thing = Thing()
    handle = ffi.new_handle(thing)
    assert ffi.from_handle(ffi.cast("void *", handle)) is thing
    reference = weakref.ref(thing)
    del thing
    assert reference() is not None
    del handle
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: lib.stats_deviation(3), TypeError),
        (lambda: lib.sort([1.0], -1, 0), OverflowError),
        (lambda: ffi.new("struct missing *"), (ffi.error, TypeError)),
        (lambda: lib.nothing, AttributeError),
        (lambda: Stream()._stats.hidden, AttributeError),
        (lambda: ffi.new("double[2]")[2], IndexError),
        (lambda: ffi.new("double[2]", [1, 2, 3]), IndexError),
    ],
)
def test_misuse_is_an_exception(call, error):
    with pytest.raises(error):
        call()


def test_calls_give_up_the_gil():
    """Two threads inside C that visits with Python callbacks take turns."""
    barrier = threading.Barrier(2, timeout=30)

    def function(value):
        barrier.wait()
        return 0

    threads = [threading.Thread(target=visit, args=([1, 2, 3], function)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not barrier.broken
