/* A library of the program's, which is loaded before the one that is preloaded: as C++'s are, it registers a function for
   each of its statics. */

#include <stdlib.h>
#include <unistd.h>

/* The C library has room for 32 without asking for memory, which it does under the lock that registering takes. */
enum { FUNCTIONS = 100 };

int early_refused;

static void nothing(void) {}

__attribute__((constructor)) static void load(void) {
    /* What waits for itself is ended. */
    alarm(20);
    for (int function = 0; function < FUNCTIONS; function++)
        early_refused += atexit(nothing) != 0;
}
