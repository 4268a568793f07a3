"""A server on the loopback that never comes to an end."""

from __future__ import annotations

import socket
import threading


class Slow:
    """A server that sends a first piece, and then a byte now and then, for ever."""

    def __init__(self, head, drip):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._stop = threading.Event()
        self._head, self._drip = head, drip
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                connection.recv(100_000)
                connection.sendall(self._head)
                while not self._stop.wait(0.02):
                    connection.sendall(self._drip)
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._socket.close()
