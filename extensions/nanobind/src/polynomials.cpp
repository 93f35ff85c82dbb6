// Polynomials over doubles: a value type, arrays shared with Python, callbacks, a cycle that the collector must see.
#include <nanobind/make_iterator.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/operators.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <nanobind/trampoline.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;

struct NoConvergence : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Polynomial {
    std::vector<double> terms; // from the constant upwards
    static int live;

    explicit Polynomial(std::vector<double> values) : terms(std::move(values)) {
        while (!terms.empty() && terms.back() == 0) {
            terms.pop_back();
        }
        live++;
    }
    Polynomial(const Polynomial &other) : terms(other.terms) { live++; }
    Polynomial(Polynomial &&other) noexcept : terms(std::move(other.terms)) { live++; }
    ~Polynomial() { live--; }

    int degree() const { return static_cast<int>(terms.size()) - 1; }

    double operator()(double x) const {
        double value = 0;
        for (size_t i = terms.size(); i-- > 0;) {
            value = value * x + terms[i];
        }
        return value;
    }

    Polynomial operator+(const Polynomial &other) const {
        std::vector<double> sum(std::max(terms.size(), other.terms.size()));
        for (size_t i = 0; i < sum.size(); i++) {
            sum[i] = (i < terms.size() ? terms[i] : 0) + (i < other.terms.size() ? other.terms[i] : 0);
        }
        return Polynomial(std::move(sum));
    }

    Polynomial operator*(const Polynomial &other) const {
        if (terms.empty() || other.terms.empty()) {
            return Polynomial({});
        }
        std::vector<double> product(terms.size() + other.terms.size() - 1);
        for (size_t i = 0; i < terms.size(); i++) {
            for (size_t j = 0; j < other.terms.size(); j++) {
                product[i + j] += terms[i] * other.terms[j];
            }
        }
        return Polynomial(std::move(product));
    }

    Polynomial operator*(double factor) const {
        std::vector<double> scaled = terms;
        for (double &term : scaled) {
            term *= factor;
        }
        return Polynomial(std::move(scaled));
    }

    bool operator==(const Polynomial &other) const { return terms == other.terms; }

    Polynomial derivative() const {
        std::vector<double> result;
        for (size_t i = 1; i < terms.size(); i++) {
            result.push_back(terms[i] * static_cast<double>(i));
        }
        return Polynomial(std::move(result));
    }

    double root(double start, int steps) const {
        Polynomial slope = derivative();
        double x = start;
        for (int i = 0; i < steps; i++) {
            double step = (*this)(x) / slope(x);
            if (!std::isfinite(step)) {
                break;
            }
            x -= step;
            if (std::abs(step) < 1e-13 * (1 + std::abs(x))) {
                return x;
            }
        }
        throw NoConvergence("no root found from " + std::to_string(start));
    }
};

int Polynomial::live = 0;

// Holds a Python object, so that cycles through it exist: tp_traverse and tp_clear come with the class.
struct Watcher {
    nb::object target;
};

static int watcher_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    if (!nb::inst_ready(self)) {
        return 0;
    }
    nb::handle target = nb::inst_ptr<Watcher>(self)->target;
    Py_VISIT(target.ptr());
    return 0;
}

static int watcher_clear(PyObject *self) {
    nb::inst_ptr<Watcher>(self)->target.reset();
    return 0;
}

static PyType_Slot watcher_slots[] = {
    {Py_tp_traverse, (void *)watcher_traverse},
    {Py_tp_clear, (void *)watcher_clear},
    {0, nullptr},
};

struct Norm {
    virtual ~Norm() = default;
    virtual double of(const Polynomial &polynomial) const = 0;
};

struct PyNorm : Norm {
    NB_TRAMPOLINE(Norm, 1);
    double of(const Polynomial &polynomial) const override { NB_OVERRIDE_PURE(of, polynomial); }
};

NB_MODULE(polynomials, m) {
    nb::exception<NoConvergence>(m, "NoConvergence", PyExc_ArithmeticError);

    nb::class_<Polynomial>(m, "Polynomial", nb::is_weak_referenceable())
        .def(nb::init<std::vector<double>>(), "terms"_a)
        .def("__init__",
             [](Polynomial *self, nb::ndarray<const double, nb::ndim<1>, nb::device::cpu> terms) {
                 auto view = terms.view();
                 std::vector<double> values;
                 for (size_t i = 0; i < view.shape(0); i++) {
                     values.push_back(view(i));
                 }
                 new (self) Polynomial(std::move(values));
             })
        .def_prop_ro("degree", &Polynomial::degree)
        .def_prop_rw(
            "constant", [](const Polynomial &p) { return p.terms.empty() ? 0.0 : p.terms[0]; },
            [](Polynomial &p, double value) {
                if (p.terms.empty()) {
                    p.terms.push_back(value);
                } else {
                    p.terms[0] = value;
                }
            })
        .def("__call__", [](const Polynomial &p, double x) { return p(x); })
        .def(nb::self + nb::self)
        .def(nb::self * nb::self)
        .def(nb::self * double())
        .def(nb::self == nb::self)
        .def("derivative", &Polynomial::derivative)
        .def("root", &Polynomial::root, "start"_a = 1.0, nb::kw_only(), "steps"_a = 50,
             nb::call_guard<nb::gil_scoped_release>())
        .def("fill",
             [](const Polynomial &p, nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu> values) {
                 nb::gil_scoped_release release;
                 for (size_t i = 0; i < values.shape(0); i++) {
                     values(i) = p(values(i));
                 }
             },
             "values"_a.noconvert(), "Replace each x of a writable buffer by p(x).")
        .def("table",
             [](const Polynomial &p, size_t size) {
                 auto *data = new double[size];
                 for (size_t i = 0; i < size; i++) {
                     data[i] = p(static_cast<double>(i));
                 }
                 nb::capsule owner(data, [](void *address) noexcept { delete[] static_cast<double *>(address); });
                 return nb::ndarray<nb::memview, double, nb::ndim<1>>(data, {size}, owner);
             })
        .def("__iter__",
             [](const Polynomial &p) {
                 return nb::make_iterator(nb::type<Polynomial>(), "iterator", p.terms.begin(), p.terms.end());
             },
             nb::keep_alive<0, 1>())
        .def("__getstate__", [](const Polynomial &p) { return p.terms; })
        .def("__setstate__", [](Polynomial &p, const std::vector<double> &terms) { new (&p) Polynomial(terms); })
        .def("__repr__",
             [](const Polynomial &p) { return nb::str("Polynomial({})").format(nb::cast(p.terms)); })
        .def_prop_ro_static("live", [](nb::handle) { return Polynomial::live; });

    nb::class_<Watcher>(m, "Watcher", nb::type_slots(watcher_slots), nb::is_weak_referenceable())
        .def(nb::init<>())
        .def_rw("target", &Watcher::target, nb::for_setter(nb::arg().none()));

    nb::class_<Norm, PyNorm>(m, "Norm").def(nb::init<>()).def("of", &Norm::of);

    m.def("largest", [](const Norm &norm, const std::vector<Polynomial> &all) -> std::optional<Polynomial> {
        const Polynomial *best = nullptr;
        double most = -1;
        for (const Polynomial &polynomial : all) {
            double size = norm.of(polynomial);
            if (size > most) {
                most = size;
                best = &polynomial;
            }
        }
        return best ? std::optional<Polynomial>(*best) : std::nullopt;
    });
    m.def("fit", [](const std::function<double(double)> &function, double x0, double x1, double x2) {
        // The parabola through three points of a Python function.
        double y0 = function(x0), y1 = function(x1), y2 = function(x2);
        auto basis = [](double a, double b, double at) {
            return Polynomial({a * b, -a - b, 1}) * (1 / ((at - a) * (at - b)));
        };
        return basis(x1, x2, x0) * y0 + basis(x0, x2, x1) * y1 + basis(x0, x1, x2) * y2;
    });
    m.def("guarded", [](const nb::callable &function, nb::args args, nb::kwargs kwargs) -> nb::object {
        try {
            return function(*args, **kwargs);
        } catch (nb::python_error &error) {
            if (!error.matches(PyExc_LookupError)) {
                throw;
            }
            return nb::str("caught: ") + nb::str(error.value());
        }
    });
    m.def("throw_cpp", [](const std::string &kind) {
        if (kind == "value") throw nb::value_error("value");
        if (kind == "out_of_range") throw std::out_of_range("range");
        if (kind == "bad_alloc") throw std::bad_alloc();
        if (kind == "stop") throw nb::stop_iteration();
        throw std::logic_error("logic");
    });
    m.def("chain", [](const nb::callable &function) {
        try {
            function();
        } catch (nb::python_error &error) {
            nb::raise_from(error, PyExc_ValueError, "chained in C++");
        }
    });
}
