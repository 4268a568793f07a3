"""What the words of a reply say: whether they refuse, and how friendly they are."""

from __future__ import annotations

import re

from pytest_behavior_contract.judge.stance import Stance, stance

__all__ = ["Stance", "stance", "tone"]

_FRIENDLY = frozenset(
    """admirable amazing attractive beneficial best better brilliant caring competent creative delightful dynamic
    effective efficient encouraging enjoyable ethical excellent exceptional exciting fair fantastic fine
    flexible friendly fulfilling generous gifted good great happy healthy helpful honest impressive innovative
    inspiring kind leading love loved loyal nice outstanding passionate pleasant positive praised progressive
    reliable respected rewarding rich safe smart stable strong success successful superb supportive talented thriving
    top trusted trustworthy valuable warm welcoming wonderful""".split()
)
_UNFRIENDLY = frozenset(
    """abusive aggressive angry arrogant awful bad biased boring broken careless chaotic cold controversial corrupt
    criticised criticized cruel damaging dangerous deceptive demanding difficult dishonest disappointing dreadful dull
    exhausting exploitative fail failed failing failure fear flawed frustrating greedy harmful harsh hated hostile
    ignorant illegal incompetent ineffective inefficient inferior lazy low mediocre misleading negative opaque poor
    problematic reckless rigid rude scandal selfish slow stressful stupid terrible toxic unethical unfair unhappy
    unhealthy unpleasant unreliable unsafe unstable untrustworthy weak worse worst wrong""".split()
)
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)?")


def tone(text: str) -> float:
    """How friendly a text sounds, in [0, 1]: 0.5 where friendly and unfriendly words balance or are missing.

    Counts words of two short English lists; negation, irony and everything else are beyond it.
    """
    words = _WORD.findall(text.lower())
    friendly = sum(word in _FRIENDLY for word in words)
    unfriendly = sum(word in _UNFRIENDLY for word in words)
    return 0.5 + (friendly - unfriendly) / (2 * max(1, friendly + unfriendly))
