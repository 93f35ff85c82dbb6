"""Works in nested calls of every kind until a line comes or standard input ends, so that tools can attach meanwhile."""
import select
import sys
import time


def innermost(size):
    data = bytearray(size)
    time.sleep(0.01)
    return len(data)


class Holder:
    def method(self, items):
        # From C back into Python: the frames below belong to another run of the evaluator.
        return sorted(items, key=innermost)


def generator(holder):
    while True:
        yield holder.method([2_000_000, 1_000_000])


def outermost():
    print("ready", flush=True)
    for sizes in generator(Holder()):
        if select.select([sys.stdin], [], [], 0)[0]:
            return sizes


print("ends with", outermost(), flush=True)
