/* A program that embeds Python: each way to start, run, share and end an interpreter, chosen by the first argument.

   Every mode prints what it saw, a line a fact; the tests read the lines. A failed check ends the program with status 3. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            if (Py_IsInitialized() && PyErr_Occurred()) {                             \
                PyErr_Print();                                                        \
            }                                                                         \
            exit(3);                                                                  \
        }                                                                             \
    } while (0)

/* The file of the library that holds Python, from the memory map of the process. */
static void
print_library(void)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path != NULL && strstr(path, "libpython") != NULL) {
            printf("library %s", path);
            break;
        }
    }
    fclose(maps);
}

/* Modes. */

static int
simple(int argc, char **argv)
{
    (void)argc, (void)argv;
    CHECK(!Py_IsInitialized());
    Py_Initialize();
    CHECK(Py_IsInitialized());
    print_library();
    printf("version %s\n", Py_GetVersion());
    fflush(stdout);
    CHECK(PyRun_SimpleString("import sys, json, math, ssl, ctypes, sqlite3\n"
                             "print('prefix', sys.base_prefix)\n"
                             "print('value', json.loads('[1, 2]')[1] + math.floor(2.5))\n")
          == 0);
    CHECK(PyRun_SimpleString("raise ValueError('shown')") == -1);
    CHECK(Py_FinalizeEx() == 0);
    CHECK(!Py_IsInitialized());
    return 0;
}

static int
cycles(int argc, char **argv)
{
    /* cycles COUNT: start and end again and again; each run starts from scratch. */
    int count = argc > 2 ? atoi(argv[2]) : 3;
    for (int i = 0; i < count; i++) {
        Py_InitializeEx(0);
        PyObject *main_module = PyImport_AddModuleRef("__main__");
        CHECK(main_module != NULL);
        CHECK(!PyObject_HasAttrString(main_module, "mark"));
        PyObject *number = PyLong_FromLong(i * 1000000L);
        CHECK(number != NULL && PyObject_SetAttrString(main_module, "mark", number) == 0);
        Py_DECREF(number);
        Py_DECREF(main_module);
        CHECK(PyRun_SimpleString("import re, datetime, decimal, threading, collections, asyncio\n"
                                 "class C:\n"
                                 "    def __init__(self): self.me = self\n"
                                 "things = [C() for _ in range(1000)]\n"
                                 "assert re.fullmatch('a+', 'aaa')\n"
                                 "assert decimal.Decimal(1) / 4 == decimal.Decimal('0.25')\n"
                                 "async def f(): return mark\n"
                                 "assert asyncio.run(f()) == mark\n"
                                 "t = threading.Thread(target=lambda: things.clear())\n"
                                 "t.start(); t.join()\n")
              == 0);
        CHECK(Py_FinalizeEx() == 0);
    }
    printf("cycles %d\n", count);
    return 0;
}

static int
config(int argc, char **argv)
{
    /* config ARGUMENT…: PyConfig, with every kind of value. The arguments become sys.argv. */
    PyPreConfig preconfig;
    PyPreConfig_InitPythonConfig(&preconfig);
    preconfig.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&preconfig);
    CHECK(!PyStatus_Exception(status));

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.use_environment = 0;
    config.optimization_level = 1;
    config.write_bytecode = 0;
    config.use_hash_seed = 1;
    config.hash_seed = 7;
    CHECK(!PyStatus_Exception(PyConfig_SetBytesArgv(&config, argc - 1, argv + 1)));
    CHECK(!PyStatus_Exception(PyWideStringList_Append(&config.xoptions, L"host=yes")));
    CHECK(!PyStatus_Exception(PyWideStringList_Append(&config.warnoptions, L"error::UserWarning")));
    CHECK(!PyStatus_Exception(PyConfig_SetString(&config, &config.pycache_prefix, L"/nonexistent/of/the/host")));
    CHECK(!PyStatus_Exception(PyConfig_Read(&config)));
    status = Py_InitializeFromConfig(&config);
    CHECK(!PyStatus_Exception(status));
    PyConfig_Clear(&config);
    CHECK(PyRun_SimpleString("import sys, warnings\n"
                             "print('argv', sys.argv[1:])\n"
                             "print('xoption', sys._xoptions['host'])\n"
                             "print('flags', sys.flags.optimize, sys.flags.utf8_mode, sys.flags.dont_write_bytecode,\n"
                             "      sys.flags.hash_randomization)\n"
                             "print('hash', hash('pyroxene') == hash('pyroxene'))\n"
                             "print('pycache', sys.pycache_prefix)\n"
                             "status = dict(line.split(':') for line in open('/proc/self/status'))\n"
                             "print('sigpipe', int(status['SigIgn'], 16) >> 12 & 1)\n"
                             "try:\n"
                             "    warnings.warn('x')\n"
                             "except UserWarning:\n"
                             "    print('warning', 'error')\n")
          == 0);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}

static int
isolated(int argc, char **argv)
{
    (void)argc, (void)argv;
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    CHECK(!PyStatus_Exception(Py_InitializeFromConfig(&config)));
    PyConfig_Clear(&config);
    CHECK(PyRun_SimpleString("import sys\n"
                             "print('isolated', sys.flags.isolated, sys.flags.ignore_environment, sys.flags.no_user_site)\n"
                             "status = dict(line.split(':') for line in open('/proc/self/status'))\n"
                             "print('sigpipe', int(status['SigIgn'], 16) >> 12 & 1)\n"
                             "import json; print('stdlib', json.dumps([1]))\n")
          == 0);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}

static int
run_main(int argc, char **argv)
{
    /* run_main ARGUMENT…: the command line of python itself; its status is ours. */
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    CHECK(!PyStatus_Exception(PyConfig_SetBytesArgv(&config, argc - 1, argv + 1)));
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_IsExit(status)) {
        return status.exitcode;
    }
    CHECK(!PyStatus_Exception(status));
    return Py_RunMain();
}

static int
bad_config(int argc, char **argv)
{
    /* A start that fails says why, and leaves the decision to the host. */
    (void)argc, (void)argv;
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    CHECK(!PyStatus_Exception(PyConfig_SetString(&config, &config.home, L"/nonexistent/home")));
    PyStatus status = Py_InitializeFromConfig(&config);
    CHECK(PyStatus_Exception(status) && PyStatus_IsError(status));
    printf("error %s\n", status.err_msg);
    PyConfig_Clear(&config);
    return 0;
}

/* A module of the host, and hooks that are set before the interpreter starts. */

static long balance;

static PyObject *
host_pay(PyObject *self, PyObject *args)
{
    (void)self;
    long amount;
    if (!PyArg_ParseTuple(args, "l:pay", &amount)) {
        return NULL;
    }
    if (amount > balance) {
        return PyErr_Format(PyExc_ValueError, "only %ld left", balance);
    }
    balance -= amount;
    return PyLong_FromLong(balance);
}

static PyMethodDef host_methods[] = {{"pay", host_pay, METH_VARARGS, NULL}, {NULL}};
static PyModuleDef_Slot host_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL},
};
static PyModuleDef host_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "host",
    .m_methods = host_methods,
    .m_slots = host_slots,
};

static PyObject *
host_init(void)
{
    return PyModuleDef_Init(&host_module);
}

static int audited;

static int
audit(const char *event, PyObject *args, void *data)
{
    (void)args, (void)data;
    audited += strcmp(event, "host.event") == 0;
    return 0;
}

static void
at_exit(void)
{
    printf("atexit after finalization: %d\n", !Py_IsInitialized());
}

static int
inittab(int argc, char **argv)
{
    (void)argc, (void)argv;
    CHECK(PyImport_AppendInittab("host", host_init) == 0);
    CHECK(PySys_AddAuditHook(audit, NULL) == 0);
    balance = 100;
    Py_Initialize();
    CHECK(Py_AtExit(at_exit) == 0);
    CHECK(PyRun_SimpleString("import host, sys\n"
                             "print('balance', host.pay(30))\n"
                             "try:\n"
                             "    host.pay(1000)\n"
                             "except ValueError as error:\n"
                             "    print('refused', error)\n"
                             "sys.audit('host.event')\n"
                             "print('builtin', 'host' in sys.builtin_module_names)\n")
          == 0);
    /* And the other way round: the host calls a function that Python defined. */
    PyObject *names = PyDict_New();
    CHECK(names != NULL && PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0);
    PyObject *result = PyRun_String("def area(w, *, h=2): return w * h\n", Py_file_input, names, names);
    CHECK(result != NULL);
    Py_DECREF(result);
    PyObject *area = PyDict_GetItemString(names, "area");
    CHECK(area != NULL && PyCallable_Check(area));
    PyObject *call_args = Py_BuildValue("(i)", 6), *call_kwargs = Py_BuildValue("{s:i}", "h", 7);
    result = PyObject_Call(area, call_args, call_kwargs);
    CHECK(result != NULL && PyLong_AsLong(result) == 42);
    printf("area %ld\n", PyLong_AsLong(result));
    Py_DECREF(result);
    Py_DECREF(call_args);
    Py_DECREF(call_kwargs);
    Py_DECREF(names);
    printf("audited %d, balance %ld\n", audited, balance);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}

static int
subinterpreters(int argc, char **argv)
{
    (void)argc, (void)argv;
    CHECK(PyImport_AppendInittab("host", host_init) == 0);
    Py_Initialize();
    PyThreadState *first = PyThreadState_Get();
    CHECK(PyRun_SimpleString("import sys; sys.mark = 'main'; here = 1") == 0);
    PyThreadState *others[3];
    for (int i = 0; i < 3; i++) {
        if (i < 2) {
            others[i] = Py_NewInterpreter();
            CHECK(others[i] != NULL);
        }
        else {
            PyInterpreterConfig config = {
                .allow_threads = 1,
                .check_multi_interp_extensions = 1,
                .gil = PyInterpreterConfig_OWN_GIL,
            };
            PyStatus status = Py_NewInterpreterFromConfig(&others[i], &config);
            CHECK(!PyStatus_Exception(status));
        }
        CHECK(PyThreadState_Get() == others[i]);
        CHECK(PyInterpreterState_GetID(PyThreadState_GetInterpreter(others[i])) == i + 1);
        CHECK(PyRun_SimpleString("import sys, json, threading, collections, math, host\n"
                                 "assert not hasattr(sys, 'mark') and 'here' not in globals()\n"
                                 "assert collections.Counter('aab')['a'] == 2 and math.pi > 3\n"
                                 "done = []\n"
                                 "t = threading.Thread(target=done.append, args=(1,))\n"
                                 "t.start(); t.join(); assert done == [1]\n")
              == 0);
        PyThreadState_Swap(first);
    }
    for (int i = 0; i < 3; i++) {
        PyThreadState_Swap(others[i]);
        Py_EndInterpreter(others[i]);
        PyThreadState_Swap(first);
    }
    CHECK(PyRun_SimpleString("assert sys.mark == 'main' and here == 1; print('main is whole')") == 0);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}

static PyObject *shared_list;

static void *
worker(void *argument)
{
    for (int i = 0; i < 100; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        CHECK(PyGILState_Check());
        PyObject *number = PyLong_FromLong(*(int *)argument * 1000 + i);
        CHECK(number != NULL && PyList_Append(shared_list, number) == 0);
        Py_DECREF(number);
        PyGILState_Release(state);
    }
    return NULL;
}

static int
pending_call(void *argument)
{
    ++*(int *)argument;
    return 0;
}

static int
threads(int argc, char **argv)
{
    /* Threads of the host enter and leave the interpreter. */
    (void)argc, (void)argv;
    Py_Initialize();
    shared_list = PyList_New(0);
    CHECK(shared_list != NULL);
    pthread_t ids[4];
    int numbers[4];
    PyThreadState *state = PyEval_SaveThread();
    for (int i = 0; i < 4; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&ids[i], NULL, worker, &numbers[i]) == 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(ids[i], NULL);
    }
    PyEval_RestoreThread(state);
    printf("items %zd\n", PyList_Size(shared_list));
    Py_CLEAR(shared_list);
    int pending = 0;
    CHECK(Py_AddPendingCall(pending_call, &pending) == 0);
    CHECK(PyRun_SimpleString("for _ in range(10): pass") == 0);
    printf("pending %d\n", pending);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}

static int
interrupt(int argc, char **argv)
{
    (void)argc, (void)argv;
    Py_Initialize();
    PyErr_SetInterrupt();
    CHECK(PyErr_CheckSignals() == -1 && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt));
    PyErr_Clear();
    CHECK(PyRun_SimpleString("import signal, os\n"
                             "seen = []\n"
                             "signal.signal(signal.SIGUSR1, lambda n, frame: seen.append(frame.f_lineno))\n"
                             "os.kill(os.getpid(), signal.SIGUSR1)\n"
                             "print('signal', len(seen))\n")
          == 0);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int, char **);
} modes[] = {
    {"simple", simple},
    {"cycles", cycles},
    {"config", config},
    {"isolated", isolated},
    {"run_main", run_main},
    {"bad_config", bad_config},
    {"inittab", inittab},
    {"subinterpreters", subinterpreters},
    {"threads", threads},
    {"interrupt", interrupt},
};

int
main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            return modes[i].run(argc, argv);
        }
    }
    fprintf(stderr, "unknown mode\n");
    return 2;
}
