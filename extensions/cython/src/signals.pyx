# cython: language_level=3
"""Small signal processing: smoothing, histograms and moving windows over any buffer of numbers."""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.ref cimport PyObject
from libc.math cimport NAN, floor, sqrt


class SignalError(ValueError):
    """What this module raises of its own accord."""


ctypedef fused number:
    int
    float
    double


cpdef enum Edge:
    ZERO = 0
    REPEAT = 1


@cython.boundscheck(False)
@cython.wraparound(False)
def smooth(const double[:] signal, const double[::1] kernel, double[:] out, Edge edge=ZERO):
    """Convolve into `out`, without the GIL."""
    cdef Py_ssize_t size = signal.shape[0], width = kernel.shape[0], i, j, k
    cdef double total
    if width % 2 == 0:
        raise SignalError(f"the kernel's width must be odd, not {width}")
    if out.shape[0] != size:
        raise SignalError("out has another size")
    with nogil:
        for i in range(size):
            total = 0
            for j in range(width):
                k = i + j - width // 2
                if k < 0 or k >= size:
                    if edge == ZERO:
                        continue
                    k = 0 if k < 0 else size - 1
                total += signal[k] * kernel[j]
            out[i] = total


def total(number[:, :] grid):
    """The sum of a grid of ints, floats or doubles, in its own type's arithmetic."""
    cdef number result = 0
    cdef Py_ssize_t i, j
    for i in range(grid.shape[0]):
        for j in range(grid.shape[1]):
            result += grid[i, j]
    return result, cython.typeof(result)


cdef class Histogram:
    """Counts of values in bins of equal width; shows its counts as a buffer."""

    cdef readonly double low, high
    cdef Py_ssize_t bins
    cdef Py_ssize_t[1] shape
    cdef long long *counts
    cdef public object label
    cdef int views

    def __cinit__(self, double low, double high, Py_ssize_t bins=10, *, label=None):
        if not low < high or bins < 1:
            raise SignalError("an empty histogram")
        self.counts = <long long *>PyMem_Malloc(bins * sizeof(long long))
        if self.counts == NULL:
            raise MemoryError
        self.low, self.high, self.bins, self.label = low, high, bins, label
        cdef Py_ssize_t i
        for i in range(bins):
            self.counts[i] = 0

    def __dealloc__(self):
        PyMem_Free(self.counts)

    cpdef Py_ssize_t index(self, double value) except? -1:
        """The bin of a value. Subclasses in Python may say otherwise."""
        if value != value:
            raise SignalError("not a number")
        return <Py_ssize_t>floor((value - self.low) / (self.high - self.low) * self.bins)

    def add(self, values):
        """Count every value of an iterable; those outside are dropped. Returns how many were counted."""
        cdef Py_ssize_t counted = 0, where
        for value in values:
            where = self.index(value)
            if 0 <= where < self.bins:
                self.counts[where] += 1
                counted += 1
        return counted

    def __len__(self):
        return self.bins

    def __getitem__(self, item):
        if isinstance(item, slice):
            return [self.counts[i] for i in range(*item.indices(self.bins))]
        cdef Py_ssize_t i = item
        if i < 0:
            i += self.bins
        if not 0 <= i < self.bins:
            raise IndexError(item)
        return self.counts[i]

    def __iter__(self):
        for i in range(self.bins):
            yield self.counts[i]

    def __iadd__(self, Histogram other not None):
        if other.bins != self.bins:
            raise SignalError("histograms of different size")
        for i in range(self.bins):
            self.counts[i] += other.counts[i]
        return self

    def __add__(left, right):
        if not isinstance(left, Histogram) or not isinstance(right, Histogram):
            return NotImplemented
        result = Histogram(left.low, left.high, len(left), label=left.label)
        result += left
        result += right
        return result

    def __eq__(self, other):
        if not isinstance(other, Histogram):
            return NotImplemented
        return list(self) == list(other)

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        return f"Histogram({self.low:g}, {self.high:g}, {list(self)})"

    def __reduce__(self):
        return _restore, (type(self), self.low, self.high, list(self), self.label)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        self.shape[0] = self.bins
        buffer.buf = <char *>self.counts
        buffer.obj = self
        buffer.len = self.bins * sizeof(long long)
        buffer.itemsize = sizeof(long long)
        buffer.format = "q"
        buffer.ndim = 1
        buffer.shape = self.shape
        buffer.strides = &buffer.itemsize
        buffer.suboffsets = NULL
        buffer.readonly = 0
        buffer.internal = NULL
        self.views += 1

    def __releasebuffer__(self, Py_buffer *buffer):
        self.views -= 1

    @property
    def exported(self):
        """How many views are out."""
        return self.views

    @staticmethod
    def of(*values):
        """A histogram that spans the values."""
        result = Histogram(min(values), max(values) + 1)
        result.add(values)
        return result

    @classmethod
    def unit(cls, bins):
        """A histogram over 0 to 1."""
        return cls(0, 1, bins)


def _restore(kind, low, high, counts, label):
    cdef Histogram result = kind(low, high, len(counts), label=label)
    for i, count in enumerate(counts):
        result.counts[i] = count
    return result


@cython.final
@cython.freelist(4)
cdef class Point:
    """A value type that Cython keeps on a freelist."""

    cdef public double x, y

    def __init__(self, x=0.0, y=0.0):
        self.x, self.y = x, y

    def __abs__(self):
        return sqrt(self.x * self.x + self.y * self.y)

    def __sub__(Point self, Point other):
        return Point(self.x - other.x, self.y - other.y)


def windows(iterable, Py_ssize_t width):
    """A generator of tuples of consecutive items; what is sent to it changes the width."""
    if width < 1:
        raise SignalError("a window of nothing")
    window = []
    try:
        for item in iterable:
            window.append(item)
            while len(window) > width:
                del window[0]
            if len(window) == width:
                new = yield tuple(window)
                if new is not None:
                    width = new
    except GeneratorExit:
        CLOSED.append(width)
        raise
    return len(window)


CLOSED = []


def flatten(tree):
    """Leaves of nested lists, by recursion through `yield from`."""
    if isinstance(tree, list):
        for branch in tree:
            yield from flatten(branch)
    else:
        yield tree


async def gather(source, *, scale=1):
    """A coroutine that reads an asynchronous iterator and waits between items."""
    result = []
    async for item in source:
        result.append(item * scale)
    return result


async def ticks(count, sleep):
    """An asynchronous generator."""
    for i in range(count):
        await sleep(0)
        yield i


def make_counter(start=0):
    """A closure with a cell that two functions share."""
    count = start

    def up(step=1, *, times=1):
        nonlocal count
        count += step * times
        return count

    return up, lambda: count


def apply(function, *args, **kwargs):
    """Calls, and tells how it ended."""
    try:
        result = function(*args, **kwargs)
    except SignalError as error:
        raise RuntimeError("apply failed") from error
    except (KeyError, IndexError) as error:
        return "lookup", error
    else:
        return "fine", result
    finally:
        CLOSED.append("applied")


cdef double checked_root(double value) except -1 nogil:
    if value < 0:
        with gil:
            raise SignalError(f"no root of {value}")
    return sqrt(value)


def roots(double[:] values):
    """Square roots in place; an error is raised from code without the GIL."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(values.shape[0]):
            values[i] = checked_root(values[i])


def refcount(object thing):
    """The reference count as C sees it."""
    return (<PyObject *>thing).ob_refcnt


def sort_by(list items, key):
    """Sort through a lambda that calls back into Python."""
    items.sort(key=lambda item: (key(item), item))
    return items
