"""A generator pauses in a handler, without a frame object, as there was no memory for a traceback: what it handles is its own, and what the
loop handles stays the loop's."""

import sys

from _testcapi import remove_mem_hooks, set_nomemory


def numbers(count, bad):
    for number in range(count):
        try:
            if number == bad:
                set_nomemory(0)
                [number]
        except MemoryError:
            remove_mem_hooks()
            yield -1
        yield number


def total(count, bad):
    result = 0
    for number in numbers(count, bad):
        result += number
    return result


def handling():
    try:
        raise ValueError("of the loop")
    except ValueError:
        return total(300, 200), repr(sys.exception())


for _ in range(60):
    total(1, -5)
for _ in range(100):
    total(30, -5)
for _ in range(3):
    print(handling(), sys.exception())
