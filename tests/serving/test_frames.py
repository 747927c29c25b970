"""Frames as bytes, against RFC 6455."""

import struct

import pytest

from chatbot.serving.frames import (
    Binary,
    Close,
    Frame,
    Inbound,
    Piece,
    Ping,
    Pong,
    Text,
    Violation,
    binary_frame,
    close_frame,
    text_frame,
)
from tests.servers.websocket_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

LIMIT = 1000


def frames_of(*pieces: bytes) -> list[Frame]:
    """Return what the pieces mean when they arrive one after the other."""
    inbound = Inbound(LIMIT)
    found: list[Frame] = []
    for piece in pieces:
        inbound.feed(piece)
        while (each := inbound.next()) is not None:
            found.append(each)
    return found


def violation_of(*pieces: bytes) -> int:
    with pytest.raises(Violation) as violation:
        frames_of(*pieces)
    return violation.value.code


def test_a_message_is_the_same_however_its_bytes_arrive() -> None:
    sent = frame(TEXT, "grüße 🌍".encode())

    for cut in range(1, len(sent)):
        found = [each for each in frames_of(sent[:cut], sent[cut:]) if not isinstance(each, Piece)]
        assert found == [Text("grüße 🌍")]


def test_fragments_become_one_message_and_pings_may_stand_between() -> None:
    found = frames_of(
        frame(TEXT, b"one ", fin=False),
        frame(PING, b"?"),
        frame(CONTINUATION, b"two ", fin=False),
        frame(CONTINUATION, b"three"),
    )

    assert found == [Piece(True), Ping(b"?"), Piece(True), Text("one two three")]


def test_a_character_may_be_cut_by_fragments() -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]

    assert frames_of(frame(TEXT, first, fin=False), frame(CONTINUATION, second))[-1] == Text("é")


def test_messages_follow_one_another() -> None:
    found = frames_of(frame(TEXT, b"") + frame(BINARY, b"\xff") + frame(PONG) + frame(TEXT, b"a"))

    assert found == [Text(""), Binary(b"\xff"), Pong(), Text("a")]


def test_a_message_may_be_as_long_as_the_limit() -> None:
    assert frames_of(frame(TEXT, b"x" * LIMIT)) == [Text("x" * LIMIT)]
    assert frames_of(frame(TEXT, b"x" * 600, fin=False), frame(CONTINUATION, b"x" * 400))[-1] == Text(
        "x" * 1000
    )


@pytest.mark.parametrize("announced", [LIMIT + 1, 70_000, 2**40, 2**63 - 1])
def test_a_frame_that_announces_too_much_is_refused_by_its_header(announced: int) -> None:
    assert violation_of(frame(BINARY, b"", announced=announced)) == 1009


def test_fragments_that_are_too_long_together_are_refused() -> None:
    pieces = [frame(TEXT, b"x" * 300, fin=False), *[frame(CONTINUATION, b"x" * 300, fin=False)] * 3]

    assert violation_of(*pieces) == 1009


def test_the_limit_counts_bytes_not_characters() -> None:
    assert violation_of(frame(TEXT, ("é" * 501).encode())) == 1009


def test_a_control_frame_within_a_long_message_does_not_count() -> None:
    found = frames_of(frame(TEXT, b"x" * LIMIT, fin=False), frame(PING, b"p" * 125), frame(CONTINUATION, b""))

    assert found[-1] == Text("x" * LIMIT)


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"abc\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"],
    ids=["no first byte", "cut", "surrogate", "beyond Unicode", "overlong"],
)
def test_text_that_is_not_utf_8_is_refused(data: bytes) -> None:
    assert violation_of(frame(TEXT, data)) == 1007


@pytest.mark.parametrize(
    "data",
    [
        frame(TEXT, b"a", masked=False),
        frame(TEXT, b"a", reserved=4),
        frame(0x3, b"a"),
        frame(0xB, b"a"),
        frame(PING, b"a", fin=False),
        frame(PING, b"a" * 126),
        frame(CONTINUATION, b"a"),
        frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
        b"\x81\xfe\x00\x05" + b"\0" * 9,
        b"\x81\xff" + b"\xff" * 8,
        frame(CLOSE, b"\x03"),
        frame(CLOSE, struct.pack("!H", 999)),
        frame(CLOSE, struct.pack("!H", 1006)),
        frame(CLOSE, struct.pack("!H", 1100)),
        frame(CLOSE, struct.pack("!H", 5000)),
    ],
    ids=[
        "unmasked",
        "compressed",
        "reserved data opcode",
        "reserved control opcode",
        "fragmented ping",
        "long ping",
        "continues nothing",
        "message within a message",
        "length in more bytes than needed",
        "length with its highest bit set",
        "half a close code",
        "close code too low",
        "close code that must not travel",
        "close code that means nothing",
        "close code too high",
    ],
)
def test_what_the_protocol_forbids_is_refused(data: bytes) -> None:
    assert violation_of(data) == 1002


def test_a_reason_that_is_not_utf_8_is_refused() -> None:
    assert violation_of(frame(CLOSE, struct.pack("!H", 1000) + b"\xff")) == 1007


@pytest.mark.parametrize(("payload", "code"), [(b"", 1005), (b"\x03\xe9bye", 1001), (b"\x0f\xa1", 4001)])
def test_a_close_frame_tells_its_code(payload: bytes, code: int) -> None:
    assert frames_of(frame(CLOSE, payload)) == [Close(code)]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_what_is_sent_states_its_length(size: int) -> None:
    data = b"x" * size
    # The client's frames differ by mask bit and mask only.
    head = bytearray(frame(BINARY, data, masked=False))

    assert binary_frame(data) == head
    assert text_frame(data.decode()) == bytes([0x81]) + head[1:]


def test_a_long_reason_is_cut_between_characters() -> None:
    sent = close_frame(1009, "é" * 100)

    assert sent[1] <= 125
    assert sent[4:].decode() == "é" * 61


@pytest.mark.parametrize("code", [1005, 1006])
def test_a_code_that_must_not_travel_is_not_sent(code: int) -> None:
    assert close_frame(code) == b"\x88\x00"
