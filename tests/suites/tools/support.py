"""Starts the program that tools look at."""
import contextlib
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

PROGRAM = str(Path(__file__).with_name("program.py"))
# The functions that it is in most of the time, the innermost first.
STACK = ["innermost", "method", "generator", "outermost", "<module>"]


@contextlib.contextmanager
def program(*command):
    """The program, started through `command`; ready when this gives it. Afterwards it must end well."""
    command = [sys.executable, *command, PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            line = child.stdout.readline()
            assert line == "ready\n", f"it said {line!r}"
            yield child
            out, _ = child.communicate("\n", timeout=60)
            assert out == "ends with [1000000, 2000000]\n", f"it said {out!r}"
            assert child.returncode == 0, f"it ended with {child.returncode}"
        finally:
            child.kill()


needs_gdb = unittest.skipUnless(shutil.which("gdb"), "the tool attaches with gdb, and there is none")


def run(command, timeout=120):
    """Runs a tool; gives what it printed. A machine that forbids looking into other processes is no fault."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0 and any(word in done.stderr.lower() for word in ("not permitted", "permission denied")):
        raise unittest.SkipTest(done.stderr.strip())
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tool(*arguments):
    """Runs a module as a tool; gives what it printed."""
    return run([sys.executable, "-m", *arguments])
