"""The chain of processes from the keeper to the workload: wall off, become somebody else, limit, start, reap."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from runtime.keeper import linux, view
from runtime.keeper.order import Order

# The descriptor on which a service finds the socket that the keeper bound for it.
SERVICE_FD = 3
COULD_NOT_START = 125
_MEGABYTE = 1024 * 1024


def spawn(order: Order, output: int, listener: int | None) -> int:
    """Fork the chain and return the pid of its outermost process, whose exit code is the workload's."""
    pid = os.fork()
    if not pid:
        _guarded(lambda: _outer(order, output, listener))
    return pid


def _guarded(step: Callable[[], int]) -> NoReturn:
    """Run the body of a forked child; it never returns into the parent's code."""
    code = COULD_NOT_START
    try:
        code = step()
    except BaseException:  # noqa: BLE001  whatever it is, it belongs into the workload's log
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _outer(order: Order, output: int, listener: int | None) -> int:
    linux.die_with_parent()
    os.setsid()
    _take_descriptors(output, listener)
    if order.isolation == "none":
        return _start(order)
    user = (os.geteuid(), os.getegid())
    flags = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
    flags |= linux.CLONE_NEWUSER if order.isolation == "user" else 0
    linux.unshare(flags)
    if order.isolation == "user":
        map_user(*user)
    inner = os.fork()
    if not inner:
        _guarded(lambda: _walled(order))
    return _wait_and_pass_on(inner)


def map_user(uid: int, gid: int) -> None:
    """Keep the same numbers inside the user namespace, so that exec drops every capability it gave."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def _walled(order: Order) -> int:
    """First process of the namespaces: when it ends, the kernel ends everything else in them."""
    linux.die_with_parent()
    linux.raise_loopback()
    uid = order.uid if order.isolation == "root" else os.geteuid()
    view.build(order, uid)
    if order.isolation == "root":
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        linux.die_with_parent()  # a change of uid forgets it
    return _start(order)


def _start(order: Order) -> int:
    linux.no_new_privileges()
    pid = os.fork()
    if not pid:
        _guarded(lambda: _become(order))
    return _wait_and_pass_on(pid)


def _become(order: Order) -> int:
    linux.die_with_parent()
    if order.cpus:
        os.sched_setaffinity(0, order.cpus)
    backstop = (2 * order.memory_mb + 1024) * _MEGABYTE
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: 4096, resource.RLIMIT_DATA: backstop}
    if order.isolation == "root":
        limits[resource.RLIMIT_NPROC] = 512
    for what, wanted in limits.items():
        hard = resource.getrlimit(what)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (value, value))
    os.chdir(order.env["HOME"])
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execve(order.command[0], list(order.command), order.env)  # noqa: S606  there is no shell here, on purpose


def _take_descriptors(output: int, listener: int | None) -> None:
    """Output on 1 and 2, the service's socket on SERVICE_FD, nothing on 0, and every other descriptor closed."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    first_unused = SERVICE_FD
    if listener is not None:
        if listener != SERVICE_FD:
            os.dup2(listener, SERVICE_FD, inheritable=True)
        os.set_inheritable(SERVICE_FD, True)
        first_unused += 1
    os.closerange(first_unused, 65536)


def _wait_and_pass_on(pid: int) -> int:
    """Hand signals on to the child, reap whatever is orphaned to us, and return the child's code when it ends."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
