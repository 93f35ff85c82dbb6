"""Runs one unit of CPython's test suite several times, as `regrtest -R 3:3` does, in a build that does not count references.

What a debug build counts is replaced by what can be counted: the references to all objects that the collector knows. The
blocks of memory and the open files are counted as ever. Usage: hunt.py UNIT
"""
import gc
import sys

# Some tests look whether the build counts references, and mean another kind of build: they are imported before it seems so.
from test import support
from test.libregrtest.main import main


def count():
    return sum(map(sys.getrefcount, gc.get_objects()))


sys.gettotalrefcount = count
sys.argv = ["regrtest", "-R", "3:3", "-u", "none", sys.argv[1]]
main()
