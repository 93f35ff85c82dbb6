"""What a call by an entry costs, beside one by vectorcall: `python -X jit=on measure.py`, with the extension installed."""

import sys
import time

import quadrature

CALLS = 200_000


def square(x):
    return x * x - 0.5 * x


def seconds(plain):
    begin = time.perf_counter()
    quadrature.integrate(square, 0.0, 1.0, steps=CALLS, plain=plain)
    return time.perf_counter() - begin


for _ in range(20):
    seconds(True)
    time.sleep(0.05)
rounds = [(seconds(False), seconds(True)) for _ in range(15)]
by_entry, by_vectorcall = map(min, zip(*rounds))
print(f"vectorcall: {by_vectorcall / CALLS * 1e9:.1f} ns a call")
if quadrature.API:
    print(f"entry:      {by_entry / CALLS * 1e9:.1f} ns a call, {by_vectorcall / by_entry:.2f} times as fast")
else:
    print(f"{sys.version.split()[0]} has no entries", file=sys.stderr)
