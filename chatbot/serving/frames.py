"""Websocket frames (RFC 6455, sections 5 to 7), without input and output and without extensions."""

import struct
from dataclasses import dataclass

from wsproto.frame_protocol import CloseReason, FrameDecoder, Opcode, ParseFailed
from wsproto.frame_protocol import Frame as RawFrame

NO_STATUS = 1005
ABNORMAL = 1006
UNSPEAKABLE = {NO_STATUS, ABNORMAL, 1015}
"""Codes that stand for the absence of one; they never travel (section 7.4.1)."""

RESERVED = {1004, *UNSPEAKABLE}
REGISTERED = range(1000, 1016)
PRIVATE = range(3000, 5000)
CONTROL_BYTES = 125


class Violation(Exception):
    """What a peer must not do; `code` is the close code it gets."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = int(code)


@dataclass(frozen=True, slots=True)
class Text:
    data: str


@dataclass(frozen=True, slots=True)
class Binary:
    data: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    data: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Close:
    code: int


@dataclass(frozen=True, slots=True)
class Piece:
    """
    Part of a message that goes on.

    Attributes:
        completes_frame: Whether a fragment ended, or merely the bytes that are there.
    """

    completes_frame: bool


Frame = Text | Binary | Ping | Pong | Close | Piece


class Inbound:
    """
    Makes messages of bytes; holds at most ``max_bytes`` of one.

    The length that a header announces is checked before its payload is kept, and payloads stay bytes until the
    message is complete: text that is being collected would take up to four times as much.
    """

    def __init__(self, max_bytes: int) -> None:
        self._decoder = FrameDecoder(client=False)
        self._max_bytes = max_bytes
        self._message = bytearray()
        self._kind: Opcode | None = None
        self._within_frame = False

    def feed(self, data: bytes) -> None:
        """Add what was read; take everything out with `next` before the next call."""
        self._decoder.receive_bytes(data)

    def next(self) -> Frame | None:
        """
        Return what comes next, or None if more bytes are needed.

        Raises:
            Violation: Close the connection, and read nothing more.
        """
        try:
            frame = self._decoder.process_buffer()
        except ParseFailed as error:
            raise Violation(int(error.code), str(error)) from error
        self._check_size(frame)
        if frame is None:
            return None
        if frame.opcode.iscontrol():
            return _control(frame.opcode, _payload(frame))
        return self._message_part(frame)

    def _check_size(self, frame: RawFrame | None) -> None:
        size = len(self._message)
        if frame is not None and not frame.opcode.iscontrol():
            size += len(frame.payload)
        header = self._decoder.header
        if header is not None and not header.opcode.iscontrol():
            size += header.payload_len - self._decoder.payload_consumed
        if size > self._max_bytes:
            raise Violation(CloseReason.MESSAGE_TOO_BIG, f"more than {self._max_bytes} bytes")

    def _message_part(self, frame: RawFrame) -> Frame:
        if not self._within_frame:
            self._check_order(frame.opcode)
        self._within_frame = not frame.frame_finished
        self._message += _payload(frame)
        if frame.frame_finished and frame.message_finished:
            return self._finished()
        return Piece(frame.frame_finished)

    def _check_order(self, opcode: Opcode) -> None:
        if (opcode is Opcode.CONTINUATION) != (self._kind is not None):
            raise Violation(CloseReason.PROTOCOL_ERROR, "fragments out of order")
        if self._kind is None:
            self._kind = opcode

    def _finished(self) -> Text | Binary:
        data, kind = bytes(self._message), self._kind
        self._message = bytearray()
        self._kind = None
        return Binary(data) if kind is Opcode.BINARY else Text(_text(data))


def text_frame(text: str) -> bytes:
    """Return a whole text message as one frame."""
    return _frame(Opcode.TEXT, text.encode())


def binary_frame(data: bytes) -> bytes:
    """Return a whole binary message as one frame."""
    return _frame(Opcode.BINARY, data)


def ping_frame() -> bytes:
    return _frame(Opcode.PING, b"")


def pong_frame(data: bytes) -> bytes:
    """Return the answer to a ping, which carries the ping's own data."""
    return _frame(Opcode.PONG, data)


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; a reason that is too long for it is cut."""
    if code in UNSPEAKABLE:
        return _frame(Opcode.CLOSE, b"")
    cut = reason.encode()[: CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return _frame(Opcode.CLOSE, struct.pack("!H", code) + cut)


def _frame(opcode: Opcode, payload: bytes) -> bytes:
    first, size = 0x80 | opcode, len(payload)
    if size <= CONTROL_BYTES:
        return struct.pack("!BB", first, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def _control(opcode: Opcode, payload: bytes) -> Frame:
    match opcode:
        case Opcode.PING:
            return Ping(payload)
        case Opcode.PONG:
            return Pong()
        case _:
            return Close(_close_code(payload))


def _close_code(payload: bytes) -> int:
    if not payload:
        return NO_STATUS
    if len(payload) == 1:
        raise Violation(CloseReason.PROTOCOL_ERROR, "half a close code")
    code = int.from_bytes(payload[:2])
    if code in RESERVED or (code not in REGISTERED and code not in PRIVATE):
        raise Violation(CloseReason.PROTOCOL_ERROR, f"{code} is no close code")
    _text(payload[2:])
    return code


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Violation(CloseReason.INVALID_FRAME_PAYLOAD_DATA, "text that is not UTF-8") from error


def _payload(frame: RawFrame) -> bytes:
    # wsproto's type covers what its higher layer makes of payloads; its decoder gives bytes.
    assert isinstance(frame.payload, bytes)  # noqa: S101
    return frame.payload
