/* A ring buffer of doubles, written as most C extensions are: static types, single-phase init, the full API.

   A full ring drops its oldest item. The storage doubles as a buffer: memoryview(ring) shows the slots as they lie in
   memory, and while such a view lives the ring refuses to be resized. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

typedef struct {
    PyObject_HEAD
    double *slots;
    Py_ssize_t capacity;
    Py_ssize_t first; /* the slot of the oldest item */
    Py_ssize_t length;
    Py_ssize_t views; /* buffers that are out */
    Py_ssize_t dropped;
    PyObject *on_drop; /* called with each item that is dropped, or NULL */
} Ring;

typedef struct {
    PyObject_HEAD
    Ring *ring;
    Py_ssize_t next;
} RingIter;

static PyTypeObject Ring_Type;
static PyTypeObject RingIter_Type;
static PyObject *EmptyError;

static double *
slot(Ring *self, Py_ssize_t index)
{
    return &self->slots[(self->first + index) % self->capacity];
}

/* Object life cycle. */

static int
ring_resize_to(Ring *self, Py_ssize_t capacity)
{
    if (capacity < 1) {
        PyErr_Format(PyExc_ValueError, "a ring holds at least 1 item, not %zd", capacity);
        return -1;
    }
    if (self->views > 0) {
        PyErr_SetString(PyExc_BufferError, "the ring is exported and cannot change its size");
        return -1;
    }
    double *slots = PyMem_New(double, capacity);
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t keep = Py_MIN(self->length, capacity);
    Py_ssize_t skip = self->length - keep;
    for (Py_ssize_t i = 0; i < capacity; i++) {
        slots[i] = i < keep ? *slot(self, skip + i) : 0.0;
    }
    PyMem_Free(self->slots);
    self->slots = slots;
    self->capacity = capacity;
    self->first = 0;
    self->length = keep;
    self->dropped += skip;
    return 0;
}

static PyObject *
ring_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    /* tp_alloc zeroes; a ring that never sees __init__ holds one item. */
    Ring *self = (Ring *)type->tp_alloc(type, 0);
    if (self != NULL && ring_resize_to(self, 1) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static int
ring_init(Ring *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"capacity", "items", "on_drop", NULL};
    Py_ssize_t capacity;
    PyObject *items = NULL, *on_drop = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n|O$O:Ring", names, &capacity, &items, &on_drop)) {
        return -1;
    }
    if (on_drop != Py_None && !PyCallable_Check(on_drop)) {
        PyErr_Format(PyExc_TypeError, "on_drop must be callable, not %.100s", Py_TYPE(on_drop)->tp_name);
        return -1;
    }
    self->length = 0;
    if (ring_resize_to(self, capacity) < 0) {
        return -1;
    }
    self->dropped = 0;
    Py_XSETREF(self->on_drop, on_drop == Py_None ? NULL : Py_NewRef(on_drop));
    if (items != NULL) {
        PyObject *none = PyObject_CallMethod((PyObject *)self, "extend", "(O)", items);
        if (none == NULL) {
            return -1;
        }
        Py_DECREF(none);
    }
    return 0;
}

static int
ring_traverse(Ring *self, visitproc visit, void *arg)
{
    Py_VISIT(self->on_drop);
    return 0;
}

static int
ring_clear(Ring *self)
{
    Py_CLEAR(self->on_drop);
    return 0;
}

static void
ring_dealloc(Ring *self)
{
    PyObject_GC_UnTrack(self);
    ring_clear(self);
    PyMem_Free(self->slots);
    Py_TYPE(self)->tp_free(self);
}

/* Methods. */

static int
ring_push_double(Ring *self, double value)
{
    if (self->length < self->capacity) {
        *slot(self, self->length) = value;
        self->length++;
        return 0;
    }
    double old = *slot(self, 0);
    *slot(self, 0) = value;
    self->first = (self->first + 1) % self->capacity;
    self->dropped++;
    if (self->on_drop != NULL) {
        PyObject *boxed = PyFloat_FromDouble(old);
        if (boxed == NULL) {
            return -1;
        }
        PyObject *result = PyObject_CallOneArg(self->on_drop, boxed);
        Py_DECREF(boxed);
        if (result == NULL) {
            return -1;
        }
        Py_DECREF(result);
    }
    return 0;
}

static PyObject *
ring_push(Ring *self, PyObject *item) /* METH_O */
{
    double value = PyFloat_AsDouble(item);
    if (value == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (ring_push_double(self, value) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
ring_pop(Ring *self, PyObject *Py_UNUSED(ignored)) /* METH_NOARGS */
{
    if (self->length == 0) {
        PyErr_SetString(EmptyError, "pop from an empty ring");
        return NULL;
    }
    double value = *slot(self, 0);
    self->first = (self->first + 1) % self->capacity;
    self->length--;
    return PyFloat_FromDouble(value);
}

static PyObject *
ring_extend(Ring *self, PyObject *args) /* METH_VARARGS */
{
    PyObject *items;
    if (!PyArg_ParseTuple(args, "O:extend", &items)) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(items);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *item;
    while ((item = PyIter_Next(iterator)) != NULL) {
        double value = PyFloat_AsDouble(item);
        Py_DECREF(item);
        if ((value == -1.0 && PyErr_Occurred()) || ring_push_double(self, value) < 0) {
            break;
        }
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
ring_resize(Ring *self, PyObject *args, PyObject *kwargs) /* METH_VARARGS | METH_KEYWORDS */
{
    static char *names[] = {"capacity", NULL};
    Py_ssize_t capacity;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n:resize", names, &capacity)) {
        return NULL;
    }
    if (ring_resize_to(self, capacity) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
ring_sum_between(Ring *self, PyObject *const *args, Py_ssize_t nargs) /* METH_FASTCALL */
{
    if (nargs != 2) {
        return PyErr_Format(PyExc_TypeError, "sum_between() takes 2 arguments (%zd given)", nargs);
    }
    double low = PyFloat_AsDouble(args[0]);
    if (low == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    double high = PyFloat_AsDouble(args[1]);
    if (high == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    double sum = 0.0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < self->length; i++) {
        double value = *slot(self, i);
        if (low <= value && value <= high) {
            sum += value;
        }
    }
    Py_END_ALLOW_THREADS
    return PyFloat_FromDouble(sum);
}

static PyObject *
ring_of(PyObject *type, PyObject *args) /* METH_CLASS */
{
    Py_ssize_t size = PyTuple_GET_SIZE(args);
    return PyObject_CallFunction(type, "nO", Py_MAX(size, 1), args);
}

static PyObject *
ring_reduce(Ring *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *items = PySequence_List((PyObject *)self);
    return items == NULL ? NULL : Py_BuildValue("O(nN)", Py_TYPE(self), self->capacity, items);
}

static PyMethodDef ring_methods[] = {
    {"push", (PyCFunction)ring_push, METH_O, "push($self, item, /)\n--\n\nAdd an item, dropping the oldest of a full ring."},
    {"pop", (PyCFunction)ring_pop, METH_NOARGS, "pop($self, /)\n--\n\nTake the oldest item."},
    {"extend", (PyCFunction)ring_extend, METH_VARARGS, "Push every item of an iterable."},
    {"resize", (PyCFunction)(void (*)(void))ring_resize, METH_VARARGS | METH_KEYWORDS,
     "resize($self, capacity)\n--\n\nChange the capacity, keeping the newest items."},
    {"sum_between", (PyCFunction)(void (*)(void))ring_sum_between, METH_FASTCALL, "The sum of the items in a closed range."},
    {"of", (PyCFunction)ring_of, METH_VARARGS | METH_CLASS, "A ring that is full of the arguments."},
    {"__reduce__", (PyCFunction)ring_reduce, METH_NOARGS, NULL},
    {NULL},
};

/* Attributes. */

static PyObject *
ring_get_mean(Ring *self, void *Py_UNUSED(closure))
{
    if (self->length == 0) {
        PyErr_SetString(EmptyError, "an empty ring has no mean");
        return NULL;
    }
    double sum = 0.0;
    for (Py_ssize_t i = 0; i < self->length; i++) {
        sum += *slot(self, i);
    }
    return PyFloat_FromDouble(sum / (double)self->length);
}

static PyObject *
ring_get_capacity(Ring *self, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(self->capacity);
}

static int
ring_set_capacity(Ring *self, PyObject *value, void *Py_UNUSED(closure))
{
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "capacity cannot be deleted");
        return -1;
    }
    Py_ssize_t capacity = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (capacity == -1 && PyErr_Occurred()) {
        return -1;
    }
    return ring_resize_to(self, capacity);
}

static PyGetSetDef ring_getset[] = {
    {"mean", (getter)ring_get_mean, NULL, "The mean of the items.", NULL},
    {"capacity", (getter)ring_get_capacity, (setter)ring_set_capacity, "How many items fit.", NULL},
    {NULL},
};

static PyMemberDef ring_members[] = {
    {"dropped", T_PYSSIZET, offsetof(Ring, dropped), READONLY, "How many items a full ring dropped."},
    {"on_drop", T_OBJECT, offsetof(Ring, on_drop), READONLY, "What is called with a dropped item, or None."},
    {NULL},
};

/* Protocols: sequence, number, comparison, hash, iteration, buffer. */

static Py_ssize_t
ring_length(Ring *self)
{
    return self->length;
}

static PyObject *
ring_item(Ring *self, Py_ssize_t index)
{
    if (index < 0 || index >= self->length) {
        PyErr_SetString(PyExc_IndexError, "ring index out of range");
        return NULL;
    }
    return PyFloat_FromDouble(*slot(self, index));
}

static int
ring_assign(Ring *self, Py_ssize_t index, PyObject *value)
{
    if (index < 0 || index >= self->length) {
        PyErr_SetString(PyExc_IndexError, "ring index out of range");
        return -1;
    }
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "items of a ring cannot be deleted");
        return -1;
    }
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    *slot(self, index) = number;
    return 0;
}

static int
ring_contains(Ring *self, PyObject *value)
{
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < self->length; i++) {
        if (*slot(self, i) == number) {
            return 1;
        }
    }
    return 0;
}

static PySequenceMethods ring_as_sequence = {
    .sq_length = (lenfunc)ring_length,
    .sq_item = (ssizeargfunc)ring_item,
    .sq_ass_item = (ssizeobjargproc)ring_assign,
    .sq_contains = (objobjproc)ring_contains,
};

static PyObject *
ring_multiply(PyObject *left, PyObject *right)
{
    /* Either operand may be the ring. */
    if (!PyObject_TypeCheck(left, &Ring_Type)) {
        PyObject *swap = left;
        left = right;
        right = swap;
    }
    if (!PyObject_TypeCheck(left, &Ring_Type) || !PyNumber_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    double factor = PyFloat_AsDouble(right);
    if (factor == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    Ring *ring = (Ring *)left;
    Ring *result = (Ring *)PyObject_CallFunction((PyObject *)Py_TYPE(left), "nO", ring->capacity, left);
    if (result != NULL) {
        for (Py_ssize_t i = 0; i < result->length; i++) {
            *slot(result, i) *= factor;
        }
    }
    return (PyObject *)result;
}

static int
ring_bool(Ring *self)
{
    return self->length > 0;
}

static PyNumberMethods ring_as_number = {
    .nb_multiply = ring_multiply,
    .nb_bool = (inquiry)ring_bool,
};

static PyObject *
ring_richcompare(PyObject *left, PyObject *right, int op)
{
    if (!PyObject_TypeCheck(left, &Ring_Type) || !PyObject_TypeCheck(right, &Ring_Type) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    Ring *a = (Ring *)left, *b = (Ring *)right;
    int same = a->length == b->length;
    for (Py_ssize_t i = 0; same && i < a->length; i++) {
        same = *slot(a, i) == *slot(b, i);
    }
    return PyBool_FromLong(op == Py_EQ ? same : !same);
}

static PyObject *
ring_repr(Ring *self)
{
    int status = Py_ReprEnter((PyObject *)self);
    if (status != 0) {
        return status < 0 ? NULL : PyUnicode_FromString("Ring(...)");
    }
    PyObject *items = PySequence_List((PyObject *)self);
    PyObject *text = items == NULL ? NULL : PyUnicode_FromFormat("Ring(%zd, %R)", self->capacity, items);
    Py_XDECREF(items);
    Py_ReprLeave((PyObject *)self);
    return text;
}

static PyObject *
ring_iter(Ring *self)
{
    RingIter *iterator = PyObject_New(RingIter, &RingIter_Type);
    if (iterator != NULL) {
        iterator->ring = (Ring *)Py_NewRef(self);
        iterator->next = 0;
    }
    return (PyObject *)iterator;
}

static int
ring_getbuffer(Ring *self, Py_buffer *view, int flags)
{
    static Py_ssize_t strides[1] = {sizeof(double)};
    view->obj = Py_NewRef(self);
    view->buf = self->slots;
    view->len = self->capacity * (Py_ssize_t)sizeof(double);
    view->readonly = 0;
    view->itemsize = sizeof(double);
    view->format = flags & PyBUF_FORMAT ? "d" : NULL;
    view->ndim = 1;
    view->shape = flags & PyBUF_ND ? &self->capacity : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? strides : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    self->views++;
    return 0;
}

static void
ring_releasebuffer(Ring *self, Py_buffer *Py_UNUSED(view))
{
    self->views--;
}

static PyBufferProcs ring_as_buffer = {
    .bf_getbuffer = (getbufferproc)ring_getbuffer,
    .bf_releasebuffer = (releasebufferproc)ring_releasebuffer,
};

static PyTypeObject Ring_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ringbuffer.Ring",
    .tp_doc = "Ring(capacity, items=(), *, on_drop=None)\n--\n\nA queue of floats that forgets its oldest items.",
    .tp_basicsize = sizeof(Ring),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .tp_new = ring_new,
    .tp_init = (initproc)ring_init,
    .tp_dealloc = (destructor)ring_dealloc,
    .tp_traverse = (traverseproc)ring_traverse,
    .tp_clear = (inquiry)ring_clear,
    .tp_repr = (reprfunc)ring_repr,
    .tp_richcompare = ring_richcompare,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_iter = (getiterfunc)ring_iter,
    .tp_as_sequence = &ring_as_sequence,
    .tp_as_number = &ring_as_number,
    .tp_as_buffer = &ring_as_buffer,
    .tp_methods = ring_methods,
    .tp_getset = ring_getset,
    .tp_members = ring_members,
};

/* The iterator. */

static void
ringiter_dealloc(RingIter *self)
{
    Py_XDECREF(self->ring);
    PyObject_Free(self);
}

static PyObject *
ringiter_next(RingIter *self)
{
    if (self->ring == NULL || self->next >= self->ring->length) {
        Py_CLEAR(self->ring);
        return NULL;
    }
    return PyFloat_FromDouble(*slot(self->ring, self->next++));
}

static PyTypeObject RingIter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ringbuffer.RingIterator",
    .tp_basicsize = sizeof(RingIter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = (destructor)ringiter_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)ringiter_next,
};

/* Module functions: what argument parsing and value building can do. */

static PyObject *
checksum(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data;
    unsigned int seed = 0;
    if (!PyArg_ParseTuple(args, "y*|I:checksum", &data, &seed)) {
        return NULL;
    }
    /* FNV-1a, 32 bits. */
    unsigned int hash = 2166136261u ^ seed;
    for (Py_ssize_t i = 0; i < data.len; i++) {
        hash = (hash ^ ((const unsigned char *)data.buf)[i]) * 16777619u;
    }
    PyBuffer_Release(&data);
    return PyLong_FromUnsignedLong(hash);
}

static int
to_percent(PyObject *object, void *address)
{
    double value = PyFloat_AsDouble(object);
    if (value == -1.0 && PyErr_Occurred()) {
        return 0;
    }
    *(double *)address = value / 100.0;
    return 1;
}

static PyObject *
describe(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"name", "", "count", "origin", "share", "ring", "raw", "flag", NULL};
    names[1] = "tag";
    const char *name;
    int tag;
    long long count = -1;
    double x = 0.0, y = 0.0, share = 1.0;
    Py_ssize_t raw_length = 0;
    const char *raw = NULL;
    Ring *ring = NULL;
    int flag = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sC|L(dd)O&O!z#p:describe", names, &name, &tag, &count, &x, &y,
                                     to_percent, &share, &Ring_Type, &ring, &raw, &raw_length, &flag)) {
        return NULL;
    }
    return Py_BuildValue("{s:s,s:C,s:L,s:(dd),s:d,s:O,s:z#,s:N}", "name", name, "tag", tag, "count", count, "origin", x, y,
                         "share", share, "ring", ring == NULL ? Py_None : (PyObject *)ring, "raw", raw, raw_length, "flag",
                         PyBool_FromLong(flag));
}

static PyObject *
clamp(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    /* METH_FASTCALL | METH_KEYWORDS, decoded by hand: clamp(value, *, low=None, high=None). */
    if (nargs != 1) {
        return PyErr_Format(PyExc_TypeError, "clamp() takes 1 positional argument (%zd given)", nargs);
    }
    PyObject *best = args[0];
    Py_ssize_t keywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t i = 0; i < keywords; i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i), *bound = args[nargs + i];
        int op;
        if (PyUnicode_CompareWithASCIIString(name, "low") == 0) {
            op = Py_LT;
        }
        else if (PyUnicode_CompareWithASCIIString(name, "high") == 0) {
            op = Py_GT;
        }
        else {
            return PyErr_Format(PyExc_TypeError, "clamp() got an unexpected keyword argument %R", name);
        }
        int outside = bound == Py_None ? 0 : PyObject_RichCompareBool(best, bound, op);
        if (outside < 0) {
            return NULL;
        }
        if (outside) {
            best = bound;
        }
    }
    return Py_NewRef(best);
}

static PyObject *
chain(PyObject *Py_UNUSED(module), PyObject *function)
{
    /* Calls function() and, when it raises, raises RuntimeError from what it raised. */
    PyObject *result = PyObject_CallNoArgs(function);
    if (result != NULL) {
        return result;
    }
    PyObject *cause = PyErr_GetRaisedException();
    PyErr_SetString(PyExc_RuntimeError, "the chained call failed");
    PyObject *error = PyErr_GetRaisedException();
    PyException_SetCause(error, Py_NewRef(cause));
    PyException_SetContext(error, cause);
    PyErr_SetRaisedException(error);
    return NULL;
}

static PyObject *
warn(PyObject *Py_UNUSED(module), PyObject *message)
{
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1, "ring says: %U", message) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef module_methods[] = {
    {"checksum", checksum, METH_VARARGS, "checksum(data, seed=0, /): FNV-1a of any buffer."},
    {"describe", (PyCFunction)(void (*)(void))describe, METH_VARARGS | METH_KEYWORDS, "Parse many kinds of argument and build them again."},
    {"clamp", (PyCFunction)(void (*)(void))clamp, METH_FASTCALL | METH_KEYWORDS, "clamp($module, value, /, *, low=None, high=None)\n--\n\nThe value, moved into the range."},
    {"chain", chain, METH_O, "Call, and chain what it raises."},
    {"warn", warn, METH_O, "Warn with DeprecationWarning."},
    {NULL},
};

static struct PyModuleDef ringbuffer_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ringbuffer",
    .m_doc = "A ring buffer of floats.",
    .m_size = -1,
    .m_methods = module_methods,
};

PyMODINIT_FUNC
PyInit_ringbuffer(void)
{
    if (PyType_Ready(&RingIter_Type) < 0) {
        return NULL;
    }
    PyObject *module = PyModule_Create(&ringbuffer_module);
    if (module == NULL) {
        return NULL;
    }
    EmptyError = PyErr_NewExceptionWithDoc("ringbuffer.EmptyError", "The ring holds nothing.", PyExc_IndexError, NULL);
    PyObject *words = Py_BuildValue("[s,s,s]", "calm", "busy", "full");
    if (EmptyError == NULL || PyModule_AddType(module, &Ring_Type) < 0
        || PyModule_AddObjectRef(module, "EmptyError", EmptyError) < 0 || PyModule_Add(module, "WORDS", words) < 0
        || PyModule_AddIntConstant(module, "SLOT_SIZE", sizeof(double)) < 0
        || PyModule_AddStringConstant(module, "FORMAT", "d") < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
