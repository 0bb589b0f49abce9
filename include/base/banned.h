/*
 * banned.h - functions that do not compile here.  Included by the
 * compiler's command line before anything else; the system's own headers
 * come first, so that their declarations are not hit.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Where the C library has macros of these names, a use is one all the same. */
#undef alloca
#undef sprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok
#pragma GCC poison gmtime localtime ctime asctime atoi atol atof gets alloca

#endif
