/* Frees what must not be freed, in the way that the first argument names. The process is to end there. */
#define _GNU_SOURCE
#include "check.h"

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { MANY = 20000 };

static void *blocks[MANY];
static pthread_barrier_t meeting;

static void *block_of(size_t size) { return OPAQUE(malloc(size)); }

static void take_many(size_t size) {
    for (int i = 0; i < MANY; i++)
        blocks[i] = block_of(size);
}

static void free_many(void) {
    for (int i = 0; i < MANY; i++)
        free(blocks[i]);
}

/* Frees a block and stays, the block in its cache, until the process ends. */
static void *keeper(void *block) {
    free(malloc(64));
    free(block);
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
    return NULL;
}

static void *leaver(void *block) {
    free(block);
    return NULL;
}

static void after_another_thread(void *(*run)(void *), int ends) {
    void *block = block_of(64);
    pthread_t thread;
    CHECK(pthread_barrier_init(&meeting, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, run, block) == 0);
    if (ends)
        CHECK(pthread_join(thread, NULL) == 0);
    else
        pthread_barrier_wait(&meeting);
    free(block);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    const char *fault = arguments[1];
#define FAULT(name) if (strcmp(fault, name) == 0)
    char *block = block_of(64);
    memset(block, 1, 64);
    FAULT("foreign: stack") {
        char local[64];
        free(OPAQUE(&local[0]));
    }
    FAULT("foreign: static") free(OPAQUE((void *)&blocks[8]));
    FAULT("foreign: mapping") free(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    FAULT("foreign: low address") free(OPAQUE((void *)(uintptr_t)4096));
    FAULT("inside: small") free(OPAQUE(block) + 16);
    FAULT("inside: odd address") free(OPAQUE(block) + 1);
    FAULT("inside: large") free((char *)block_of(5 << 20) + (1 << 20));
    FAULT("inside: aligned") free((char *)aligned_alloc(256, 1000) + 128);
    FAULT("inside: realloc") block = realloc(OPAQUE(block) + 32, 100);
    FAULT("never: handed out") free((void *)(((uintptr_t)block_of(48) | 0xffff) + 1 - 0x10000 + 48 * 1300));
    FAULT("freed: before it was handed out") {
        char *one = block_of(768), *other = block_of(768);
        CHECK(other == one + 768);
        free(other + 768);
    }
    FAULT("twice: at once") {
        free(block);
        free(OPAQUE(block));
    }
    FAULT("twice: 16 bytes") {
        block = block_of(1);
        free(block);
        free(OPAQUE(block));
    }
    FAULT("twice: others between") {
        take_many(64);
        free(block);
        for (int i = 0; i < 10; i++)
            free(blocks[i]);
        free(OPAQUE(block));
    }
    FAULT("twice: drained") {
        take_many(64);
        free(block);
        free_many();
        free(OPAQUE(block));
    }
    FAULT("twice: slab gone") {
        take_many(3000);
        block = blocks[MANY / 2];
        free_many();
        free(OPAQUE(block));
    }
    FAULT("twice: in another thread's cache") after_another_thread(keeper, 0);
    FAULT("twice: thread has ended") after_another_thread(leaver, 1);
    FAULT("twice: large") {
        block = block_of(5 << 20);
        free(block);
        free(OPAQUE(block));
    }
    FAULT("twice: large, another between") {
        block = block_of(5 << 20);
        void *other = block_of(40 << 20);
        free(block);
        free(other);
        free(OPAQUE(block));
    }
    FAULT("freed: realloc") {
        free(block);
        block = realloc(OPAQUE(block), 60);
    }
    FAULT("freed: realloc to more") {
        free(block);
        block = realloc(OPAQUE(block), 6000);
    }
    FAULT("freed: malloc_usable_size") {
        free(block);
        CHECK(malloc_usable_size(OPAQUE(block)) == 0);
    }
    fprintf(stderr, "survived: %s\n", fault);
    return 0;
}
