/* A program whose profiled allocator is a library's: preloaded, or opened late. */

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { LEAK = 100000 };

extern int early_refused;

static void *volatile kept;

__attribute__((noinline)) static bool leak_in_program(void) {
    kept = malloc(LEAK);
    return kept != NULL;
}

static bool leak_in(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return false;
    bool (*leak)(size_t);
    *(void **)&leak = dlsym(library, "leak_in_library");
    return leak != NULL && leak(LEAK) && dlclose(library) == 0;
}

int main(int count, char **arguments) {
    bool leaked = count > 1 ? leak_in(arguments[1]) : leak_in_program();
    return leaked && early_refused == 0 ? 0 : 1;
}
