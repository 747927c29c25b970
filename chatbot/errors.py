"""
Everything that can go wrong and that a reader may meet.

    ChatbotError
    ├── UsageError                 what was asked cannot be done
    │   ├── InvalidQuestion
    │   ├── InvalidFrame
    │   ├── InvalidFilter
    │   ├── NotFound
    │   └── Busy
    ├── Draining                   this process is about to stop
    ├── ServerError                the address cannot be listened on
    ├── SettingsError              faulty environment; names every fault at once
    ├── DocumentError
    │   ├── UnreadableDocument
    │   └── NoDocuments
    ├── StoreError
    │   ├── StoreUnavailable
    │   ├── StoreTimeout
    │   ├── StoreRateLimited
    │   ├── StoreUnauthorised
    │   ├── StoreRefused           the request itself, or the server is none that understands it
    │   ├── StoreLocked
    │   ├── StoreFull
    │   ├── CollectionNotFound
    │   ├── CollectionExists
    │   └── WrongDimension
    │       └── FingerprintMismatch
    └── ModelError
        ├── ModelRefused           the request itself: wrong model name, too long, wrong reply
        ├── ModelUnauthorised
        ├── ModelRateLimited
        ├── ModelUnavailable
        ├── ModelTimeout
        └── ModelInterrupted       the reply ended before it was complete

The text of each is fit for the reader; details go to ``__cause__``.
"""

from collections.abc import Sequence


class ChatbotError(Exception):
    """
    What a reader may be shown.

    Attributes:
        code: A stable word for programs, as in the protocol's ``error`` event.
        retryable: Whether the same request may succeed later.
        retry_after_s: Seconds after which to try again, when that is known.
    """

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def message(self) -> str:
        return str(self)


class UsageError(ChatbotError):
    code = "invalid"


class InvalidQuestion(UsageError):
    code = "invalid_question"


class InvalidFrame(UsageError):
    code = "invalid_frame"


class InvalidFilter(UsageError):
    code = "invalid_filter"


class NotFound(UsageError):
    code = "not_found"


class Busy(UsageError):
    code = "busy"
    retryable = True


class Draining(ChatbotError):
    code = "draining"
    retryable = True


class ServerError(ChatbotError):
    code = "server"


class SettingsError(ChatbotError):
    """Faulty settings; ``faults`` holds one line for each."""

    code = "settings"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class DocumentError(ChatbotError):
    code = "document"


class UnreadableDocument(DocumentError):
    code = "unreadable_document"


class NoDocuments(DocumentError):
    code = "no_documents"


class StoreError(ChatbotError):
    code = "store"


class StoreUnavailable(StoreError):
    code = "store_unavailable"
    retryable = True


class StoreTimeout(StoreError):
    code = "store_timeout"
    retryable = True


class StoreRateLimited(StoreError):
    code = "store_rate_limited"
    retryable = True


class StoreUnauthorised(StoreError):
    code = "store_unauthorised"


class StoreRefused(StoreError):
    code = "store_refused"


class StoreLocked(StoreError):
    code = "store_locked"


class StoreFull(StoreError):
    code = "store_full"


class CollectionNotFound(StoreError):
    code = "collection_not_found"


class CollectionExists(StoreError):
    code = "collection_exists"


class WrongDimension(StoreError):
    code = "wrong_dimension"


class FingerprintMismatch(WrongDimension):
    """The index was built with another embedding model, length of vectors or chunker."""

    code = "fingerprint_mismatch"


class ModelError(ChatbotError):
    code = "model"


class ModelRefused(ModelError):
    code = "model_refused"


class ModelUnauthorised(ModelError):
    code = "model_unauthorised"


class ModelRateLimited(ModelError):
    code = "model_rate_limited"
    retryable = True


class ModelUnavailable(ModelError):
    code = "model_unavailable"
    retryable = True


class ModelTimeout(ModelError):
    code = "model_timeout"
    retryable = True


class ModelInterrupted(ModelError):
    code = "model_interrupted"
    retryable = True
