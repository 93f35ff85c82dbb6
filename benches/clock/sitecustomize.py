"""Makes the clock of a benchmark count processor time: its own, and that of its children that have ended.

`cargo xtask bench --clock cpu` puts this folder on PYTHONPATH. On a machine that others use too, elapsed time says
mostly how much they use it.
"""
import os
import resource
import sys
import time


def perf_counter():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


time.perf_counter = perf_counter
# The commands whose start and end pyperf measures must not pay for this file.
if any("_process_time" in argument for argument in sys.orig_argv):
    os.environ.pop("PYTHONPATH", None)
