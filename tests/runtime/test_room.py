"""Calls at every depth, with room below them and without."""

from __future__ import annotations

import resource
import threading

from runtime.room import with_room

TIMES = 500


def deep(depth):
    """Pages that the kernel had to give while a call was made again and again, so many calls below this one."""
    if depth:
        return deep(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(TIMES):
        wide(7)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def wide(n):
    return max(n, *(n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n))


def at_each_depth():
    return [deep(depth) for depth in range(200)]


def of_a_thread(call):
    """What it gives on a thread of its own, above which nobody has made room yet."""
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found[0]


def test_no_call_asks_the_kernel_for_a_page_however_deep():
    assert max(of_a_thread(at_each_depth)) >= TIMES, "there is no edge any more: runtime.room may go"
    assert max(of_a_thread(with_room(at_each_depth))) < TIMES / 10


def test_a_callable_stays_what_it_was():
    @with_room
    def told(word, *, loud=False):
        """Say it."""
        return word.upper() if loud else word

    assert (told("a"), told("a", loud=True), told.__name__, told.__doc__) == ("a", "A", "told", "Say it.")
