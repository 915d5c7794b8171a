"""Lambda: where the processes of functions come from."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from sandbox.ministack.scale import HANDLER_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable
    from socketserver import StreamRequestHandler

_ENDED = 1
_AT_ONCE = 8


def install() -> None:
    """Let a function's process come from the nursery, each event reach it at once, few run side by side."""
    nursery = _Nursery()
    lambda_runtime.subprocess = SimpleNamespace(**vars(subprocess) | {"Popen": nursery.start})
    worker = lambda_runtime.ProvidedWorker
    worker._build_handler_class = _prompt(worker._build_handler_class)
    worker.__init__ = _in_real_time(worker.__init__)
    lambda_svc._execute_function_provided_warm = _few_at_once(lambda_svc._execute_function_provided_warm)
    lambda_svc._execute_function = _while_it_exists(lambda_svc._execute_function)


def _in_real_time(init: Callable[..., None]) -> Callable[..., None]:
    """A function's time-out, on a scale that leaves handlers the time to work."""

    def made(self: Any, name: str, config: dict[str, Any], code: bytes) -> None:
        init(self, name, {**config, "Timeout": config.get("Timeout", 3) * HANDLER_SCALE}, code)

    return made


def _prompt(build: Callable[..., type[StreamRequestHandler]]) -> Callable[..., type[StreamRequestHandler]]:
    """A runtime API that sends an event at once: its head and its body are two packets, and with Nagle's
    algorithm the second one waits 40 ms for the acknowledgement of the first.
    """

    def built(*arguments: Any) -> type[StreamRequestHandler]:
        handler = build(*arguments)
        handler.disable_nagle_algorithm = True
        return handler

    return built


def _few_at_once(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Invocations that wait for their turn: a hundred runs side by side would otherwise start thousands of
    processes, which take longer to start than to wait for one that is there.
    """
    turns = threading.BoundedSemaphore(_AT_ONCE)

    def executed(*arguments: Any) -> Any:
        with turns:
            return execute(*arguments)

    return executed


def _while_it_exists(execute: Callable[..., Any]) -> Callable[..., Any]:
    """A function that was deleted neither runs nor logs for an event that is retried."""

    def executed(function: dict[str, Any], event: Any) -> Any:
        name = (function.get("config") or function)["FunctionName"]
        if any(key[-1] == name for key in list(lambda_svc._functions._data)):
            return execute(function, event)
        gone = {"errorType": "ResourceNotFoundException", "errorMessage": f"Function not found: {name}"}
        return {"body": gone, "error": True}

    return executed


class _Nursery:
    """The process that functions are forked from, as `subprocess.Popen` for their bootstraps."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
        command = [sys.executable, "-m", "sandbox.ministack.nursery", str(theirs.fileno())]
        subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        theirs.close()
        self._requests = ours
        self._one_at_a_time = threading.Lock()

    def start(self, command: list[str], **options: Any) -> Any:
        """Start a function's bootstrap; anything else is a program as ever."""
        if Path(command[0]).name != "bootstrap":
            return subprocess.Popen(command, **options)
        environment = options["env"]
        request = {
            "directory": options["cwd"],
            "handler": environment["_HANDLER"],
            "environment": environment,
        }
        reading, writing = os.pipe()
        with self._one_at_a_time:
            socket.send_fds(self._requests, [json.dumps(request).encode()], [writing])
            os.close(writing)
            pid, handles, _, _ = socket.recv_fds(self._requests, 32, 1)
        return _Function(int(pid), handles[0], reading)


class _Function:
    """A function's process, as much of a `subprocess.Popen` as MiniStack uses."""

    def __init__(self, pid: int, handle: int, output: int) -> None:
        self.pid = pid
        self.stdout = os.fdopen(output, "rb")
        self.returncode: int | None = None
        self._handle = handle

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        """None while it runs. How it ended is known to its parent only."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            ready = select.poll()
            ready.register(self._handle, select.POLLIN)
            if not ready.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("bootstrap", timeout or 0)
            self.returncode = _ENDED
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)
