"""Types that live with the collector: cycles, finalizers, weak references, deep chains, exact bookkeeping."""

import gc
import subprocess
import sys
import textwrap
import threading
import weakref

import graphnode
import pytest
from graphnode import Leaf, Node, Old


@pytest.fixture(autouse=True)
def nothing_leaks():
    """Every test gives back all the objects that it made."""
    gc.collect()
    before = {name: count for name, count in graphnode.counts().items() if name != "cleared"}
    yield
    gc.collect()
    after = {name: count for name, count in graphnode.counts().items() if name != "cleared"}
    assert after == before


def test_reference_counts_free_without_the_collector():
    gc.disable()
    try:
        cleared = graphnode.counts()["cleared"]
        node = Node(Node(Node()))
        assert graphnode.counts()["nodes"] >= 3
        nodes = graphnode.counts()["nodes"]
        del node
        assert graphnode.counts()["nodes"] == nodes - 3
        assert graphnode.counts()["cleared"] == cleared
    finally:
        gc.enable()


@pytest.mark.parametrize("way", ["member", "managed dict", "value", "offset dict", "items"])
def test_cycles_are_collected(way):
    if way == "member":
        a = Node()
        a.next = Node(a)
    elif way == "managed dict":
        a = Node()
        a.own = [a]
    elif way == "value":
        a = Node(value={})
        a.value["self"] = a
    elif way == "offset dict":
        a = Old()
        a.own = a
    else:
        a = Old(Old(), Old())
        a.first.first = a
    reference = weakref.ref(a)
    gc.collect()
    assert reference() is a
    del a
    assert reference() is not None
    gc.collect()
    assert reference() is None


def test_traverse_shows_every_reference_once():
    node = Node()
    base = graphnode.count_references(node)  # the type and value
    node.next = Node()
    assert graphnode.count_references(node) == base + 1
    node.extra = object()
    assert graphnode.count_references(node) == base + 2
    assert gc.get_referents(node).count(node.next) == 1
    assert Node in gc.get_referents(node)
    assert gc.get_referrers(node.next) == [node]


def test_tracking():
    node, old = Node(), Old(1)
    assert gc.is_tracked(node) and gc.is_tracked(old)
    assert not gc.is_tracked(graphnode.leaf(1))
    assert not gc.is_finalized(node)
    assert graphnode.count_instances(Node) == 1
    more = [Node() for _ in range(10)]
    assert graphnode.count_instances(Node) == 11
    del more


@pytest.mark.parametrize("where", ["main thread", "other thread"])
def test_a_deep_chain_is_freed_without_a_deep_stack(where):
    """A deallocator that recursed a million times would overflow any stack."""
    head = [graphnode.chain(Node, 1_000_000)]
    assert graphnode.counts()["nodes"] >= 1_000_000
    if where == "main thread":
        head.clear()
    else:
        thread = threading.Thread(target=head.clear)
        thread.start()
        thread.join()
    assert graphnode.counts()["nodes"] < 1_000_000


def test_a_deep_chain_in_garbage_is_freed():
    tail = Node()
    head = graphnode.chain(Node, 1000)
    tail.next = head
    for _ in range(200_000):
        head = Node(head)
    tail.next = head
    last = head
    while last.next is not None:
        last = last.next
    last.next = tail
    del head, last, tail
    gc.collect()
    assert graphnode.count_instances(Node) == 0


def test_a_deep_chain_through_several_types():
    """Trashcan levels are shared between our type and the built-in containers."""
    chain = None
    for _ in range(100_000):
        chain = Node([(chain,)], value={"x": 1})
    reference = weakref.ref(chain)
    del chain
    assert reference() is None


class Child(Node):
    """A Python subclass of a C type that has a finalizer and a trashcan."""

    gone = 0

    def __del__(self):
        Child.gone += 1


def test_a_deep_chain_of_a_python_subclass():
    Child.gone = 0
    chain = graphnode.chain(Child, 100_000)
    assert chain.next.next.__class__ is Child
    del chain
    assert Child.gone == 100_000


def test_finalizer_runs_once_and_before_the_weak_references_die_in_dealloc():
    seen = []
    node = Node(value=1)
    reference = weakref.ref(node, lambda r: seen.append("callback"))
    node.last_words = lambda node: seen.append(("words", node.value))
    del node
    assert seen == [("words", 1), "callback"]
    assert reference() is None


def test_resurrection_by_reference_count():
    saved = []
    node = Node(last_words=saved.append)
    node.name = "kept"
    address = id(node)
    del node
    assert len(saved) == 1 and id(saved[0]) == address and saved[0].name == "kept"
    assert gc.is_finalized(saved[0])
    saved.clear()  # the finalizer does not run again
    assert saved == []


def test_resurrection_by_the_collector():
    saved = []
    node = Node(last_words=saved.append)
    node.next = Node(node)
    del node
    gc.collect()
    assert len(saved) == 1 and saved[0].next.next is saved[0]
    saved[0].last_words = None
    saved.clear()
    gc.collect()


def test_a_finalizer_that_raises_is_unraisable(monkeypatch):
    caught = []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: caught.append((info.exc_type, info.object)))

    def words(node):
        raise LookupError

    node = Node(last_words=words)
    try:
        raise KeyError("stays")
    except KeyError:
        del node
    assert caught == [(LookupError, words)]


def test_weak_references_in_c():
    for kind in (Node, Old, Child):
        thing = kind()
        calls = []
        reference = graphnode.weak_new(thing, calls.append)
        shared = graphnode.weak_new(thing)
        assert graphnode.weak_new(thing) is shared is weakref.ref(thing)
        assert weakref.getweakrefcount(thing) == 2  # the one with a callback, and the shared one
        assert graphnode.weak_get(reference) is thing
        before = sys.getrefcount(thing)
        graphnode.weak_get(reference)
        assert sys.getrefcount(thing) == before
        del thing
        assert graphnode.weak_get(reference) is ...
        assert calls == [reference]
    with pytest.raises(TypeError, match="cannot create weak reference to 'graphnode.Leaf' object"):
        graphnode.weak_new(graphnode.leaf())
    with pytest.raises(TypeError, match="expected a weakref"):
        graphnode.weak_get(1)


def test_weak_callbacks_of_garbage():
    """A callback runs when its reference is reachable, and not when it is garbage itself."""
    calls = []
    a, b = Node(), Node()
    a.next, b.next = b, a
    outside = weakref.ref(a, lambda r: calls.append("outside"))
    b.value = weakref.ref(b, lambda r: calls.append("inside"))
    del a, b
    gc.collect()
    assert calls == ["outside"] and outside() is None


def test_weak_containers():
    nodes = [Node(value=i) for i in range(10)]
    by_number = weakref.WeakValueDictionary(enumerate(nodes))
    members = weakref.WeakSet(nodes)
    del nodes[5:]
    assert sorted(by_number) == [0, 1, 2, 3, 4] and len(members) == 5
    proxy = weakref.proxy(nodes[0])
    assert proxy.value == 0
    nodes.clear()
    with pytest.raises(ReferenceError):
        proxy.value


def test_dicts_of_both_kinds():
    for kind in (Node, Old, Child):
        thing = kind()
        thing.x = 1
        assert thing.__dict__ == {"x": 1}
        thing.__dict__["y"] = 2
        assert thing.y == 2
        thing.__dict__ = {"z": 3}
        assert vars(thing) == {"z": 3} and not hasattr(thing, "x")
        del thing.z
        with pytest.raises(AttributeError):
            thing.z
    with pytest.raises(AttributeError):
        graphnode.leaf().x = 1


def test_leaf_is_variable_in_size():
    leaf = graphnode.leaf(1, 2, 3)
    assert list(leaf) == [1.0, 2.0, 3.0] and len(leaf) == 3
    assert sys.getsizeof(leaf) - sys.getsizeof(graphnode.leaf()) == 24
    with pytest.raises(TypeError, match="cannot create 'graphnode.Leaf' instances"):
        Leaf()
    with pytest.raises(TypeError, match="must be real number"):
        graphnode.leaf("x")


def test_heap_types_count_their_instances():
    for kind in (Node, Old):
        before = sys.getrefcount(kind)
        things = [kind() for _ in range(5)]
        assert sys.getrefcount(kind) == before + 5
        del things
        assert sys.getrefcount(kind) == before


def test_collector_switches():
    assert gc.isenabled()
    a = Node()
    a.next = a
    del a
    try:
        assert graphnode.collector(False) == (1, 0, 0)  # PyGC_Collect heeds the switch
        assert not gc.isenabled()
    finally:
        before, now, found = graphnode.collector(True)
    assert (before, now) == (0, 1) and found >= 1


def test_collector_off_keeps_garbage_and_freeze_hides_it():
    gc.disable()
    try:
        a = Node()
        a.next = a
        gc.freeze()
        del a
        gc.collect()
        assert graphnode.counts()["nodes"] == 1
        gc.unfreeze()
        gc.collect()
        assert graphnode.counts()["nodes"] == 0
    finally:
        gc.unfreeze()
        gc.enable()


def test_collection_starts_by_itself():
    assert gc.isenabled()
    for _ in range(50_000):
        node = Node()
        node.next = node
    assert graphnode.counts()["nodes"] < 50_000


def test_collector_callbacks_and_debug_see_our_objects():
    infos = []
    gc.callbacks.append(lambda phase, info: infos.append((phase, dict(info))))
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        node = Node()
        node.next = node
        del node
        gc.collect()
        assert any(type(thing) is Node for thing in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.callbacks.pop()
        gc.garbage.clear()
    assert infos[0][0] == "start" and infos[-1][0] == "stop" and infos[-1][1]["collected"] >= 1


def test_finalizers_at_exit():
    code = """
        import graphnode
        cycle = graphnode.Node(last_words=lambda node: print("words", node.value), value=1)
        cycle.next = graphnode.Node(cycle)
        plain = graphnode.Node(last_words=lambda node: print("words", node.value), value=2)
        deep = graphnode.chain(graphnode.Node, 300_000)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["words 1", "words 2"]
