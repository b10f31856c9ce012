/* What C, POSIX and glibc's manual say of each function of malloc's family, checked function by function. */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static int aligned(void *block, size_t align) { return block != NULL && (uintptr_t)block % align == 0; }

static void fill(void *block, size_t size, unsigned char seed) {
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)block)[i] = (unsigned char)(seed + i * 7);
}

static int filled(const void *block, size_t size, unsigned char seed) {
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)block)[i] != (unsigned char)(seed + i * 7))
            return 0;
    return 1;
}

static const size_t LARGE[] = {32767, 32768, 32769, 65536, 262145, 1 << 20, (1 << 20) + 1, 5 << 20, 40 << 20};
#define EACH_LARGE(size) for (size_t l = 0, size; l < sizeof LARGE / sizeof *LARGE && (size = LARGE[l], 1); l++)

static void check_malloc(void) {
    for (size_t size = 0; size < 5000; size++) {
        void *block = malloc(size);
        CHECK(aligned(block, 16));
        CHECK(malloc_usable_size(block) >= size);
        fill(block, size, (unsigned char)size);
        CHECK(filled(block, size, (unsigned char)size));
        free(block);
    }
    EACH_LARGE(size) {
        void *block = malloc(size);
        CHECK(aligned(block, 16));
        fill(block, size, 3);
        CHECK(filled(block, size, 3));
        free(block);
    }
}

static void check_empty(void) {
    void *blocks[200];
    for (int i = 0; i < 200; i++) {
        blocks[i] = i % 2 ? malloc(0) : calloc(i % 4, 0);
        CHECK(aligned(blocks[i], 16));
        for (int j = 0; j < i; j++)
            CHECK(blocks[i] != blocks[j]);
    }
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
    free(NULL);
}

static void check_refused(void) {
    size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 4096, (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX, PTRDIFF_MAX - 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = OPAQUE(sizes[i]);
        void *held = malloc(100);
        fill(held, 100, 9);
        errno = 0;
        CHECK(malloc(size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(calloc(size, 1) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(calloc(2, size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(realloc(NULL, size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(realloc(held, size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(reallocarray(held, size, 2) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(memalign(64, size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(aligned_alloc(4096, size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(valloc(size) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(pvalloc(size) == NULL && errno == ENOMEM);
        void *place = held;
        errno = EDOM;
        CHECK(posix_memalign(&place, 64, size) == ENOMEM && place == held && errno == EDOM);
        CHECK(filled(held, 100, 9));
        free(held);
    }
    errno = 0;
    CHECK(calloc(OPAQUE((size_t)1 << 33), (size_t)1 << 33) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(reallocarray(NULL, OPAQUE((size_t)1 << 33), (size_t)1 << 33) == NULL && errno == ENOMEM);
}

static void check_calloc(void) {
    for (size_t size = 1; size < 3000; size += 13) {
        void *dirty = malloc(size);
        memset(dirty, 0xff, malloc_usable_size(dirty));
        free(OPAQUE(dirty));
        unsigned char *clean = calloc(size, 1);
        CHECK(aligned(clean, 16));
        for (size_t i = 0; i < size; i++)
            CHECK(clean[i] == 0);
        free(clean);
    }
    EACH_LARGE(size) {
        void *dirty = malloc(size);
        memset(dirty, 0xff, size);
        free(OPAQUE(dirty));
        unsigned char *clean = calloc(1, size);
        CHECK(aligned(clean, 16));
        for (size_t i = 0; i < size; i++)
            CHECK(clean[i] == 0);
        free(clean);
    }
}

static void check_realloc(void) {
    char *block = realloc(NULL, 10);
    CHECK(aligned(block, 16));
    fill(block, 10, 1);
    size_t size = 10;
    for (size_t next = 11; next < (6 << 20); next += next / 3 + 1) {
        block = realloc(block, next);
        CHECK(aligned(block, 16) && filled(block, size, 1));
        fill(block, next, 1);
        size = next;
    }
    for (size_t next = size; next > 0; next -= next / 3 + 1) {
        block = realloc(block, next);
        CHECK(aligned(block, 16) && filled(block, next, 1));
    }
    CHECK(OPAQUE(realloc(block, 0)) == NULL);

    /* All that malloc_usable_size grants is kept. */
    for (size_t asked = 1; asked < 2000000; asked = asked * 2 + 1) {
        block = malloc(asked);
        size_t usable = malloc_usable_size(block);
        fill(block, usable, 5);
        block = realloc(block, usable * 2 + 1);
        CHECK(filled(block, usable, 5));
        block = reallocarray(block, 1, asked);
        CHECK(filled(block, asked, 5));
        free(block);
    }
    /* Of an aligned block, too. */
    block = aligned_alloc(1 << 16, 1 << 16);
    fill(block, 1 << 16, 8);
    block = realloc(block, 3 << 16);
    CHECK(filled(block, 1 << 16, 8));
    free(block);
}

static void check_aligned(void) {
    size_t bad[] = {0, 3, 4, 7, 12, 24, 48, 4095, SIZE_MAX, ((size_t)1 << 63) + 8};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int mark;
        void *place = &mark;
        errno = EDOM;
        CHECK(posix_memalign(&place, OPAQUE(bad[i]), 64) == EINVAL && place == &mark && errno == EDOM);
        if (bad[i] == 4)
            continue;
        errno = 0;
        CHECK(aligned_alloc(OPAQUE(bad[i]), 64) == NULL && errno == EINVAL);
        errno = 0;
        CHECK(memalign(OPAQUE(bad[i]), 64) == NULL && errno == EINVAL);
    }
    const size_t sizes[] = {0, 1, 24, 100, 4096, 5000, 70000, 3 << 20};
    for (size_t align = 1; align <= (size_t)1 << 30; align *= 2)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t size = sizes[i];
            void *blocks[3] = {NULL, aligned_alloc(align, size), memalign(align, size)};
            if (align >= sizeof(void *))
                CHECK(posix_memalign(&blocks[0], align, size) == 0);
            else
                blocks[0] = malloc(size);
            for (int j = 0; j < 3; j++) {
                CHECK(aligned(blocks[j], align) && aligned(blocks[j], 16));
                CHECK(malloc_usable_size(blocks[j]) >= size);
                fill(blocks[j], size, 2);
            }
            for (int j = 0; j < 3; j++) {
                CHECK(filled(blocks[j], size, 2));
                free(blocks[j]);
            }
        }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t size = 0; size < 3 * page; size += 1000) {
        void *block = valloc(size), *pages = pvalloc(size);
        CHECK(aligned(block, page) && aligned(pages, page));
        CHECK(malloc_usable_size(pages) % page == 0 && malloc_usable_size(pages) >= size);
        free(block);
        free(pages);
    }
}

/* Neither what succeeds nor a free changes errno, system calls or not. */
static void check_errno(void) {
    errno = EDOM;
    CHECK(malloc_usable_size(NULL) == 0 && errno == EDOM);
    for (int round = 0; round < 20; round++) {
        void *blocks[300];
        for (int i = 0; i < 300; i++) {
            blocks[i] = malloc(((size_t)1 << (i % 21)) + (size_t)i);
            CHECK(blocks[i] != NULL && errno == EDOM);
        }
        for (int i = 0; i < 300; i++) {
            free(blocks[i]);
            CHECK(errno == EDOM);
        }
    }
    for (size_t size = 1 << 20; size <= (size_t)1 << 30; size *= 4) {
        char *block = calloc(1, size);
        CHECK(block != NULL && errno == EDOM);
        block[size / 2] = 1;
        block = realloc(block, size * 2);
        CHECK(block != NULL && errno == EDOM && OPAQUE(block)[size / 2] == 1);
        free(block);
        CHECK(errno == EDOM);
    }
}

/* A live block that happens to hold what free blocks are marked with is a live block. */
static void check_marks(void) {
    for (size_t size = 16; size <= 30000; size = size * 2 + 16) {
        size_t *freed = malloc(size);
        free(OPAQUE(freed));
        size_t mark = *(volatile size_t *)(OPAQUE((uintptr_t)freed) + sizeof(size_t));
        size_t *live[40];
        for (int i = 0; i < 40; i++) {
            live[i] = malloc(size);
            CHECK(live[i][1] != mark);
            live[i][1] = mark;
            live[i] = OPAQUE(live[i]);
        }
        int met = 0;
        for (int i = 0; i < 40; i++) {
            met += OPAQUE((uintptr_t)freed) == (uintptr_t)live[i];
            live[i] = realloc(live[i], size - 1);
            CHECK(malloc_usable_size(live[i]) >= size);
            free(live[i]);
        }
        CHECK(met == 1);
        for (int i = 0; i < 40; i++) {
            live[i] = malloc(size);
            for (int j = 0; j < i; j++)
                CHECK(live[i] != live[j]);
        }
        for (int i = 0; i < 40; i++)
            free(live[i]);
    }
}

static const char *home(void *function) {
    Dl_info info;
    CHECK(dladdr(function, &info) != 0);
    return info.dli_fname;
}

int contract(void) {
    check_malloc();
    check_empty();
    check_refused();
    check_calloc();
    check_realloc();
    check_aligned();
    check_errno();
    check_marks();
    const char *names[] = {"malloc", "free", "calloc", "realloc", "reallocarray", "posix_memalign",
                           "aligned_alloc", "memalign", "valloc", "pvalloc", "malloc_usable_size"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        printf("%s: %s\n", names[i], home(dlsym(RTLD_DEFAULT, names[i])));
    fflush(stdout);
    return 0;
}

int main(void) { return contract(); }
