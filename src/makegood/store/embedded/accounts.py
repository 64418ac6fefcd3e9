"""The system account that the database runs under, since PostgreSQL refuses to run as root.

An ordinary user runs it as themselves. Root runs it as the owner of Makegood's home directory, or, where that is root
too, as an account of its own that is made once. That account may need to pass through directories that are closed to
others: it alone is given the right to pass (not to list or read), by an access control list, and nobody else is.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import stat
import struct
import subprocess
from typing import TYPE_CHECKING

import attrs

from makegood.store.embedded.programs import UnableToStartDatabase

if TYPE_CHECKING:
    from pathlib import Path

NAME = "makegood-db"
ACL_ATTRIBUTE = "system.posix_acl_access"
ACL_VERSION = 2
OWNER, NAMED_USER, GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
NO_ID = 0xFFFFFFFF
PASS = 1


class UnableToPrepareAccount(UnableToStartDatabase):
    """The database cannot run as root, and no other account can be used; the message says what to do."""


@attrs.frozen(kw_only=True)
class Account:
    """A system account other than the current one."""

    uid: int
    gid: int


def account_of_database(home: Path) -> Account | None:
    """Return the account that the database in this home runs under, made if need be; None for the current one."""
    if os.geteuid() != 0:
        return None
    owner = home.stat()
    if owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    entry = _find() or _make()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd:
    turn = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if entry := _find():
            return entry
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
            problem = done.stderr.strip()
        except FileNotFoundError as error:
            problem = str(error)
    finally:
        os.close(turn)
    if entry := _find():
        return entry
    raise UnableToPrepareAccount(
        f"PostgreSQL does not run as root and the account {NAME} could not be made ({problem}): "
        "run Makegood as an ordinary user, or set DATABASE_URL"
    )


def let_pass(path: Path, account: Account) -> None:
    """Let the account, and it alone, pass through this directory and all directories above it.

    Raises UnableToPrepareAccount where the file system keeps no access control lists.
    """
    for directory in (path, *path.parents):
        status = directory.stat()
        owned = status.st_uid == account.uid and status.st_mode & stat.S_IXUSR
        if not owned and not status.st_mode & stat.S_IXOTH:
            _grant_pass(directory, account)


def _grant_pass(directory: Path, account: Account) -> None:
    try:
        entries = _with_pass(_read_acl(directory), account.uid)
        packed = struct.pack("<I", ACL_VERSION) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        os.setxattr(directory, ACL_ATTRIBUTE, packed)
    except (OSError, AttributeError) as error:
        raise UnableToPrepareAccount(
            f"The account {pwd.getpwuid(account.uid).pw_name}, which the database runs under, may not pass through "
            f"{directory}: run `chmod o+x '{directory}'`, or set MAKEGOOD_HOME to a directory that others may pass"
        ) from error


def _with_pass(entries: list[tuple[int, int, int]], uid: int) -> list[tuple[int, int, int]]:
    """Return the list with this user's right to pass added, in the order that the kernel asks for."""
    others = [entry for entry in entries if entry[0] != MASK and (entry[0], entry[2]) != (NAMED_USER, uid)]
    masks = [entry[1] for entry in entries if entry[0] == MASK] or [e[1] for e in entries if e[0] == GROUP]
    held = sum(entry[1] for entry in entries if (entry[0], entry[2]) == (NAMED_USER, uid))
    return sorted([*others, (NAMED_USER, held | PASS, uid), (MASK, masks[0] | PASS, NO_ID)], key=lambda e: (e[0], e[2]))


def _read_acl(directory: Path) -> list[tuple[int, int, int]]:
    """Return (tag, permissions, id) of each entry; from the mode bits where there is no list yet."""
    try:
        packed = os.getxattr(directory, ACL_ATTRIBUTE)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        mode = directory.stat().st_mode
        return [(OWNER, mode >> 6 & 7, NO_ID), (GROUP, mode >> 3 & 7, NO_ID), (OTHERS, mode & 7, NO_ID)]
    return [(tag, permissions, who) for tag, permissions, who in struct.iter_unpack("<HHI", packed[4:])]
