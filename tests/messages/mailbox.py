"""A real SMTP server in a thread, as small as one can be, which answers as the test says."""

from __future__ import annotations

import base64
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


class Mailbox:
    """`refusals` are answers by command ("RCPT", "DATA", "." and so on) in place of the usual ones.

    With `tls` it offers STARTTLS, or with `at_once` speaks TLS from the first byte.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, at_once: bool = False) -> None:
        self.tls, self.at_once = tls, at_once
        self.refusals: dict[str, str] = {}
        self.got: list[EmailMessage] = []
        self.envelopes: list[tuple[str, str]] = []
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        mailbox = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                _Talk(mailbox, self).run()

        ThreadingTCPServer.daemon_threads = True
        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Talk:
    """One connection."""

    def __init__(self, mailbox: Mailbox, handler: StreamRequestHandler) -> None:
        self._mailbox, self._socket = mailbox, handler.connection
        self._secure, self._sender, self._recipient = False, "", ""

    def run(self) -> None:
        if self._mailbox.at_once:
            self._encrypt()
        self._file = self._socket.makefile("rwb")
        self._say("220 here")
        while line := self._file.readline():
            words = line.decode().strip()
            verb = words[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                break
            self._do(verb, words)
        self._socket.close()

    def _do(self, verb: str, words: str) -> None:
        if verb in self._mailbox.refusals:
            self._say(self._mailbox.refusals[verb])
        elif verb == "EHLO":
            offers = ["AUTH PLAIN"]
            if self._mailbox.tls and not self._secure:
                offers.append("STARTTLS")
            self._say(*(f"250-{offer}" for offer in ["here", *offers]), "250 8BITMIME")
        elif verb == "STAR":
            self._say("220 go")
            self._encrypt()
            self._file = self._socket.makefile("rwb")
        elif verb == "AUTH":
            _, user, password = base64.b64decode(words.split()[2]).decode().split("\0")
            self._mailbox.logins.append((user, password))
            self._say("235 welcome")
        elif verb == "DATA":
            self._say("354 go on")
            self._take()
        else:
            if verb == "MAIL":
                self._sender = words.partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                self._recipient = words.partition("<")[2].partition(">")[0]
            self._say("250 ok")

    def _take(self) -> None:
        raw = b""
        while (line := self._file.readline()) != b".\r\n":
            raw += line.removeprefix(b".") if line.startswith(b"..") else line
        if "." not in self._mailbox.refusals:
            self._mailbox.got.append(message_from_bytes(raw, policy=policy.default))
            self._mailbox.envelopes.append((self._sender, self._recipient))
            self._mailbox.encrypted.append(self._secure)
        self._say(self._mailbox.refusals.get(".", "250 taken"))

    def _encrypt(self) -> None:
        assert self._mailbox.tls is not None
        self._socket = self._mailbox.tls.wrap_socket(self._socket, server_side=True)
        self._secure = True

    def _say(self, *lines: str) -> None:
        self._file.write("".join(f"{line}\r\n" for line in lines).encode())
        self._file.flush()
