"""memray: its tracker hooks allocators and the profile function, its reader names the functions that allocated."""
import os
import subprocess
import sys
import tempfile
import time
import unittest

from memray import AllocatorType, FileReader
from support import STACK, needs_gdb, program, tool


def stacks(path, native=False):
    """The functions of every large allocation that lived at the peak, the innermost first. Who asks for the object that
    makes the interpreter map another arena is chance. With `native` those of C and Rust are among them."""

    def names(record):
        return [frame[0] for frame in (record.hybrid_stack_trace() if native else record.stack_trace())]

    with FileReader(path) as reader:
        records = reader.get_high_watermark_allocation_records(merge_threads=True)
        large = [one for one in records if one.size >= 1_000_000 and one.allocator != AllocatorType.MMAP]
        return [names(record) for record in large]


class Memray(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "profile.bin")

    def check(self):
        found = stacks(self.path)
        self.assertTrue(found)
        for stack in found:
            self.assertEqual(stack[: len(STACK)], STACK)

    def test_run(self):
        with program("-m", "memray", "run", "-q", "-o", self.path):
            pass
        self.check()

    def test_run_with_python_allocators(self):
        with program("-m", "memray", "run", "-q", "--trace-python-allocators", "-o", self.path):
            pass
        self.check()

    def test_native(self):
        with program("-m", "memray", "run", "-q", "--native", "-o", self.path):
            pass
        self.check()
        for stack in stacks(self.path, native=True):
            self.assertIn("PyByteArray_Resize", stack)
            self.assertEqual([name for name in stack if name in STACK][: len(STACK)], STACK)

    def test_reports(self):
        with program("-m", "memray", "run", "-q", "-o", self.path):
            pass
        self.assertIn("innermost", tool("memray", "stats", self.path))
        self.assertIn("innermost", tool("memray", "summary", self.path))
        table = self.path + ".html"
        tool("memray", "table", "-o", table, self.path)
        with open(table, encoding="utf-8") as file:
            self.assertIn("innermost", file.read())

    @needs_gdb
    def test_attach(self):
        with program() as child:
            tool("memray", "attach", "--method", "gdb", "--duration", "2", "-o", self.path, str(child.pid))
            # It writes on its own for so long, and at once when the time is over.
            for _ in range(100):
                if os.path.exists(self.path) and stacks_or_none(self.path):
                    break
                time.sleep(0.1)
        self.check()

    def test_tracker(self):
        code = (
            "import memray\n"
            f"with memray.Tracker({self.path!r}):\n"
            "    data = [bytearray(1_500_000) for _ in range(3)]\n"
            "print(len(data))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.returncode), ("3\n", 0), done.stderr)
        self.assertEqual([stack[0] for stack in stacks(self.path)], ["<module>"])


def stacks_or_none(path):
    """The same while the file may not be finished."""
    try:
        return stacks(path)
    except OSError:
        return None
