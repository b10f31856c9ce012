/* Threads that allocate, hand blocks to each other and end, while the process forks: parent and children go on. */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, SLOTS = 256, FORKS = 100 };

static _Atomic(unsigned char *) slots[SLOTS];
static atomic_int stop;

static unsigned next(unsigned *seed) { return *seed = *seed * 1664525u + 1013904223u, *seed >> 8; }

/* Every block holds its size and as many bytes of one value. */
static void churn(unsigned *seed, int rounds) {
    for (int i = 0; i < rounds; i++) {
        size_t size = sizeof(size_t) + next(seed) % (next(seed) % 64 ? 700 : 200000);
        unsigned char *block = malloc(size);
        CHECK(block != NULL && (uintptr_t)block % 16 == 0);
        memset(block, (int)(size % 251), size);
        memcpy(block, &size, sizeof size);
        block = atomic_exchange(&slots[next(seed) % SLOTS], block);
        if (block != NULL) {
            memcpy(&size, block, sizeof size);
            CHECK(size == sizeof size || block[size - 1] == size % 251);
            free(block);
        }
    }
}

static void *worker(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    while (!stop)
        churn(&seed, 1000);
    return NULL;
}

static void *short_lived(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    churn(&seed, 200);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)(i + 1)) == 0);
    for (uintptr_t i = 0; i < FORKS; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            /* What hangs is ended. */
            alarm(60);
            unsigned seed = (unsigned)i;
            churn(&seed, 2000);
            pthread_t thread;
            CHECK(pthread_create(&thread, NULL, short_lived, (void *)i) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
            exit(0);
        }
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, short_lived, (void *)i) == 0);
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    puts("forked");
    return 0;
}
