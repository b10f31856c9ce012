/* The first thread ends before the process does, which then lasts as long as the last of its own threads. */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static pthread_t first;

static void *last(void *argument) {
    CHECK(pthread_join(first, NULL) == 0);
    char *block = malloc(100);
    CHECK(block != NULL);
    strcpy(block, "the last\n");
    CHECK(write(1, block, strlen(block)) > 0);
    free(block);
    return argument;
}

int main(void) {
    /* More than the allocator leaves to itself: its background thread starts. */
    void *blocks[64];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 64; i++)
            CHECK((blocks[i] = malloc(300000)) != NULL);
        for (int i = 0; i < 64; i++)
            free(blocks[i]);
    }
    first = pthread_self();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, last, NULL) == 0);
    CHECK(pthread_detach(thread) == 0);
    pthread_exit(NULL);
}
