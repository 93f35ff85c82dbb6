"""The Python half of the package: an API over the compiled declarations."""

import os

from streamstats._native import ffi, lib

VERSION = ffi.string(lib.VERSION).decode()


@ffi.def_extern(error=-2)
def on_value(value, context):
    """The one C function that all visits with a Python callable go through."""
    return ffi.from_handle(context)(value)


@ffi.def_extern()
def on_release(resource):
    """Closes what a `ffi.gc` object owns."""
    lib.resource_close(ffi.cast("struct resource *", resource))


class Stream:
    """Running statistics of numbers."""

    def __init__(self):
        self._stats = ffi.new("struct stats *")
        lib.stats_start(self._stats)

    def add(self, values):
        """Add a buffer of doubles, or any iterable of numbers."""
        try:
            numbers = ffi.from_buffer("double[]", values)
        except TypeError:
            numbers = ffi.new("double[]", list(values))
        if lib.stats_add(self._stats, numbers, len(numbers)) != 0:
            raise OSError(ffi.errno, os.strerror(ffi.errno))
        return self

    def __or__(self, other):
        result = Stream()
        result._stats[0] = lib.stats_merge(self._stats[0], other._stats[0])
        return result

    @property
    def deviation(self):
        """The sample's standard deviation."""
        return lib.stats_deviation(self._stats)

    def __getattr__(self, name):
        return getattr(self._stats, name)


def visit(values, function, *, thread=False):
    """Call a function with each value until it returns a number that is not 0; returns that."""
    numbers = ffi.new("double[]", list(values))
    handle = ffi.new_handle(function)
    call = lib.each_on_thread if thread else lib.each
    return call(numbers, len(numbers), lib.on_value, handle)


def resource(number):
    """A C resource that is closed when nothing refers to it any more."""
    raw = lib.resource_open(number)
    if raw == ffi.NULL:
        raise OSError(ffi.errno, os.strerror(ffi.errno))
    return ffi.gc(raw, lib.on_release)
