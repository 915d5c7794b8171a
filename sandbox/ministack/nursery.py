"""Where functions' processes come from: forked from one that has imported what Lambda's own runtime has.

A cold start is most of a short run's time here, and twenty-five functions start in one. To import the SDK
takes each a fifth of a second of processor time. A function's own code is still imported after the fork, by
AWS's runtime client; what a real cold start takes is measured by bench/cold_start.py instead.

`python -m sandbox.ministack.nursery FD` serves requests on the socket FD until the other end is closed.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import sys
import time
from types import SimpleNamespace
from typing import Any

from botocore import endpoint
from botocore.session import Session

from sandbox.matrix import sabotage

LONGEST_REQUEST = 1 << 18


def _import_ahead() -> None:
    """Load what takes long and is the same for every function."""
    # The SDK's waits before it tries again go by virtual time, as the workflow's do.
    scale = float(os.environ.get("SFN_WAIT_SCALE", "1"))
    endpoint.time = SimpleNamespace(  # type: ignore[attr-defined]
        **vars(time) | {"sleep": lambda seconds: time.sleep(seconds * scale)}
    )
    # A client's making imports more of the SDK.
    session = Session()
    session.set_credentials("ahead", "ahead")
    session.create_client("ec2", region_name="us-east-1")
    # What is not collected is not written to, and so stays shared between the processes.
    gc.collect()
    gc.freeze()


def _serve(requests: socket.socket) -> None:
    """Fork a function for each request: its directory and environment, and a pipe for its output."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 1)
        if not message:
            return
        _reap()
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become_function(json.loads(message), descriptors[0])
        os.close(descriptors[0])
        handle = os.pidfd_open(pid)
        socket.send_fds(requests, [str(pid).encode()], [handle])
        os.close(handle)


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def _become_function(request: dict[str, Any], output: int) -> None:
    """Be `python -m awslambdaric HANDLER` in the function's directory."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["directory"]
    if sabotage.VARIABLE in os.environ:
        sabotage.install()
    sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
    code = 1
    try:
        # Only now: the runtime client takes the address of its API when it is imported.
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve the socket whose descriptor is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _import_ahead()
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        _serve(requests)


if __name__ == "__main__":
    main()
