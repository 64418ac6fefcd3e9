"""Watched folders: each organization's files are taken in by the workers, and then moved to `done` or `failed`.

Rows of a file that were put aside lie in `failed` as a file of their own. The database says what became of a file, and
the folder follows: whatever is killed in between, the next look finds the
file where it was, knows it again, and moves it where it belongs. Nothing is taken twice, and nothing is lost.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import attrs
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.db.models import Q

from makegood.journal.operations import Happened, record
from makegood.listen.intake.apart import TOO_MANY
from makegood.listen.intake.folder_files import folder_file_bring
from makegood.listen.intake.reading import MOST_BYTES, name_plain
from makegood.listen.intake.report import report_csv
from makegood.listen.models import Intake, WatchedFolder
from makegood.store.clocks import now as store_now
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

STEADY_SECONDS = 5.0
TIDY_SECONDS = 3600.0
KEPT_DAYS = timedelta(days=30)
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
ENDS = {"done": "done", "failed": "failed", "dropped": "failed"}
GONE = "Somebody was erased while these rows waited, so what they held is gone: its page has their numbers."
LONGEST_STEM, LONGEST_SUFFIX, KEY_PART = 150, 40, 40
OnError = Callable[[str, int, Exception], None]


class Stamp(NamedTuple):
    """By what a file is seen to have changed: its size, when it was written, and which file it is."""

    size: int
    written_ns: int
    inode: int


@attrs.define
class Seen:
    """A file as it was seen: since when it has not changed, and its key once it was read."""

    stamp: Stamp
    since: float
    key: str = ""


class UnusableFolder(OSError):
    """This folder cannot be watched: the message says what to do."""


def folder_of(code: str) -> Path:
    """This function will return the folder of the organization of this code.

    Raises UnusableFolder for a code that is no name of a folder.
    """
    if code in ("", ".", "..") or Path(code).name != code:
        raise UnusableFolder(f"{code!r} is no name of a folder: this organization's cannot be watched")
    return Path(settings.FOLDERS) / code


def folder_watch(*, organization_id: int, active: bool, by: int | None, now: datetime) -> None:
    """This function will let the workers look into an organization's folder, or not any more."""
    row, _ = WatchedFolder.objects.update_or_create(
        organization_id=organization_id, defaults={"active": active, "trouble": "", "looked_at": None}
    )
    entry = Happened(
        at=now,
        event=f"listen:folder:{'watched' if active else 'left'}",
        subject="folder",
        subject_id=row.id,
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])


class Folders:
    """What one process has seen in the watched folders; a file counts as whole once it stays the same for a while."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], Seen] = {}
        self._tidied: dict[int, float] = {}

    def look(self, *, moment: float, only: Collection[int] | None = None, on_error: OnError | None = None) -> int:
        """Look into every folder, or those of `only` these; return how many files were taken or moved.

        `moment` is in seconds of any clock that only goes on. Errors go to `on_error`, or are raised without it.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT organization_id, code FROM finder.folders_watched() ORDER BY 1")
            found = cursor.fetchall()
        done = 0
        for organization_id, code in found:
            if only is not None and organization_id not in only:
                continue
            try:
                done += self._look(organization_id, code, moment)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                if on_error is None:
                    raise
                on_error("folder", organization_id, error)
        return done

    def _look(self, organization_id: int, code: str, moment: float) -> int:
        try:
            folder = folder_of(code)
            _made(folder)
            names = sorted(_names(folder))
        except OSError as error:
            _trouble(organization_id, _said(Path(settings.FOLDERS) / code, error))
            return 0
        self._forget(organization_id, set(names))
        trouble, done, unforeseen = "", 0, None
        for name in names:
            try:
                done += self._file(organization_id, folder, name, moment)
            except FileNotFoundError:
                continue  # another worker was quicker
            except (OperationalError, InterfaceError):
                raise
            except OSError as error:
                trouble = trouble or _said(folder / name, error)
            except Exception as error:  # noqa: BLE001  raised once the other files had their turn
                if not _known_by_another(error):
                    said = f"{name} cannot be taken in, and Makegood's log says why: let somebody look there"
                    trouble = trouble or said
                    unforeseen = unforeseen or error
        if moment - self._tidied.get(organization_id, float("-inf")) >= TIDY_SECONDS or _swept(organization_id):
            self._tidied[organization_id] = moment
            _tidy(organization_id, folder, self._lying(organization_id))
        _trouble(organization_id, trouble)
        if unforeseen is not None:
            raise unforeseen
        return done

    def _lying(self, organization_id: int) -> Q:
        """What tells which files lie in the folder: their keys or, of those not read yet, their names and sizes."""
        found = Q(pk__in=[])
        for (owner, name), seen in self._seen.items():
            if owner == organization_id:
                size = min(seen.stamp.size, MOST_BYTES + 1)
                found |= Q(file_key=seen.key) if seen.key else Q(name=name_plain(name), size=size)
        return found

    def _forget(self, organization_id: int, names: Collection[str]) -> None:
        for one in [one for one in self._seen if one[0] == organization_id and one[1] not in names]:
            del self._seen[one]

    def _file(self, organization_id: int, folder: Path, name: str, moment: float) -> int:
        path = folder / name
        stamp = _stamp(path)
        seen = self._seen.get((organization_id, name))
        if seen is None or seen.stamp != stamp:
            self._seen[organization_id, name] = Seen(stamp=stamp, since=moment)
            return 0
        if moment - seen.since < STEADY_SECONDS:
            return 0
        content = b""
        if not seen.key:
            content = _read(path, stamp)
            seen.key = file_key(name, stamp, content)
        with tenant(organization_id=organization_id):
            rows = Intake.objects.filter(organization_id=organization_id, file_key=seen.key)
            intake = rows.defer("content").first()
            aside = bytes(intake.content or b"") if intake and intake.state == "done" and _aside(intake) else b""
        if intake is None:
            content = content or _read(path, stamp)
            with tenant(organization_id=organization_id):
                folder_file_bring(organization_id=organization_id, name=name, content=content, file_key=seen.key)
                if _stamp(path) != stamp:
                    raise UnusableFolder(f"{name} changed while it was looked at: it is tried again")
            return 1
        if intake.state not in ENDS:
            return 0
        failed = ENDS[intake.state] == "failed"
        if not failed or not os.path.lexists(_target(folder, path, intake)):
            _put_aside(folder, path, stamp, intake, aside)
        if failed:
            _let_go(organization_id, intake.id, seen.key)
        self._seen.pop((organization_id, name), None)
        return 1


def file_key(name: str, stamp: Stamp, content: bytes) -> str:
    """This function will return what a file is known again by: its name, when it was written, and what it holds."""
    begin = f"{name}\x1f{stamp.size}\x1f{stamp.written_ns}\x1f".encode("utf-8", "surrogateescape")
    return hashlib.sha256(begin + content).hexdigest()


def _made(folder: Path) -> None:
    """Make the folder. Raises UnusableFolder where something else stands in its place."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in (folder, folder / "done", folder / "failed"):
        one.mkdir(exist_ok=True)
        if one.is_symlink():
            raise UnusableFolder(f"{one} is a link: let it be a folder of its own")


def _names(folder: Path) -> list[str]:
    """The files that may be taken: no folders, no links, none that is hidden or not finished."""
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if entry.is_file(follow_symlinks=False)
            and not entry.name.startswith(".")
            and not entry.name.lower().endswith(UNFINISHED)
        ]


def _stamp(path: Path) -> Stamp:
    found = path.lstat()
    return Stamp(size=found.st_size, written_ns=found.st_mtime_ns, inode=found.st_ino)


def _read(path: Path, stamp: Stamp) -> bytes:
    """Read a file that is still the one that was seen; of a larger one only as much as shows that it is."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or Stamp(found.st_size, found.st_mtime_ns, found.st_ino) != stamp:
            raise UnusableFolder(f"{path.name} changed while it was looked at: it is tried again")
        return file.read(MOST_BYTES + 1)


def _known_by_another(error: Exception) -> bool:
    """Tell whether a file is known already, as another worker was quicker."""
    cause = error.__cause__ if isinstance(error, IntegrityError) else None
    return getattr(getattr(cause, "diag", None), "constraint_name", "") == "intake_file_once"


def _target(folder: Path, path: Path, intake: Intake) -> Path:
    return folder / ENDS[intake.state] / _numbered(path, str(intake.id))


def _numbered(path: Path, number: str) -> str:
    """Return a file's name with a number in it, short enough for more to be added: names are of 255 bytes at most."""
    return f"{_cut(path.stem, LONGEST_STEM)}.{number}{_cut(path.suffix, LONGEST_SUFFIX)}"


def _cut(text: str, most: int) -> str:
    """Return as many whole letters as `most` bytes hold."""
    while len(os.fsencode(text)) > most:
        text = text[:-1]
    return text


def _put_aside(folder: Path, path: Path, stamp: Stamp, intake: Intake, aside: bytes) -> None:
    """Move a file to where its end says; one that was put in its place meanwhile comes back.

    In `failed` its report lies beside it or, where the file is done but for some rows, beside these (`aside`).
    """
    target = _target(folder, path, intake)
    if ENDS[intake.state] == "failed" or _aside(intake):
        left = folder / "failed" / target.name
        if aside:
            left = folder / "failed" / _numbered(path, f"{intake.id}.wrong")
            _laid(left, aside)
        _laid(left.with_name(f"{left.name}.report.csv"), report_csv(_problems(intake)).encode("utf-8-sig"))
    path.rename(target)
    if _stamp(target) != stamp:
        target.rename(folder / _numbered(path, f"{intake.id}.again"))


def _aside(intake: Intake) -> bool:
    """Tell whether rows of a file were put aside."""
    return bool(intake.result.get("aside"))


def _laid(path: Path, content: bytes) -> None:
    """Lay a file there, whole or not at all."""
    beside = path.with_name(f".{path.name}.tmp")
    _written(beside, content)
    beside.replace(path)


def _written(path: Path, content: bytes) -> None:
    """Write a new file: what a killed process left there goes, and nothing that was put there is written into."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _let_go(organization_id: int, intake_id: int, key: str) -> None:
    """Know a file that failed no longer by its key, so that it can be brought again as it is."""
    with tenant(organization_id=organization_id):
        mine = Intake.objects.filter(organization_id=organization_id, id=intake_id, file_key=key)
        mine.update(file_key=f"{key[:KEY_PART]}.{intake_id}")


def _problems(intake: Intake) -> list[list[object]]:
    nothing = "Nothing of it was imported." if intake.state != "done" else GONE
    error = intake.result.get("error") or (nothing if not intake.result.get("problems") else "")
    if intake.result.get("waits"):
        error = TOO_MANY
    return [*([["", "", error]] if error else []), *intake.result.get("problems", [])]


def _tidy(organization_id: int, folder: Path, lying: Q) -> None:
    """Delete what was put aside long ago, or all of it where somebody was erased, whom it may name.

    The latter goes on while a file that ended may be among those `lying` in the folder still: it is put aside next.
    """
    with tenant(organization_id=organization_id):
        row = WatchedFolder.objects.select_for_update().get(organization_id=organization_id)
        for one in [*(folder / "done").iterdir(), *(folder / "failed").iterdir()]:
            found = one.lstat()
            old = now_seconds() - found.st_ctime > KEPT_DAYS.total_seconds()
            if stat.S_ISREG(found.st_mode) and (row.sweep or old):
                one.unlink()
        ended = Intake.objects.filter(lying, organization_id=organization_id, state__in=ENDS, file_key__isnull=False)
        row.sweep = row.sweep and ended.exists()
        row.save(update_fields=["sweep"])


def now_seconds() -> float:
    """This function will return the wall clock's seconds, by which files are stamped."""
    return wall_now().timestamp()


def _swept(organization_id: int) -> bool:
    with tenant(organization_id=organization_id):
        return WatchedFolder.objects.filter(organization_id=organization_id, sweep=True).exists()


def _trouble(organization_id: int, said: str) -> None:
    """Keep that it was looked into, once a minute, and what is in the way, when that changes."""
    said = "".join(letter for letter in said if letter.isprintable())
    with tenant(organization_id=organization_id):
        moment_at = store_now(organization_id=organization_id)
        mine = WatchedFolder.objects.filter(organization_id=organization_id)
        stale = Q(looked_at__isnull=True) | Q(looked_at__lt=moment_at - timedelta(minutes=1)) | ~Q(trouble=said[:300])
        mine.filter(stale).update(looked_at=moment_at, trouble=said[:300])


def _said(path: Path, error: OSError) -> str:
    if isinstance(error, UnusableFolder):
        return str(error)
    return f"{path} cannot be used ({error.strerror or error}): let Makegood read and write it"
