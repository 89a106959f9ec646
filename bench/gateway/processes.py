"""What a process and its children use: CPU time and memory."""

import contextlib
import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(pid):
    """The process and everything below it."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as file:
                    found += [int(child) for child in file.read().split()]
        except FileNotFoundError:
            continue
    return found


def fields(pid):
    """Of /proc/PID/stat, from the third on: the name in brackets may contain anything."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_clock(pid):
    """What clock_getcpuclockid(3) gives: the time of all threads of a process, those that have ended too, in nanoseconds."""
    return (~pid << 3) | 2


def cpu_seconds(pid):
    """Of the process, its children and theirs."""
    seconds = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            seconds += time.clock_gettime(cpu_clock(one))
        if stat := fields(one):
            seconds += sum(int(value) for value in stat[13:15]) / TICK  # cutime, cstime: of children that have ended
    return seconds


def memory_mib(pid):
    """Resident memory of the process and its children."""
    return sum(int(stat[21]) for one in tree(pid) if (stat := fields(one))) * PAGE / 2**20


class Watched:
    """CPU seconds and the course of resident memory while the context is open."""

    def __init__(self, pid, interval=0.1):
        self.pid = pid
        self.interval = interval
        self.memory = []
        self.over = threading.Event()

    def __enter__(self):
        self.before = cpu_seconds(self.pid)
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while True:
            self.memory.append(memory_mib(self.pid))
            if self.over.wait(self.interval):
                return

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.cpu = cpu_seconds(self.pid) - self.before
