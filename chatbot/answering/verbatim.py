"""Which parts of an answer are code, known while it is written."""

from ..structure import FENCE, INDENTED, ITEM, closes

HEAD_CHARS = 64
"""How much of a line decides what it is."""


class Verbatim:
    """
    Follows Markdown character by character, however it is cut into pieces.

    A code span lasts to its closing ticks or to the end of its line: whoever writes an answer does not
    wrap lines, and one stray tick must not take the citations of all lines after it.
    """

    def __init__(self) -> None:
        self.head = ""
        self._ticks = 0  # of the run that is being written
        self._span = 0  # length of the run that opened the code span, 0 outside
        self._fence = ""
        self._after_blank = True
        self._after_indented = False
        self._in_list = False

    @property
    def is_code(self) -> bool:
        """Whether a character other than a tick that came now would be code."""
        self._end_run()
        return bool(self._fence or self._span) or self._is_indented(self.head + "x")

    @property
    def at_line_start(self) -> bool:
        return not self.head.strip()

    def feed(self, text: str) -> None:
        """Take the next piece."""
        first, *others = text.split("\n")
        self._take(first)
        for line in others:
            self._end_line()
            self._take(line)

    def go_on(self, text: str) -> None:
        """Take a piece that has neither ticks nor line breaks."""
        if self._ticks:
            self._end_run()
        if len(self.head) < HEAD_CHARS:
            self.head = (self.head + text)[:HEAD_CHARS]

    def _take(self, part: str) -> None:
        at = 0
        while at < len(part):
            tick = part.find("`", at)
            if tick != at:
                tick = tick if tick > 0 else len(part)
                self.go_on(part[at:tick])
            rest = part[tick:]
            run = len(rest) - len(rest.lstrip("`"))
            self._ticks += run
            self.head = (self.head + "`" * run)[:HEAD_CHARS]
            at = tick + run

    def _end_run(self) -> None:
        if self._ticks and not self._span:
            self._span = self._ticks
        elif self._ticks == self._span:
            self._span = 0
        self._ticks = 0

    def _is_indented(self, line: str) -> bool:
        can_be = not self._in_list and (self._after_blank or self._after_indented)
        return can_be and INDENTED.match(line) is not None

    def _end_line(self) -> None:
        head, self.head = self.head, ""
        opened = None if self._fence else FENCE.match(head)
        if self._fence:
            self._fence = "" if closes(head, self._fence) else self._fence
            self._after_blank = self._after_indented = False
        elif head.strip():
            self._after_indented = self._is_indented(head)
            self._in_list = self._stays_in_list(head, is_fence=opened is not None)
            self._after_blank = False
        else:
            self._after_blank = True
        if opened:
            self._fence = opened[1]
        self._ticks = self._span = 0

    def _stays_in_list(self, head: str, *, is_fence: bool) -> bool:
        is_lazy = not self._after_blank and not is_fence
        return ITEM.match(head) is not None or (self._in_list and (is_lazy or head[0] in " \t"))
