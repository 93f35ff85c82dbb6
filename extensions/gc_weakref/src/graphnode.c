/* Nodes of a graph that live with the garbage collector: a heap type with traverse and clear, a managed dict, weak
   references, a finalizer that may resurrect, and a deallocator that survives a chain of a million nodes.

   Three types show the three ways to be weakly referenced and to have a dict: Node asks the runtime to manage both,
   Old keeps them at offsets in its own struct, Leaf has neither and is not collected at all. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

static long live_nodes, live_olds, live_leaves, cleared_nodes;

/* A type made from a spec gets no __dict__ attribute by itself, managed or not. */
static PyGetSetDef dict_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

/* Node */

typedef struct {
    PyObject_HEAD
    PyObject *next;  /* one strong reference, or NULL */
    PyObject *value; /* anything, or NULL */
    PyObject *last_words; /* called with the node when it is finalized, or NULL */
} Node;

static PyObject *
node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"next", "value", "last_words", NULL};
    PyObject *next = Py_None, *value = Py_None, *last_words = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OO:Node", names, &next, &value, &last_words)) {
        return NULL;
    }
    Node *self = (Node *)type->tp_alloc(type, 0);
    if (self != NULL) {
        live_nodes++;
        self->next = next == Py_None ? NULL : Py_NewRef(next);
        self->value = Py_NewRef(value);
        self->last_words = last_words == Py_None ? NULL : Py_NewRef(last_words);
    }
    return (PyObject *)self;
}

static int
node_traverse(PyObject *op, visitproc visit, void *arg)
{
    Node *self = (Node *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->next);
    Py_VISIT(self->value);
    Py_VISIT(self->last_words);
    return PyObject_VisitManagedDict(op, visit, arg);
}

static int
node_clear(PyObject *op)
{
    Node *self = (Node *)op;
    cleared_nodes++;
    Py_CLEAR(self->next);
    Py_CLEAR(self->value);
    Py_CLEAR(self->last_words);
    PyObject_ClearManagedDict(op);
    return 0;
}

static void
node_finalize(PyObject *op)
{
    Node *self = (Node *)op;
    if (self->last_words == NULL) {
        return;
    }
    PyObject *error = PyErr_GetRaisedException();
    PyObject *result = PyObject_CallOneArg(self->last_words, op);
    if (result == NULL) {
        PyErr_WriteUnraisable(self->last_words);
    }
    Py_XDECREF(result);
    PyErr_SetRaisedException(error);
}

static void
node_dealloc(PyObject *op)
{
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return; /* resurrected */
    }
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, node_dealloc)
    PyObject_ClearWeakRefs(op);
    node_clear(op);
    cleared_nodes--;
    live_nodes--;
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyMemberDef node_members[] = {
    {"next", T_OBJECT, offsetof(Node, next), 0, NULL},
    {"value", T_OBJECT, offsetof(Node, value), 0, NULL},
    {"last_words", T_OBJECT, offsetof(Node, last_words), 0, NULL},
    {NULL},
};

static PyType_Slot node_slots[] = {
    {Py_tp_doc, "Node(next=None, *, value=None, last_words=None)\n--\n\nA node with one edge."},
    {Py_tp_new, node_new},
    {Py_tp_traverse, node_traverse},
    {Py_tp_clear, node_clear},
    {Py_tp_finalize, node_finalize},
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_members, node_members},
    {Py_tp_getset, dict_getset},
    {0, NULL},
};

static PyType_Spec node_spec = {
    .name = "graphnode.Node",
    .basicsize = sizeof(Node),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MANAGED_DICT
             | Py_TPFLAGS_MANAGED_WEAKREF,
    .slots = node_slots,
};

/* Old */

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *items[2];
} Old;

static PyObject *
old_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *first = NULL, *second = NULL;
    if ((kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) || !PyArg_ParseTuple(args, "|OO:Old", &first, &second)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "Old() takes no keyword arguments");
        }
        return NULL;
    }
    /* By hand, untracked until it is whole. */
    Old *self = PyObject_GC_New(Old, type);
    if (self != NULL) {
        live_olds++;
        self->dict = NULL;
        self->weakrefs = NULL;
        self->items[0] = Py_XNewRef(first);
        self->items[1] = Py_XNewRef(second);
        PyObject_GC_Track(self);
    }
    return (PyObject *)self;
}

static int
old_traverse(PyObject *op, visitproc visit, void *arg)
{
    Old *self = (Old *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->items[0]);
    Py_VISIT(self->items[1]);
    return 0;
}

static int
old_clear(PyObject *op)
{
    Old *self = (Old *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->items[0]);
    Py_CLEAR(self->items[1]);
    return 0;
}

static void
old_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((Old *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    old_clear(op);
    live_olds--;
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyMemberDef old_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(Old, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Old, weakrefs), READONLY, NULL},
    {"first", T_OBJECT_EX, offsetof(Old, items[0]), 0, NULL},
    {"second", T_OBJECT_EX, offsetof(Old, items[1]), 0, NULL},
    {NULL},
};

static PyType_Slot old_slots[] = {
    {Py_tp_new, old_new},
    {Py_tp_traverse, old_traverse},
    {Py_tp_clear, old_clear},
    {Py_tp_dealloc, old_dealloc},
    {Py_tp_members, old_members},
    {Py_tp_getset, dict_getset},
    {0, NULL},
};

static PyType_Spec old_spec = {
    .name = "graphnode.Old",
    .basicsize = sizeof(Old),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = old_slots,
};

/* Leaf: variable size, no GC, memory from PyObject_NewVar. */

typedef struct {
    PyObject_VAR_HEAD
    double numbers[1];
} Leaf;

static PyTypeObject *leaf_type;

static PyObject *
leaf(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    Leaf *self = PyObject_NewVar(Leaf, leaf_type, count);
    if (self == NULL) {
        return NULL;
    }
    live_leaves++;
    for (Py_ssize_t i = 0; i < count; i++) {
        self->numbers[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(args, i));
    }
    if (PyErr_Occurred()) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static void
leaf_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    live_leaves--;
    PyObject_Free(self);
    Py_DECREF(type);
}

static Py_ssize_t
leaf_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
leaf_item(PyObject *self, Py_ssize_t index)
{
    if (index < 0 || index >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "leaf index out of range");
        return NULL;
    }
    return PyFloat_FromDouble(((Leaf *)self)->numbers[index]);
}

static PyType_Slot leaf_slots[] = {
    {Py_tp_dealloc, leaf_dealloc},
    {Py_sq_length, leaf_length},
    {Py_sq_item, leaf_item},
    {0, NULL},
};

static PyType_Spec leaf_spec = {
    .name = "graphnode.Leaf",
    .basicsize = offsetof(Leaf, numbers),
    .itemsize = sizeof(double),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = leaf_slots,
};

/* Functions */

static PyObject *
counts(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("{s:l,s:l,s:l,s:l}", "nodes", live_nodes, "olds", live_olds, "leaves", live_leaves, "cleared",
                         cleared_nodes);
}

static PyObject *
chain(PyObject *module, PyObject *args)
{
    /* chain(kind, length): a chain of nodes, each holding the next. */
    PyTypeObject *kind;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "O!n:chain", &PyType_Type, &kind, &length)) {
        return NULL;
    }
    PyObject *head = Py_NewRef(Py_None);
    for (Py_ssize_t i = 0; i < length && head != NULL; i++) {
        Py_SETREF(head, PyObject_CallFunctionObjArgs((PyObject *)kind, head, NULL));
    }
    return head;
}

static int
count_visit(PyObject *Py_UNUSED(object), void *arg)
{
    ++*(Py_ssize_t *)arg;
    return 0;
}

static PyObject *
count_references(PyObject *Py_UNUSED(module), PyObject *object)
{
    /* How many references an object's tp_traverse shows, called as the collector calls it. */
    Py_ssize_t count = 0;
    traverseproc traverse = Py_TYPE(object)->tp_traverse;
    if (traverse != NULL && traverse(object, count_visit, &count) != 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(count);
}

static PyObject *
weak_new(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *object, *callback = NULL;
    if (!PyArg_ParseTuple(args, "O|O:weak_new", &object, &callback)) {
        return NULL;
    }
    return PyWeakref_NewRef(object, callback);
}

static PyObject *
weak_get(PyObject *Py_UNUSED(module), PyObject *reference)
{
    PyObject *object;
    int status = PyWeakref_GetRef(reference, &object);
    if (status < 0) {
        return NULL;
    }
    return status == 0 ? Py_NewRef(Py_Ellipsis) : object;
}

static PyObject *
collector(PyObject *Py_UNUSED(module), PyObject *args)
{
    /* collector(enable): sets the collector's switch, returns what it was and what one collection found. */
    int enable;
    if (!PyArg_ParseTuple(args, "p:collector", &enable)) {
        return NULL;
    }
    int before = enable ? PyGC_Enable() : PyGC_Disable();
    Py_ssize_t found = PyGC_Collect();
    return Py_BuildValue("(iin)", before, PyGC_IsEnabled(), found);
}

static int
count_of_type(PyObject *object, void *arg)
{
    void **pair = arg;
    if (Py_IS_TYPE(object, (PyTypeObject *)pair[0])) {
        ++*(Py_ssize_t *)pair[1];
    }
    return 1;
}

static PyObject *
count_instances(PyObject *Py_UNUSED(module), PyObject *type)
{
    Py_ssize_t count = 0;
    void *pair[2] = {type, &count};
    PyUnstable_GC_VisitObjects(count_of_type, pair);
    return PyLong_FromSsize_t(count);
}

static PyMethodDef methods[] = {
    {"counts", counts, METH_NOARGS, "Live objects by kind, and calls of tp_clear by the collector."},
    {"leaf", leaf, METH_VARARGS, "A Leaf of some numbers."},
    {"chain", chain, METH_VARARGS, "chain(kind, length, /): objects that hold each other in a row."},
    {"count_references", count_references, METH_O, "How many references tp_traverse visits."},
    {"weak_new", weak_new, METH_VARARGS, "PyWeakref_NewRef."},
    {"weak_get", weak_get, METH_O, "PyWeakref_GetRef; Ellipsis for a dead one."},
    {"collector", collector, METH_VARARGS, "PyGC_Enable or PyGC_Disable, and PyGC_Collect."},
    {"count_instances", count_instances, METH_O, "How many tracked objects are exactly of a type."},
    {NULL},
};

static struct PyModuleDef graphnode_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "graphnode",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_graphnode(void)
{
    PyObject *module = PyModule_Create(&graphnode_module);
    if (module == NULL) {
        return NULL;
    }
    leaf_type = (PyTypeObject *)PyType_FromSpec(&leaf_spec);
    if (leaf_type == NULL || PyModule_AddObjectRef(module, "Leaf", (PyObject *)leaf_type) < 0
        || PyModule_Add(module, "Node", PyType_FromSpec(&node_spec)) < 0
        || PyModule_Add(module, "Old", PyType_FromSpec(&old_spec)) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
