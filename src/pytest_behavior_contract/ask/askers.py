"""All endpoints of a run: made when first asked, shared by all clauses, closed together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pytest_behavior_contract.ask.asker import Asker, Library, Live, RecordMode
from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.ask.engine import Engine
from pytest_behavior_contract.ask.local_model.server import LocalServer
from pytest_behavior_contract.errors import EndpointError, SettingsError
from pytest_behavior_contract.exchange import Exchange, Usage
from pytest_behavior_contract.results import Spending

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.batch import LiveBatch

BATCHES = Path(".behavior-contract") / "batches"
"""Where batches under way are noted, below pytest's root folder."""


class Askers:
    """The askers of a run by endpoint name.

    Args:
        settings: where names are looked up.
        mode: whether recordings are used, completed or made anew.
        root: the folder that paths in messages are relative to.
        addresses: embedded models that another process of the same run already serves, by release.
        purse: what all calls are paid from.
        share: how many processes the run has, which share the limits of each endpoint.
        batch_wait_seconds: how long to wait for batches; None where questions are asked one by one.
    """

    def __init__(
        self,
        settings: Settings,
        mode: RecordMode,
        root: Path,
        addresses: Mapping[str, str] | None = None,
        *,
        purse: Purse | None = None,
        share: int = 1,
        batch_wait_seconds: float | None = None,
    ) -> None:
        self.settings = settings
        self.mode = mode
        self.engine = Engine()
        self.library = Library(root)
        self._lock = threading.RLock()
        self._stopped: EndpointError | None = None
        self._askers: dict[str, Asker] = {}
        self._servers: dict[str, LocalServer] = {}
        self._addresses = dict(addresses or {})
        self.purse = purse or Purse()
        self._share = share
        self._root = root
        self._batch_wait_seconds = batch_wait_seconds
        self._batches: dict[str, LiveBatch] = {}

    def asker(self, name: str) -> Asker:
        """The asker of an endpoint; raises SettingsError for a name that is none."""
        with self._lock:
            return self._found(name)

    def judge(self, name: str) -> Asker:
        """The asker of a judge; that of the configuration for an empty name. Raises SettingsError."""
        return self.asker(self.settings.judge_named(name).name)

    def _found(self, name: str) -> Asker:
        if name not in self._askers:
            endpoint = self.settings.find(name)
            self._askers[name] = Asker(
                endpoint,
                self.mode,
                self.library,
                lambda heard: self._live(endpoint, heard),
                purse=self.purse,
                share=self._share,
                secrets=self.secrets(),
                in_batches=self._in_batches(endpoint),
            )
            self._askers[name].find_judge = self.judge
            if self._stopped is not None:
                self._askers[name].stop(self._stopped)
        return self._askers[name]

    def address(self, endpoint: Endpoint) -> str:
        """Base URL of an endpoint's server, for the surface it speaks; starts an embedded model. Empty: the vendor's.

        Raises EndpointError where the embedded model cannot be started.
        """
        if endpoint.api != "local":
            return endpoint.base_url
        release = endpoint.model
        if release not in self._addresses:
            self._servers.setdefault(release, LocalServer(release))
            self._addresses[release] = self._servers[release].address()
        surface = endpoint.provider.surface
        return self._addresses[release] + ("" if surface.startswith("anthropic") else "/v1")

    def local_addresses(self) -> dict[str, str]:
        return dict(self._addresses)

    def secrets(self) -> tuple[str, ...]:
        """The values of all keys that this run knows of; none of them is ever written."""
        return self.settings.secrets()

    def collect_batches(self, names: Iterable[str], judges: Iterable[str] = ()) -> list[str]:
        """Records what has come of earlier batches; returns a sentence about each that there is.

        Judges that have no batch API are asked one by one.
        """
        from pytest_behavior_contract.ask.batch_vendors import not_batchable

        said: list[str] = []
        for name in names:
            endpoint = self.settings.find(name)
            if not_batchable(endpoint):
                raise SettingsError(f"--contract-batch: endpoint {name}: {not_batchable(endpoint)}")
            said += self.engine.run(self._batch(endpoint).collect())
        for name in judges:
            endpoint = self.settings.find(name)
            if self._in_batches(endpoint):
                said += self.engine.run(self._batch(endpoint).collect())
        return said

    def stop(self, error: EndpointError) -> None:
        """Lets nothing more be asked; whoever waits for an answer gets the error."""
        with self._lock:
            # A judge that nobody has asked so far is not asked any more either.
            self._stopped = self._stopped or error
            for asker in self._askers.values():
                self.engine.call(asker.stop, error)

    def close(self) -> None:
        """Ends what is under way and every process that was started."""
        try:
            self.engine.cancel_all()
            for asker in list(self._askers.values()):
                if asker.is_live:
                    self.engine.run(asker.close())
            for batch in self._batches.values():
                self.engine.run(batch.close())
            self.engine.stop()
        finally:
            for server in self._servers.values():
                server.stop()

    def _in_batches(self, endpoint: Endpoint) -> bool:
        if self._batch_wait_seconds is None:
            return False
        from pytest_behavior_contract.ask.batch_vendors import not_batchable

        return not not_batchable(endpoint)

    def _live(self, endpoint: Endpoint, heard: Callable[[Mapping[str, str]], None]) -> Live:
        from pytest_behavior_contract.ask.live import LiveEndpoint, LiveFunction

        if self._in_batches(endpoint):
            return self._batch(endpoint)
        if endpoint.api == "python":
            return LiveFunction(endpoint, secrets=self.secrets())
        return LiveEndpoint(endpoint, heard, secrets=self.secrets(), base_url=self.address(endpoint))

    def _note_paid(self, endpoint: Endpoint, tape: Path, exchange: Exchange) -> None:
        """Charges the answer of an earlier run's batch to the clause whose tape it is on."""
        asker = self.asker(endpoint.name)
        reply = asker.provider.reply(exchange)
        usage = reply.usage or Usage(input_tokens=0, output_tokens=0)
        clause = f"{unquote(tape.parent.name)}/{unquote(tape.stem)}"
        usd = asker.prices.of_reply(reply)
        spent = Spending(calls=1, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, usd=usd)
        self.purse.note((clause, endpoint.name), spent)

    def _batch(self, endpoint: Endpoint) -> LiveBatch:
        if endpoint.name not in self._batches:
            from pytest_behavior_contract.ask.batch import LiveBatch

            self._batches[endpoint.name] = LiveBatch(
                endpoint,
                state_folder=self._root / BATCHES,
                root=self._root,
                secrets=self.secrets(),
                paid=lambda tape, exchange: self._note_paid(endpoint, tape, exchange),
                wait_seconds=self._batch_wait_seconds or 0.0,
            )
        return self._batches[endpoint.name]
