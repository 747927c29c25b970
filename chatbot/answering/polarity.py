"""Whether two sentences say opposite things about the same words: cues of English, German, Korean, Chinese."""

import re
from collections.abc import Callable, Collection, Sequence

Terms = Callable[[str], Collection[int]]

NEGATIVE = re.compile(
    r"\b(?:not(?! only)|\w+n['’]t|no(?! doubt)|never|none|nothing|cannot|without|neither|unable|lacks?"
    r"|disabl\w+|turn(?:s|ed)? off|forbid\w*|prohibit\w*|den(?:y|ies|ied)|refus\w+|reject\w*|exclud\w+|optional|false"
    r"|nicht(?! nur)|kein\w{0,2}|nie|niemals|nichts|ohne|weder|deaktivier\w*|verboten|abgelehnt|freiwillig)\b"
    r"|않|못\s?하|못하|없|아니|아닙|안 (?=[가-힣])|말아야|마세요|비활성|금지|거부|비공개"
    r"|不(?![同仅但断过管])|没|無法|无法|无需|無需|未(?!来)|并非|禁用|禁止|关闭|拒绝|可选"
    r"|ません|できない|しない"
)
"""Words that turn a clause round; two in one clause cancel out (`cannot be disabled`)."""

CLAUSE = re.compile(
    r"[,;:，；：、()（）—]|[.!?](?=\s)|[。！？]|\s-\s"
    r"|\b(?:but|and|while|whereas|although|though|because|if|unless|when|so"
    r"|aber|sondern|und|wenn|weil|obwohl)\b"
    r"|지만|는데|(?<=[하되이])고 |但是|但|而"
)

PAIRS = (
    (r"increas|rais(?:e|ing)|grow", r"decreas|reduc|lower(?:s|ed|ing)\b|shrink"),
    (r"maximum|at most|up to", r"minimum|at least"),
    (r"before\b", r"after\b"),
    (r"faster\b", r"slower\b"),
    (r"higher\b|more\b|larger\b", r"lower\b|less\b|fewer\b|smaller\b"),
    (r"public\b", r"private\b"),
    (r"ascending", r"descending"),
    (r"synchronous", r"asynchronous"),
    (r"start(?:s|ed|ing)?\b", r"stop(?:s|ped|ping)?\b"),
    (r"add(?:s|ed|ing)?\b", r"remov|delet"),
    (r"mindestens", r"höchstens|maximal"),
    (r"erhöh|steiger", r"verringer|senk|reduzier"),
    (r"schneller", r"langsamer"),
    (r"öffentlich", r"privat"),
    (r"vor de[mr]\b", r"nach de[mr]\b"),
    (r"최대", r"최소"),
    (r"증가|늘어", r"감소|줄어"),
    (r"필수", r"선택"),
    (r"전에", r"후에"),
    (r"最多|最大", r"最少|至少|最小"),
    (r"增加|提高", r"减少|降低"),
    (r"之前", r"之后"),
    (r"公开", r"私有"),
)


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Return what finds any of them; in scripts with spaces only at the beginning of a word."""
    spaced = [word for word in words if word[0] < "\u0370"]
    others = [word for word in words if word[0] >= "\u0370"]
    return re.compile("|".join([rf"\b(?:{'|'.join(spaced)})"] * bool(spaced) + others))


OPPOSITES = tuple((_any_of([one]), _any_of([other])) for one, other in PAIRS)
POLE = _any_of([side for pair in PAIRS for side in pair])

LEAST_LIKENESS = 0.41
"""Share of all words of two clauses that both must have to be about the same thing (Jaccard)."""


def contradicts(claim: str, evidence: str, terms: Terms) -> bool:
    """
    Tell whether a clause of the claim is denied by the clause of the evidence that is most like it.

    A negation or one of a pair of opposites on one side only denies; both together cancel out.

    Args:
        terms: Gives the ids of a clause's words.
    """
    # once here is several times cheaper than patterns that ignore case
    claim, evidence = claim.lower(), evidence.lower()
    if not _has_cue(claim) and not _has_cue(evidence):
        return False
    theirs = [(clause, set(terms(clause))) for clause in _clauses(evidence)]
    return any(_denied(clause, set(terms(clause)), theirs) for clause in _clauses(claim))


def _clauses(text: str) -> list[str]:
    return [clause for clause in CLAUSE.split(text) if clause.strip()]


def _has_cue(text: str) -> bool:
    return NEGATIVE.search(text) is not None or POLE.search(text) is not None


def _denied(clause: str, words: set[int], theirs: list[tuple[str, set[int]]]) -> bool:
    alike = [(_likeness(words, others), other) for other, others in theirs]
    most = max((likeness for likeness, _ in alike), default=0.0)
    return most >= LEAST_LIKENESS and all(
        _differ(clause, other) for likeness, other in alike if likeness == most
    )


def _likeness(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _differ(one: str, other: str) -> bool:
    return (_is_negative(one) != _is_negative(other)) != _are_opposed(one, other)


def _is_negative(clause: str) -> bool:
    return len(NEGATIVE.findall(clause)) % 2 == 1


def _are_opposed(one: str, other: str) -> bool:
    return any(
        (a.search(one) and not b.search(one) and b.search(other) and not a.search(other))
        or (b.search(one) and not a.search(one) and a.search(other) and not b.search(other))
        for a, b in OPPOSITES
    )
