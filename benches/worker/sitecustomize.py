"""What a program of pyperf is told by `cargo xtask bench`, which puts this folder on PYTHONPATH.

PYROXENE_BENCH_TURNS names a socket. Before each value, a worker of pyperf asks there for its turn and waits; whoever
listens stops it with all its threads until that has come, so that two interpreters can be compared value by value.

PYROXENE_BENCH_CLOCK=cpu makes the clock count processor time: that of the process, and of its children that have ended.
"""
import os
import sys

HERE = os.path.dirname(__file__)


class Turns:
    """Like a hook of pyperf. A real one would be told to the commands that pyperf measures, too, which then need more memory."""

    def __init__(self, name):
        import socket

        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect("\0" + name)

    def __enter__(self):
        self.connection.sendall(os.getpid().to_bytes(4, sys.byteorder))
        if not self.connection.recv(1):
            sys.exit("nobody gives this process its turn any more")

    def __exit__(self, *_):
        pass

    def teardown(self, _metadata):
        pass


def take_turns(name):
    import pyperf._worker

    turns = Turns(name)
    pyperf._worker.instantiate_selected_hooks = lambda _names: {"turns": turns}


def count_processor_time():
    import resource
    import time

    def perf_counter():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    time.perf_counter = perf_counter


def leave_path():
    """Commands whose start and end pyperf measures must not pay for this folder."""
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    rest = [folder for folder in path if folder != HERE]
    os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    if not rest:
        del os.environ["PYTHONPATH"]


processor_time = os.environ.get("PYROXENE_BENCH_CLOCK") == "cpu"
if processor_time:
    count_processor_time()
if "--worker" in sys.orig_argv and "PYROXENE_BENCH_TURNS" in os.environ:
    # Not for programs that the worker starts.
    take_turns(os.environ.pop("PYROXENE_BENCH_TURNS"))
    if not processor_time:
        leave_path()
elif any("_process_time" in argument for argument in sys.orig_argv):
    leave_path()
