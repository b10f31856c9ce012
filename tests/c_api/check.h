/* What the C and C++ programs of these tests share: a check that names itself when it fails. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

/* Hides a value from the compiler, which knows what malloc and free do. */
#define OPAQUE(value)                         \
    ({                                        \
        __typeof__((value) + 0) hidden = (value);\
        __asm__ volatile("" : "+r"(hidden)); \
        hidden;                               \
    })

#endif
