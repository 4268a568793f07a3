"""A reply to whether it does what was asked: the provider's own signals first, then the text."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.stance.kinds import MANNERS, Manner, NonAnswer, Stance
from pytest_behavior_contract.judge.stance.signals import filter_signal, refusal_signal

__all__ = ["MANNERS", "Manner", "NonAnswer", "Stance", "stance"]


def stance(reply: Reply) -> Stance:
    """What a reply does; whether there is one at all is not asked, so that silence complies."""
    held_back = filter_signal(reply)
    if held_back:
        return Stance(kind="refuses", evidence=held_back, manner="filtered")
    refused = refusal_signal(reply)
    if refused:
        return Stance(kind="refuses", evidence=refused, manner="not willing")
    # The patterns of these modules take a while to compile, and whoever loads a contract loads every behavior.
    from pytest_behavior_contract.judge.stance.reading import clipped

    found = _of_text(clipped(reply.text))
    if found.kind == "refuses" and reply.tool_calls:
        # It says no and acts all the same: looks something up, hands over.
        return dataclasses.replace(found, kind="partly")
    return found


@lru_cache(maxsize=256)
def _of_text(text: str) -> Stance:
    """Several checks ask the same of one reply, so the last ones are kept."""
    from pytest_behavior_contract.judge.stance.scoring import shipped
    from pytest_behavior_contract.judge.stance.text import look_at, weigh

    return weigh(look_at(text), shipped())
