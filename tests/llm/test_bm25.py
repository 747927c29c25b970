import unicodedata

import pytest
import qdrant_edge

from chatbot.llm.bm25 import Bm25Encoder


@pytest.fixture(scope="module")
def encoder() -> Bm25Encoder:
    return Bm25Encoder()


def ids(encoder: Bm25Encoder, text: str) -> set[int]:
    return set(encoder.encode_query(text).indices)


ENGLISH = "The quick brown foxes jumped over the lazy dogs, and the dogs slept."
TEXTS = [
    ENGLISH,
    "如何创建集合",
    "프로그래밍을 배우다",
    "สวัสดีครับ ผมชื่อ",
    "Qdrant 集合 collections 프로그래밍 100 ครับ",
]


@pytest.mark.parametrize("text", ["", "  \n", "...", "the and of"])
def test_text_without_words_has_an_empty_vector(encoder: Bm25Encoder, text: str) -> None:
    assert list(encoder.encode_passage(text).indices) == list(encoder.encode_passage(text).values) == []
    assert list(encoder.encode_query(text).indices) == list(encoder.encode_query(text).values) == []


@pytest.mark.parametrize("text", TEXTS)
def test_ids_ascend_and_each_has_a_weight(encoder: Bm25Encoder, text: str) -> None:
    for vector in (encoder.encode_passage(text), encoder.encode_query(text)):
        assert list(vector.indices) == sorted(set(vector.indices)) != []
        assert len(vector.values) == len(vector.indices)
        assert min(vector.values) > 0


@pytest.mark.parametrize("text", TEXTS)
def test_passage_and_question_share_their_ids(encoder: Bm25Encoder, text: str) -> None:
    assert list(encoder.encode_passage(text).indices) == list(encoder.encode_query(text).indices)


def test_english_has_the_weights_of_the_engine_itself(encoder: Bm25Encoder) -> None:
    engine = qdrant_edge.Bm25().embed_document(ENGLISH)
    vector = encoder.encode_passage(ENGLISH)
    assert list(vector.indices) == engine.indices
    assert list(vector.values) == pytest.approx(engine.values)


def test_forms_of_an_english_word_are_one_word(encoder: Bm25Encoder) -> None:
    assert ids(encoder, "collections") == ids(encoder, "Collection") != ids(encoder, "connection")


@pytest.mark.parametrize("foreign", ["如何创建集合", "ครับ", "プログラム", "프로그래밍"])
def test_a_word_keeps_its_id_in_foreign_company(encoder: Bm25Encoder, foreign: str) -> None:
    mixed = ids(encoder, f"{foreign}collections 3.5{foreign}")
    assert mixed >= ids(encoder, "collections 3.5")
    assert mixed >= ids(encoder, foreign)


def test_weights_of_mixed_text_are_those_of_one_text(encoder: Bm25Encoder) -> None:
    """The more words in any script, the less each weighs, as BM25's length normalisation wants it."""
    weight = {}
    for count in (1, 400):
        vector = encoder.encode_passage("collection " + "集合。" * count)
        weight[count] = dict(zip(vector.indices, vector.values, strict=True))[min(ids(encoder, "collection"))]
    assert weight[400] < weight[1]


def test_a_repeated_word_weighs_more_in_every_script(encoder: Bm25Encoder) -> None:
    for word in ("collection", "集合", "프로"):
        once = encoder.encode_passage(f"集合 {word} x").values
        often = encoder.encode_passage(f"集合 {word} {word} {word} x").values
        assert max(often) > max(once)


def test_a_chinese_word_is_found_inside_a_sentence(encoder: Bm25Encoder) -> None:
    assert ids(encoder, "集合") <= ids(encoder, "首先我们需要创建集合")


def test_a_korean_word_matches_itself_with_a_particle(encoder: Bm25Encoder) -> None:
    plain = ids(encoder, "프로그래밍")
    assert plain
    assert plain <= ids(encoder, "프로그래밍을")


def test_composed_and_decomposed_letters_are_the_same(encoder: Bm25Encoder) -> None:
    for text in ("Häuser öffnen", "프로그래밍", "ﬁle １２３", "プログラム"):
        assert ids(encoder, unicodedata.normalize("NFD", text)) == ids(encoder, text)
    assert ids(encoder, "ﬁle １２３") == ids(encoder, "file 123")
