/* The prefix that upstream's getpath.c is given: not a constant, but where this library lies, so that a program that
   embeds it from anywhere finds the standard library beside it. Included before getpath.c, and by nothing else. */
#ifndef PYROXENE_PREFIX_H
#define PYROXENE_PREFIX_H
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first folder above the library that holds a standard library; `otherwise` when there is none. */
static inline const char *
pyroxene_prefix(const char *otherwise)
{
    static char found[PATH_MAX];
    static const char landmark[] = "/lib/python3.13/os.py";
    Dl_info info;
    if (found[0] != '\0') {
        return found;
    }
    char place[PATH_MAX + sizeof(landmark)];
    if (!dladdr((void *)pyroxene_prefix, &info) || !realpath(info.dli_fname, place)) {
        return otherwise;
    }
    for (char *slash; (slash = strrchr(place, '/')) != NULL && slash != place;) {
        strcpy(slash, landmark);
        int there = access(place, R_OK) == 0;
        *slash = '\0';
        if (there) {
            return strcpy(found, place);
        }
    }
    return otherwise;
}
#endif
