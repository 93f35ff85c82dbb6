/* A program that is linked with no Python at all and loads the library by its name when it needs it, as editors and
   databases do: loader LIBRARY CODE. */
#include <dlfcn.h>
#include <stdio.h>

#define NEED(type, name, parameters)                          \
    type(*name) parameters = (type(*) parameters)dlsym(library, #name); \
    if (name == NULL) {                                       \
        fprintf(stderr, "%s\n", dlerror());                   \
        return 1;                                             \
    }

int
main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    /* Extension modules find the symbols of the library because they are global. */
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    NEED(void, Py_InitializeEx, (int))
    NEED(int, PyRun_SimpleString, (const char *))
    NEED(int, Py_FinalizeEx, (void))
    NEED(const char *, Py_GetVersion, (void))
    printf("version %s\n", Py_GetVersion());
    fflush(stdout);
    Py_InitializeEx(0);
    int status = PyRun_SimpleString(argv[2]);
    return Py_FinalizeEx() != 0 || status != 0;
}
