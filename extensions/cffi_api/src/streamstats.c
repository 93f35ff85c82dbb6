/* Statistics of a stream (Welford's recurrence), visiting with callbacks, on this thread and on another. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (1 << 12)

enum order { ASCENDING, DESCENDING = -1 };

struct stats {
    size_t count;
    char hidden[24]; /* cffi finds the offsets of what follows by itself */
    double mean, spread;
    double low, high;
};

typedef int (*visitor)(double value, void *context);

static const char *const VERSION = "streamstats 1.0";
static int calls;

static void stats_start(struct stats *stats) {
    memset(stats, 0, sizeof *stats);
    stats->low = INFINITY;
    stats->high = -INFINITY;
}

static int stats_add(struct stats *stats, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        if (isnan(value)) {
            errno = EDOM;
            return -1;
        }
        double step = value - stats->mean;
        stats->count++;
        stats->mean += step / (double)stats->count;
        stats->spread += step * (value - stats->mean);
        stats->low = fmin(stats->low, value);
        stats->high = fmax(stats->high, value);
    }
    calls++;
    errno = 0;
    return 0;
}

static struct stats stats_merge(struct stats left, struct stats right) {
    double total = (double)(left.count + right.count), step = right.mean - left.mean;
    struct stats both = left;
    both.count = left.count + right.count;
    both.mean = left.mean + step * (double)right.count / total;
    both.spread = left.spread + right.spread + step * step * (double)left.count * (double)right.count / total;
    both.low = fmin(left.low, right.low);
    both.high = fmax(left.high, right.high);
    return both;
}

static double stats_deviation(const struct stats *stats) {
    return stats->count < 2 ? NAN : sqrt(stats->spread / (double)(stats->count - 1));
}

static int each(const double *values, size_t count, visitor visit, void *context) {
    for (size_t i = 0; i < count; i++) {
        int status = visit(values[i], context);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

struct work {
    const double *values;
    size_t count;
    visitor visit;
    void *context;
    int status;
};

static void *run(void *address) {
    struct work *work = address;
    work->status = each(work->values, work->count, work->visit, work->context);
    return NULL;
}

static int each_on_thread(const double *values, size_t count, visitor visit, void *context) {
    struct work work = {values, count, visit, context, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &work) != 0) {
        return -1;
    }
    pthread_join(thread, NULL);
    return work.status;
}

static int up(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static int down(const void *a, const void *b) {
    return up(b, a);
}

static void sort(double *values, size_t count, enum order order) {
    qsort(values, count, sizeof *values, order == DESCENDING ? down : up);
}

static int format_all(char *out, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    return length;
}

struct resource {
    int number;
};

static int resources;

static struct resource *resource_open(int number) {
    if (number < 0) {
        errno = EINVAL;
        return NULL;
    }
    struct resource *resource = malloc(sizeof *resource);
    resource->number = number;
    resources++;
    return resource;
}

static void resource_close(struct resource *resource) {
    resources--;
    free(resource);
}

static int resource_count(void) {
    return resources;
}
