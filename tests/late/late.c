/* Opens a library with an allocator of its own late, uses it from threads, closes it while they live, opens it again.
   Everything that outlives the first close must still find its code: the threads' exit hooks, the background thread, the fork
   handlers. Ends with 0, or says what is wrong. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 6
#define ROUNDS 2

typedef int (*work_function)(uint32_t);
typedef uint64_t (*mapped_function)(void);

static work_function work, on_thread;
static mapped_function mapped;
static pthread_barrier_t worked, closed;

static void demand(int condition, const char *what) {
    if (condition)
        return;
    const char *why = dlerror();
    fprintf(stderr, "late: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    exit(1);
}

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    demand(found != NULL, name);
    return found;
}

static void *open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    demand(library != NULL, "it cannot be opened");
    work = (work_function)symbol(library, "late_work");
    on_thread = (work_function)symbol(library, "late_thread");
    mapped = (mapped_function)symbol(library, "late_mapped");
    return library;
}

/* A thread that uses the library, outlives its closing, and exits: the hook runs afterwards. */
static void *thread(void *number) {
    int whole = work((uint32_t)(uintptr_t)number);
    pthread_barrier_wait(&worked);
    pthread_barrier_wait(&closed);
    return (void *)(uintptr_t)whole;
}

/* The library's own threads are started from a thread that ends: the standard library's thread-local values, which have
   destructors, would keep the library loaded by themselves for as long as their thread lives. */
static void *starter(void *round) {
    return (void *)(uintptr_t)on_thread((uint32_t)(uintptr_t)round);
}

static int in_child(work_function call) {
    pid_t child = fork();
    demand(child >= 0, "fork");
    if (child == 0) {
        alarm(30);
        _exit(call == NULL ? 0 : call(7) != 1);
    }
    int status = 0;
    demand(waitpid(child, &status, 0) == child, "waitpid");
    return status;
}

int main(int count, char **arguments) {
    demand(count == 2, "the library's path is wanted");
    uint64_t after_first = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        void *library = open_library(arguments[1]);
        pthread_t threads[THREADS];
        pthread_barrier_init(&worked, NULL, THREADS + 1);
        pthread_barrier_init(&closed, NULL, THREADS + 1);
        for (uintptr_t index = 0; index < THREADS; index++)
            demand(pthread_create(&threads[index], NULL, thread, (void *)(index + round)) == 0, "a thread");
        demand(work(round) == 1, "the main thread's blocks");
        pthread_t started;
        void *whole = NULL;
        demand(pthread_create(&started, NULL, starter, (void *)(uintptr_t)round) == 0, "a thread");
        demand(pthread_join(started, &whole) == 0, "join");
        demand(whole == (void *)1, "the blocks of the library's own thread");
        pthread_barrier_wait(&worked);
        demand(in_child(work) == 0, "a child before the library was closed");
        demand(dlclose(library) == 0, "it cannot be closed");
        /* Several ticks of the background thread's clock, of 1 ms each. */
        nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        demand(in_child(NULL) == 0, "a child after the library was closed");
        pthread_barrier_wait(&closed);
        for (int index = 0; index < THREADS; index++) {
            demand(pthread_join(threads[index], &whole) == 0, "join");
            demand(whole == (void *)1, "a thread's blocks");
        }
        library = open_library(arguments[1]);
        demand(work(round) == 1, "the blocks after it was opened again");
        demand(in_child(work) == 0, "a child after it was opened again");
        if (round == 0)
            after_first = mapped();
        demand(mapped() <= 2 * after_first, "every time it is opened takes an arena's memory");
        demand(dlclose(library) == 0, "it cannot be closed again");
    }
    printf("late: passed\n");
    return 0;
}
