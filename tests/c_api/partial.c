/* A program with a family of its own, but for pvalloc, valloc and reallocarray: what those return goes to its free. */
#define _GNU_SOURCE
#include "check.h"

#include <malloc.h>
#include <stdint.h>
#include <string.h>

static _Alignas(4096) unsigned char pool[64 << 20];
static size_t used;
static size_t freed;

static int ours(const void *block) { return (uintptr_t)block - (uintptr_t)pool < sizeof pool; }

void *memalign(size_t align, size_t size) {
    size_t start = (__atomic_load_n(&used, __ATOMIC_RELAXED) + 16 + align - 1) & ~(align - 1);
    if (size > sizeof pool || start > sizeof pool - size)
        return NULL;
    __atomic_store_n(&used, start + size, __ATOMIC_RELAXED);
    memcpy(pool + start - sizeof size, &size, sizeof size);
    return pool + start;
}

void *malloc(size_t size) { return memalign(16, size); }

void *calloc(size_t count, size_t size) { return malloc(count * size); }

void *realloc(void *block, size_t size) {
    void *moved = malloc(size);
    if (block != NULL && moved != NULL) {
        CHECK(ours(block));
        size_t before;
        memcpy(&before, (char *)block - sizeof before, sizeof before);
        memcpy(moved, block, before < size ? before : size);
    }
    return moved;
}

void free(void *block) {
    CHECK(block == NULL || ours(block));
    freed++;
}

int main(void) {
    char *array = reallocarray(NULL, 10, 10);
    CHECK(ours(array));
    strcpy(array, "kept");
    array = reallocarray(array, 1000, 10);
    CHECK(ours(array) && strcmp(array, "kept") == 0);
    void *pages = pvalloc(5000), *page = valloc(100);
    CHECK(ours(pages) && ours(page));
    CHECK((uintptr_t)pages % 4096 == 0 && (uintptr_t)page % 4096 == 0);
    size_t before = freed;
    free(array);
    free(pages);
    free(page);
    CHECK(freed == before + 3);
    puts("all its own");
    return 0;
}
