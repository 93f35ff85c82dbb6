/* Exported functions that take a variable number of arguments, which stable Rust can call but not define. Each gathers
   its arguments and calls the Rust core; nothing else happens here. */
#include "variadic.h"
#include "pycore_call.h"

/* === Arguments made by a format ===================================================================================== */

/* The body of a function whose parameters end with a format and its values: `call` may use both. */
#define WITH_VALUES(values, format, call)                                                                              \
    va_list values;                                                                                                    \
    va_start(values, format);                                                                                          \
    PyObject *result = (call);                                                                                         \
    va_end(values);                                                                                                    \
    return result

PyAPI_FUNC(PyObject *) PyObject_CallFunction(PyObject *callable, const char *format, ...)
{
    WITH_VALUES(values, format, _PyGlue_CallFunction(callable, format, values));
}

PyAPI_FUNC(PyObject *) PyObject_CallMethod(PyObject *obj, const char *name, const char *format, ...)
{
    WITH_VALUES(values, format, _PyGlue_CallMethodString(obj, name, format, values));
}

PyAPI_FUNC(PyObject *) _PyObject_CallMethod(PyObject *obj, PyObject *name, const char *format, ...)
{
    WITH_VALUES(values, format, _PyGlue_CallMethod(obj, name, format, values));
}

PyAPI_FUNC(PyObject *) _PyObject_CallMethodId(PyObject *obj, _Py_Identifier *name, const char *format, ...)
{
    WITH_VALUES(values, format, _PyGlue_CallMethodId(obj, name, format, values));
}

/* The stable ABI has each of the first two under three names. */
#define SAME_AS(function) __attribute__((alias(#function)))

PyAPI_FUNC(PyObject *) PyEval_CallFunction(PyObject *callable, const char *format, ...)
    SAME_AS(PyObject_CallFunction);
PyAPI_FUNC(PyObject *) _PyObject_CallFunction_SizeT(PyObject *callable, const char *format, ...)
    SAME_AS(PyObject_CallFunction);
PyAPI_FUNC(PyObject *) PyEval_CallMethod(PyObject *obj, const char *name, const char *format, ...)
    SAME_AS(PyObject_CallMethod);
PyAPI_FUNC(PyObject *) _PyObject_CallMethod_SizeT(PyObject *obj, const char *name, const char *format, ...)
    SAME_AS(PyObject_CallMethod);

/* === Arguments up to a NULL ========================================================================================= */

/* As many objects as are passed on without memory of the allocator. */
#define FEW _PY_FASTCALL_SMALL_STACK

typedef PyObject *objects_call(PyObject *callee, PyObject **objects, size_t count);

/* Puts the objects up to the NULL into an array, behind `first`, and makes the call with it. */
static inline PyObject *
with_objects(objects_call *call, PyObject *callee, PyObject *first, va_list rest)
{
    size_t count = 0;
    va_list ahead;
    va_copy(ahead, rest);
    while (va_arg(ahead, PyObject *) != NULL) {
        ++count;
    }
    va_end(ahead);
    PyObject *few[1 + FEW];
    PyObject **objects = count <= FEW ? few : PyMem_New(PyObject *, 1 + count);
    if (objects == NULL) {
        return PyErr_NoMemory();
    }
    objects[0] = first;
    for (size_t place = 1; place <= count; ++place) {
        objects[place] = va_arg(rest, PyObject *);
    }
    PyObject *result = call(callee, objects, count);
    if (objects != few) {
        PyMem_Free(objects);
    }
    return result;
}

PyAPI_FUNC(PyObject *) PyObject_CallFunctionObjArgs(PyObject *callable, ...)
{
    WITH_VALUES(rest, callable, with_objects(_PyGlue_CallFunctionObjects, callable, NULL, rest));
}

PyAPI_FUNC(PyObject *) PyObject_CallMethodObjArgs(PyObject *obj, PyObject *name, ...)
{
    WITH_VALUES(rest, name, with_objects(_PyGlue_CallMethodObjects, name, obj, rest));
}
