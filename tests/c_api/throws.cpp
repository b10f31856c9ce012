// What C++ makes of malloc: `new` throws, containers and exceptions work, thread-local destructors run late.
#include "check.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

struct Late {
    std::vector<std::string> held;
    ~Late() {
        std::string longer(1000, 'x');
        for (auto &text : held)
            text += longer;
        held.clear();
        held.emplace_back(5000, 'y');
    }
};

static thread_local Late late;
static Late at_exit;

struct alignas(256) Wide {
    char bytes[300];
};

int main() {
    volatile std::size_t much = PTRDIFF_MAX - 100;
    bool caught = false;
    try {
        char *block = new char[much];
        CHECK(block == nullptr);
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    CHECK(new (std::nothrow) char[much] == nullptr);
    caught = false;
    try {
        std::vector<int> numbers;
        numbers.reserve(numbers.max_size());
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);

    std::vector<std::unique_ptr<Wide>> wide;
    for (int i = 0; i < 100; i++) {
        wide.push_back(std::make_unique<Wide>());
        CHECK(reinterpret_cast<std::uintptr_t>(wide.back().get()) % 256 == 0);
    }
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; t++)
        threads.emplace_back([t] {
            std::map<std::string, std::vector<int>> table;
            for (int i = 0; i < 3000; i++) {
                table[std::to_string(i * 7919 % 1000) + std::string(i % 60, '.')].push_back(i);
                late.held.push_back(std::to_string(i + t));
            }
            std::size_t count = 0;
            for (auto &entry : table)
                count += entry.second.size();
            CHECK(count == 3000);
        });
    for (auto &thread : threads)
        thread.join();
    at_exit.held.emplace_back("a text that is too long to be kept in place");
    std::puts("caught");
    return 0;
}
