"""Conversations, kept in memory: the last messages of the most recent ones."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence

from ..model import Message

MOST_CONVERSATIONS = 1000
MOST_MESSAGES = 20


class History:
    """Messages by conversation; the conversation that was not used for longest is forgotten first."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, list[Message]] = OrderedDict()

    def begin(self) -> str:
        """Return the id of a new conversation: 128 random bits, so that knowing it is the right to go on."""
        return secrets.token_urlsafe(16)

    def messages(self, conversation: str) -> Sequence[Message]:
        """Return the conversation's messages, oldest first; empty if it is not known (any more)."""
        return tuple(self._conversations.get(conversation, ()))

    def add(self, conversation: str, *messages: Message) -> None:
        """Add messages at the end."""
        kept = self._conversations.setdefault(conversation, [])
        kept.extend(messages)
        del kept[:-MOST_MESSAGES]
        self._conversations.move_to_end(conversation)
        if len(self._conversations) > MOST_CONVERSATIONS:
            self._conversations.popitem(last=False)
