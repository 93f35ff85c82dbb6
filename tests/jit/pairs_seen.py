"""The pair that `zip` keeps: who dies when it is overwritten runs in a frame that is as it should be."""
import sys


class Told:
    def __del__(self):
        frame = sys._getframe(1)
        print(frame.f_lineno - frame.f_code.co_firstlineno, sorted(frame.f_locals))


def same_twice(a):
    told = Told()
    one, other = [told, 1, 2], [told, 2, 3]
    told = None
    for x, y in zip(one, other):
        x = y = None
        one[0] = other[0] = None
        a = a + 1.5
    return a


for number in range(300):
    result = same_twice(number + 0.5)
print(result)
