"""C++ exceptions and the interpreter: types survive Python frames, destructors run in order, the stack unwinds."""

import functools
import gc
import os
import subprocess
import sys
import textwrap
import threading
import weakref

import pytest
import unwinding
from unwinding import CppError, catching, recurse, through, throw_cpp


def test_cpp_exception_becomes_a_python_exception():
    with pytest.raises(CppError) as caught:
        throw_cpp("failure", 7)
    assert caught.value.args == ("failure", 7)
    with pytest.raises(MemoryError):
        throw_cpp("alloc")
    with pytest.raises(CppError, match="no such kind: x"):
        throw_cpp("x")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("failure", ("Failure", "failure", 3)),
        ("deep", ("DeepFailure", "deep failure", 3)),
        ("logic", ("logic_error", "logic")),
        ("int", ("int", 3)),
        ("nested", ("exception", "outer", "inner")),
    ],
)
def test_the_cpp_type_survives_python_frames(kind, seen):
    def python_frame():
        return [throw_cpp(kind, 3) for _ in range(1)]

    assert catching(python_frame) == seen
    assert catching(lambda: through(python_frame, [], "g")) == seen
    assert catching(functools.partial(through, functools.partial(throw_cpp, kind, 3), [], "g")) == seen
    assert sys.exception() is None


def test_python_can_look_at_it_and_let_it_go_on():
    def python_frame():
        try:
            throw_cpp("deep", 1)
        except CppError as error:
            seen.append(error.args)
            raise
        finally:
            seen.append("finally")

    seen = []
    assert catching(python_frame) == ("DeepFailure", "deep failure", 1)
    assert seen == [("deep failure", 1), "finally"]


def test_python_exceptions_pass_through_cpp_unchanged():
    error = KeyError("k")

    def python_frame():
        raise error

    log = []
    with pytest.raises(KeyError) as caught:
        through(lambda: through(python_frame, log, "inner"), log, "outer")
    assert caught.value is error
    assert log == ["inner", "outer"]
    assert [entry.name for entry in caught.traceback][-2:] == ["<lambda>", "python_frame"]
    assert catching(python_frame) == ("python", error)


def test_destructors_run_in_order_through_many_frames():
    log = []
    with pytest.raises(CppError):
        recurse(lambda: throw_cpp("failure"), log, 500)
    assert log == [str(i) for i in range(501)]
    log.clear()

    def again():
        recurse(lambda: throw_cpp("int", 1), log, 2)

    with pytest.raises(CppError):
        recurse(again, log, 2)
    assert log == ["0", "1", "2"] * 2
    log.clear()
    recurse(lambda: None, log, 1)
    assert log == ["0", "1"]


def test_exceptions_alternate_at_depth():
    """Python and C++ frames in turn, the exception thrown at the bottom caught at the top."""

    def nest(depth):
        if depth == 0:
            return throw_cpp("deep", 5)
        return through(lambda: nest(depth - 1), log, "g")

    log = []
    assert catching(lambda: nest(100)) == ("DeepFailure", "deep failure", 5)
    assert len(log) == 100


def test_generators_and_context_managers_between():
    def generator():
        try:
            yield throw_cpp("failure", 2)
        finally:
            log.append("generator")

    class Manager:
        def __enter__(self):
            return self

        def __exit__(self, kind, value, traceback):
            log.append(kind)

    def python_frame():
        with Manager():
            return list(generator())

    log = []
    assert catching(python_frame) == ("Failure", "failure", 2)
    assert log == ["generator", CppError]


def test_an_exception_replaces_another():
    def python_frame():
        try:
            throw_cpp("failure")
        except CppError as error:
            raise LookupError from error

    kind, error = catching(python_frame)
    assert kind == "python" and isinstance(error.__cause__, CppError)


def test_recursion_error_passes_through_cpp():
    def endless():
        return through(endless, [], "g")

    kind, error = catching(endless)
    assert kind == "python" and isinstance(error, RecursionError)


def test_exceptions_without_the_gil_and_on_threads():
    with pytest.raises(CppError, match="no GIL"):
        unwinding.throw_without_gil()
    assert unwinding.on_thread(lambda: 5) == 5
    assert catching(lambda: unwinding.on_thread(lambda: throw_cpp("deep", 4))) == ("DeepFailure", "deep failure", 4)
    with pytest.raises(ZeroDivisionError):
        unwinding.on_thread(lambda: 1 / 0)

    results = []
    threads = [
        threading.Thread(target=lambda: results.append(catching(lambda: throw_cpp("int", 1)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [("int", 1)] * 8


def test_nothing_is_kept():
    class Thing:
        pass

    thing = Thing()
    reference = weakref.ref(thing)

    def python_frame(local=thing):
        throw_cpp("failure")

    for _ in range(100):
        catching(python_frame)
    del python_frame, thing
    gc.collect()
    assert reference() is None


def names(stack):
    return [name for name, _ in stack if name]


def python_frames(depth):
    """The unwinder's view from below some Python frames, each called through C."""
    if depth == 0:
        return unwinding.backtrace()
    return list(map(python_frames, [depth - 1]))[0]


def test_the_unwinder_passes_through_the_interpreter():
    """Its tables lead from C++ through the evaluator to the start of the process."""
    done = subprocess.run(
        [sys.executable, "-c", "import unwinding; print(*unwinding.backtrace(), sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
    )
    lines = done.stdout.splitlines()
    assert any("_start" in line or "__libc_start" in line for line in lines[-3:]), done.stdout
    assert any("PyEval" in line for line in lines), done.stdout
    assert any("libpython3.13.so.1.0" in line for line in lines), done.stdout


def test_the_unwinder_sees_every_level():
    """Machine code, too, which is told as a part of the library."""
    shallow, deep = python_frames(1), python_frames(41)
    libraries = [[file for _, file in stack if file and "libpython3.13.so" in file] for stack in (shallow, deep)]
    assert len(libraries[1]) >= len(libraries[0]) + 40
    assert len(set(libraries[1])) == 1
    assert names(deep)[-2:] == names(shallow)[-2:]


def test_the_unwinder_sees_every_level_of_the_evaluator():
    code = """
        import unwinding

        def python_frames(depth):
            return list(map(python_frames, [depth - 1]))[0] if depth else unwinding.backtrace()

        stacks = [[name for name, _ in python_frames(depth)] for depth in (1, 41)]
        print([names.count("_PyEval_EvalFrameDefault") for names in stacks])
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONSAFEPATH": "1", "PYROXENE_JIT": "off"},
    )
    assert done.stdout == "[2, 42]\n"


def test_a_daemon_thread_is_unwound_through_cpp_frames():
    """At the end, a thread that wants the GIL is ended by force: its C++ frames below Python frames are unwound."""
    code = """
        import sys, threading, time, unwinding

        class Slow:
            def __del__(self, sleep=time.sleep):
                sleep(0.3)  # gives up the GIL in the middle of finalization

        def work():
            started.set()
            while True:
                time.sleep(0.001)

        sys.slow = Slow()
        started = threading.Event()
        thread = threading.Thread(target=lambda: unwinding.hold(work, 1), daemon=True)
        thread.start()
        started.wait()
        print("end", flush=True)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\ndestroyed\n", "")
