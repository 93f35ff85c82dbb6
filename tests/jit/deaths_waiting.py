"""What dies where little is left of what C may recurse waits until something else dies, also if that is nothing but a list in an inlined call."""
import sys
import time


class Told:
    def __del__(self):
        frame = sys._getframe(1)
        seen.append((frame.f_code.co_name, frame.f_lineno))


class Deep:
    def __neg__(self):
        global left
        left -= 1
        if left == 0:
            box = [Told()]
            del box
            return 0
        return -self


def consume(box):
    size = 1
    box = None
    return size


def outer(n):
    return consume([n]) + n


for n in range(60000):
    if n % 2000 == 0:
        # The compiler shall come to it.
        time.sleep(0.03)
    outer(1)
sys.setrecursionlimit(10**6)
seen = []
deep = Deep()
for depth in range(4000, 20000):
    left = depth
    try:
        -deep
    except RecursionError:
        break
    outer(1)
print({place: seen.count(place) > 10 for place in seen})
