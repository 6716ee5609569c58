"""The walls a child puts round itself before it looks at anything a user brought (Linux).

Order matters: namespaces first (they hold for threads to come), then the own user, then rules on files and system
calls, which need no privilege and cannot be taken back.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Sequence

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_NEWUTS, _NEWIPC, _NEWUSER, _NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000
_CLONE_THREAD = 0x00010000
# Numbers of system calls, x86-64 and arm64.
_CALLS = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438), "tkill": (200, 130), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "init_module": (175, 105),
    "finit_module": (313, 273), "kexec_load": (246, 104), "open_by_handle_at": (304, 265),
}  # fmt: skip
_CLONE, _CLONE3, _SECCOMP, _KILL, _TGKILL = (56, 220), (435, 435), (317, 277), (62, 129), (234, 131)
_ARCH = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_ALLOW, _EPERM, _ENOSYS, _KILL_PROCESS = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000


def suffice(built: Sequence[str | None]) -> bool:
    """Whether something stands before the portal's files, and something before its network."""
    return bool({"user", "files"} & set(built)) and bool({"namespaces", "calls"} & set(built))


def leave_the_network() -> str | None:
    """A network, IPC and host name of its own, through a user namespace where the child is not root."""
    flags = _NEWNET | _NEWIPC | _NEWUTS | (0 if os.geteuid() == 0 else _NEWUSER)
    return "namespaces" if _libc.unshare(flags) == 0 else None


def become(uid: int, gid: int) -> str | None:
    """Another user than the portal's, where the child may."""
    if os.geteuid() != 0 or not uid:
        return None
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    return "user"


def die_with(parent: int) -> None:
    """Be killed when the thread that started the child ends; it lives as long as the portal's process."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def limit(*, memory_mb: int, cpu_s: int, file_mb: int) -> None:
    """Hard limits of the kernel; memory counts address space, so what libraries merely reserve comes on top."""
    _lower(resource.RLIMIT_AS, (memory_mb + 3072) << 20)
    _lower(resource.RLIMIT_CPU, cpu_s)
    _lower(resource.RLIMIT_FSIZE, file_mb << 20)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, 4096)
    if os.geteuid() != 0:
        _lower(resource.RLIMIT_NPROC, 4096)


def _lower(what: int, wanted: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(what, (value, value))


def confine_files(folder: int, files: Sequence[int]) -> str | None:
    """Landlock: only what lies in the open `folder`, and the open `files` to read; no other file opens."""
    version = _libc.syscall(444, None, 0, 1)
    if version < 1:
        return None
    handled = (1 << {1: 13, 2: 14}.get(version, 15)) - 1 | ((1 << 15) if version >= 5 else 0)
    network = 3 if version >= 4 else 0
    attributes = struct.pack("=QQ", handled, network)[: 16 if version >= 4 else 8]
    ruleset = _libc.syscall(444, attributes, len(attributes), 0)
    if ruleset < 0:
        return None
    everything_but_execute = handled & ~1
    for beneath, allowed in [(folder, everything_but_execute), *((file, 1 << 2) for file in files)]:
        rule = struct.pack("=Qi", allowed, beneath)
        if _libc.syscall(445, ruleset, 1, rule, 0) != 0:
            return None
    done = _libc.syscall(446, ruleset, 0) == 0
    os.close(ruleset)
    return "files" if done else None


def confine_calls() -> str | None:
    """Seccomp: no sockets, programs, processes, nor another process's memory or signals."""
    if platform.machine() not in _ARCH:
        return None
    program = _filter(*_ARCH[platform.machine()])
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    number = _SECCOMP[_ARCH[platform.machine()][0]]
    # 1, 1: install a filter, in all threads.
    return "calls" if _libc.syscall(number, 1, 1, head) == 0 else None


def _filter(column: int, arch: int) -> bytes:
    """Classic BPF: load, compare and answer, in the order the kernel walks it."""
    load_number, load_arch, load_first = (0x20, 0, 0, 0), (0x20, 0, 0, 4), (0x20, 0, 0, 16)
    steps = [load_arch, (0x15, 1, 0, arch), (0x06, 0, 0, _KILL_PROCESS), load_number]
    steps += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, _EPERM)]  # the x32 numbers would go round the list
    for numbers in _CALLS.values():
        if (number := numbers[column]) is not None:
            steps += [(0x15, 0, 1, number), (0x06, 0, 0, _EPERM)]
    steps += [(0x15, 0, 1, _CLONE3[column]), (0x06, 0, 0, _ENOSYS)]  # threads then come through clone, whose flags show
    steps += [(0x15, 0, 4, _CLONE[column]), load_first, (0x45, 1, 0, _CLONE_THREAD), (0x06, 0, 0, _EPERM)]
    steps += [(0x06, 0, 0, _ALLOW)]
    for signalling in (_KILL[column], _TGKILL[column]):
        steps += [(0x15, 0, 4, signalling), load_first, (0x15, 1, 0, os.getpid()), (0x06, 0, 0, _EPERM)]
        steps += [(0x06, 0, 0, _ALLOW)]
    steps.append((0x06, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
