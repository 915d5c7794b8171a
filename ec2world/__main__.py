"""Serve an EC2 world on 127.0.0.1 until SIGINT or SIGTERM; the first line on stdout is its URL."""

import argparse
import signal

from ec2world.server import serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m ec2world", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="real seconds per virtual second; default: 1"
    )
    parser.add_argument("--region", default="us-east-1", help="default: us-east-1")
    parser.add_argument(
        "--upstream", help="base URL of the server that has the other services; default: moto's"
    )
    arguments = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before there are threads, so that all inherit it
    try:
        server = serve(
            arguments.port, scale=arguments.scale, region=arguments.region, upstream=arguments.upstream
        )
    except (OSError, OverflowError, ValueError) as error:
        parser.error(str(error))
    print(server.url, flush=True)
    signal.sigwait(signals)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
