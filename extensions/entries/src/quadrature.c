/* Sums over values of a Python function: integrals. With pyroxene.h where Pyroxene runs, and
   by vectorcall elsewhere, or if it is told to. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "pyroxene.h"

static const Pyroxene_API *api;

/* A function to be called: by an entry, or without. */
typedef struct {
    PyObject *callable;
    Pyroxene_Entry *entry;
} Callee;

static int
callee_begin(Callee *callee, PyObject *callable, const char *signature, int plain)
{
    callee->callable = callable;
    callee->entry = NULL;
    if (api != NULL && !plain) {
        callee->entry = api->acquire(callable, signature);
        return callee->entry == NULL ? -1 : 0;
    }
    return 0;
}

static void
callee_end(Callee *callee)
{
    if (callee->entry != NULL) {
        api->release(callee->entry);
    }
}

/* The value at a number. */
static int
callee_at(Callee *callee, double x, double *result)
{
    if (callee->entry != NULL) {
        Pyroxene_Value argument = {.d = x}, value;
        if (api->call(callee->entry, &argument, &value) < 0) {
            return -1;
        }
        *result = value.d;
        return 0;
    }
    PyObject *arguments[2] = {NULL, PyFloat_FromDouble(x)};
    if (arguments[1] == NULL) {
        return -1;
    }
    PyObject *value = PyObject_Vectorcall(callee->callable, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(arguments[1]);
    if (value == NULL) {
        return -1;
    }
    *result = PyFloat_AsDouble(value);
    Py_DECREF(value);
    return *result == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* The integral by the midpoint rule. */
static PyObject *
integrate(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "", "", "steps", "plain", NULL};
    PyObject *function;
    double low, high, sum = 0.0, value;
    Py_ssize_t steps = 1000;
    int plain = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Odd|$np", names, &function, &low, &high, &steps, &plain)) {
        return NULL;
    }
    Callee callee;
    if (callee_begin(&callee, function, "d->d", plain) < 0) {
        return NULL;
    }
    double step = (high - low) / (double)steps;
    for (Py_ssize_t i = 0; i < steps; i++) {
        if (callee_at(&callee, low + ((double)i + 0.5) * step, &value) < 0) {
            callee_end(&callee);
            return NULL;
        }
        sum += value;
    }
    callee_end(&callee);
    return PyFloat_FromDouble(sum * step);
}

#define ENTRY "quadrature.entry"

static void
entry_free(PyObject *capsule)
{
    api->release((Pyroxene_Entry *)PyCapsule_GetPointer(capsule, ENTRY));
}

/* What follows shows the interface as it is, for the tests. */

static PyObject *
acquire(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *callable;
    const char *signature;
    if (!PyArg_ParseTuple(args, "Os", &callable, &signature)) {
        return NULL;
    }
    Pyroxene_Entry *entry = api->acquire(callable, signature);
    PyObject *capsule = entry == NULL ? NULL : PyCapsule_New(entry, ENTRY, entry_free);
    if (capsule == NULL) {
        api->release(entry);
        return NULL;
    }
    return Py_BuildValue("(Ns)", capsule, signature);
}

static Pyroxene_Entry *
entry_of(PyObject *pair, const char **signature)
{
    PyObject *capsule;
    if (!PyArg_ParseTuple(pair, "Os", &capsule, signature)) {
        return NULL;
    }
    return (Pyroxene_Entry *)PyCapsule_GetPointer(capsule, ENTRY);
}

/* call(entry, *arguments) */
static PyObject *
call(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    const char *signature;
    Pyroxene_Entry *entry = count == 0 ? NULL : entry_of(args[0], &signature);
    if (entry == NULL) {
        return NULL;
    }
    Pyroxene_Value values[PYROXENE_MOST_ARGUMENTS], result = {.q = 77};
    Py_ssize_t index = 0;
    for (; signature[index] != '-'; index++) {
        if (index + 1 >= count) {
            PyErr_SetString(PyExc_TypeError, "too few arguments");
            return NULL;
        }
        PyObject *argument = args[1 + index];
        switch (signature[index]) {
        case 'd': values[index].d = PyFloat_AsDouble(argument); break;
        case 'q': values[index].q = PyLong_AsLongLong(argument); break;
        default: values[index].O = argument; break;
        }
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (api->call(entry, values, &result) < 0) {
        if (!PyErr_Occurred() || result.q != 77) {
            Py_FatalError("an error without exception, or with a result");
        }
        return NULL;
    }
    switch (signature[index + 2]) {
    case 'd': return PyFloat_FromDouble(result.d);
    case 'q': return PyLong_FromLongLong(result.q);
    default: return result.O;
    }
}

static PyObject *
callable(PyObject *Py_UNUSED(module), PyObject *pair)
{
    const char *signature;
    Pyroxene_Entry *entry = entry_of(pair, &signature);
    return entry == NULL ? NULL : Py_NewRef(api->callable(entry));
}

static PyObject *
is_compiled(PyObject *Py_UNUSED(module), PyObject *pair)
{
    const char *signature;
    Pyroxene_Entry *entry = entry_of(pair, &signature);
    return entry == NULL ? NULL : PyBool_FromLong(api->is_compiled(entry));
}

/* call_and_release(callable): calls an entry that the callable releases, by what it is given. */
static PyObject *
release_it(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    api->release((Pyroxene_Entry *)PyCapsule_GetPointer(self, NULL));
    Py_RETURN_NONE;
}

static PyMethodDef release_method = {"release", release_it, METH_NOARGS, NULL};

static PyObject *
call_and_release(PyObject *Py_UNUSED(module), PyObject *function)
{
    Pyroxene_Entry *entry = api->acquire(function, "O->O");
    if (entry == NULL) {
        return NULL;
    }
    PyObject *capsule = PyCapsule_New(entry, NULL, NULL);
    PyObject *release = capsule == NULL ? NULL : PyCFunction_New(&release_method, capsule);
    Py_XDECREF(capsule);
    if (release == NULL) {
        return NULL;
    }
    /* The entry has the only reference by now if the caller has given up his. */
    Pyroxene_Value argument = {.O = release}, result;
    int status = api->call(entry, &argument, &result);
    Py_DECREF(release);
    return status < 0 ? NULL : result.O;
}

static PyMethodDef methods[] = {
    {"integrate", (PyCFunction)(void (*)(void))integrate, METH_VARARGS | METH_KEYWORDS,
     "integrate(function, low, high, /, *, steps=1000, plain=False): the integral by the midpoint rule."},
    {"acquire", acquire, METH_VARARGS, NULL},
    {"call", (PyCFunction)(void (*)(void))call, METH_FASTCALL, NULL},
    {"callable", callable, METH_O, NULL},
    {"is_compiled", is_compiled, METH_O, NULL},
    {"call_and_release", call_and_release, METH_O, NULL},
    {NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "quadrature",
    .m_doc = "Integrals of Python functions.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_quadrature(void)
{
    api = Pyroxene_Import();
    if (api == NULL && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *module = PyModule_Create(&module_definition);
    if (module != NULL && PyModule_AddIntConstant(module, "API", api == NULL ? 0 : api->version) < 0) {
        Py_CLEAR(module);
    }
    return module;
}
