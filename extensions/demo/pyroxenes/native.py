"""C through cffi, both ways of it: ABI mode opens the C library as it is, API mode compiles C of our own."""

import pathlib

import numpy as np
from cffi import FFI

PATTERN = r"""
#include <math.h>
#include <stddef.h>

/* Adds peaks to a pattern: each one half a Gaussian and half a Lorentzian of the same width, which a callback gives. */
static size_t add_peaks(const double *angles, const double *heights, size_t count, double first, double step,
                        double *pattern, size_t size, double (*width_at)(double))
{
    size_t touched = 0;
    for (size_t i = 0; i < count; i++) {
        double width = width_at(angles[i]);
        double reach = 40 * width;
        double low = ceil((angles[i] - reach - first) / step), high = floor((angles[i] + reach - first) / step);
        for (double at = fmax(low, 0); at <= fmin(high, (double)size - 1); at += 1) {
            double x = (first + at * step - angles[i]) / (width / 2);
            double gauss = exp(-0.693147180559945 * x * x);
            double lorentz = 1 / (1 + x * x);
            pattern[(size_t)at] += heights[i] * (gauss + lorentz) / 2;
            touched++;
        }
    }
    return touched;
}
"""


def compile_pattern(folder):
    """API mode: compile the module in a folder and import it."""
    builder = FFI()
    builder.cdef("""
        size_t add_peaks(const double *angles, const double *heights, size_t count, double first, double step,
                         double *pattern, size_t size, double (*width_at)(double));
        extern "Python" double width_at(double angle);
    """)
    builder.set_source("_pattern", PATTERN, libraries=["m"])
    path = pathlib.Path(builder.compile(tmpdir=str(folder)))

    import importlib.util

    spec = importlib.util.spec_from_file_location("_pattern", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Pattern:
    """Draws patterns with the compiled module; the width of a line is asked of Python for each."""

    def __init__(self, folder):
        self.module = compile_pattern(folder)
        self.asked = 0

        @self.module.ffi.def_extern()
        def width_at(angle):
            self.asked += 1
            tangent = np.tan(np.radians(angle / 2))
            return float(np.sqrt(0.004 * tangent**2 - 0.001 * tangent + 0.012))

    def __call__(self, angles, heights, grid):
        """The pattern over a regular grid of angles."""
        ffi, lib = self.module.ffi, self.module.lib
        pattern = np.zeros_like(grid)
        as_double = lambda array: ffi.from_buffer("double[]", array)  # noqa: E731
        lib.add_peaks(
            as_double(np.ascontiguousarray(angles)),
            as_double(np.ascontiguousarray(heights)),
            len(angles),
            grid[0],
            grid[1] - grid[0],
            as_double(pattern),
            len(pattern),
            lib.width_at,
        )
        return pattern


class CLibrary:
    """ABI mode: declarations, no compiler."""

    def __init__(self):
        self.ffi = FFI()
        self.ffi.cdef("""
            typedef struct { double distance, angle, height; } line;
            void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
            int snprintf(char *out, size_t size, const char *format, ...);
            double cbrt(double);
        """)
        self.libc = self.ffi.dlopen("libc.so.6")
        self.libm = self.ffi.dlopen("libm.so.6")
        self.compared = 0

    def strongest(self, distances, angles, heights):
        """Lines from the strongest down: C's qsort with a comparison in Python, over NumPy's own memory."""
        kind = [("distance", "f8"), ("angle", "f8"), ("height", "f8")]
        lines = np.empty(len(heights), dtype=kind)
        lines["distance"], lines["angle"], lines["height"] = distances, angles, heights

        @self.ffi.callback("int(const void *, const void *)")
        def compare(left, right):
            self.compared += 1
            a, b = self.ffi.cast("line *", left).height, self.ffi.cast("line *", right).height
            return (a < b) - (a > b)

        self.libc.qsort(self.ffi.from_buffer(lines), len(lines), lines.itemsize, compare)
        return lines

    def label(self, distance, angle):
        """A text that C formats."""
        ffi = self.ffi
        out = ffi.new("char[64]")
        length = self.libc.snprintf(
            out, 64, b"d = %.3f \xc3\x85 at %.2f\xc2\xb0", ffi.cast("double", distance), ffi.cast("double", angle)
        )
        return ffi.string(out, length).decode()

    def edge(self, volume):
        """The edge of a cube."""
        return self.libm.cbrt(volume)
