"""Programs that embed Python, built with the flags of python3.13-config and of pkg-config: they run on our library."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

SOURCES = pathlib.Path(__file__).parents[1] / "src"
PREFIX = pathlib.Path(sys.base_prefix)
LIBRARY = PREFIX / "lib" / "libpython3.13.so.1.0"


def output(*command, **kwargs):
    """What a command prints."""
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, **kwargs).stdout


def flags_of_python_config():
    """As makefiles ask."""
    tool = PREFIX / "bin" / "python3.13-config"
    return output(tool, "--embed", "--cflags").split(), output(tool, "--embed", "--ldflags").split()


def flags_of_pkg_config():
    """As CMake and Meson ask."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(PREFIX / "lib" / "pkgconfig")}
    return tuple(
        output("pkg-config", option, "python-3.13-embed", env=environment).split() for option in ("--cflags", "--libs")
    )


def bare_environment():
    """No variable tells a program where an interpreter lies, and on PATH there is none: libpython takes the prefix of the
    first python3 there, as stock's does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL", "LD_"))}
    return {**kept, "PATH": "/nonexistent"}


def compiled(source, program, compile_flags=(), link_flags=()):
    """Compile one file; the search path of the library is the host's own business."""
    command = ["cc", *compile_flags, "-Wall", "-pthread", SOURCES / source, "-o", program]
    subprocess.run([*map(str, command), *link_flags, f"-Wl,-rpath,{LIBRARY.parent}", "-ldl"], check=True)
    return program


@pytest.fixture(scope="module", params=["python-config", "pkg-config"])
def host(request, tmp_path_factory):
    """The host program: call it with a mode; gives what it printed, by the first word of each line."""
    if request.param == "pkg-config" and not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    flags = flags_of_python_config() if request.param == "python-config" else flags_of_pkg_config()
    program = compiled("host.c", tmp_path_factory.mktemp("embed") / "host", *flags)

    def run(*arguments, status=0, env=None):
        environment = {**bare_environment(), **(env or {})}
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, env=environment)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        lines = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
        return lines, done.stderr

    return run


def test_it_runs_on_this_library(host):
    lines, errors = host("simple")
    assert os.path.samefile(lines["library"], LIBRARY)
    assert sys.version.startswith(lines["version"].split(" ")[0])
    assert os.path.samefile(lines["prefix"], PREFIX)
    assert lines["value"] == "4"
    assert errors.splitlines()[-1] == "ValueError: shown"


def test_the_library_names_itself():
    dynamic = output("readelf", "-d", LIBRARY)
    assert re.search(r"SONAME.*\[libpython3\.13\.so\.1\.0\]", dynamic)
    assert sysconfig.get_config_var("INSTSONAME") == "libpython3.13.so.1.0"


def test_cycles_of_start_and_end(host):
    lines, errors = host("cycles", "8")
    assert (lines, errors) == ({"cycles": "8"}, "")


def test_configuration(host):
    lines, _ = host("config", "one", "zwei é", env={"PYTHONOPTIMIZE": "2"})
    assert lines == {
        "argv": "['one', 'zwei é']",
        "xoption": "yes",
        "flags": "1 1 1 1",
        "hash": "True",
        "pycache": "/nonexistent/of/the/host",
        "warning": "error",
        "sigpipe": "1",
    }


def test_isolated_configuration(host):
    lines, _ = host("isolated", env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/nonexistent"})
    assert lines == {"isolated": "1 1 1", "sigpipe": "0", "stdlib": "[1]"}


def test_the_whole_command_line(host):
    lines, _ = host("run_main", "-c", "import sys; print('argv', sys.argv); sys.exit(7)", "x", status=7)
    assert lines == {"argv": "['-c', 'x']"}
    lines, _ = host("run_main", "-V")
    assert lines["Python"].startswith("3.13.5")
    _, errors = host("run_main", "-c", "1/0", status=1)
    assert errors.splitlines()[-1] == "ZeroDivisionError: division by zero"
    lines, _ = host("run_main", "-m", "platform")
    assert "Linux" in next(iter(lines))


def test_a_start_that_fails_says_why(host):
    lines, _ = host("bad_config")
    assert lines["error"] == "Failed to import encodings module"


def test_host_and_python_call_each_other(host):
    lines, _ = host("inittab")
    assert lines == {
        "balance": "70",
        "refused": "only 70 left",
        "builtin": "True",
        "area": "42",
        "audited": "1, balance 70",
        "atexit": "after finalization: 1",
    }


def test_subinterpreters(host):
    lines, errors = host("subinterpreters")
    assert (lines, errors) == ({"main": "is whole"}, "")


def test_threads_of_the_host(host):
    lines, _ = host("threads")
    assert lines == {"items": "400", "pending": "1"}


def test_interrupts_and_signals(host):
    lines, _ = host("interrupt")
    assert lines == {"signal": "1"}


def test_a_program_that_loads_the_library_late(tmp_path):
    loader = compiled("loader.c", tmp_path / "loader")
    code = "import sys, math, _ctypes, ssl; print('sum', math.fsum([.5] * 4)); print('prefix', sys.base_prefix)"
    lines = output(loader, LIBRARY, code, env=bare_environment()).splitlines()
    assert lines[0].startswith("version 3.13.5") and lines[1] == "sum 2.0"
    assert os.path.samefile(lines[2].removeprefix("prefix "), PREFIX)
    assert "libpython" not in output("readelf", "-d", loader)


def test_the_stable_library(tmp_path):
    """libpython3.so, what a program of the limited API links with, leads to the real one."""
    stable = PREFIX / "lib" / "libpython3.so"
    assert "libpython3.13.so.1.0" in output("readelf", "-d", stable)
    source = tmp_path / "stable.c"
    source.write_text(
        "#define Py_LIMITED_API 0x030B0000\n#include <Python.h>\n#include <stdio.h>\n"
        "int main(void) { Py_Initialize(); PyObject *n = PyLong_FromLong(42);\n"
        'printf("%ld\\n", PyLong_AsLong(n)); Py_DecRef(n); return Py_FinalizeEx(); }\n'
    )
    include = sysconfig.get_path("include", vars={"base": str(PREFIX), "installed_base": str(PREFIX)})
    program = tmp_path / "stable"
    rpath = f"-Wl,-rpath,{stable.parent}"
    # The flags of linking a shim: what it needs is needed here too.
    subprocess.run(
        ["cc", f"-I{include}", source, "-o", program, f"-L{stable.parent}", "-l:libpython3.so", "-lpython3.13", rpath],
        check=True,
    )
    assert output(program, env=bare_environment()) == "42\n"
