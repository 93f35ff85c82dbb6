"""Waits inside nested calls of every kind, so that a profiler can say from outside where this process is."""
import sys


def innermost(entry):
    print("ready", flush=True)
    sys.stdin.read()
    return entry


class Holder:
    def method(self, items):
        # From C back into Python: the frames below belong to another run of the evaluator.
        return sorted(items, key=innermost)


def generator(holder):
    yield holder.method([1])


def outermost():
    return list(generator(Holder()))


outermost()
