"""Pages of other sites may not ask on a visitor's behalf, nor spend what answers cost."""

import logging
from collections.abc import Collection
from urllib.parse import urlsplit

from quart import abort
from werkzeug.datastructures import Headers

log = logging.getLogger(__name__)


def refuse_foreign(headers: Headers, allowed: Collection[str]) -> None:
    """
    Answer 403 to a page of another site (RFC 6455, section 10.2).

    A program that is no browser sends no Origin, and has no visitor's cookies to misuse.

    Args:
        allowed: Origins that may connect beside the server's own, in lower case.
    """
    origin = headers.get("Origin")
    if origin is None or origin.lower() in allowed:
        return
    if urlsplit(origin).netloc.lower() != headers.get("Host", "").lower():
        log.warning("foreign origin refused", extra={"origin": origin[:200]})
        abort(403)
