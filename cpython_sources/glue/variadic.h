/* What the C of variadic.c calls: functions of the Rust core, defined in src/capi/variadic.rs. `values` is what a format
   takes, read by the core through Py_BuildValue's own machinery; `objects` is an array of `count` references from its
   second place on. */
#ifndef PYROXENE_VARIADIC_H
#define PYROXENE_VARIADIC_H
#include <Python.h>
#include <stdarg.h>

PyObject *_PyGlue_CallFunction(PyObject *callable, const char *format, va_list values);
PyObject *_PyGlue_CallMethod(PyObject *obj, PyObject *name, const char *format, va_list values);
PyObject *_PyGlue_CallMethodString(PyObject *obj, const char *name, const char *format, va_list values);
PyObject *_PyGlue_CallMethodId(PyObject *obj, _Py_Identifier *name, const char *format, va_list values);

/* The first place belongs to the callee. */
PyObject *_PyGlue_CallFunctionObjects(PyObject *callable, PyObject **objects, size_t count);
/* In the first place lies the object whose method is called. */
PyObject *_PyGlue_CallMethodObjects(PyObject *name, PyObject **objects, size_t count);
#endif
