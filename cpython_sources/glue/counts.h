/* The file by which upstream's posixmodule.c counts the threads of the process, the only one that it opens by `fopen`: the core leaves
   its own threads out. Included before posixmodule.c, and by nothing else. */
#ifndef PYROXENE_COUNTS_H
#define PYROXENE_COUNTS_H
#include "pyconfig.h"
#include <stdio.h>

extern FILE *_Pyroxene_OpenCounts(const char *path, const char *mode);
#define fopen _Pyroxene_OpenCounts
#endif
