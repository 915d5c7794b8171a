"""Serve a world: python -m ec2world --port P [--scale S] [--region R] [--upstream URL]."""

import argparse
import signal

from ec2world.server import announce, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM; one line of JSON on stdout says where."""
    parser = argparse.ArgumentParser(prog="python -m ec2world", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 is a free one")
    parser.add_argument("--scale", type=float, default=1.0, help="real seconds per virtual second")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--upstream", help="base URL of the server that has the other services")
    arguments = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before there are threads, so that all inherit it
    server = serve(
        arguments.port, scale=arguments.scale, region=arguments.region, upstream=arguments.upstream
    )
    print(announce(server), flush=True)
    signal.sigwait(signals)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
