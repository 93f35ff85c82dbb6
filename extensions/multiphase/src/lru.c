/* An LRU cache in a module without globals: multi-phase init, per-module state, heap types, own-GIL subinterpreters.

   The cache keeps its entries in an ordinary dict, whose insertion order is the order of use. The module's state counts
   hits and misses over all its caches. The only variables of the process are atomic and serve the tests: a counter of
   live states, and a meeting point of threads. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

static atomic_long live_states;

typedef struct {
    PyTypeObject *cache_type;
    PyTypeObject *stats_type;
    PyObject *full_error;
    PyObject *str_evicted; /* the interned name of the method that subclasses may define */
    Py_ssize_t hits;
    Py_ssize_t misses;
    Py_ssize_t caches;
    int counted;
} State;

typedef struct {
    PyObject_HEAD
    PyObject *entries;
    Py_ssize_t size;
} Cache;

static struct PyModuleDef lru_module;

/* Cache: methods that need the state ask for their defining class. */

static PyObject *
cache_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"size", NULL};
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n:Cache", names, &size)) {
        return NULL;
    }
    PyObject *module = PyType_GetModuleByDef(type, &lru_module);
    if (module == NULL) {
        return NULL;
    }
    State *state = PyModule_GetState(module);
    if (size < 1) {
        return PyErr_Format(state->full_error, "a cache of size %zd is always full", size);
    }
    Cache *self = (Cache *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->size = size;
    self->entries = PyDict_New();
    if (self->entries == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    state->caches++;
    return (PyObject *)self;
}

static int
cache_traverse(Cache *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->entries);
    return 0;
}

static int
cache_clear(Cache *self)
{
    Py_CLEAR(self->entries);
    return 0;
}

static void
cache_dealloc(Cache *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    cache_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Moves an entry to the young end. Steals nothing. */
static int
touch(Cache *self, PyObject *key, PyObject *value)
{
    if (PyDict_Pop(self->entries, key, NULL) < 0) {
        return -1;
    }
    return PyDict_SetItem(self->entries, key, value);
}

static int
evict(Cache *self, State *state)
{
    while (PyDict_GET_SIZE(self->entries) > self->size) {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        if (!PyDict_Next(self->entries, &position, &key, &value)) {
            break;
        }
        Py_INCREF(key);
        Py_INCREF(value);
        int status = PyDict_Pop(self->entries, key, NULL);
        PyObject *method = NULL;
        if (status >= 0) {
            status = PyObject_GetOptionalAttr((PyObject *)self, state->str_evicted, &method);
        }
        if (method != NULL) {
            PyObject *result = PyObject_CallFunctionObjArgs(method, key, value, NULL);
            status = result == NULL ? -1 : 0;
            Py_XDECREF(result);
            Py_DECREF(method);
        }
        Py_DECREF(key);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
cache_get(PyObject *op, PyTypeObject *defining, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    /* METH_METHOD | METH_FASTCALL | METH_KEYWORDS: get(key, make, /). */
    Cache *self = (Cache *)op;
    if (nargs != 2 || (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0)) {
        PyErr_SetString(PyExc_TypeError, "get() takes a key and a function");
        return NULL;
    }
    State *state = PyType_GetModuleState(defining);
    PyObject *value;
    int found = PyDict_GetItemRef(self->entries, args[0], &value);
    if (found < 0) {
        return NULL;
    }
    if (found) {
        state->hits++;
    }
    else {
        state->misses++;
        value = PyObject_CallOneArg(args[1], args[0]);
        if (value == NULL) {
            return NULL;
        }
    }
    if (touch(self, args[0], value) < 0 || evict(self, state) < 0) {
        Py_DECREF(value);
        return NULL;
    }
    return value;
}

static PyObject *
cache_keys(Cache *self, PyObject *Py_UNUSED(ignored))
{
    return PyDict_Keys(self->entries);
}

static Py_ssize_t
cache_length(Cache *self)
{
    return PyDict_GET_SIZE(self->entries);
}

static int
cache_contains(Cache *self, PyObject *key)
{
    return PyDict_Contains(self->entries, key);
}

static PyObject *
cache_subscript(Cache *self, PyObject *key)
{
    /* A slot gets no defining class: the state comes from the definition. */
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &lru_module);
    if (module == NULL) {
        return NULL;
    }
    State *state = PyModule_GetState(module);
    PyObject *value;
    int found = PyDict_GetItemRef(self->entries, key, &value);
    if (found == 0) {
        state->misses++;
        PyErr_SetObject(PyExc_KeyError, key);
    }
    if (found <= 0) {
        return NULL;
    }
    state->hits++;
    if (touch(self, key, value) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

static PyMethodDef cache_methods[] = {
    {"get", (PyCFunction)(void (*)(void))cache_get, METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     "get($self, key, make, /)\n--\n\nThe value of a key, made by make(key) where it is missing."},
    {"keys", (PyCFunction)cache_keys, METH_NOARGS, "The keys, the one that was not used for longest first."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For Cache[int]."},
    {NULL},
};

static PyType_Slot cache_slots[] = {
    {Py_tp_doc, "Cache(size)\n--\n\nA mapping that keeps what was used last."},
    {Py_tp_new, cache_new},
    {Py_tp_dealloc, cache_dealloc},
    {Py_tp_traverse, cache_traverse},
    {Py_tp_clear, cache_clear},
    {Py_tp_methods, cache_methods},
    {Py_mp_length, cache_length},
    {Py_mp_subscript, cache_subscript},
    {Py_sq_contains, cache_contains},
    {0, NULL},
};

static PyType_Spec cache_spec = {
    .name = "lru.Cache",
    .basicsize = sizeof(Cache),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = cache_slots,
};

/* The module. */

static PyStructSequence_Field stats_fields[] = {{"caches", NULL}, {"hits", NULL}, {"misses", NULL}, {NULL}};
static PyStructSequence_Desc stats_desc = {"lru.Stats", "What the caches of a module did.", stats_fields, 3};

static PyObject *
stats(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    State *state = PyModule_GetState(module);
    PyObject *result = PyStructSequence_New(state->stats_type);
    if (result == NULL) {
        return NULL;
    }
    PyStructSequence_SetItem(result, 0, PyLong_FromSsize_t(state->caches));
    PyStructSequence_SetItem(result, 1, PyLong_FromSsize_t(state->hits));
    PyStructSequence_SetItem(result, 2, PyLong_FromSsize_t(state->misses));
    return result;
}

static PyObject *
count_states(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(atomic_load(&live_states));
}

static PyObject *
meet(PyObject *Py_UNUSED(module), PyObject *args)
{
    /* Waits, holding the GIL all the time, until two threads are here: possible only when each has a GIL of its own. */
    static atomic_long waiting;
    double seconds;
    if (!PyArg_ParseTuple(args, "d:meet", &seconds)) {
        return NULL;
    }
    time_t end = time(NULL) + (time_t)seconds;
    atomic_fetch_add(&waiting, 1);
    while (atomic_load(&waiting) < 2) {
        if (time(NULL) > end) {
            atomic_fetch_sub(&waiting, 1);
            Py_RETURN_FALSE;
        }
        sched_yield();
    }
    Py_RETURN_TRUE;
}

static PyMethodDef module_methods[] = {
    {"meet", meet, METH_VARARGS, "Whether another interpreter comes here too, within some seconds. Once a process."},
    {"stats", stats, METH_NOARGS, "What the caches of this module did."},
    {"live_states", count_states, METH_NOARGS, "How many module states live in the process."},
    {NULL},
};

static int
exec_types(PyObject *module)
{
    State *state = PyModule_GetState(module);
    atomic_fetch_add(&live_states, 1);
    state->counted = 1;
    state->cache_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &cache_spec, NULL);
    state->stats_type = PyStructSequence_NewType(&stats_desc);
    state->full_error = PyErr_NewException("lru.FullError", PyExc_ValueError, NULL);
    state->str_evicted = PyUnicode_InternFromString("evicted");
    if (state->cache_type == NULL || state->stats_type == NULL || state->full_error == NULL || state->str_evicted == NULL) {
        return -1;
    }
    if (PyModule_AddType(module, state->cache_type) < 0 || PyModule_AddType(module, state->stats_type) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "FullError", state->full_error);
}

static int
exec_constants(PyObject *module)
{
    /* A second exec slot runs after the first; it may read what that one added. */
    PyObject *type = PyObject_GetAttrString(module, "Cache");
    if (type == NULL) {
        return -1;
    }
    PyObject *cache = PyObject_CallFunction(type, "i", 128);
    Py_DECREF(type);
    return PyModule_Add(module, "DEFAULT", cache);
}

static int
lru_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->cache_type);
    Py_VISIT(state->stats_type);
    Py_VISIT(state->full_error);
    return 0;
}

static int
lru_clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->cache_type);
    Py_CLEAR(state->stats_type);
    Py_CLEAR(state->full_error);
    Py_CLEAR(state->str_evicted);
    return 0;
}

static void
lru_free(void *module)
{
    State *state = PyModule_GetState((PyObject *)module);
    lru_clear((PyObject *)module);
    if (state->counted) {
        atomic_fetch_sub(&live_states, 1);
    }
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, exec_types},
    {Py_mod_exec, exec_constants},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static struct PyModuleDef lru_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "lru",
    .m_doc = "A cache that keeps what was used last.",
    .m_size = sizeof(State),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = lru_traverse,
    .m_clear = lru_clear,
    .m_free = lru_free,
};

PyMODINIT_FUNC
PyInit_lru(void)
{
    return PyModuleDef_Init(&lru_module);
}
