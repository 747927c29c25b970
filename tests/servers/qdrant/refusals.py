"""What a Qdrant server says no with; the same over HTTP and gRPC."""

from grpc import StatusCode


class Refusal(Exception):
    """
    Attributes:
        status: Over HTTP.
        code: Over gRPC.
    """

    status = 500
    code = StatusCode.INTERNAL

    def __init__(self, text: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Internal(Refusal):
    pass


class WrongInput(Refusal):
    status = 400
    code = StatusCode.INVALID_ARGUMENT


class NoSuchCollection(Refusal):
    status = 404
    code = StatusCode.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"Not found: Collection `{name}` doesn't exist!")


class AlreadyExists(Refusal):
    status = 409
    code = StatusCode.ALREADY_EXISTS

    def __init__(self, name: str) -> None:
        super().__init__(f"Wrong input: Collection `{name}` already exists!")


class Unauthorised(Refusal):
    status = 401
    code = StatusCode.UNAUTHENTICATED


class RateLimited(Refusal):
    status = 429
    code = StatusCode.RESOURCE_EXHAUSTED


class NotServed(Refusal):
    """The address or the request is one that the double does not know."""

    status = 501
    code = StatusCode.UNIMPLEMENTED
