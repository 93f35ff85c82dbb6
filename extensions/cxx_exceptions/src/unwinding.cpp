// C++ exceptions around frames of the interpreter, without a binding library.
//
// An exception that reaches the border to Python is kept inside a Python exception (CppError) and travels through Python
// frames in it; a C++ caller further out finds it there and goes on throwing the same object. Guards record in what order
// destructors run. Other functions ask the unwinder what it sees: the tables of every frame on the stack must be right.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <unistd.h>
#include <unwind.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

PyObject *cpp_error; // the Python class

struct Deref {
    void operator()(PyObject *object) const { Py_DECREF(object); }
};
using Ref = std::unique_ptr<PyObject, Deref>;

// Our own hierarchy, to see that the type survives.
struct Failure : std::runtime_error {
    int code;
    Failure(const std::string &text, int code) : std::runtime_error(text), code(code) {}
};
struct DeepFailure : Failure {
    using Failure::Failure;
};

// Thrown in C++ when a Python exception is set: the exception object, by value.
struct PythonRaised {
    std::shared_ptr<PyObject> error;
};

// Appends its name to a list when it is destroyed.
struct Guard {
    PyObject *log;
    std::string name;
    Guard(PyObject *log, std::string name) : log(Py_NewRef(log)), name(std::move(name)) {}
    ~Guard() {
        PyObject *error = PyErr_GetRaisedException();
        Ref text(PyUnicode_FromString(name.c_str()));
        if (!text || PyList_Append(log, text.get()) < 0) {
            PyErr_Clear();
        }
        Py_DECREF(log);
        PyErr_SetRaisedException(error);
    }
    Guard(const Guard &) = delete;
};

const char *const capsule_name = "unwinding.exception_ptr";

void release_pointer(PyObject *capsule) {
    delete static_cast<std::exception_ptr *>(PyCapsule_GetPointer(capsule, capsule_name));
}

// The border, outwards: turns the C++ exception that is being handled into a Python one. Returns NULL.
PyObject *raise_in_python() {
    try {
        throw;
    } catch (const PythonRaised &raised) {
        PyErr_SetRaisedException(Py_NewRef(raised.error.get()));
        return nullptr;
    } catch (const std::bad_alloc &) {
        return PyErr_NoMemory();
    } catch (...) {
        std::string text = "unknown";
        int code = 0;
        try {
            throw;
        } catch (const Failure &failure) {
            text = failure.what();
            code = failure.code;
        } catch (const std::exception &error) {
            text = error.what();
        } catch (...) {
        }
        Ref capsule(PyCapsule_New(new std::exception_ptr(std::current_exception()), capsule_name, release_pointer));
        Ref error(capsule ? PyObject_CallFunction(cpp_error, "si", text.c_str(), code) : nullptr);
        if (error && PyObject_SetAttrString(error.get(), "cpp", capsule.get()) == 0) {
            PyErr_SetObject(cpp_error, error.get());
        }
        return nullptr;
    }
}

// The border, inwards: throws what a failed call left behind.
[[noreturn]] void throw_in_cpp() {
    PyObject *error = PyErr_GetRaisedException();
    if (PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject *>(cpp_error))) {
        Ref holder(error);
        Ref capsule(PyObject_GetAttrString(error, "cpp"));
        if (capsule) {
            auto *pointer = static_cast<std::exception_ptr *>(PyCapsule_GetPointer(capsule.get(), capsule_name));
            std::exception_ptr copy = *pointer;
            capsule.reset();
            holder.reset();
            std::rethrow_exception(copy);
        }
        PyErr_Clear();
        error = holder.release();
    }
    throw PythonRaised{std::shared_ptr<PyObject>(error, [](PyObject *object) { Py_DECREF(object); })};
}

Ref call(PyObject *function) {
    Ref result(PyObject_CallNoArgs(function));
    if (!result) {
        throw_in_cpp();
    }
    return result;
}

void throw_kind(const std::string &kind, int code) {
    if (kind == "failure") throw Failure("failure", code);
    if (kind == "deep") throw DeepFailure("deep failure", code);
    if (kind == "logic") throw std::logic_error("logic");
    if (kind == "int") throw code;
    if (kind == "alloc") throw std::bad_alloc();
    if (kind == "nested") {
        try {
            throw Failure("inner", code);
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    }
    throw std::invalid_argument("no such kind: " + kind);
}

// throw_cpp(kind, code): throws; Python sees CppError.
PyObject *throw_cpp(PyObject *, PyObject *args) {
    const char *kind;
    int code = 0;
    if (!PyArg_ParseTuple(args, "s|i:throw_cpp", &kind, &code)) {
        return nullptr;
    }
    try {
        throw_kind(kind, code);
    } catch (...) {
        return raise_in_python();
    }
    Py_RETURN_NONE;
}

// through(function, log, name): calls under a guard, lets every exception pass.
PyObject *through(PyObject *, PyObject *args) {
    PyObject *function, *log;
    const char *name;
    if (!PyArg_ParseTuple(args, "OO!s:through", &function, &PyList_Type, &log, &name)) {
        return nullptr;
    }
    try {
        Guard guard(log, name);
        return call(function).release();
    } catch (...) {
        return raise_in_python();
    }
}

// catching(function): calls, catches by C++ type and tells which.
PyObject *catching(PyObject *, PyObject *function) {
    try {
        return call(function).release();
    } catch (const DeepFailure &failure) {
        return Py_BuildValue("(ssi)", "DeepFailure", failure.what(), failure.code);
    } catch (const Failure &failure) {
        return Py_BuildValue("(ssi)", "Failure", failure.what(), failure.code);
    } catch (const std::logic_error &error) {
        return Py_BuildValue("(ss)", "logic_error", error.what());
    } catch (const std::exception &error) {
        std::string inner = "none";
        try {
            std::rethrow_if_nested(error);
        } catch (const std::exception &nested) {
            inner = nested.what();
        }
        return Py_BuildValue("(sss)", "exception", error.what(), inner.c_str());
    } catch (int number) {
        return Py_BuildValue("(si)", "int", number);
    } catch (const PythonRaised &raised) {
        return Py_BuildValue("(sO)", "python", raised.error.get());
    }
}

void descend(PyObject *function, PyObject *log, int depth) {
    Guard guard(log, std::to_string(depth));
    if (depth == 0) {
        call(function);
    } else {
        descend(function, log, depth - 1);
    }
}

// recurse(function, log, depth): a guard in each of many C++ frames below the call.
PyObject *recurse(PyObject *, PyObject *args) {
    PyObject *function, *log;
    int depth;
    if (!PyArg_ParseTuple(args, "OO!i:recurse", &function, &PyList_Type, &log, &depth)) {
        return nullptr;
    }
    try {
        descend(function, log, depth);
    } catch (...) {
        return raise_in_python();
    }
    Py_RETURN_NONE;
}

// throw_without_gil(): an exception crosses a region that gave up the GIL.
PyObject *throw_without_gil(PyObject *, PyObject *) {
    struct Release {
        PyThreadState *state = PyEval_SaveThread();
        ~Release() { PyEval_RestoreThread(state); }
    };
    try {
        Release release;
        throw Failure("no GIL", 9);
    } catch (...) {
        return raise_in_python();
    }
}

// on_thread(function): calls on a thread of C++; its exception comes back through an exception_ptr.
PyObject *on_thread(PyObject *, PyObject *function) {
    std::exception_ptr error;
    Ref result;
    Py_BEGIN_ALLOW_THREADS
    std::thread worker([&] {
        PyGILState_STATE gil = PyGILState_Ensure();
        try {
            result = call(function);
        } catch (...) {
            error = std::current_exception();
        }
        PyGILState_Release(gil);
    });
    worker.join();
    Py_END_ALLOW_THREADS
    try {
        if (error) {
            std::rethrow_exception(error);
        }
        return result.release();
    } catch (...) {
        return raise_in_python();
    }
}

_Unwind_Reason_Code visit_frame(_Unwind_Context *context, void *arg) {
    auto *frames = static_cast<std::vector<void *> *>(arg);
    frames->push_back(reinterpret_cast<void *>(_Unwind_GetIP(context)));
    return frames->size() < 100000 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// backtrace(): the unwinder's view of this thread's stack: (symbol or None, file) of every frame, innermost first.
PyObject *backtrace(PyObject *, PyObject *) {
    std::vector<void *> frames;
    _Unwind_Backtrace(visit_frame, &frames);
    PyObject *list = PyList_New(0);
    for (void *address : frames) {
        Dl_info info{};
        // The return address may be the first byte after a function that does not return.
        int known = dladdr(static_cast<char *>(address) - 1, &info);
        Ref entry(Py_BuildValue("(zz)", known ? info.dli_sname : nullptr, known ? info.dli_fname : nullptr));
        if (list == nullptr || !entry || PyList_Append(list, entry.get()) < 0) {
            Py_XDECREF(list);
            return nullptr;
        }
    }
    return list;
}

// hold(function, descriptor): calls with a local whose destructor writes to a file: that happens even when the thread is
// ended by force below it, as the interpreter does to threads that outlive it.
PyObject *hold(PyObject *, PyObject *args) {
    struct Note {
        int descriptor;
        ~Note() {
            if (write(descriptor, "destroyed\n", 10) != 10) {
                abort();
            }
        }
    };
    PyObject *function;
    int descriptor;
    if (!PyArg_ParseTuple(args, "Oi:hold", &function, &descriptor)) {
        return nullptr;
    }
    Note note{descriptor};
    return PyObject_CallNoArgs(function);
}

PyMethodDef methods[] = {
    {"hold", hold, METH_VARARGS, nullptr},
    {"throw_cpp", throw_cpp, METH_VARARGS, nullptr},
    {"through", through, METH_VARARGS, nullptr},
    {"catching", catching, METH_O, nullptr},
    {"recurse", recurse, METH_VARARGS, nullptr},
    {"throw_without_gil", throw_without_gil, METH_NOARGS, nullptr},
    {"on_thread", on_thread, METH_O, nullptr},
    {"backtrace", backtrace, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "unwinding", "C++ exceptions around Python frames.", -1, methods, nullptr, nullptr, nullptr, nullptr,
};

} // namespace

PyMODINIT_FUNC PyInit_unwinding() {
    PyObject *module = PyModule_Create(&module_def);
    if (module == nullptr) {
        return nullptr;
    }
    cpp_error = PyErr_NewException("unwinding.CppError", PyExc_RuntimeError, nullptr);
    if (cpp_error == nullptr || PyModule_AddObjectRef(module, "CppError", cpp_error) < 0) {
        Py_DECREF(module);
        return nullptr;
    }
    return module;
}
