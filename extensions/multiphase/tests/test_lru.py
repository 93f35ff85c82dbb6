"""Multi-phase init: state per module, state freed with the module, subinterpreters with a GIL of their own."""

import gc
import importlib.util
import subprocess
import sys
import sysconfig
import textwrap
import weakref

import _interpreters
import lru
import pytest
from lru import Cache


def fresh_module():
    """One more instance of the extension module, from the same file."""
    spec = importlib.util.spec_from_file_location("lru", lru.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_entry_that_was_used_last_stays():
    cache = Cache(2)
    assert cache.get("a", str.upper) == "A"
    assert cache.get("b", str.upper) == "B"
    assert cache["a"] == "A"
    assert cache.get("c", str.upper) == "C"
    assert cache.keys() == ["a", "c"]
    assert "b" not in cache and len(cache) == 2
    with pytest.raises(KeyError, match="b"):
        cache["b"]


def test_hits_and_misses_are_counted_by_module():
    module = fresh_module()
    before = lru.stats()
    cache = module.Cache(8)
    for key in (1, 2, 1, 1):
        cache.get(key, float)
    assert module.stats() == (2, 2, 2)  # the module's own DEFAULT and this one
    assert module.stats().hits == 2
    assert lru.stats() == before


def test_subclass_finds_the_state_through_its_base():
    class Logged(Cache):
        def __init__(self, size):
            self.gone = []

        def evicted(self, key, value):
            self.gone.append((key, value))

    cache = Logged(1)
    before = lru.stats().misses
    for key in "abc":
        cache.get(key, str.upper)
    assert cache.gone == [("a", "A"), ("b", "B")]
    assert lru.stats().misses == before + 3
    assert type(cache).__mro__[1] is Cache


def test_errors():
    with pytest.raises(lru.FullError, match="size 0 is always full"):
        Cache(0)
    assert issubclass(lru.FullError, ValueError)
    with pytest.raises(ZeroDivisionError):
        Cache(1).get(0, lambda key: 1 / key)
    with pytest.raises(TypeError, match="takes a key and a function"):
        Cache(1).get(1)
    with pytest.raises(TypeError, match="unhashable"):
        Cache(1).get([], len)
    with pytest.raises(TypeError, match="immutable type"):
        Cache.extra = 1

    class Stubborn(Cache):
        def evicted(self, key, value):
            raise OSError(key)

    cache = Stubborn(1)
    cache.get(1, abs)
    with pytest.raises(OSError) as caught:
        cache.get(2, abs)
    assert caught.value.args == (1,)


def test_generic_alias():
    assert Cache[int].__origin__ is Cache
    assert Cache[int].__args__ == (int,)


def test_two_modules_share_nothing():
    module = fresh_module()
    assert module is not lru
    assert module.Cache is not Cache and module.FullError is not lru.FullError
    assert not isinstance(module.Cache(1), Cache)
    assert isinstance(module.DEFAULT, module.Cache)


def test_the_state_is_freed_with_its_module():
    gc.collect()
    before = lru.live_states()
    module = fresh_module()
    cache = module.Cache(3)
    assert lru.live_states() == before + 1
    reference = weakref.ref(module)
    del module
    gc.collect()
    # The cache keeps its type alive, the type its module.
    assert reference() is not None and lru.live_states() == before + 1
    assert cache.get(1, str) == "1"
    del cache
    gc.collect()
    assert reference() is None and lru.live_states() == before


def test_cycles_through_a_cache_are_collected():
    class Key:
        pass

    key = Key()
    key.cache = Cache(4)
    key.cache.get(key, lambda key: [key])
    reference = weakref.ref(key)
    del key
    gc.collect()
    assert reference() is None


SITE = sysconfig.get_path("platlib")

INSIDE = f"""
import sys
sys.path.append({SITE!r})
import lru
cache = lru.Cache(4)
for number in range(100):
    cache.get(number % 5, str)
assert lru.stats() == (2, 0, 100), lru.stats()
assert cache.keys() == [1, 2, 3, 4]
"""


@pytest.mark.parametrize("kind", ["isolated", "legacy"])
def test_subinterpreters_have_a_state_each(kind):
    gc.collect()
    before = lru.live_states()
    stats = lru.stats()
    interpreters = [_interpreters.create(kind) for _ in range(3)]
    try:
        for interpreter in interpreters:
            error = _interpreters.exec(interpreter, INSIDE)
            assert error is None, error.formatted
        assert lru.live_states() == before + 3
    finally:
        for interpreter in interpreters:
            _interpreters.destroy(interpreter)
    assert lru.live_states() == before
    assert lru.stats() == stats


@pytest.mark.parametrize(("kind", "met"), [("isolated", True), ("legacy", False)])
def test_only_own_gil_interpreters_run_at_the_same_time(kind, met):
    """Two threads meet in C code that never gives up the GIL; in a process of its own."""
    code = f"""
        import sys, threading, _interpreters
        script = "import sys; sys.path.append({SITE!r}); import lru; assert lru.meet({30 if met else 1})"
        errors = []

        def work():
            interpreter = _interpreters.create({kind!r})
            errors.append(_interpreters.exec(interpreter, script))
            _interpreters.destroy(interpreter)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(errors == [None, None])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, f"{met}\n"), done.stderr


def test_exit_with_a_live_module_in_a_subinterpreter():
    code = f"""
        import sys
        sys.path.append({SITE!r})
        import lru, _interpreters
        keep = lru.DEFAULT.get("self", lambda key: lru.DEFAULT)
        interpreter = _interpreters.create("isolated")
        _interpreters.exec(interpreter, "import sys; sys.path.append({SITE!r}); import lru; lru.me = lru")
        print(lru.live_states())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
