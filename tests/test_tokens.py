from itertools import pairwise

import pytest

from chatbot.tokens import estimate_tokens

# Sentences and counts as OpenAI published them with its announcement "Hello GPT-4o" (2024), vocabulary o200k.
PUBLISHED = {
    "english": ("Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!", 24),
    "french": (
        "Bonjour, je m'appelle GPT-4o. Je suis un nouveau type de modèle de langage, c'est un plaisir de vous"
        " rencontrer!",
        28,
    ),
    "german": (
        "Hallo, mein Name is GPT-4o. Ich bin ein neues KI-Sprachmodell. Es ist schön, dich kennenzulernen.",
        29,
    ),
    "turkish": (
        "Merhaba, benim adım GPT-4o. Ben yeni bir dil modeli türüyüm, tanıştığımıza memnun oldum!",
        30,
    ),
    "vietnamese": (
        "Xin chào, tên tôi là GPT-4o. Tôi là một loại mô hình ngôn ngữ mới, rất vui được gặp bạn!",
        30,
    ),
    "russian": ("Привет, меня зовут GPT-4o. Я — новая языковая модель, приятно познакомиться!", 23),
    "arabic": ("مرحبًا، اسمي جي بي تي-4o. أنا نوع جديد من نموذج اللغة، سررت بلقائك!", 26),
    "hindi": ("नमस्ते, मेरा नाम जीपीटी-4o है। मैं एक नए प्रकार का भाषा मॉडल हूँ। आपसे मिलकर अच्छा लगा!", 31),
    "chinese": ("你好，我的名字是GPT-4o。我是一种新型的语言模型，很高兴见到你!", 24),
    "japanese": ("こんにちわ、私の名前はGPT−4oです。私は新しいタイプの言語モデルです、初めまして", 26),
    "korean": (
        "안녕하세요, 제 이름은 GPT-4o입니다. 저는 새로운 유형의 언어 모델입니다, 만나서 반갑습니다!",
        27,
    ),
}


@pytest.mark.parametrize("language", PUBLISHED)
def test_a_sentence_counts_within_a_quarter_of_what_the_tokenizer_makes_of_it(language: str) -> None:
    text, published = PUBLISHED[language]
    assert 0.75 * published <= estimate_tokens(text) <= 1.25 * published


def test_nothing_counts_nothing_and_anything_at_least_one() -> None:
    assert [estimate_tokens(text) for text in ("", " ", "。", "a", "\n\n\n")] == [0, 1, 1, 1, 1]


def test_two_texts_together_count_no_more_than_by_themselves() -> None:
    texts = [text for text, _ in PUBLISHED.values()]
    for one, other in pairwise(texts):
        assert estimate_tokens(f"{one} {other}") <= estimate_tokens(one) + estimate_tokens(other)


def test_code_counts_more_per_character_than_prose() -> None:
    prose = "The quick brown fox jumps over the lazy dog and then runs away from it"
    code = "for(i=0;i<n;i++){a[i]=b[i]*2;}if(!x){return y[0];}while(k){k--;z=k+1;}"
    assert len(prose) == len(code)
    assert estimate_tokens(code) > 1.5 * estimate_tokens(prose)
