"""Every exception of the package, one class for each person who has to act.

BehaviorContractError
├── ContractFileError    the declaration is wrong: its author mends the file
├── SettingsError        an option or the TOML is wrong: whoever runs it mends that
├── EndpointError        the question could not be asked or was not answered
│   ├── BatchUnderWay    it was asked in a batch that has not ended yet
│   ├── MissingRecording replay found no recording
│   ├── SecretFound      a recording was not written because it held a key
│   ├── Transient        asking again may help
│   └── Stopped          the run was told to end here: its budget is spent, or somebody interrupted it
├── NotExpressible       the API surface has no such parameter, role or content
└── CassetteError        a file of recordings cannot be read or written

ClauseBroken (an AssertionError): it was measured, and the promise is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass


class BehaviorContractError(Exception):
    """The root of everything this package raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a contract file."""

    path: str
    line: int
    """1-based; 0 where the problem is the file as a whole."""
    key: str
    """The place within the document, `clauses[0].expect[1]`; empty for the whole file."""
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class ContractFileError(BehaviorContractError):
    """A contract file is wrong; carries all its problems, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.path, problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SettingsError(BehaviorContractError):
    """An option, the configuration or an endpoint's description is wrong."""


class EndpointError(BehaviorContractError):
    """The endpoint could not be asked, or gave no answer that could count as behavior."""

    def __init__(self, cause: str, detail: str = "", *, final: bool = False, paid: bool = False) -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
        """Short and the same for the same fault, so that it can be counted."""
        self.detail = detail
        self.final = final
        """Whether asking this endpoint again is pointless: no key, no server, no such model."""
        self.paid = paid
        """Whether the vendor may charge for it all the same: an answer was under way, and cannot be used."""


class BatchUnderWay(EndpointError):  # noqa: N818 - says what happened
    """The question waits in a batch at the vendor; the next run collects the answer."""

    def __init__(self, detail: str, *, paid: bool = False) -> None:
        super().__init__("batch under way", detail, final=True, paid=paid)


class MissingRecording(EndpointError):  # noqa: N818 - says what happened, as KeyError's readers expect
    """Replay needs an exchange that nobody has recorded."""


class SecretFound(EndpointError):  # noqa: N818
    """An exchange held something that looks like a key, so it was not written."""


class Transient(EndpointError):  # noqa: N818
    """A fault that may pass: asking again may help."""

    def __init__(
        self,
        cause: str,
        detail: str = "",
        *,
        final: bool = False,
        wait_seconds: float | None = None,
        too_much: bool = False,
        by_quota: bool = False,
        paid: bool = False,
    ) -> None:
        super().__init__(cause, detail, final=final, paid=paid)
        self.wait_seconds = wait_seconds
        """How long the server asks to be left alone; None where it does not say."""
        self.too_much = too_much
        """Whether the server says that it is asked too much, so that all requests should slow down."""
        self.by_quota = by_quota
        """Whether it is only too early: by the quota there will be an answer, so it may be asked again more often."""


class Stopped(EndpointError):  # noqa: N818
    """Nothing more is asked in this run; what is known so far stands."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause, detail, final=True)


class NotExpressible(BehaviorContractError):  # noqa: N818
    """An API surface has no way to say what the contract sends."""

    def __init__(self, surface: str, what: str) -> None:
        super().__init__(f"{surface} has no {what}")
        self.surface = surface
        self.what = what


class CassetteError(BehaviorContractError):
    """A file of recordings cannot be read or written."""


class RecordingTooLong(CassetteError):  # noqa: N818
    """An exchange would make a longer line than is read."""


class ClauseBroken(AssertionError):  # noqa: N818
    """A clause was measured, and its promise is not kept."""
