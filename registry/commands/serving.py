"""A server from its first request to its last: told to stop, it first says so, then finishes what it has begun."""

import signal
import socket
import threading
from types import FrameType

from registry.settings import Settings

KEEP_ALIVE = 75
"""Seconds an idle connection stays: longer than a proxy keeps it, so that the proxy is the one to close it."""


def until_stopped(listener: socket.socket, settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; a second signal does not wait any longer."""
    import uvicorn  # noqa: PLC0415  # not needed to say that a port is taken

    from registry.commands.hearing import hearing  # noqa: PLC0415  # likewise
    from registry.main import build_app  # noqa: PLC0415  # likewise

    app = build_app(settings, hearing(settings))
    config = uvicorn.Config(
        app,
        log_config=None,  # the log is set up already, or is of no interest
        access_log=False,
        server_header=False,
        proxy_headers=False,  # our own layer knows whom to believe
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=settings.stop_seconds,
    )

    class Server(uvicorn.Server):
        """Not ready any more as soon as it is told to stop, and still there for who has not heard yet."""

        def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
            """SIGTERM waits for the load balancer; Ctrl-C does not, and a signal after that waits for nobody."""
            waits = sig == signal.SIGTERM and not app.state.stopping
            app.state.stopping, self.force_exit = True, self.should_exit
            if waits and settings.drain_seconds:
                timer = threading.Timer(settings.drain_seconds, self._go)
                timer.daemon = True
                timer.start()
            else:
                self._go()

        def _go(self) -> None:
            self.should_exit = True

    Server(config).run(sockets=[listener])
