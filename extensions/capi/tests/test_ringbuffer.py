"""The plain C API through a ring buffer: calls of every convention, a static type, buffers, errors."""

import array
import gc
import inspect
import pickle
import struct
import sys
import threading
import warnings
import weakref

import pytest
import ringbuffer
from ringbuffer import EmptyError, Ring


def test_a_full_ring_forgets_its_oldest_items():
    ring = Ring(3)
    for item in range(5):
        ring.push(item)
    assert list(ring) == [2.0, 3.0, 4.0]
    assert ring.dropped == 2
    assert ring.pop() == 2.0
    assert len(ring) == 2


def test_a_ring_without_init_works():
    ring = Ring.__new__(Ring)
    ring.push(1)
    ring.push(2)
    assert list(ring) == [2.0]


def test_calling_conventions():
    ring = Ring.of(1, 2, 3, 4)
    assert ring.sum_between(2, 3) == 5.0
    ring.resize(capacity=2)
    assert list(ring) == [3.0, 4.0]
    assert ringbuffer.clamp(7, low=0, high=5) == 5
    assert ringbuffer.clamp(-1, low=0) == 0
    assert ringbuffer.clamp("m", high=None, low="a") == "m"
    ring.extend(x / 2 for x in range(3))
    assert list(ring) == [0.5, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Ring(), TypeError, "required argument 'capacity'"),
        (lambda: Ring(0), ValueError, "at least 1 item, not 0"),
        (lambda: Ring("3"), TypeError, "str"),
        (lambda: Ring(3, on_drop=3), TypeError, "on_drop must be callable, not int"),
        (lambda: Ring(3, wrong=3), TypeError, "wrong"),
        (lambda: Ring(3).push(), TypeError, r"exactly one argument \(0 given\)"),
        (lambda: Ring(3).pop(1), TypeError, r"takes no arguments \(1 given\)"),
        (lambda: Ring(3).pop(x=1), TypeError, "takes no keyword arguments"),
        (lambda: Ring(3).push("x"), TypeError, "must be real number, not str"),
        (lambda: Ring(3).pop(), EmptyError, "pop from an empty ring"),
        (lambda: Ring(3).mean, EmptyError, "no mean"),
        (lambda: Ring(3)[0], IndexError, "out of range"),
        (lambda: ringbuffer.clamp(1, mid=2), TypeError, "unexpected keyword argument 'mid'"),
        (lambda: ringbuffer.clamp(1j, low=0), TypeError, "not supported between"),
        (lambda: hash(Ring(3)), TypeError, "unhashable type: 'ringbuffer.Ring'"),
        (lambda: Ring(sys.maxsize), MemoryError, None),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_describe_parses_and_builds_every_format():
    ring = Ring(1)
    got = ringbuffer.describe("ringé", "ü", 2**40, (1, 2.5), 25, ring, "a\0b", [1])
    assert got == {
        "name": "ringé",
        "tag": "ü",
        "count": 2**40,
        "origin": (1.0, 2.5),
        "share": 0.25,
        "ring": ring,
        "raw": "a\0b",
        "flag": True,
    }
    assert got["ring"] is ring
    short = ringbuffer.describe(tag="x", name="n", raw=None)
    assert (short["raw"], short["ring"], short["count"]) == (None, None, -1)
    for bad in (
        dict(name="a\0b", tag="x"),
        dict(name="n", tag="xx"),
        dict(name="n", tag="x", count=2**64),
        dict(name="n", tag="x", origin=(1,)),
        dict(name="n", tag="x", ring=[]),
        dict(name="\ud800", tag="x"),
    ):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            ringbuffer.describe(**bad)


def test_sequence_number_and_comparison_protocols():
    ring = Ring(4, [1, 2, 3])
    assert 2 in ring and 9 not in ring
    assert ring[-1] == 3.0
    ring[0] = 10
    assert ring == Ring(9, [10, 2, 3])
    assert ring != Ring(9, [10, 2])
    assert (ring == 5) is False
    assert list(ring * 2) == list(2 * ring) == [20.0, 4.0, 6.0]
    assert not Ring(1) and ring
    assert repr(ring) == "Ring(4, [10.0, 2.0, 3.0])"
    assert list(reversed(ring)) == [3.0, 2.0, 10.0]
    with pytest.raises(TypeError, match="unsupported operand"):
        ring * {}
    with pytest.raises(TypeError):
        ring < ring
    with pytest.raises(TypeError, match="cannot be deleted"):
        del ring[0]
    match ring:
        case [first, *_]:
            assert first == 10.0
        case _:
            pytest.fail("Py_TPFLAGS_SEQUENCE has no effect on match")


def test_iterator_is_exhausted_for_good():
    ring = Ring(4, [1])
    iterator = iter(ring)
    assert list(iterator) == [1.0]
    ring.push(2)
    assert next(iterator, None) is None
    with pytest.raises(TypeError, match="cannot create"):
        type(iterator)()


def test_buffer_is_shared_and_locks_the_size():
    ring = Ring(3, [1, 2])
    with memoryview(ring) as view:
        assert (view.format, view.shape, view.strides, view.readonly) == ("d", (3,), (8,), False)
        assert view.tolist() == [1.0, 2.0, 0.0]
        view[1] = 7.5
        with pytest.raises(BufferError, match="exported"):
            ring.capacity = 5
    assert list(ring) == [1.0, 7.5]
    ring.capacity = 5
    assert bytes(ring) == struct.pack("5d", 1, 7.5, 0, 0, 0)
    struct.pack_into("d", ring, 8, 2.5)
    assert ring[1] == 2.5


def test_reading_other_buffers():
    assert ringbuffer.checksum(b"") == 0x811C9DC5
    assert ringbuffer.checksum(b"foobar") == 0xBF9CF968
    assert ringbuffer.checksum(memoryview(bytearray(b"foobar"))) == 0xBF9CF968
    assert ringbuffer.checksum(array.array("B", b"foobar")) == 0xBF9CF968
    assert ringbuffer.checksum(b"a", 1) != ringbuffer.checksum(b"a")
    with pytest.raises(TypeError, match="bytes-like"):
        ringbuffer.checksum("text")


def test_callback_errors_travel_through_c():
    seen = []
    ring = Ring(1, on_drop=seen.append)
    ring.extend([1, 2, 3])
    assert seen == [1.0, 2.0]
    assert ring.on_drop.__self__ is seen

    def explode(item):
        raise LookupError(item)

    ring = Ring(1, [5], on_drop=explode)
    with pytest.raises(LookupError) as caught:
        ring.push(6)
    assert caught.value.args == (5.0,)
    assert caught.traceback[-1].name == "explode"


def test_chained_exceptions_and_warnings():
    with pytest.raises(RuntimeError) as caught:
        ringbuffer.chain(lambda: 1 / 0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.__context__ is caught.value.__cause__
    with pytest.warns(DeprecationWarning, match="ring says: hello"):
        ringbuffer.warn("hello")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning):
            ringbuffer.warn("hello")


def test_subclass_has_dict_and_weakrefs_and_super():
    class Named(Ring):
        def push(self, item):
            super().push(item + 1)

    ring = Named(2)
    ring.name = "r"
    ring.push(1)
    assert list(ring) == [2.0] and ring.name == "r"
    assert type(ring * 1) is Named
    reference = weakref.ref(ring)
    del ring
    gc.collect()
    assert reference() is None
    with pytest.raises(AttributeError):
        Ring(1).name = "x"
    with pytest.raises(TypeError, match="immutable type"):
        Ring.extra = 1


def test_cycle_through_a_callback_is_collected():
    class Owner:
        def __init__(self):
            self.ring = Ring(1, on_drop=self.dropped)

        def dropped(self, item):
            pass

    owner = Owner()
    reference = weakref.ref(owner)
    del owner
    gc.collect()
    assert reference() is None


def test_reference_counts_are_exact():
    def callback(item):
        pass

    before = sys.getrefcount(callback)
    ring = Ring(2, on_drop=callback)
    assert sys.getrefcount(callback) == before + 1
    ring.__init__(2)
    assert sys.getrefcount(callback) == before
    assert sys.getrefcount(ring) == 2
    iterator = iter(ring)
    assert sys.getrefcount(ring) == 3
    del iterator
    assert sys.getrefcount(ring) == 2


def test_pickle_signature_and_constants():
    ring = Ring(4, [1, 2, 3])
    assert pickle.loads(pickle.dumps(ring)) == ring
    assert str(inspect.signature(ringbuffer.clamp)) == "(value, /, *, low=None, high=None)"
    assert str(inspect.signature(Ring)) == "(capacity, items=(), *, on_drop=None)"
    assert Ring.push.__doc__ == "Add an item, dropping the oldest of a full ring."
    assert (ringbuffer.SLOT_SIZE, ringbuffer.FORMAT, ringbuffer.WORDS[1]) == (8, "d", "busy")
    assert issubclass(EmptyError, IndexError) and EmptyError.__module__ == "ringbuffer"


def test_threads_share_a_ring():
    ring = Ring(1000, range(1000))
    sums = []
    threads = [threading.Thread(target=lambda: sums.append(ring.sum_between(0, 999))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [499500.0] * 8
