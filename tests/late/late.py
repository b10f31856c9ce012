"""Opens a library with an allocator of its own from python, uses it from threads, closes it while they live, and opens
it again. Ends with 0, or with what is wrong."""

import _ctypes
import ctypes
import os
import signal
import sys
import threading

THREADS = 6
ROUNDS = 2


def open_library(path):
    library = ctypes.CDLL(path)
    for name in ("late_work", "late_thread"):
        getattr(library, name).argtypes = [ctypes.c_uint32]
        getattr(library, name).restype = ctypes.c_int
    return library


def in_child(call):
    child = os.fork()
    if child == 0:
        # What hangs is ended.
        signal.alarm(30)
        os._exit(0 if call() == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0, "a child failed"


def round_of(path, number):
    library = open_library(path)
    worked = threading.Barrier(THREADS + 1)
    closed = threading.Barrier(THREADS + 1)
    whole = []

    def live(seed):
        whole.append(library.late_work(seed))
        worked.wait()
        closed.wait()

    threads = [threading.Thread(target=live, args=(number + index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    assert library.late_work(number) == 1
    # On a thread that ends: the standard library's thread-local values, which have destructors, would keep the library
    # loaded by themselves for as long as their thread lives.
    starter = threading.Thread(target=lambda: whole.append(library.late_thread(number)))
    starter.start()
    starter.join()
    worked.wait()
    in_child(lambda: library.late_work(7))
    _ctypes.dlclose(library._handle)
    in_child(lambda: 1)
    closed.wait()
    for thread in threads:
        thread.join()
    assert whole == [1] * (THREADS + 1), whole
    library = open_library(path)
    assert library.late_work(number) == 1
    in_child(lambda: library.late_work(7))
    _ctypes.dlclose(library._handle)


for number in range(ROUNDS):
    round_of(sys.argv[1], number)
print("late: passed")
