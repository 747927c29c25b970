"""What the failures of a model's server are called here; nothing that a library raises gets past it."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

import aiohttp
import anyio
import httpx2
import msgspec
from openai import APIConnectionError, APIStatusError, OpenAIError

from ..errors import ModelError, ModelRateLimited, ModelRefused, ModelUnauthorised, ModelUnavailable
from .retrying import retry_after_s

MOST_QUOTED_CHARS = 200

TRUST = (ssl.SSLError, ssl.CertificateError, aiohttp.ClientSSLError)
FOREIGN = (
    OpenAIError,
    httpx2.HTTPError,
    httpx2.StreamError,
    httpx2.InvalidURL,
    aiohttp.ClientError,
    anyio.EndOfStream,
    OSError,
)
"""All that the libraries below raise when a call fails; the timeouts of asyncio are OSErrors too."""

STATUSES = {"rate_limit": 429, "authentication": 401, "invalid_request": 400, "not_found": 404}
"""The words of errors that have no status of their own."""


@dataclass(frozen=True, slots=True)
class MappedErrors:
    """
    A context in which every failure of the server or of the way to it becomes a ModelError.

    Attributes:
        model: The name that was asked for.
        model_setting, url_setting, key_setting: What the reader has to look at.
        api_key: Taken out of what the server says, before it is quoted.
    """

    model: str
    model_setting: str
    url_setting: str
    key_setting: str
    api_key: str = field(default="", repr=False)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, FOREIGN):
            raise self.mapped(error) from error
        if isinstance(error, msgspec.DecodeError | UnicodeDecodeError):
            raise self.not_compatible() from error

    def mapped(self, error: Exception) -> ModelError:
        if isinstance(error, APIStatusError):
            headers = error.response.headers
            return self.status(error.status_code, said(error.body), retry_after_s=retry_after_s(headers))
        if isinstance(error, OpenAIError) and not isinstance(error, APIConnectionError):
            return ModelRefused("The model's server could not be asked.")
        return self._unreachable(error)

    def _unreachable(self, error: Exception) -> ModelError:
        causes = tuple(_causes(error))
        if any(isinstance(cause, TRUST) for cause in causes):
            return ModelRefused(
                f"There is no trusted connection (TLS) to the model's server: check {self.url_setting}."
            )
        if any(
            isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
            for cause in causes
        ):
            return ModelUnavailable("The model's server cannot be reached.")
        return ModelUnavailable("The model's server closed the connection without an answer.")

    def status(self, status: int, said: "Said", *, retry_after_s: float | None = None) -> ModelError:
        """Return what an HTTP status means, or the same number inside a stream."""
        if status in {401, 403}:
            return ModelUnauthorised(f"The model's server does not accept the key: check {self.key_setting}.")
        if said.exhausted:
            return ModelRefused("The account at the model's server has no credit left.")
        if status == 429:
            return ModelRateLimited("The model's server is busy.", retry_after_s=retry_after_s)
        if said.too_long:
            return ModelRefused("The question and its passages are too long for the model.")
        if status == 404:
            return ModelRefused(
                f"The model's server does not know the model {self.model!r}:"
                f" check {self.model_setting} and {self.url_setting}."
            )
        if status == 408 or (status >= 500 and status != 501):
            return ModelUnavailable("The model's server is out of order.", retry_after_s=retry_after_s)
        if 300 <= status < 400:
            return ModelRefused(f"The model's server has moved to another address: check {self.url_setting}.")
        return ModelRefused(f"The model's server refused the request ({status}){self._quoted(said.message)}.")

    def failed(self, said: "Said") -> ModelError:
        """Return what an error means that came where an answer was expected, with status 200."""
        for word, status in STATUSES.items():
            if word in said.code:
                return self.status(status, said)
        numbers = [int(word) for word in said.code.split() if word.isdecimal() and len(word) == 3]
        return self.status(numbers[0] if numbers else 500, said)

    def not_compatible(self) -> ModelError:
        return ModelRefused(f"This address is not an OpenAI-compatible server: check {self.url_setting}.")

    def _quoted(self, message: str) -> str:
        shown = " ".join(message.split()).replace(self.api_key or "\0", "…")[:MOST_QUOTED_CHARS].rstrip(".")
        return f": {shown}" if shown else ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says about a refusal; servers differ in shape, few fields are common to them."""

    message: str = ""
    code: str = ""
    param: str = ""

    @property
    def too_long(self) -> bool:
        text = f"{self.code} {self.message}".lower()
        return any(sign in text for sign in ("context_length", "context length", "context size", "too long"))

    @property
    def exhausted(self) -> bool:
        return "insufficient_quota" in self.code

    def names(self, parameter: str) -> bool:
        """Whether the refusal is about this parameter of the request."""
        return self.param == parameter or (not self.param and parameter in self.message)


def said(body: object) -> Said:
    """Read ``{"error": {...}}``, ``{"error": "..."}``, ``{"detail": ...}`` or the bare object."""
    if not isinstance(body, Mapping):
        text = str(body or "")
        return Said("" if text.startswith("<") else text)  # a page of HTML says nothing to a reader
    error = body.get("error", body)
    if not isinstance(error, Mapping):
        return Said(str(error))
    message = error.get("message") or error.get("detail") or ""
    code = f"{error.get('code') or ''} {error.get('type') or ''}"
    return Said(str(message), code.strip(), str(error.get("param") or ""))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
