"""py-spy: a sampling profiler that reads the stacks of a running process from outside."""
import os
import sys
import tempfile
import unittest

from support import STACK, program, run

SPY = os.path.join(os.path.dirname(sys.executable), "py-spy")


class PySpy(unittest.TestCase):
    def test_record(self):
        with tempfile.TemporaryDirectory() as folder, program() as child:
            path = os.path.join(folder, "stacks.txt")
            command = [SPY, "record", "-f", "raw", "-d", "2", "-r", "50", "-F", "-i", "-o", path, "--pid", str(child.pid)]
            run(command)
            with open(path, encoding="utf-8") as file:
                stacks = [line.rpartition(" ") for line in file]
        # Each line is a stack, the outermost function first, and how often it was seen.
        found = {}
        for stack, _, count in stacks:
            names = tuple(frame.split(" ")[0].rpartition(".")[2] for frame in stack.split(";"))
            found[names] = found.get(names, 0) + int(count)
        usual = found.get(tuple(reversed(STACK)), 0)
        self.assertGreater(usual, sum(found.values()) * 0.8, found)
