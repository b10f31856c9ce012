/* Opens the library while the process runs, and uses its family from threads, by name. */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static void *(*late_malloc)(size_t);
static void (*late_free)(void *);

static void *work(void *argument) {
    void *blocks[100];
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 100; i++) {
            blocks[i] = late_malloc(i * 50);
            CHECK(blocks[i] != NULL);
            memset(blocks[i], 1, i * 50);
        }
        for (size_t i = 0; i < 100; i++)
            late_free(blocks[i]);
    }
    return argument;
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(library != NULL);
    late_malloc = (void *(*)(size_t))dlsym(library, "malloc");
    late_free = (void (*)(void *))dlsym(library, "free");
    CHECK(late_malloc != NULL && late_free != NULL && late_malloc != malloc);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    work(NULL);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    puts("opened late");
    return 0;
}
