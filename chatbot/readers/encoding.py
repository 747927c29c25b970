"""From bytes to text, in whatever encoding they are."""

import codecs
import re
import unicodedata
from collections.abc import Sequence

from charset_normalizer import CharsetMatch, from_bytes

from ..errors import UnreadableDocument

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What pages declare and what they mean by it: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
}

# What occurs in documents. The detector knows more, such as those of mainframes and old Macintoshes,
# and takes a page with a few curly quotes for one of them.
_MULTIBYTE = ("gb18030", "cp932", "euc_jp", "cp949", "big5", "big5hkscs")
_KNOWN = (
    *("utf_8", "iso2022_jp", *_MULTIBYTE),
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("koi8_r", "koi8_u", "cp866", "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_15"),
)
_KNOWN_NAMES = frozenset(codecs.lookup(name).name for name in _KNOWN)

_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE
)
_DECLARED_WITHIN_BYTES = 4096

_LITTLE_CHAOS = 0.05  # 0 to 1, of the detector

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.003  # of all characters; compressed data read as text has 0.08


def decode(data: bytes, *, markup: bool) -> str:
    """
    Return the text with ``\\n`` line ends, in Unicode normal form C.

    Tried in this order: byte order mark, declaration, UTF-8, detection.

    Args:
        markup: Whether a declaration of the encoding in HTML or XML counts.

    Raises:
        UnreadableDocument: The bytes are not text.
    """
    text = _marked(data)
    if text is None:
        text = (_declared(data) if markup else None) or _utf8(data) or _detected(data)
    if len(_CONTROLS.findall(text)) > len(text) * _MOST_CONTROLS:
        raise UnreadableDocument("It is binary data, not text.")
    text = _CONTROLS.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise UnreadableDocument(f"It is marked as {encoding.upper()}, but it is not.") from error
    if b"\0" in data:
        raise UnreadableDocument("It is binary data, not text.")
    return None


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_DECLARED_WITHIN_BYTES])
    if found is None:
        return None
    try:
        label = found[1].decode().lower()
        name = codecs.lookup(_MEANT.get(label, label)).name
        name = _MEANT.get(name, name)
        return data.decode(name) if codecs.lookup(name).name in _KNOWN_NAMES else None
    except (LookupError, UnicodeDecodeError):
        return None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _detected(data: bytes) -> str:
    matches = list(from_bytes(data, cp_isolation=list(_KNOWN)))
    if not matches:
        raise UnreadableDocument("Its encoding was not recognised.")
    return str(_likeliest(matches, data))


def _likeliest(matches: Sequence[CharsetMatch], data: bytes) -> CharsetMatch:
    """Return the first match, unless one that it does not beat is far more common."""
    best = matches[0]
    if sum(byte > 127 for byte in data[:4096]) * 3 <= len(data[:4096]):
        ties = (each for each in matches if each.chaos <= best.chaos and each.coherence >= best.coherence)
        return next((each for each in ties if "cp1252" in each.could_be_from_charset), best)
    if best.encoding in _MULTIBYTE:
        return best
    # any bytes are letters of some kind in an encoding of single bytes; in one of several they seldom fit
    fitting = (each for each in matches if each.encoding in _MULTIBYTE and each.chaos < _LITTLE_CHAOS)
    return next(fitting, best)
