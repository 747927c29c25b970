"""The socket on which a process listens."""

import errno
import socket

from ..errors import ServerError
from .limits import Limits

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Addresses that stand for all of a machine, and what people type instead."""

HIGHEST_RESERVED_PORT = 1023


def listen(host: str, port: int, limits: Limits) -> socket.socket:
    """
    Return a socket that listens already: what arrives before the application is ready waits in the kernel.

    Args:
        host: A name or an address of this machine, IPv4 or IPv6.
        port: 0 for any that is free.

    Raises:
        ServerError: The port is in use or not permitted, or the host is not of this machine.
    """
    family, address = _resolve(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        _set_options(listener, limits)
        listener.bind(address)
        listener.listen(limits.backlog)
    except OSError as error:
        listener.close()
        raise _explained(error, host, port) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the listener's address as people type it."""
    return url(*listener.getsockname()[:2])


def url(host: str, port: int) -> str:
    """Return ``http://127.0.0.1:8000`` and the like; an address that stands for all becomes the machine's own."""
    host = WILDCARDS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _resolve(host: str, port: int) -> tuple[int, tuple[str | int | bytes, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ServerError(f"{host!r} is not an address of this machine; set HOST to one that is.") from error
    # A name such as localhost may have both; what people type and what tools try first is IPv4.
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    return found[0][0], tuple(found[0][4])


def _set_options(listener: socket.socket, limits: Limits) -> None:
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted sockets inherit these. Without a bound, the kernel keeps megabytes for a peer that does not read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.kernel_bytes)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limits.kernel_bytes)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _explained(error: OSError, host: str, port: int) -> ServerError:
    match error.errno:
        case errno.EADDRINUSE:
            return ServerError(
                f"Port {port} is in use on {host}. Stop the program that uses it, or set PORT to another one."
            )
        case errno.EACCES if port <= HIGHEST_RESERVED_PORT:
            return ServerError(f"Port {port} is reserved to the administrator. Set PORT to 1024 or more.")
        case errno.EADDRNOTAVAIL:
            return ServerError(f"{host!r} is not an address of this machine; set HOST to one that is.")
    return ServerError(f"Cannot listen on port {port} of {host}: {error.strerror}. Set PORT or HOST.")
