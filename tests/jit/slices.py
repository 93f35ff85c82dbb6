"""Slices of lists whose bounds are numbers, and lists put in the place of parts of others."""
import sys

LIST = [0, 1.5, "two", None, True, 5, 6, 7]
BOUNDS = [None, 0, 1, 3, 7, 8, 9, -1, -3, -8, -9, 2**62, -(2**63), 2**70]


def forward(items, start, stop):
    items[0]
    start = start if start is None else start + 0
    stop = stop if stop is None else stop + 0
    return items[start:stop]


def backward(items, start):
    items[0]
    return items[start + 0 :: -1], items[start + 0 : 1 : -2], items[:: start + 2], items[::2], items[:: -1], items[::None]


def rotate(items, k):
    copy = items[:]
    for _ in range(3):
        first = copy[0]
        copy[: k + 1] = copy[k::-1]
        copy[k:k] = copy[-1:]
    return first, copy


def put(items, k, new):
    items[0]
    new[0]
    items[k + 0 : k + 2] = new
    return items


def swap_parts(items, k):
    items[0]
    items[k:] = items[:k] + items[k:]
    return items


class Loud:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __del__(self):
        self.log.append(self.name)


class Sub(list):
    def __getitem__(self, key):
        return ("sub", key)

    def __setitem__(self, key, value):
        print("set", key, value)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError, MemoryError, IndexError) as error:
        traceback = error.__traceback__
        while traceback.tb_next:
            traceback = traceback.tb_next
        positions = list(traceback.tb_frame.f_code.co_positions())
        return type(error).__name__, str(error), positions[traceback.tb_lasti // 2]


for _ in range(400):
    for start in (None, 1, -3):
        forward(LIST, start, 5)
    backward(LIST, 4)
    rotate(LIST, 3)
    put([0, 1, 2, 3], 1, ["a", "b"])
    swap_parts([1, 2, 3], 1)

for start in BOUNDS:
    print(start, [outcome(forward, LIST, start, stop) for stop in BOUNDS])
for k in range(-9, 10):
    print(k, outcome(backward, LIST, k), outcome(rotate, LIST, k), outcome(swap_parts, [1, 2, 3, 4], k))
    print(outcome(put, [0, 1, 2, 3], k, ["a"]), outcome(put, [0, 1, 2, 3], k, list("abcd")), outcome(put, [0], k, [9, 9]))
for wrong in ("a", 1.5, None, [1]):
    print(outcome(forward, LIST, wrong, 3), outcome(backward, LIST, wrong), outcome(rotate, LIST, wrong))
print(outcome(forward, Sub(LIST), 1, 3), outcome(backward, Sub(LIST), 1), outcome(put, Sub(LIST), 1, [1, 2]))
print(outcome(put, [1, 2, 3], 1, (8, 9)), outcome(put, [1, 2, 3], 1, "xy"), outcome(put, (1, 2, 3), 1, [8]))
log = []
items = [Loud(log, n) for n in range(6)]
shared = items[4]
print(len(put(items, 1, [1, 2])), log, sys.getrefcount(shared))
print(len(put(items, 3, [shared, shared])), log, sys.getrefcount(shared))
same = [1, 2, 3, 4]
print(put(same, 1, same), same)
kept = [10**20, 2.5]
print(put([1, 2.5, "x", 4], 1, kept), kept, sys.getrefcount(kept), sys.getrefcount(kept[0]))
held = [float(n) for n in range(5)]
other = held[2]
print(put(held, 2, [7.5, 8.5]), other, sys.getrefcount(other))
print(sys.getsizeof(forward(LIST, 1, 5)), sys.getsizeof(backward(LIST, 5)[0]), sys.getsizeof(put([1, 2, 3], 1, [4, 5])))


def part(container, start, stop):
    return container[start:stop]


def replace(items, start, stop, new):
    items[start:stop] = new
    return items


class Two:
    def __index__(self):
        return 2


TWO = Two()
BOUNDS += [True, TWO]
CONTAINERS = [LIST, tuple(LIST), "abcdefgh", "ab\xe9\u4444\U00012345fgh", b"abcdefgh", range(8), [], (), "", Sub("abc")]
for _ in range(400):
    part(CONTAINERS[_ % 7], 1, None)
    replace([1, 2, 3], 0, -1, [4])
for start in BOUNDS:
    for stop in BOUNDS:
        parts = [outcome(part, container, start, stop) for container in CONTAINERS]
        print(parts[:-1], parts[-1][0])
        print([outcome(replace, LIST[:], start, stop, new) for new in ([], [9], (7, 8, 9), range(2), "xy")])
whole, text = (1, 2, 3), "abc"
print([part(whole, start, stop) is whole for start, stop in ((None, None), (0, 3), (-3, 9), (1, 3))])
print([part(text, start, stop) is text for start, stop in ((None, None), (0, 3), (-3, 9), (1, 3))])
for wrong in (3, None, 1.5, TWO):
    print(outcome(replace, [1, 2, 3], 0, 1, wrong), outcome(replace, [1, 2, 3], 0, "a", wrong))
print(outcome(part, LIST, 1.5, 2), outcome(part, "abc", "a", 2), outcome(part, 5, 1, 2), outcome(replace, (1, 2), 0, 1, []))
same = [1, 2, 3, 4]
print(replace(same, 1, 3, same), same)
