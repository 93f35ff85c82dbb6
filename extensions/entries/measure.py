"""What calls by an entry of pyroxene.h gain: `measure.py [PYTHON]`, on Pyroxene with the extension installed.

C sums over values of Python functions, by entries and by vectorcall. Both ways take turns in one process, and processes take
turns with those of another interpreter, stock CPython say, that has the extension too. All is bound to one processor, whose time
counts; the compiler is on, and has made its code before.
"""

import json
import math
import os
import subprocess
import sys
import time

CALLS = 50_000
ROUNDS = 12
PROCESSES = 5
scale = 2.5


def square(x):
    return x * x - 0.5 * x


def polynomial(x):
    return ((x * 0.25 - 1.5) * x + 0.125) * x + scale


def branches(x):
    if x < 0.25:
        return 0.0
    return x if x < 0.75 else 1.0


def wave(x):
    return math.exp(-x) * math.sin(3.0 * x)


def terms(x):
    total = 0.0
    for k in range(1, 20):
        total += x / k
    return total


FUNCTIONS = [square, polynomial, branches, wave, terms]


def measure():
    """The seconds that calls of each function take by each way, as JSON."""
    import quadrature

    def seconds(function, plain):
        begin = time.process_time()
        quadrature.integrate(function, 0.0, 1.0, steps=CALLS, plain=plain)
        return time.process_time() - begin

    ways = [True, False] if quadrature.API else [True]
    for function in FUNCTIONS:
        for _ in range(12):
            for plain in ways:
                seconds(function, plain)
            time.sleep(0.05)
    found = {function.__name__: [math.inf] * 2 for function in FUNCTIONS}
    for _ in range(ROUNDS):
        for function in FUNCTIONS:
            for plain in ways:
                best = found[function.__name__]
                best[plain] = min(best[plain], seconds(function, plain))
    json.dump(found, sys.stdout)


def run(python):
    environment = {**os.environ, "PYROXENE_JIT": "on"}
    text = subprocess.run([python, __file__, "--values"], env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(text)


def median(values):
    return sorted(values)[len(values) // 2]


def main():
    if sys.argv[1:] == ["--values"]:
        return measure()
    os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    pythons = [sys.executable, *sys.argv[1:2]]
    rounds = [[run(python) for python in pythons] for _ in range(PROCESSES)]
    print(f"{'':12}{'by vectorcall here':>20}{'by vectorcall there' if len(pythons) > 1 else '':>22}")
    for function in FUNCTIONS:
        name = function.__name__
        ratios = [[of[name][True] / ours[name][False] for ours, *_ in [each] for of in each] for each in rounds]
        columns = [f"{median(column):.2f}x" for column in zip(*ratios)]
        print(f"{name:12}{columns[0]:>20}{''.join(f'{column:>22}' for column in columns[1:])}")


main()
