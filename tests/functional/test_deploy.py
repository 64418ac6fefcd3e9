"""The examples of deploy/ start what they say: the unit's service behind nginx, and what the container installs."""

from __future__ import annotations

import configparser
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.functional.commands import ask, children_of, temporary_home
from tests.support.ports import free_port
from tests.support.waiting import ends, until

from makegood.cli.backup import backups_in
from makegood.cli.erased import list_beside
from makegood.cli.listening import WAITING
from makegood.cli.supervising import STOP_SECONDS
from makegood.config.middleware import LARGEST
from makegood.public.views import UNKNOWN

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NAME = "help.example.com"
SECRET = "a secret of the tests of deployment"
BACKUPS = "/var/backups/makegood"


def unit() -> dict[str, str]:
    """The [Service] section of the unit, by setting."""
    read = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    read.optionxform = str
    read.read(DEPLOY / "makegood.service")
    return dict(read["Service"])


def environment_example() -> dict[str, str]:
    """The variables of the example, with those that it leaves commented out."""
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    return dict(line.removeprefix("# ").split("=", 1) for line in lines if re.match(r"(# )?[A-Z_]+=", line))


def container(instruction: str) -> list[str]:
    """What stands behind this instruction of the Containerfile, each time that it stands there."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    return [line.removeprefix(f"{instruction} ") for line in lines if line.startswith(f"{instruction} ")]


def in_the_container() -> list[list[str]]:
    """What the machine's cron runs of Makegood inside the container, after `makegood`."""
    lines = [line for line in (DEPLOY / "makegood-container.cron").read_text().splitlines() if line[:1] != "#"]
    found = [shlex.split(line)[5:] for line in lines]
    assert all(words[:5] == ["root", "docker", "exec", "makegood", "makegood"] for words in found)
    return [words[5:] for words in found]


@contextmanager
def started(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command meanwhile; it and what it started are gone afterwards."""
    with log.open("ab") as written:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=written, stderr=written, cwd=log.parent
        )
    try:
        yield process
    finally:
        family = children_of(process.pid)
        process.terminate()
        process.wait(300)
        for each in family:
            if each.is_running():
                each.kill()


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key, and a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "chain.pem", folder / "key.pem"


@contextmanager
def nginx(folder: Path, *, behind: int) -> Iterator[tuple[int, int]]:
    """Run nginx by the example, on ports of its own (TLS, plain), with a certificate of its own."""
    folder.mkdir()
    chain, key = certificate(folder)
    secured, plain = free_port(), free_port()
    site = (DEPLOY / "nginx.conf").read_text()
    for ours, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{secured} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{behind}"),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(chain)),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(key)),
    ):
        assert ours in site
        site = site.replace(ours, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;"
        f"{'user root;' if os.geteuid() == 0 else ''}"
        f"events {{}} http {{ access_log off; {temporary} {site} }}"
    )
    with started(
        ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], dict(os.environ), folder / "log"
    ):
        until(lambda: ask(plain, "/")[0] == 301, f"nginx answers: {(folder / 'log').read_text()}")
        yield secured, plain


def over_tls(port: int, path: str, trusted: Path, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask nginx, believing its certificate only: status, headers by their names in small letters, and body."""
    context = ssl.create_default_context(cafile=str(trusted))
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    try:
        connection.request("GET", path, headers={"Host": NAME} | headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def served_by_the_unit(home: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """The unit's command and environment, with this interpreter's Makegood, this home and this port for its own."""
    program, *arguments = shlex.split(unit()["ExecStart"])
    assert program == "/opt/makegood/.venv/bin/makegood"
    assert arguments[-2:] == ["--port", "8000"]
    elsewhere = ("DATABASE_URL", "EMAIL_URL", "MAKEGOOD_BACKUPS")
    file = {name: value for name, value in environment_example().items() if name not in elsewhere}
    named = {"MAKEGOOD_HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]}
    return [sys.executable, "-m", "makegood.cli", *arguments[:-1], str(port)], file | {
        "MAKEGOOD_SECRET": SECRET
    } | named


def scraped_count(port: int) -> float:
    """How many answers of health and metrics had been counted as it was asked."""
    told = ask(port, "/metrics")[1].decode()
    found = re.search(r'makegood_request_seconds_count{group="health",status="2xx"} (\S+)', told)
    return float(found[1]) if found else pytest.fail(told)


def test_the_unit_serves_behind_nginx_and_stops_when_it_is_asked(tmp_path: Path) -> None:
    with temporary_home(ready=True) as home:
        port, log = free_port(), home.path.parent / "log"
        said = partial(log.read_text, errors="replace")
        command, environment = served_by_the_unit(home.path, port)
        with started(command, environment, log) as process, nginx(tmp_path / "nginx", behind=port) as (secured, plain):
            until(lambda: ask(port)[0] == 200, f"all parts are well: {said()}")
            until(lambda: "open http" in said(), "it says where to open")
            trusted = tmp_path / "nginx" / "chain.pem"

            opening = re.search(r"(/set-up\?code=\S+) ", said()) or pytest.fail(said())
            status, headers, page = over_tls(secured, opening[1], trusted)
            assert (status, b"Set up your organization" in page) == (200, True)
            assert "Secure" in headers["set-cookie"]
            assert headers["strict-transport-security"] == "max-age=31536000"
            style = re.search(rb'href="(/static/[^"]+\.css)"', page)
            assert style is not None
            assert over_tls(secured, style[1].decode(), trusted)[0] == 200
            assert ask(plain, "/today", {"Host": NAME})[0] == 301
            told = [scraped_count(port) for _ in range(12)]
            assert told == sorted(set(told)), "whichever web process answers tells what all of them counted"

            guesses = [
                over_tls(secured, f"/s/guess-{number}", trusted, **{"X-Forwarded-For": f"203.0.113.{number}"})[0]
                for number in range(1, UNKNOWN + 2)
            ]
            assert guesses == [404] * UNKNOWN + [429], "whoever makes addresses up is still one client"

            found = subprocess.run(
                [sys.executable, "-m", "makegood.cli", "doctor", "--json"],
                env=environment | {"PORT": str(port), "MAKEGOOD_URL": f"http://127.0.0.1:{port}"},
                capture_output=True, text=True, check=False, timeout=600,
            )  # fmt: skip
            findings = {one["part"]: one for one in json.loads(found.stdout)["findings"]}
            assert [one for one in findings.values() if not one["well"]] == []
            assert findings["public address"]["text"] == f"http://127.0.0.1:{port} leads here"

            family = children_of(process.pid)
            assert unit()["KillMode"] == "mixed", "only the first process is asked to stop"
            with ends(process.pid, float(unit()["TimeoutStopSec"])):
                process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
            assert [each for each in family if each.is_running()] == []


def test_the_socket_is_where_the_unit_listens_and_a_reload_is_an_upgrade() -> None:
    read = configparser.ConfigParser(interpolation=None, delimiters="=")
    read.optionxform = str
    read.read(DEPLOY / "makegood.socket")
    words = shlex.split(unit()["ExecStart"])
    assert read["Socket"]["ListenStream"] == f"{words[words.index('--host') + 1]}:{words[words.index('--port') + 1]}"
    assert int(read["Socket"]["Backlog"]) == WAITING
    assert unit()["ExecReload"] == "/bin/kill -USR2 $MAINPID"
    assert float(unit()["TimeoutStopSec"]) > STOP_SECONDS


def test_nginx_lets_through_what_makegood_judges_itself() -> None:
    most = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())
    assert most is not None
    assert int(most[1]) * 1024 * 1024 > LARGEST


def test_every_variable_of_the_example_is_explained() -> None:
    explained = (ROOT / "docs" / "reference" / "settings.md").read_text()
    assert [name for name in environment_example() if f"| `{name}` |" not in explained] == []


def copied(source: Path) -> None:
    """Copy what the container copies, to where it does."""
    for line in container("COPY"):
        *names, target = line.split()
        for name in names:
            into = source / target / Path(name).name if target.endswith("/") else source / target
            into.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, into, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(ROOT / name, into)


def own_interpreter(folder: Path) -> tuple[str, Path]:
    """Make an environment with our packages and without the checkout: its interpreter, and where it installs."""
    venv.create(folder)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"))
    return str(folder / "bin" / "python"), packages


def test_the_container_runs_what_it_installs(tmp_path: Path) -> None:
    """Its last `pip install` is run on what it copies, and its command on that alone, away from the checkout."""
    copied(tmp_path / "source")
    python, installed = own_interpreter(tmp_path / "venv")
    assert {BACKUPS, "/var/lib/makegood"} == set(container("VOLUME"))
    user, packages, ours = container("RUN")
    assert user.endswith(f" --owner makegood --group makegood --mode 700 {BACKUPS}"), "who runs there may write there"
    assert all(BACKUPS in words for words in in_the_container())
    assert packages == "pip install --no-cache-dir --require-hashes --requirement requirements/run.txt"
    installing = [sys.executable, "-m", *shlex.split(ours), "--target", str(installed)]
    subprocess.run(installing, cwd=tmp_path / "source", check=True, capture_output=True, timeout=600)
    tracked = ["git", "-C", str(ROOT), "ls-files", "src/makegood"]
    listed = subprocess.run(tracked, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in listed if not (installed / Path(name).relative_to("src")).exists()] == []

    with temporary_home(ready=True) as home:
        port, log = free_port(), home.path.parent / "log"
        words = json.loads(container("CMD")[0])
        assert (words[0], words[-2:]) == ("makegood", ["--port", "8000"])
        environment = {"MAKEGOOD_HOME": str(home.path), "PATH": os.environ["PATH"]}
        with started([python, "-m", "makegood.cli", *words[1:-1], str(port)], environment, log):
            until(lambda: ask(port)[0] == 200, f"all parts are well: {log.read_text()}")
            assert ask(port, "/set-up")[0] == 200
            kept = tmp_path / "backups"
            kept.mkdir()
            for line in in_the_container():
                words = [str(kept) if word == BACKUPS else word for word in line]
                subprocess.run([python, "-m", "makegood.cli", *words], env=environment, check=True, capture_output=True)
            assert len(backups_in(kept)) == 1
            assert list_beside(kept) is not None
