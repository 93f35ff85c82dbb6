"""Arithmetic on ints and floats: overflow, division, comparisons, what is infinite or no number."""
import math


def floats(n):
    s = 0.0
    for i in range(n):
        s += i * 0.5 - s / 3.0
    return s


def ints(n):
    i = t = 0
    while i < n:
        j = 0
        while j < 10:
            t += i * j
            j += 1
        i += 1
    return t


def overflowing(n):
    x = 1
    seen = []
    for i in range(n):
        x = x * 3 + i
        if i % 16 == 0:
            seen.append(x)
    return x, seen


def divisions(pairs):
    out = []
    for a, b in pairs:
        out.append((a // b, a % b))
    return out


def float_divisions(pairs):
    out = []
    for a, b in pairs:
        out.append((a / b, a // b, a % b))
    return out


def shifts(values):
    out = []
    for a, b in values:
        out.append((a << b, a >> b, a & b, a | b, a ^ b, ~a, -a))
    return out


def powers(values):
    out = []
    for a, b in values:
        try:
            out.append(a**b)
        except (ZeroDivisionError, OverflowError) as error:
            out.append(type(error).__name__)
    return out


def compare(values):
    out = []
    for a in values:
        for b in values:
            out.append((a < b, a <= b, a == b, a != b, a > b, a >= b))
    return out


def mixed(n):
    total = 0
    for i in range(n):
        total += i
        if i == n // 2:
            total += 0.5
    return total


def raises(n, at):
    total = 0
    for i in range(n):
        total += 100 // (i - at)
    return total


BIG = [0, 1, -1, 5, -7, 2**30, -(2**30), 2**62, -(2**62), 2**63 - 1, -(2**63), 2**64]
FLOATS = [0.0, -0.0, 1.0, -1.5, 1e300, -1e300, math.inf, -math.inf, math.nan, 5e-324]

for turn in range(6):
    print(floats(1000), ints(100), overflowing(100))
    print(divisions([(a, b) for a in BIG for b in BIG if b]))
    print(float_divisions([(a, b) for a in FLOATS for b in FLOATS if b]))
    print(shifts([(a, b) for a in BIG for b in (0, 1, 3, 62, 63, 64, 70)]))
    print(powers([(a, b) for a in (0.0, 0.5, 2.0, 1e200, math.inf) for b in (0.0, 2.0, 0.5, -1.0, 400.0)]))
    print(compare(FLOATS), compare(BIG))
    print(mixed(200))
    try:
        raises(300, 250)
    except ZeroDivisionError as error:
        print(error, error.__traceback__.tb_next.tb_lineno)
print(floats(200_000), ints(3000))
