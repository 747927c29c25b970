"""
What the failures of a Qdrant server are called here: the same for HTTP and for gRPC.

A gRPC code is read as the HTTP status that the server gives for the same failure, so that one table decides.
"""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import httpx
import pydantic
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ..errors import (
    ChatbotError,
    CollectionExists,
    CollectionNotFound,
    InvalidFilter,
    StoreFull,
    StoreRateLimited,
    StoreRefused,
    StoreTimeout,
    StoreUnauthorised,
    StoreUnavailable,
    WrongDimension,
)

MOST_QUOTED_CHARS = 200

STATUSES = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.FAILED_PRECONDITION: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.UNIMPLEMENTED: 404,
    grpc.StatusCode.DEADLINE_EXCEEDED: 408,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.CANCELLED: 503,
}
"""Any other code is 500."""

DIMENSION = ("dimension error", "not existing vector name")
FULL = ("no space left", "out of disk", "exceeds available disk space")
FILTER = ("filter", "condition", "index required but not found")


@dataclass(frozen=True, slots=True)
class Failures:
    """
    Turns what the client raises into the errors of this project.

    Attributes:
        timeout_s: The deadline that calls were given.
    """

    timeout_s: float

    @contextmanager
    def mapped(self, collection: str = "") -> Iterator[None]:
        """
        Raise a ChatbotError for each failure of the server or of the way to it.

        Args:
            collection: The one that is asked for, if one is.
        """
        try:
            yield
        except TimeoutError as error:
            raise self.timeout() from error
        except ResourceExhaustedResponse as error:
            raise busy(float(error.retry_after_s)) from error
        except QdrantException as error:
            raise busy() from error  # it is raised for a Retry-After alone that is not in seconds
        except UnexpectedResponse as error:
            raise self.status(error.status_code or 500, said(error.content), collection) from error
        except grpc.aio.AioRpcError as error:
            raise self.call(error, collection) from error
        except ResponseHandlingException as error:
            raise self.transport(error.source) from error
        except (json.JSONDecodeError, pydantic.ValidationError, AssertionError) as error:
            # the client asserts that an answer has a result
            raise self.no_qdrant() from error

    def call(self, error: grpc.aio.AioRpcError, collection: str) -> ChatbotError:
        return self.status(STATUSES.get(error.code(), 500), error.details() or "", collection)

    def transport(self, source: Exception) -> ChatbotError:
        if isinstance(source, pydantic.ValidationError | httpx.UnsupportedProtocol | httpx.InvalidURL):
            return self.no_qdrant()
        if isinstance(source, httpx.TimeoutException) and not isinstance(source, httpx.ConnectTimeout):
            return self.timeout()
        if any(isinstance(cause, ssl.SSLError) for cause in causes(source)):
            return StoreUnavailable("There is no trusted connection (TLS) to Qdrant: check QDRANT_URL.")
        return self.unavailable()

    def status(self, status: int, text: str, collection: str) -> ChatbotError:
        """Return what an HTTP status means, most specific first."""
        words = text.lower()
        if status in {401, 403}:
            return StoreUnauthorised(
                "Qdrant does not accept the key, or it does not allow this: check QDRANT_API_KEY."
            )
        if status == 429:
            return busy()
        if status in {408, 504}:
            return self.timeout()
        if status == 409:
            return CollectionExists(f"There is a collection {collection!r} already.")
        if status == 404 and collection and "collection" in words:
            return absent(collection)
        if status == 507 or any(sign in words for sign in FULL):
            return StoreFull("The disk of Qdrant is full: nothing was written. Make room there.")
        if status >= 500:
            return self.unavailable()
        if status in {400, 422}:
            return refused(text)
        return self.no_qdrant()

    def timeout(self) -> StoreTimeout:
        return StoreTimeout(
            f"Qdrant did not answer within {self.timeout_s:g} s (QDRANT_TIMEOUT_S). Please try again."
        )

    def unavailable(self) -> StoreUnavailable:
        return StoreUnavailable("Qdrant (QDRANT_URL) cannot be reached or is out of order. Please try again.")

    def no_qdrant(self) -> StoreRefused:
        return StoreRefused("What answers at QDRANT_URL is not a Qdrant server: check the address.")


def refused(text: str) -> ChatbotError:
    """Return what is wrong with a request, from the server's words: it has one status for all of it."""
    words = text.lower()
    kinds: tuple[tuple[tuple[str, ...], Callable[[str], ChatbotError], str], ...] = (
        (DIMENSION, WrongDimension, "The index holds other vectors than the embedding model makes"),
        (FILTER, InvalidFilter, "The filter cannot be applied"),
    )
    for signs, kind, message in kinds:
        if any(sign in words for sign in signs):
            return kind(f"{message}: {quoted(text)}.")
    return StoreRefused(f"Qdrant refused the request: {quoted(text)}.")


def busy(retry_after_s: float | None = None) -> StoreRateLimited:
    return StoreRateLimited("Qdrant is busy. Please try again.", retry_after_s=retry_after_s)


def absent(collection: str) -> CollectionNotFound:
    return CollectionNotFound(
        f"There is no collection {collection!r} yet: `chatbot index PATH --collection {collection}` makes it."
    )


def said(content: bytes) -> str:
    """Return the server's words of ``{"status": {"error": "..."}}``; a proxy's page says nothing to a reader."""
    try:
        return str(json.loads(content)["status"]["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def quoted(text: str) -> str:
    return " ".join(text.split())[:MOST_QUOTED_CHARS].rstrip(".") or "it gives no reason"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and all that led to it; httpcore links its own by context alone."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
