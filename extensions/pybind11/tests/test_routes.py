"""pybind11: conversions, classes and virtual functions, exceptions in both directions, the GIL."""

import copy
import gc
import pickle
import sys
import threading
import weakref

import pytest
import routes
from routes import Cost, Distance, Graph, NoRoute, Point


@pytest.fixture
def graph():
    """A square with one long way round and a node on its own."""
    graph = Graph()
    for x, y in [(0, 0), (1, 0), (1, 1), (0, 5), (9, 9)]:
        graph.add(Point(x, y))
    for a, b in [(0, 1), (1, 2), (0, 3), (3, 2)]:
        graph.link(a, b)
    return graph


def test_points():
    assert Point(1, 2) + Point(y=1) == Point(1, 3)
    assert Point(1, 2) * 2 == Point(2, 4) != Point()
    assert repr(Point(0.1)) == "Point(0.1, 0.0)"
    assert hash(Point(1, 2)) == hash((1.0, 2.0))
    assert pickle.loads(pickle.dumps(Point(3, 4))) == Point(3, 4)
    point = Point(1, 2)
    view = memoryview(point)
    view[1] = 7.0
    assert (point.y, view.format, view.shape) == (7.0, "d", (2,))


def test_routes(graph):
    length, path = graph.route(0, 2)
    assert (length, path) == (2.0, [0, 1, 2])
    assert graph.route_without_gil(0, 2) == (2.0, [0, 1, 2])
    assert graph.edges == {0: [1, 3], 1: [0, 2], 2: [1, 3], 3: [0, 2]}
    assert len(graph) == 5 and [p.x for p in graph] == [0, 1, 1, 0, 9]


def test_a_cpp_exception_becomes_a_python_one_with_attributes(graph):
    with pytest.raises(NoRoute, match="no route from 0 to 4") as caught:
        graph.route(0, 4)
    assert caught.value.nodes == (0, 4)
    assert issubclass(NoRoute, LookupError) and NoRoute.__module__ == "routes"
    with pytest.raises(IndexError):
        graph.route(0, 5)


class Crooked(Cost):
    """Makes one edge dear."""

    def __init__(self, refuse=None):
        super().__init__()
        self.refuse = refuse

    def of(self, a, b):
        if self.refuse is not None:
            raise self.refuse
        return 100.0 if {a.x, b.x} == {0.0, 1.0} and a.y == b.y == 0 else 1.0


def test_python_overrides_virtual_functions(graph):
    graph.cost = Crooked()
    gc.collect()
    assert graph.route(0, 2) == (2.0, [0, 3, 2])
    assert graph.cost.name() == "cost" and Distance().name() == "distance"
    assert isinstance(graph.cost, Crooked)
    assert graph.route_without_gil(0, 2)[1] == [0, 3, 2]
    with pytest.raises(RuntimeError, match='pure virtual function "Cost::of"'):
        Cost().of(Point(), Point())


def test_python_exceptions_pass_through_cpp_frames(graph):
    error = OSError(5, "refused")
    graph.cost = Crooked(error)
    for method in (graph.route, graph.route_without_gil):
        with pytest.raises(OSError) as caught:
            method(0, 2)
        assert caught.value is error
        assert caught.traceback[-1].name == "of"
    graph.cost = Distance()
    assert graph.route(0, 2)[0] == 2.0


def test_cpp_catches_python_exceptions(graph):
    assert routes.attempt({}.__getitem__, "k") == "lookup: 'k'"
    assert routes.attempt(graph.route, 0, to=4) == "lookup: no route from 0 to 4"
    assert routes.attempt(dict, a=1) == {"a": 1}
    with pytest.raises(ZeroDivisionError):
        routes.attempt(lambda: 1 / 0)
    assert sys.exception() is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("out_of_range", IndexError),
        ("invalid_argument", ValueError),
        ("bad_alloc", MemoryError),
        ("overflow_error", OverflowError),
        ("stop", StopIteration),
        ("key", KeyError),
        ("nested", RuntimeError),
        ("int", RuntimeError),
    ],
)
def test_standard_exceptions_are_translated(kind, error):
    with pytest.raises(error):
        routes.throw_standard(kind)


def test_raise_from_keeps_the_cause():
    with pytest.raises(ValueError, match="raised in C") as caught:
        routes.raise_from(lambda: {}["gone"])
    assert isinstance(caught.value.__cause__, KeyError)


def test_many_exceptions_leave_nothing_behind(graph):
    error = OSError()
    graph.cost = Crooked(error)
    before = sys.getrefcount(error)
    for _ in range(1000):
        with pytest.raises(OSError):
            graph.route(0, 2)
    error.__traceback__ = error.__context__ = None
    gc.collect()
    assert sys.getrefcount(error) == before


def test_functions_cross_the_border():
    add = routes.compose(lambda x: x + 1, lambda x: x * 10)
    assert add(4) == 41
    again = routes.compose(add, abs)
    assert again(-2) == 21
    with pytest.raises(ZeroDivisionError):
        routes.compose(lambda x: 1 // x, lambda x: 0)(3)
    with pytest.raises(RuntimeError, match="[Uu]nable to cast"):
        routes.compose(lambda x: "text", abs)(3)


def test_conversions_and_overloads():
    assert [routes.kind(v) for v in (1, 1.5, "x", [1, 2])] == [0, 1, 2, 3]
    assert (routes.half(8), routes.half(7)) == (4, None)
    assert [routes.overloaded(v) for v in (1, 1.5, Point(), b"x")] == ["int", "float", "Point", "buffer"]
    with pytest.raises(TypeError, match="incompatible function arguments"):
        routes.overloaded("text")
    with pytest.raises(TypeError):
        routes.half(2**40)


def test_references_keep_their_owner_alive(graph):
    before = Graph.live
    point = graph.at(1)
    point.x = 50
    assert graph.points[1].x == 50
    other = copy.copy(graph)
    assert Graph.live == before + 1
    point = other.at(1)
    iterator = iter(other)
    del other
    gc.collect()
    assert Graph.live == before + 1 and point.x == 50 and next(iterator).x == 0
    del point, iterator
    gc.collect()
    assert Graph.live == before


def test_dynamic_attributes_and_subclasses(graph):
    graph.name = "square"
    reference = weakref.ref(graph)
    assert reference().name == "square"

    class Named(Graph):
        def __init__(self, name):
            super().__init__()
            self.name = name

    assert Named("n").add(Point()) == 0

    class Forgetful(Graph):
        def __init__(self):
            pass

    with pytest.raises(TypeError, match="__init__"):
        Forgetful()


def test_threads_of_cpp_call_python():
    names = set()

    def function(i):
        names.add(threading.get_ident())
        if i == 7:
            raise ValueError
        return i

    total, errors = routes.sum_on_threads(function, 4, 50)
    assert (total, errors) == (4 * (sum(range(50)) - 7), 4)
    assert len(names) >= 1 and threading.get_ident() not in names
