"""
Hypercorn's parts, put together so that no peer can exhaust the process and that it stops cleanly.

Hypercorn 0.18 gives HTTP/1.1 (`H11Protocol`, `HTTPStream`), the handshake of websockets (`WSStream`) and the
task group in which an application runs. Connection, frames, deadlines and the order of stopping are ours,
because its own cannot be bounded from outside (`docs/deployment.md`).
"""

from .limits import Limits
from .service import Service, serving

__all__ = ["Limits", "Service", "serving"]
