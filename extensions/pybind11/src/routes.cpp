// Shortest routes in a graph: C++ classes that Python extends, exceptions that cross in both directions, threads that
// give up the GIL and take it again.
#include <pybind11/functional.h>
#include <pybind11/operators.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace py = pybind11;
using namespace pybind11::literals;

struct Point {
    double x = 0, y = 0;
    bool operator==(const Point &other) const { return x == other.x && y == other.y; }
    Point operator+(const Point &other) const { return {x + other.x, y + other.y}; }
    Point operator*(double factor) const { return {x * factor, y * factor}; }
};

struct NoRoute : std::runtime_error {
    int from, to;
    NoRoute(int from, int to)
        : std::runtime_error("no route from " + std::to_string(from) + " to " + std::to_string(to)), from(from), to(to) {}
};

// What a route costs; Python may override every function of it.
class Cost {
public:
    virtual ~Cost() = default;
    virtual double of(const Point &a, const Point &b) const = 0;
    virtual std::string name() const { return "cost"; }
};

class Distance : public Cost {
public:
    double of(const Point &a, const Point &b) const override { return std::hypot(a.x - b.x, a.y - b.y); }
    std::string name() const override { return "distance"; }
};

class PyCost : public Cost, public py::trampoline_self_life_support {
public:
    using Cost::Cost;
    double of(const Point &a, const Point &b) const override { PYBIND11_OVERRIDE_PURE(double, Cost, of, a, b); }
    std::string name() const override { PYBIND11_OVERRIDE(std::string, Cost, name); }
};

class Graph {
public:
    std::vector<Point> points;
    std::map<int, std::vector<int>> edges;
    std::shared_ptr<Cost> cost = std::make_shared<Distance>();
    static std::atomic<int> live;

    Graph() { live++; }
    Graph(const Graph &other) : points(other.points), edges(other.edges), cost(other.cost) { live++; }
    ~Graph() { live--; }

    int add(const Point &point) {
        points.push_back(point);
        return static_cast<int>(points.size()) - 1;
    }

    const Point &at(int node) const { return points.at(static_cast<size_t>(node)); }

    void link(int a, int b) {
        at(a);
        at(b);
        edges[a].push_back(b);
        edges[b].push_back(a);
    }

    // Dijkstra. Throws NoRoute, and whatever the cost throws.
    std::pair<double, std::vector<int>> route(int from, int to) const {
        using Entry = std::pair<double, int>;
        std::vector<double> best(points.size(), std::numeric_limits<double>::infinity());
        std::vector<int> previous(points.size(), -1);
        std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
        at(to);
        best[static_cast<size_t>(from)] = 0;
        queue.push({0, from});
        while (!queue.empty()) {
            auto [length, node] = queue.top();
            queue.pop();
            auto found = edges.find(node);
            if (length > best[static_cast<size_t>(node)] || found == edges.end()) {
                continue;
            }
            for (int next : found->second) {
                double total = length + cost->of(at(node), at(next));
                if (total < best[static_cast<size_t>(next)]) {
                    best[static_cast<size_t>(next)] = total;
                    previous[static_cast<size_t>(next)] = node;
                    queue.push({total, next});
                }
            }
        }
        if (std::isinf(best[static_cast<size_t>(to)])) {
            throw NoRoute(from, to);
        }
        std::vector<int> path;
        for (int node = to; node != -1; node = previous[static_cast<size_t>(node)]) {
            path.push_back(node);
        }
        std::reverse(path.begin(), path.end());
        return {best[static_cast<size_t>(to)], path};
    }
};

std::atomic<int> Graph::live{0};

// Calls a Python function and catches what it raises as a C++ exception.
static std::variant<py::object, std::string> attempt(const py::function &function, const py::args &args,
                                                     const py::kwargs &kwargs) {
    try {
        return function(*args, **kwargs);
    } catch (py::error_already_set &error) {
        if (error.matches(PyExc_LookupError)) {
            return "lookup: " + py::str(error.value()).cast<std::string>();
        }
        throw;
    } catch (const NoRoute &error) {
        return std::string("never here: ") + error.what();
    }
}

PYBIND11_MODULE(routes, m) {
    m.doc() = "Shortest routes";

    py::class_<Point>(m, "Point", py::buffer_protocol())
        .def(py::init([](double x, double y) { return Point{x, y}; }), "x"_a = 0.0, "y"_a = 0.0)
        .def_readwrite("x", &Point::x)
        .def_readwrite("y", &Point::y)
        .def(py::self == py::self)
        .def(py::self + py::self)
        .def(py::self * double())
        .def("__repr__",
             [](const Point &point) { return "Point(" + py::repr(py::float_(point.x)).cast<std::string>() + ", "
                                             + py::repr(py::float_(point.y)).cast<std::string>() + ")"; })
        .def("__hash__", [](const Point &point) { return py::hash(py::make_tuple(point.x, point.y)); })
        .def_buffer([](Point &point) {
            return py::buffer_info(&point.x, sizeof(double), py::format_descriptor<double>::format(), 1, {2}, {sizeof(double)});
        })
        .def(py::pickle([](const Point &point) { return py::make_tuple(point.x, point.y); },
                        [](const py::tuple &state) { return Point{state[0].cast<double>(), state[1].cast<double>()}; }));
    py::implicitly_convertible<py::tuple, Point>();

    py::class_<Cost, PyCost, py::smart_holder>(m, "Cost")
        .def(py::init<>())
        .def("of", &Cost::of)
        .def("name", &Cost::name);
    py::class_<Distance, Cost, py::smart_holder>(m, "Distance").def(py::init<>());

    py::class_<Graph>(m, "Graph", py::dynamic_attr())
        .def(py::init<>())
        .def("add", &Graph::add, "point"_a)
        .def("link", &Graph::link)
        .def("route", &Graph::route, "from_"_a, "to"_a)
        .def("route_without_gil", &Graph::route, py::call_guard<py::gil_scoped_release>())
        .def_readwrite("cost", &Graph::cost)
        .def_readonly("points", &Graph::points)
        .def_property_readonly("edges", [](const Graph &graph) { return graph.edges; })
        .def("at", &Graph::at, py::return_value_policy::reference_internal)
        .def("__len__", [](const Graph &graph) { return graph.points.size(); })
        .def("__copy__", [](const Graph &graph) { return std::make_unique<Graph>(graph); })
        .def("__iter__",
             [](const Graph &graph) { return py::make_iterator(graph.points.begin(), graph.points.end()); },
             py::keep_alive<0, 1>())
        .def_property_readonly_static("live", [](const py::object &) { return Graph::live.load(); });

    // A C++ exception as a Python class with attributes.
    static py::exception<NoRoute> no_route(m, "NoRoute", PyExc_LookupError);
    py::register_exception_translator([](std::exception_ptr pointer) {
        try {
            if (pointer) {
                std::rethrow_exception(pointer);
            }
        } catch (const NoRoute &error) {
            py::object instance = py::reinterpret_borrow<py::object>(no_route)(error.what());
            instance.attr("nodes") = py::make_tuple(error.from, error.to);
            PyErr_SetObject(no_route.ptr(), instance.ptr());
        }
    });

    m.def("attempt", &attempt);
    m.def("throw_standard", [](const std::string &kind) {
        if (kind == "out_of_range") throw std::out_of_range("range");
        if (kind == "invalid_argument") throw std::invalid_argument("argument");
        if (kind == "bad_alloc") throw std::bad_alloc();
        if (kind == "overflow_error") throw std::overflow_error("overflow");
        if (kind == "stop") throw py::stop_iteration();
        if (kind == "key") throw py::key_error("key");
        if (kind == "nested") std::throw_with_nested(std::runtime_error("outer"));
        throw 42;
    });
    m.def("raise_from", [](const py::function &function) {
        try {
            function();
        } catch (py::error_already_set &error) {
            py::raise_from(error, PyExc_ValueError, "raised in C++");
            throw py::error_already_set();
        }
    });
    m.def("compose", [](std::function<int(int)> f, std::function<int(int)> g) -> std::function<int(int)> {
        return [f = std::move(f), g = std::move(g)](int value) { return f(g(value)); };
    });
    m.def("kind", [](const std::variant<int, double, std::string, std::vector<int>> &value) { return value.index(); });
    m.def("half", [](int value) -> std::optional<int> {
        return value % 2 ? std::nullopt : std::optional<int>(value / 2);
    });
    m.def("sum_on_threads", [](const py::function &function, int threads, int calls) {
        std::atomic<long> sum{0};
        std::atomic<int> errors{0};
        {
            py::gil_scoped_release release;
            std::vector<std::thread> workers;
            for (int t = 0; t < threads; t++) {
                workers.emplace_back([&] {
                    for (int i = 0; i < calls; i++) {
                        py::gil_scoped_acquire acquire;
                        try {
                            sum += function(i).cast<long>();
                        } catch (py::error_already_set &) {
                            errors++;
                        }
                    }
                });
            }
            for (auto &worker : workers) {
                worker.join();
            }
        }
        return py::make_tuple(sum.load(), errors.load());
    });
    m.def("overloaded", [](int) { return "int"; });
    m.def("overloaded", [](double) { return "float"; });
    m.def("overloaded", [](const Point &) { return "Point"; });
    m.def("overloaded", [](const py::buffer &) { return "buffer"; });
}
