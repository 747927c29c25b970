"""What the double says when no script tells it otherwise: claims from the passages of the prompt, cited."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PASSAGE = re.compile(r"^\[(\d+)\][^\n]*\n(.*?)(?=^\[\d+\] |^Question:|\Z)", re.MULTILINE | re.DOTALL)
_TAG = re.compile(r"^</?passage>$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"[^.!?。！？]{20,300}[.!?。！？]")
_EARLIER = re.compile(r"^user: (.*)$", re.MULTILINE)
_QUESTION = re.compile(r"question: *(.*)\Z", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"\s*\S{1,6}|\s+\Z")
MOST_CLAIMS = 3
NOTHING = "The passages do not answer this question."


def reply_to(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return an answer to the last message: cited claims, or a question that stands alone."""
    asked = str(messages[-1]["content"]) if messages else ""
    if asked.startswith("Conversation:"):
        return standing_alone(asked)
    return " ".join(claims(asked)) or NOTHING


def claims(asked: str) -> Iterator[str]:
    """Yield the first sentence of each of the first numbered passages, with its number."""
    for number, passage in _PASSAGE.findall(asked)[:MOST_CLAIMS]:
        if sentence := _SENTENCE.search(" ".join(_prose(passage))):
            yield f"{sentence[0][:-1].strip()} [{number}]{sentence[0][-1]}"


def _prose(passage: str) -> Iterator[str]:
    for line in _CODE.sub("", _TAG.sub("", passage)).splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "|", ">", "-", "*", "!")):
            yield line.strip()


def standing_alone(asked: str) -> str:
    """Return the last question with the words of the one before it."""
    question = _QUESTION.search(asked)
    return " ".join([question[1].strip() if question else asked, *_EARLIER.findall(asked)[-1:]])


def tokens_of(text: str) -> list[str]:
    """Return pieces of about the length of a model's tokens; joined they are the text."""
    return _TOKEN.findall(text)


def lengthened(tokens: Sequence[str], count: int) -> list[str]:
    """Return exactly this many tokens, repeating the answer as paragraphs when it is shorter."""
    paragraph = [*tokens, "\n\n"]
    return (paragraph * (count // len(paragraph) + 1))[:count]
