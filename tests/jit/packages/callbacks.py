"""Functions that packages in C call: NumPy's vectorize, frompyfunc and apply_along_axis, lxml's XPath functions, resolvers and event targets,
cffi's callbacks. They raise, recurse, look at their frames, and are changed while C calls them."""
import sys
import traceback

import cffi
import numpy as np
from lxml import etree

ROUNDS = 9000


def square(x):
    if x < 0:
        raise ValueError(f"negative: {x}")
    return x * x + 1


def norm(row):
    total = 0.0
    for value in row:
        total += value * value
    return total**0.5


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error), [frame.name for frame in traceback.extract_tb(error.__traceback__)][1:]


numbers = np.arange(ROUNDS)
vectorized = np.vectorize(square)
ufunc = np.frompyfunc(square, 1, 1)
for _ in range(3):
    print(vectorized(numbers).sum(), ufunc(numbers).sum())
    print(round(np.apply_along_axis(norm, 1, np.arange(3.0 * ROUNDS).reshape(ROUNDS, 3)).sum(), 6))
print(outcome(vectorized, np.arange(3, -3, -1)), outcome(ufunc, np.arange(3, -3, -1)))
square.__code__ = (lambda x: -x).__code__
print(vectorized(numbers).sum(), ufunc(numbers).sum())


def shout(context, values):
    if values == "fail":
        raise KeyError(context.context_node.tag)
    return "".join(values).upper()


def depth(context, node):
    frame, count = sys._getframe(), 0
    while frame:
        frame, count = frame.f_back, count + 1
    return float(count)


space = etree.FunctionNamespace("urn:test")
space.prefix = "t"
space["shout"] = shout
space["depth"] = depth
tree = etree.fromstring("<a>" + "<b c='x'>text</b>" * ROUNDS + "</a>")
for _ in range(2):
    print(len(tree.xpath("b[t:shout(@c) = 'X']")), tree.xpath("t:depth(b)"))
print(outcome(tree.xpath, "b[t:shout('fail')]"), outcome(tree.xpath, "t:shout(string(b))"))


class Target:
    def __init__(self):
        self.starts = self.texts = 0

    def start(self, tag, attributes):
        self.starts += len(tag) + len(attributes)

    def data(self, text):
        self.texts += len(text)

    def close(self):
        return self.starts, self.texts


for _ in range(2):
    print(etree.fromstring(etree.tostring(tree), etree.XMLParser(target=Target())))

ffi = cffi.FFI()
ffi.cdef("void qsort(void *, size_t, size_t, int (*)(const void *, const void *));")
c = ffi.dlopen(None)
calls = 0


@ffi.callback("int(const void *, const void *)")
def compare(left, right):
    global calls
    calls += 1
    left, right = ffi.cast("int *", left)[0], ffi.cast("int *", right)[0]
    return (left > right) - (left < right)


for _ in range(2):
    items = ffi.new("int[]", [n * 7919 % 2003 for n in range(2003)])
    c.qsort(items, len(items), ffi.sizeof("int"), compare)
    print(list(items) == sorted(items), calls)


@ffi.callback("double(double)", onerror=lambda *what: print("told", what[0].__name__), error=-1.0)
def half(x):
    if x < 0:
        raise OverflowError(x)
    return x / 2


print(sum(half(float(n)) for n in range(ROUNDS)), half(-1.0))
