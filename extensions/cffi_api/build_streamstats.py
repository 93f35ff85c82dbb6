"""What cffi compiles: the declarations that Python sees, and the C that stands behind them."""

import pathlib

from cffi import FFI

ffi = FFI()

ffi.cdef("""
    enum order { ASCENDING, DESCENDING = -1 };

    struct stats {
        size_t count;
        double mean, spread;
        double low, high;
        ...;
    };

    typedef int (*visitor)(double value, void *context);

    #define WINDOW ...
    extern const char *const VERSION;
    extern int calls;

    void stats_start(struct stats *stats);
    int stats_add(struct stats *stats, const double *values, size_t count);
    struct stats stats_merge(struct stats left, struct stats right);
    double stats_deviation(const struct stats *stats);
    int each(const double *values, size_t count, visitor visit, void *context);
    int each_on_thread(const double *values, size_t count, visitor visit, void *context);
    void sort(double *values, size_t count, enum order order);
    int format_all(char *out, size_t size, const char *format, ...);

    extern "Python" int on_value(double value, void *context);
    extern "Python" void on_release(void *resource);

    struct resource;
    struct resource *resource_open(int number);
    void resource_close(struct resource *resource);
    int resource_count(void);
""")

ffi.set_source(
    "streamstats._native",
    pathlib.Path(__file__).with_name("src").joinpath("streamstats.c").read_text(),
    libraries=["m", "pthread"],
)

if __name__ == "__main__":
    ffi.compile(verbose=True)
