"""A little of what most programs do: `order.rs` notes the functions of libpython that run here."""
import argparse
import collections
import contextlib
import dataclasses
import datetime
import enum
import functools
import io
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


@dataclasses.dataclass(order=True)
class Point:
    x: float
    y: float = 0.0
    tags: list = dataclasses.field(default_factory=list)

    @property
    def length(self):
        return (self.x**2 + self.y**2) ** 0.5

    def __add__(self, other):
        return type(self)(self.x + other.x, self.y + other.y, self.tags + other.tags)


class Named(Point):
    count = 0

    def __init__(self, name, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.name = name
        Named.count += 1

    def __getattr__(self, name):
        raise AttributeError(name)


@contextlib.contextmanager
def section(log, title):
    log.append(title)
    try:
        yield log
    finally:
        log.append("end")


@functools.lru_cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def numbers(limit):
    for n in range(limit):
        received = yield n
        if received:
            yield received


def letters():
    yield from "abc"
    return "d"


def work():
    log = []
    with section(log, "numbers"):
        total = sum(n * n for n in numbers(30)) + sum([1.5, 2.5]) // 1
        log.append(f"{total:>10.2f} {10**30} {-7 // 2} {7 % 3} {2 ** 0.5:.3g} {255:#x} {fibonacci(40)!r}")
        log.append(" ".join(map(str, sorted({3, 1, 2} | {5}, reverse=True))))
    with section(log, "texts"):
        text = "The quick brown fox jumps over the läzy dog, 42 times. ☃"
        words = collections.Counter(word.lower().strip(",.") for word in text.split())
        log.append(words.most_common(1))
        log.append(re.sub(r"(\w+)\s(\w+)", r"\2 \1", text).title().replace("T", "t").encode().decode()[::-1])
        log.append("%s and %d" % (text.partition(",")[0].upper(), text.find("fox")))
        log.append(bytes(range(10)).hex() + bytearray(b"x" * 3).decode())
    with section(log, "objects"):
        points = [Point(1, 2), Named("here", 3.0, y=4.0, tags=["a"]), Point(0.5)]
        log.append(points[0] + min(points, key=lambda point: point.length))
        log.append([Colour.RED, Colour(2).name, isinstance(points[1], Point), hasattr(points[1], "nothing")])
        first, *rest = points
        table = {point.x: point for point in rest if point is not first}
        table.update(other=first)
        del table["other"]
        log.append({**table, "more": tuple(zip(table, itertools.count()))})
    with section(log, "errors"):
        for broken in ("int('x')", "{}['k']", "[][1]", "None.x", "1/0", "'a' + 1", "1 +"):
            try:
                eval(broken)
            except (ValueError, LookupError) as error:
                log.append(str(error))
            except Exception as error:
                log.append(repr(error.with_traceback(None)))
    with section(log, "files"), tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "data.json")
        path.write_text(json.dumps({"list": [1, 2.5, None, True, "é"], "map": {"k": []}}, indent=2))
        with open(path, encoding="utf-8") as lines:
            log.append([line.rstrip() for line in lines])
        log.append(json.loads(path.read_text()))
        log.append(sorted(os.listdir(folder)) + [os.path.splitext(path.name)])
        buffer = io.StringIO()
        print("a", 1, sep="-", end="", file=buffer)
        log.append(buffer.getvalue())
    with section(log, "others"):
        log.append(datetime.datetime(2024, 2, 29, 12) + datetime.timedelta(days=366))
        log.append(random.Random(7).sample(range(100), 3))
        generator = itertools.chain(letters(), numbers(3))
        log.append([next(generator), *generator])
        thread = threading.Thread(target=log.append, args=("thread",))
        thread.start()
        thread.join()
        log.append(subprocess.run(["true"], check=False).returncode)
    return log


parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=2)
for _ in range(parser.parse_args([]).rounds):
    print(*work(), sep="\n", file=io.TextIOWrapper(io.BytesIO(), write_through=True))
exec(compile("match sys.argv:\n    case [first, *_]: del first\n    case _: pass\n", "<text>", "exec"))
