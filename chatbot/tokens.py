"""How long a text is for a language model."""

import math
import re

# Each match is a token. Lengths are fitted to the table of languages in the announcement "Hello GPT-4o"
# (OpenAI, 2024), with the counts for its vocabulary, o200k.
_TOKENS = re.compile(
    r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{1,8}"  # most words are one token
    r"|[0-9]{1,3}"
    r"|[\u0370-\u058f]{1,4}"  # Greek, Cyrillic, Armenian
    r"|[\u0590-\u08ff]{1,3}"  # Hebrew, Arabic
    r"|[\u0900-\u109f\u1780-\u17ff]{1,3}"  # India to Cambodia, Thai among them
    r"|[\uac00-\ud7af]{1,2}"  # Korean
    r"|\n+"
    r"|[^\S\n]{2,8}"  # an indent; a single blank belongs to the word after it
    r"|\S"
)
_ACCENTED = re.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")  # breaks a word into smaller tokens
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_MORE_PER_ACCENTED = 0.5
_LESS_PER_IDEOGRAPH = 0.25  # some pairs are one token


def estimate_tokens(text: str) -> int:
    """
    Estimate how many tokens a model's tokenizer makes of a text, without having one.

    For a sentence in Latin, Cyrillic, Arabic, Devanagari, Chinese, Japanese or Korean script within
    25 percent of GPT-4o's vocabulary (o200k), mostly above. Older vocabularies need up to 1.2 times as
    many for English and up to 3 times as many elsewhere. Takes about 0.05 us a character.

    Returns:
        0 for an empty text, at least 1 for any other. Never more for two texts with a blank between than
        for the two by themselves.
    """
    tokens = len(_TOKENS.findall(text))
    if not text.isascii():
        tokens_more = _MORE_PER_ACCENTED * len(_ACCENTED.findall(text))
        tokens_less = _LESS_PER_IDEOGRAPH * len(_IDEOGRAPH.findall(text))
        tokens = math.ceil(tokens + tokens_more - tokens_less)
    return max(1, tokens) if text else 0
