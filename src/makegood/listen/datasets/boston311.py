"""What people asked of the City of Boston in 2015: the target time of a request is a promise.

A request without a target promises nothing and is left out. Whether the city calls a case on time is not read: the
times say it. Some cases are closed before they are opened, so that word of keeping comes before its promise.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from makegood.listen.datasets.recorded import Body, Moment, Place, Recorded, local_moment
from makegood.listen.datasets.tables import rows_of

ZONE = "America/New_York"
OPENED, CLOSED = 0, 1
COLUMNS = ("CASE_ENQUIRY_ID", "OPEN_DT", "TARGET_DT", "CLOSED_DT", "TYPE", "Department")


class Request(NamedTuple):
    """One request of a citizen who is not named: what for, from whom, due when."""

    id: str
    what: str
    department: str
    due_at: datetime


def read(folder: Path) -> Recorded:
    """Read the city's requests (requests.csv.gz or requests.csv) in this folder.

    Raises UnusableData if the table or a column is missing.
    """
    requests: list[Request] = []
    moments: list[Moment] = []
    for row in rows_of(folder, "requests", COLUMNS):
        if not row["TARGET_DT"]:
            continue
        number = len(requests)
        due_at = _moment(row["TARGET_DT"])
        moments.append((_moment(row["OPEN_DT"]), OPENED, number))
        if row["CLOSED_DT"]:
            moments.append((_moment(row["CLOSED_DT"]), CLOSED, number))
        department = row["Department"].strip() or "none"
        requests.append(Request(id=row["CASE_ENQUIRY_ID"], what=row["TYPE"], department=department, due_at=due_at))
    moments.sort()

    def body(at: datetime, which: int, row: int) -> Body:
        request = requests[row]
        if which == CLOSED:
            data: Body = {"reference": request.id}
            return {"id": f"{request.id}:closed", "type": "promise.kept", "time": at, "data": data}
        data = {
            "reference": request.id,
            "kind": "request",
            "what": request.what,
            "customer": {"token": request.id},
            "place": request.department,
            "made_at": at,
            "due_at": request.due_at,
        }
        return {"id": f"{request.id}:opened", "type": "promise.made", "time": at, "data": data}

    departments = sorted({request.department for request in requests})
    return Recorded(
        kind="boston311",
        name="Requests to the City of Boston, 2015",
        source="requests",
        playbook="default",
        zone=ZONE,
        currency="USD",
        language="en",
        places=tuple(Place(code=code, name=code.strip("_"), kind="department") for code in departments),
        moments=moments,
        body=body,
    )


@lru_cache(maxsize=200_000)
def _moment(text: str) -> datetime:
    """Return the moment of a local time such as 01/31/2015 02:24:59 PM."""
    month, day, year, hour, minute, second = (int(text[start:end]) for start, end in _PARTS)
    hour = hour % 12 + (12 if text.endswith("PM") else 0)
    return local_moment(year, month, day, hour * 60 + minute, ZONE).replace(second=second)


_PARTS = ((0, 2), (3, 5), (6, 10), (11, 13), (14, 16), (17, 19))
