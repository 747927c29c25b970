"""What a claim must not get wrong: numbers, and names as they are written in code."""

import re

NUMBER = re.compile(r"(?<![A-Za-z0-9_.,])\d+(?:[.,:]\d+)*(?![A-Za-z]*_)")
UNIT = re.compile(r"\s?(?:[%$€£]|[^\W\d_]+)")
GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
WORDS = {
    word: str(value)
    for value, words in {
        2: "two both zwei beide 두 两 二",
        3: "three drei 세 三",
        4: "four vier 네 四",
        5: "five fünf 다섯 五",
        6: "six sechs 여섯 六",
        7: "seven sieben 일곱 七",
        8: "eight acht 여덟 八",
        9: "nine neun 아홉 九",
        10: "ten zehn 열 十",
        11: "eleven elf",
        12: "twelve zwölf dozen dutzend",
        20: "twenty zwanzig",
        30: "thirty dreißig",
        100: "hundred hundert",
        1000: "thousand tausend",
    }.items()
    for word in words.split()
}
LETTERS = re.compile(r"[^\W\d_]+")
HAN_DIGIT = re.compile("[两二三四五六七八九十]")

CODE = re.compile(
    r"`([^`\n]{1,60})`"  # what is marked as code
    r"|(?<![\w-])(--?[A-Za-z][\w-]*)"  # options
    r"|\b([A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*)\b"  # snake_case, camelCase, PascalCase
)


def numbers(text: str) -> frozenset[str]:
    """Return the numbers written in figures, in one form: `1,000` and `1.000` are `1000`, `3,5` is `3.5`."""
    return frozenset(_plain(found) for found in NUMBER.findall(text))


def all_numbers(text: str) -> frozenset[str]:
    """Return the numbers written in figures or as words."""
    low = text.lower()
    spelled = [WORDS[word] for word in LETTERS.findall(low) if word in WORDS]
    spelled += [WORDS[digit] for digit in HAN_DIGIT.findall(text)]
    return numbers(text) | frozenset(spelled)


def by_unit(text: str) -> dict[str, frozenset[str]]:
    """Return the numbers by the beginning of the word behind each: `30 days` and `14 Tage` under `day`, `tag`."""
    found: dict[str, frozenset[str]] = {}
    for number in NUMBER.finditer(text):
        if unit := UNIT.match(text, number.end()):
            name = _unit(unit[0].strip().lower())
            found[name] = found.get(name, frozenset()) | {_plain(number[0])}
    return found


def _unit(word: str) -> str:
    return word[:3] if word.isascii() else word[:1]


def _plain(number: str) -> str:
    if GROUPED.fullmatch(number):
        return number.replace(",", "").replace(".", "")
    return number.replace(",", ".")


def code(text: str) -> frozenset[str]:
    """Return the names written as code, in small letters."""
    names = ("".join(m.groups(default="")).strip().lower() for m in CODE.finditer(text))
    return frozenset(filter(None, names))


def mentions(text: str, name: str) -> bool:
    """Tell whether a name stands in a text (both in small letters), not merely as part of a longer word."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (_is_word(text[at - 1 : at]) and _is_word(name[0])) and not (
            _is_word(text[end : end + 1]) and _is_word(name[-1])
        ):
            return True
        at = text.find(name, at + 1)
    return False


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())
