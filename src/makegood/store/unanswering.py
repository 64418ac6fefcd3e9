"""When the database does not answer: it is gone, full, or too slow. Where the line drops at the end of a unit of work
nobody knows whether it was done; before that nothing was.

Only the code of such an error may be logged: what it says can quote a value, which may be a person's words.
"""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

RETRY_SECONDS = 30
"""After so long whoever was turned away may ask again."""


def does_not_answer(error: BaseException | None) -> bool:
    """This function will say whether an error is the database's own trouble rather than the asking's."""
    return isinstance(error, OperationalError | InterfaceError)


def code_of_error(error: BaseException) -> str:
    """This function will return the type of an error, and of a database's its SQLSTATE and the constraint it names."""
    told = [type(error).__name__]
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    return " ".join([*told, *(one for one in (state, constraint) if one)])
