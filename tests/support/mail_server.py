"""A real IMAP server, Debian's Dovecot, on loopback and in a folder of its own; and a line to it that drops."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import attrs
from imapclient import IMAPClient
from tests.support.ports import free_port
from tests.support.waiting import until

from makegood.listen.mailbox.account import Account

DOVECOT = "/usr/sbin/dovecot"
PASSWORD = "open-sesame"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = {plain_refused}
auth_mechanisms = plain xoauth2
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
auth_failure_delay = 0 secs
first_valid_uid = 1
first_valid_gid = 1
{users}
passdb {{
  driver = static
  args = password={password} mechanisms=plain
}}
{oauth}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
NOT_ROOT = "default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}"
OAUTH = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""


@attrs.frozen(kw_only=True)
class MailHouse:
    """A running server: its ports (plain, and TLS from the start), and the file of who signed its certificate."""

    folder: Path
    port: int
    tls_port: int
    processes: list[subprocess.Popen[bytes]] = attrs.field(factory=list)

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def account(self, user: str = "shop", **changes: object) -> Account:
        """The way to a user's inbox, over a plain line unless told otherwise."""
        known = Account(
            host="127.0.0.1", port=self.port, security="none", username=user, secret=PASSWORD, folder="INBOX"
        )
        return attrs.evolve(known, **changes)

    def put(self, *mails: bytes, user: str = "shop", folder: str = "INBOX", at: datetime | None = None) -> None:
        """Let mails arrive in a folder, at that moment if it is told."""
        with self.line(user) as client:
            for one in mails:
                client.append(folder, one, msg_time=at)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        config = self.folder / "dovecot.conf"
        self.processes.append(subprocess.Popen([DOVECOT, "-c", str(config), "-F"], start_new_session=True))
        until(lambda: _answers(self.port), "the mail server")

    def kill(self) -> None:
        """Kill -9 it with all of its processes, lines and all."""
        os.killpg(self.processes[-1].pid, signal.SIGKILL)
        self.processes[-1].wait()

    @contextlib.contextmanager
    def line(self, user: str = "shop") -> Iterator[IMAPClient]:
        """A line of the user's own."""
        with IMAPClient("127.0.0.1", port=self.port, ssl=False, timeout=20) as client:
            client.login(user, PASSWORD)
            yield client

    def renumber(self, user: str, folder: str) -> None:
        """Give all mails of a folder other numbers, as moving to another server does."""
        with self.line(user) as client:
            client.normalise_times = False
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]", "INTERNALDATE"])
            client.close_folder()
            client.delete_folder(folder)
            client.create_folder(folder)
            for _, one in sorted(found.items()):
                client.append(folder, one[b"BODY[]"], msg_time=one[b"INTERNALDATE"])


@contextlib.contextmanager
def mail_house(*, plain_refused: bool = False, oauth_url: str = "") -> Iterator[MailHouse]:
    """Run a server; with `oauth_url` it asks there whose an access token is."""
    with tempfile.TemporaryDirectory(prefix="mg-mail-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        for name in ("run", "state", "mail"):
            (folder / name).mkdir()
        root = os.getuid() == 0
        if root:
            shutil.chown(folder / "mail", "mail", "mail")
        _certify(folder)
        port, tls_port = free_port(), free_port()
        if oauth_url:
            (folder / "oauth2.conf").write_text(
                f"introspection_mode = post\nintrospection_url = {oauth_url}\nusername_attribute = username\n"
            )
        config = CONFIG.format(
            folder=folder, port=port, tls_port=tls_port, password=PASSWORD,
            uid="mail" if root else os.getuid(), gid="mail" if root else os.getgid(),
            plain_refused="yes" if plain_refused else "no", oauth=OAUTH.format(folder=folder) if oauth_url else "",
            users="" if root else NOT_ROOT.format(user=_user(), group=_user()),
        )  # fmt: skip
        (folder / "dovecot.conf").write_text(config)
        house = MailHouse(folder=folder, port=port, tls_port=tls_port)
        try:
            house.start()
            yield house
        finally:
            for process in house.processes:
                process.terminate()
                process.wait(20)


def _user() -> str:
    return os.environ.get("USER") or str(os.getuid())


def _certify(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            return line.recv(10).startswith(b"* OK")
    except OSError:
        return False


class Dropping:
    """A line to a server that breaks now and then: after so many bytes of its answers, drawn from `seed`.

    With `most` 0 it never breaks by itself; `drop` breaks every line that is open.
    """

    def __init__(self, port: int, *, seed: int = 0, most: int = 0) -> None:
        self._to, self._random, self._most = port, random.Random(seed), most
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.lines = self.dropped = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._listening.close()
        self.drop()

    def drop(self) -> None:
        """Break every line."""
        for one in self._open:
            _shut(one)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                _shut(client)
                continue
            self.lines += 1
            self._open = [*self._open[-20:], client, server]
            left = self._random.randrange(100, self._most) if self._most else 0
            threading.Thread(target=self._pump, args=(client, server, 0), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, left), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, left: int) -> None:
        with contextlib.suppress(OSError):
            while got := source.recv(65536):
                if left and len(got) >= left:
                    target.sendall(got[:left])
                    self.dropped += 1
                    break
                left = left - len(got) if left else 0
                target.sendall(got)
        _shut(source)
        _shut(target)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
