"""BM25 vectors of passages and questions, made by the engine that searches them."""

import re
import unicodedata
from collections import Counter

import qdrant_edge

from ..model import SparseVector

K, B, AVERAGE_TOKENS = 1.2, 0.75, 256.0
"""The defaults of the engine and of the server's own BM25: words go through either alike."""

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]+"
)
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, Han."""

KOREAN_WORD = re.compile("[\uac00-\ud7a3]+")


class Bm25Encoder:
    """
    A SparseEncoder over Qdrant Edge's BM25; safe to share between threads.

    Words of scripts with spaces are stemmed as English, with its stop words. Runs of scripts without
    spaces are segmented by the engine's dictionaries, and Korean words are cut into pairs of syllables
    (`프로그래밍을` shares four of five with `프로그래밍`). Each run is treated by its own script, so that
    a word has the same ids in whatever company it stands.
    """

    def __init__(self) -> None:
        self._words = qdrant_edge.Bm25(_config("Word", b=B))
        self._word_counts = qdrant_edge.Bm25(_config("Word", b=0.0))
        self._segment_counts = qdrant_edge.Bm25(_config("Multilingual", b=0.0))

    def encode_passage(self, text: str) -> SparseVector:
        """Return term frequencies with saturation and length normalisation; empty without a word."""
        spaced, unspaced = _parts(text)
        if not unspaced:
            vector = self._words.embed_document(spaced)
            return SparseVector(vector.indices, vector.values)
        counts = _counts(self._word_counts.embed_document(spaced))
        counts.update(_counts(self._segment_counts.embed_document(unspaced)))
        return _weighted(counts)

    def encode_query(self, text: str) -> SparseVector:
        """Return the ids of the question's words with weight 1; the engine adds their rarity."""
        spaced, unspaced = _parts(text)
        ids = self._words.embed_query(spaced).indices
        if unspaced:
            ids = sorted({*ids, *self._segment_counts.embed_query(unspaced).indices})
        return SparseVector(ids, [1.0] * len(ids))

    def warm_up(self) -> None:
        """Load the engine's dictionaries for Chinese and Japanese: 0.4 s with the GIL held, 60 MB."""
        for text in ("集合", "プログラム"):
            self.encode_query(text)


def _config(tokenizer: str, *, b: float) -> qdrant_edge.Bm25Config:
    kind = getattr(qdrant_edge.TokenizerType, tokenizer)
    return qdrant_edge.Bm25Config(k=K, b=b, avg_len=AVERAGE_TOKENS, tokenizer=kind, language="english")


def _parts(text: str) -> tuple[str, str]:
    """Return what is read word by word, and the runs without spaces, one to a line."""
    if text.isascii():
        return text, ""
    text = unicodedata.normalize("NFC", text)
    unspaced = "\n".join(UNSPACED.findall(text))
    # Full-width letters and ligatures become plain ones here only: NFKC would take Thai vowels apart,
    # and the dictionaries do not know the pieces.
    spaced = unicodedata.normalize("NFKC", UNSPACED.sub(" ", text) if unspaced else text)
    return KOREAN_WORD.sub(_syllable_pairs, spaced), unspaced


def _syllable_pairs(match: re.Match[str]) -> str:
    word = match[0]
    pairs = " ".join(word[at : at + 2] for at in range(len(word) - 1))
    return f" {pairs or word} "  # apart from Latin letters: the API of `API를`


def _counts(vector: qdrant_edge.SparseVector) -> Counter[int]:
    """Return how often each token occurs, from weights without length normalisation: w = tf (k+1) / (tf+k)."""
    weights = zip(vector.indices, vector.values, strict=True)
    return Counter({index: round(K * weight / max(K + 1 - weight, 1e-6)) for index, weight in weights})


def _weighted(counts: Counter[int]) -> SparseVector:
    """Return BM25's document side over the length of all parts together."""
    norm = K * (1 - B + B * counts.total() / AVERAGE_TOKENS)
    ids = sorted(counts)
    return SparseVector(ids, [counts[each] * (K + 1) / (counts[each] + norm) for each in ids])
