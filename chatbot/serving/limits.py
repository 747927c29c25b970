"""What a peer may cost, and how long anyone is waited for."""

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """
    Bounds for one process.

    Attributes:
        sockets: Most connections at a time; beyond, 503.
        backlog: Most connections that the kernel keeps before they are accepted.
        message_bytes: Longest websocket message, all its fragments together; beyond, 1009.
        header_bytes: Longest request line and headers together, give or take one read; beyond, 431.
        read_bytes: Most that is read from a socket before it has been dealt with.
        reads_per_turn: From how many sockets something is dealt with in one turn of the loop.
        write_bytes: Unsent bytes of a socket above which its writer waits.
        kernel_bytes: Size of the kernel's buffers for each direction of a socket.
        frames: Frames that a websocket may send at once; each KiB counts as one more; beyond, 1008.
        frames_per_s: How many of those are given back each second.
        headers_s: Until a request's headers, or a websocket's handshake, must be complete.
        keep_alive_s: How long a connection may wait for its next request; more than a router's 90 s,
            so that it is the router that closes.
        ping_s: Between two pings; less than the 55 s after which routers cut idle connections.
        silence_s: After which a websocket's peer that sent no frame is let go.
        stalled_s: After which a peer that takes nothing of what is waiting for it is let go.
        goodbye_s: How long a peer may take to answer a close frame.
        linger_s: How long a closed connection is kept for its last bytes to arrive.
        busy_s: How long running answers may go on after a signal to stop.
        leave_s: How long handlers have to end after that.
        shutdown_s: How long pools have to close after that.
        deadline_s: After which the process ends whatever happens; more than the three before together.
    """

    sockets: int = 4096
    backlog: int = 1024
    message_bytes: int = 64 * KIB
    header_bytes: int = 16 * KIB
    read_bytes: int = 16 * KIB
    reads_per_turn: int = 4
    write_bytes: int = 32 * KIB
    kernel_bytes: int = 128 * KIB
    frames: int = 400
    frames_per_s: float = 200.0
    headers_s: float = 20.0
    keep_alive_s: float = 95.0
    ping_s: float = 20.0
    silence_s: float = 45.0
    stalled_s: float = 30.0
    goodbye_s: float = 1.0
    linger_s: float = 1.0
    busy_s: float = 20.0
    leave_s: float = 1.5
    shutdown_s: float = 1.5
    deadline_s: float = 24.5

    @property
    def watch_s(self) -> float:
        """Between two looks at all connections: a fraction of the shortest patience."""
        return min(1.0, self.headers_s / 8, self.keep_alive_s / 8, self.ping_s / 8, self.stalled_s / 8)
