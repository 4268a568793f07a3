"""How old a recording is, and may be."""

from __future__ import annotations

import datetime as dt
import re

from pytest_behavior_contract.errors import SettingsError

_AGE = re.compile(r"([0-9]{1,5}) ?(h|d|w)")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def read_age(text: str, name: str) -> dt.timedelta:
    """`90d`, `12w` or `36h` as a time; raises SettingsError, in which the setting is called `name`."""
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise SettingsError(f"{name} {text!r} is no age; write 90d, 12w or 36h")
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


def read_moment(text: str) -> dt.datetime | None:
    """When something was recorded, from ISO 8601, in UTC where it does not say; None for what is no time."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
