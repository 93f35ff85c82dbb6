/* A tokenizer for arithmetic, within the limited API: heap types from specs, no struct is looked into.

   Tokens(text) iterates over Token objects; Token is a struct sequence. evaluate(text, names) reads the same tokens and
   computes, asking a mapping for the value of each name. */
#ifndef Py_LIMITED_API
#error "this module proves the limited API: build it with Py_LIMITED_API"
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    PyObject *token_type;
    PyObject *tokens_type;
    PyObject *syntax_error;
} State;

static struct PyModuleDef tokens_module;

typedef struct {
    PyObject_HEAD
    PyObject *text;
    Py_ssize_t position;
    Py_ssize_t length;
} Tokens;

static PyStructSequence_Field token_fields[] = {
    {"kind", "'number', 'name' or 'mark'"},
    {"text", "the characters"},
    {"start", "where it starts"},
    {NULL, NULL},
};

static PyStructSequence_Desc token_desc = {"tokens.Token", "One token.", token_fields, 3};

static int
tokens_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

static void
tokens_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Tokens *)self)->text);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *
tokens_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"text", NULL};
    PyObject *text;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U:Tokens", names, &text)) {
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Tokens *self = (Tokens *)allocate(type, 0);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(text);
    self->text = text;
    self->position = 0;
    self->length = PyUnicode_GetLength(text);
    return (PyObject *)self;
}

static int
is_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9';
}

static int
is_name(Py_UCS4 c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c > 127;
}

/* Finds the next token: its kind, or NULL at the end or with an error set. */
static const char *
scan(Tokens *self, State *state, Py_ssize_t *start)
{
    Py_UCS4 c = 0;
    while (self->position < self->length) {
        c = PyUnicode_ReadChar(self->text, self->position);
        if (c != ' ' && c != '\t' && c != '\n') {
            break;
        }
        self->position++;
    }
    *start = self->position;
    if (self->position >= self->length) {
        return NULL;
    }
    const char *kind;
    if (is_digit(c) || c == '.') {
        kind = "number";
        int dots = 0;
        while (self->position < self->length) {
            c = PyUnicode_ReadChar(self->text, self->position);
            dots += c == '.';
            if (dots > 1 || (!is_digit(c) && c != '.')) {
                break;
            }
            self->position++;
        }
    }
    else if (is_name(c)) {
        kind = "name";
        while (self->position < self->length) {
            c = PyUnicode_ReadChar(self->text, self->position);
            if (!is_name(c) && !is_digit(c)) {
                break;
            }
            self->position++;
        }
    }
    else if (c == '+' || c == '-' || c == '*' || c == '/' || c == '(' || c == ')') {
        kind = "mark";
        self->position++;
    }
    else {
        PyObject *character = PyUnicode_Substring(self->text, *start, *start + 1);
        if (character != NULL) {
            PyErr_Format(state->syntax_error, "unexpected character %R at %zd", character, *start);
            Py_DECREF(character);
        }
        return NULL;
    }
    return kind;
}

static State *
state_of(PyObject *self)
{
    return (State *)PyType_GetModuleState(Py_TYPE(self));
}

static PyObject *
tokens_next(PyObject *op)
{
    Tokens *self = (Tokens *)op;
    State *state = state_of(op);
    if (state == NULL) {
        return NULL;
    }
    Py_ssize_t start;
    const char *kind = scan(self, state, &start);
    if (kind == NULL) {
        return NULL;
    }
    PyObject *token = PyStructSequence_New((PyTypeObject *)state->token_type);
    if (token == NULL) {
        return NULL;
    }
    PyStructSequence_SetItem(token, 0, PyUnicode_InternFromString(kind));
    PyStructSequence_SetItem(token, 1, PyUnicode_Substring(self->text, start, self->position));
    PyStructSequence_SetItem(token, 2, PyLong_FromSsize_t(start));
    if (PyErr_Occurred()) {
        Py_DECREF(token);
        return NULL;
    }
    return token;
}

static PyObject *
tokens_self(PyObject *self)
{
    Py_INCREF(self);
    return self;
}

static PyObject *
tokens_get_rest(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_Substring(((Tokens *)self)->text, ((Tokens *)self)->position, ((Tokens *)self)->length);
}

static PyGetSetDef tokens_getset[] = {
    {"rest", tokens_get_rest, NULL, "What has not been read yet.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot tokens_slots[] = {
    {Py_tp_doc, "Tokens(text)\n--\n\nThe tokens of an arithmetic expression."},
    {Py_tp_new, tokens_new},
    {Py_tp_dealloc, tokens_dealloc},
    {Py_tp_traverse, tokens_traverse},
    {Py_tp_iter, tokens_self},
    {Py_tp_iternext, tokens_next},
    {Py_tp_getset, tokens_getset},
    {0, NULL},
};

static PyType_Spec tokens_spec = {
    "tokens.Tokens",
    sizeof(Tokens),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    tokens_slots,
};

/* Evaluation: the values are Python objects, so that any number type works. */

typedef struct {
    PyObject *tokens; /* an iterator */
    PyObject *current; /* a token, or NULL at the end */
    PyObject *names;
    State *state;
} Parser;

static int
advance(Parser *parser)
{
    Py_CLEAR(parser->current);
    parser->current = PyIter_Next(parser->tokens);
    return parser->current == NULL && PyErr_Occurred() ? -1 : 0;
}

/* The character of the current mark, or 0. */
static int
mark(Parser *parser)
{
    if (parser->current == NULL) {
        return 0;
    }
    PyObject *kind = PyStructSequence_GetItem(parser->current, 0);
    if (PyUnicode_CompareWithASCIIString(kind, "mark") != 0) {
        return 0;
    }
    return (int)PyUnicode_ReadChar(PyStructSequence_GetItem(parser->current, 1), 0);
}

static PyObject *sum(Parser *parser);

static PyObject *
atom(Parser *parser)
{
    if (parser->current == NULL) {
        PyErr_SetString(parser->state->syntax_error, "the expression ends too early");
        return NULL;
    }
    PyObject *value;
    int sign = mark(parser);
    if (sign == '-') {
        PyObject *operand = advance(parser) < 0 ? NULL : atom(parser);
        value = operand == NULL ? NULL : PyNumber_Negative(operand);
        Py_XDECREF(operand);
        return value;
    }
    if (sign == '(') {
        if (advance(parser) < 0 || Py_EnterRecursiveCall(" in an expression")) {
            return NULL;
        }
        value = sum(parser);
        Py_LeaveRecursiveCall();
        if (value != NULL && mark(parser) != ')') {
            PyErr_SetString(parser->state->syntax_error, "a parenthesis is not closed");
            Py_CLEAR(value);
        }
    }
    else if (sign != 0) {
        PyErr_Format(parser->state->syntax_error, "unexpected %R", PyStructSequence_GetItem(parser->current, 1));
        return NULL;
    }
    else {
        PyObject *kind = PyStructSequence_GetItem(parser->current, 0);
        PyObject *text = PyStructSequence_GetItem(parser->current, 1);
        if (PyUnicode_CompareWithASCIIString(kind, "name") == 0) {
            value = PyObject_GetItem(parser->names, text);
        }
        else if (PyUnicode_FindChar(text, '.', 0, PyUnicode_GetLength(text), 1) >= 0) {
            value = PyFloat_FromString(text);
        }
        else {
            const char *digits = PyUnicode_AsUTF8AndSize(text, NULL);
            value = digits == NULL ? NULL : PyLong_FromString(digits, NULL, 10);
        }
    }
    if (value != NULL && advance(parser) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *
product(Parser *parser)
{
    PyObject *left = atom(parser);
    int op;
    while (left != NULL && ((op = mark(parser)) == '*' || op == '/')) {
        PyObject *right = advance(parser) < 0 ? NULL : atom(parser);
        PyObject *value = NULL;
        if (right != NULL) {
            value = op == '*' ? PyNumber_Multiply(left, right) : PyNumber_TrueDivide(left, right);
        }
        Py_XDECREF(right);
        Py_DECREF(left);
        left = value;
    }
    return left;
}

static PyObject *
sum(Parser *parser)
{
    PyObject *left = product(parser);
    int op;
    while (left != NULL && ((op = mark(parser)) == '+' || op == '-')) {
        PyObject *right = advance(parser) < 0 ? NULL : product(parser);
        PyObject *value = NULL;
        if (right != NULL) {
            value = op == '+' ? PyNumber_Add(left, right) : PyNumber_Subtract(left, right);
        }
        Py_XDECREF(right);
        Py_DECREF(left);
        left = value;
    }
    return left;
}

static PyObject *
evaluate(PyObject *module, PyObject *args)
{
    PyObject *text, *names = NULL;
    if (!PyArg_ParseTuple(args, "U|O:evaluate", &text, &names)) {
        return NULL;
    }
    State *state = (State *)PyModule_GetState(module);
    PyObject *empty = NULL;
    if (names == NULL) {
        names = empty = PyDict_New();
    }
    Parser parser = {PyObject_CallFunctionObjArgs(state->tokens_type, text, NULL), NULL, names, state};
    PyObject *value = NULL;
    if (parser.tokens != NULL && names != NULL && advance(&parser) == 0) {
        value = sum(&parser);
        if (value != NULL && parser.current != NULL) {
            PyErr_Format(state->syntax_error, "unexpected %R", PyStructSequence_GetItem(parser.current, 1));
            Py_CLEAR(value);
        }
    }
    Py_XDECREF(parser.current);
    Py_XDECREF(parser.tokens);
    Py_XDECREF(empty);
    return value;
}

static PyObject *
count_marks(PyObject *module, PyObject *data)
{
    /* The buffer protocol, part of the limited API since 3.11. */
    (void)module;
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < view.len; i++) {
        char c = ((const char *)view.buf)[i];
        count += c == '+' || c == '-' || c == '*' || c == '/' || c == '(' || c == ')';
    }
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(count);
}

static PyMethodDef methods[] = {
    {"evaluate", evaluate, METH_VARARGS, "evaluate(text, names={}, /): the value of an expression."},
    {"count_marks", count_marks, METH_O, "How many operators and parentheses a buffer of ASCII holds."},
    {NULL, NULL, 0, NULL},
};

static int
module_exec(PyObject *module)
{
    State *state = (State *)PyModule_GetState(module);
    state->token_type = (PyObject *)PyStructSequence_NewType(&token_desc);
    state->tokens_type = PyType_FromModuleAndSpec(module, &tokens_spec, NULL);
    state->syntax_error = PyErr_NewException("tokens.ExpressionError", PyExc_ValueError, NULL);
    if (state->token_type == NULL || state->tokens_type == NULL || state->syntax_error == NULL) {
        return -1;
    }
    if (PyModule_AddObjectRef(module, "Token", state->token_type) < 0
        || PyModule_AddObjectRef(module, "Tokens", state->tokens_type) < 0
        || PyModule_AddObjectRef(module, "ExpressionError", state->syntax_error) < 0) {
        return -1;
    }
    return 0;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = (State *)PyModule_GetState(module);
    Py_VISIT(state->token_type);
    Py_VISIT(state->tokens_type);
    Py_VISIT(state->syntax_error);
    return 0;
}

static int
module_clear(PyObject *module)
{
    State *state = (State *)PyModule_GetState(module);
    Py_CLEAR(state->token_type);
    Py_CLEAR(state->tokens_type);
    Py_CLEAR(state->syntax_error);
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef tokens_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tokens",
    .m_doc = "A tokenizer for arithmetic.",
    .m_size = sizeof(State),
    .m_methods = methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyMODINIT_FUNC
PyInit_tokens(void)
{
    return PyModuleDef_Init(&tokens_module);
}
