/* Calling Python functions with numbers of C, for extensions.

   An entry is made of a callable and a signature, "dd->d" say, and called with an array of values.

   What it does is what PyObject_Vectorcall does with a new float, an int or the object for each value, and then PyFloat_AsDouble or
   PyLong_AsLongLong with the result: the same values, exceptions, tracebacks, frames, counts of references, and the same in the
   eyes of tools. How it does that may change from call to call, and the entry need not know.

   If Pyroxene's compiler is on, it makes machine code of a function that is called by entries often, in the background. That takes
   the values as they are and gives the result as it is: no objects, and no frame, unless somebody could look. It is for functions in
   Python, not too long, with a parameter for each argument by place and no others. Other callables, and others than the main
   interpreter, are called with objects; so is each call before there is machine code, while it does not fit (the function was given
   other code, say: after some calls there is machine code for that), where a tool watches, and where a limit of the stack is near.
   If an int outgrows 64 bits on the way, or anything else is not as it was, the call goes on in the evaluator from where it is.

   An extension that includes this file runs on any Python: elsewhere Pyroxene_Import gives NULL, and the extension calls
   PyObject_Vectorcall itself. It is complete; there is nothing to link to. It may be copied.

   All functions want an attached thread state (the GIL); an entry may be called by any thread of its interpreter, by several at
   once. Entries belong to the interpreter in which they were acquired. */
#ifndef PYROXENE_H
#define PYROXENE_H

#include <Python.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of what is declared here. Members are only added to Pyroxene_API, at its end, and each addition counts one. */
#define PYROXENE_API_VERSION 1

/* A value; the letter of the signature says which member it is. */
typedef union {
    double d;    /* a float. As a result, whatever PyFloat_AsDouble takes */
    int64_t q;   /* an int. As a result, whatever PyLong_AsLongLong takes; OverflowError beyond 64 bits */
    PyObject *O; /* any object. As an argument it is borrowed; as a result it is a new reference */
} Pyroxene_Value;

/* The most arguments that a signature can have. */
#define PYROXENE_MOST_ARGUMENTS 8

typedef struct Pyroxene_Entry Pyroxene_Entry;

typedef struct {
    /* The PYROXENE_API_VERSION of the running Pyroxene. */
    int32_t version;

    /* An entry for a callable, of which it takes a reference. The signature has a letter of Pyroxene_Value for each
       argument, "->", and a letter for the result. NULL with TypeError if the object cannot be called, ValueError if the
       signature is none, or MemoryError. */
    Pyroxene_Entry *(*acquire)(PyObject *callable, const char *signature);

    /* Gives an entry back, which may be NULL. It may be given back while it is being called. */
    void (*release)(Pyroxene_Entry *entry);

    /* Calls: 0 and the result, or -1 with an exception. No exception is set when it is called. The result is not
       written to unless it is 0. */
    int (*call)(Pyroxene_Entry *entry, const Pyroxene_Value *arguments, Pyroxene_Value *result);

    /* What it calls, borrowed: for tp_traverse of an object that has the entry. */
    PyObject *(*callable)(const Pyroxene_Entry *entry);

    /* 1 if the next call will enter machine code, of whichever kind, unless something comes between, else 0. */
    int (*is_compiled)(const Pyroxene_Entry *entry);
} Pyroxene_API;

/* The functions, or NULL: with an exception if something failed, without where the Python that runs is not Pyroxene, or one
   older than this file. */
static inline const Pyroxene_API *
Pyroxene_Import(void)
{
    /* Only Pyroxene has this module built in. One of the same name may be anybody's. */
    PyObject *names = PySys_GetObject("builtin_module_names");
    if (names == NULL) {
        return NULL;
    }
    PyObject *name = PyUnicode_FromString("pyroxene");
    int found = name == NULL ? -1 : PySequence_Contains(names, name);
    Py_XDECREF(name);
    if (found <= 0) {
        return NULL;
    }
    const Pyroxene_API *api = (const Pyroxene_API *)PyCapsule_Import("pyroxene.C_API", 0);
    if (api == NULL) {
        /* Those that came before there was one. */
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    return api->version >= PYROXENE_API_VERSION ? api : NULL;
}

#ifdef __cplusplus
}
#endif
#endif
