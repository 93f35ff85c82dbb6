/* C functions that do nothing, one for each way in which Python calls C and C calls Python. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>

static PyObject *
noargs(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

static PyObject *
o(PyObject *self, PyObject *arg)
{
    return Py_NewRef(arg);
}

static PyObject *
fastcall(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "two arguments");
        return NULL;
    }
    return Py_NewRef(args[0]);
}

static PyObject *
fastcall_keywords(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t keywords = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    if (count + keywords != 2) {
        PyErr_SetString(PyExc_TypeError, "two arguments");
        return NULL;
    }
    return Py_NewRef(args[1]);
}

static PyObject *
varargs(PyObject *self, PyObject *args)
{
    PyObject *a, *b;
    if (!PyArg_ParseTuple(args, "OO", &a, &b)) {
        return NULL;
    }
    return Py_NewRef(a);
}

/* repeat(function, count): calls function(number) for each number below count. */
static PyObject *
repeat(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "a function and a number");
        return NULL;
    }
    long times = PyLong_AsLong(args[1]);
    if (times == -1 && PyErr_Occurred()) {
        return NULL;
    }
    for (long i = 0; i < times; i++) {
        PyObject *number = PyLong_FromLong(i);
        if (number == NULL) {
            return NULL;
        }
        PyObject *result = PyObject_CallOneArg(args[0], number);
        Py_DECREF(number);
        if (result == NULL) {
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

/* Two types that hold one object: Thing is made through vectorcall, Plain through tp_new. */
typedef struct {
    PyObject_HEAD
    PyObject *value;
} Thing;

static PyObject *
make(PyTypeObject *type, PyObject *value)
{
    Thing *thing = (Thing *)type->tp_alloc(type, 0);
    if (thing != NULL) {
        thing->value = Py_NewRef(value);
    }
    return (PyObject *)thing;
}

static PyObject *
thing_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) != 1 || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "one argument");
        return NULL;
    }
    return make((PyTypeObject *)type, args[0]);
}

static PyObject *
thing_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    PyObject *value;
    if (!PyArg_ParseTuple(args, "O", &value)) {
        return NULL;
    }
    return make(type, value);
}

static void
thing_dealloc(PyObject *self)
{
    Py_XDECREF(((Thing *)self)->value);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
thing_value(PyObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Thing *)self)->value);
}

static PyObject *
thing_add(PyObject *left, PyObject *right)
{
    return Py_NewRef(left);
}

static PyMethodDef thing_methods[] = {
    {"o", o, METH_O, NULL},
    {NULL},
};

static PyGetSetDef thing_getset[] = {
    {"value", thing_value, NULL, NULL, NULL},
    {NULL},
};

static PyNumberMethods thing_number = {.nb_add = thing_add};

static PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyroxene_bench_calls.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = thing_new,
    .tp_vectorcall = thing_vectorcall,
    .tp_dealloc = thing_dealloc,
    .tp_methods = thing_methods,
    .tp_getset = thing_getset,
    .tp_as_number = &thing_number,
};

static PyTypeObject Plain_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyroxene_bench_calls.Plain",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = thing_new,
    .tp_dealloc = thing_dealloc,
};

static PyMethodDef functions[] = {
    {"noargs", noargs, METH_NOARGS, NULL},
    {"o", o, METH_O, NULL},
    {"fastcall", (PyCFunction)(void (*)(void))fastcall, METH_FASTCALL, NULL},
    {"fastcall_keywords", (PyCFunction)(void (*)(void))fastcall_keywords,
     METH_FASTCALL | METH_KEYWORDS, NULL},
    {"varargs", varargs, METH_VARARGS, NULL},
    {"repeat", (PyCFunction)(void (*)(void))repeat, METH_FASTCALL, NULL},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pyroxene_bench_calls",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_pyroxene_bench_calls(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) {
        return NULL;
    }
    if (PyModule_AddType(module, &Thing_Type) < 0 || PyModule_AddType(module, &Plain_Type) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
