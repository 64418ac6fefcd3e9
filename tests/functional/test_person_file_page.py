"""The page that gives one person's data as a file: by an admin who knows who asked."""

from __future__ import annotations

import io
import zipfile

from tests.conftest import Org
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, signed_in

__all__ = ["_no_throttle", "_quick_passwords"]


def test_an_admin_who_knows_who_asked_gets_the_file(org: Org) -> None:
    client, url = signed_in(org, org.admin), f"/customers/{org.customer}/file"
    assert url in client.get(f"/customers/{org.customer}").content.decode()
    assert client.get(url).status_code == 200
    refused = client.post(url)
    assert (refused.status_code, "Tick that you know who asked." in refused.content.decode()) == (422, True)
    answer = client.post(url, {"sure": "on"})
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "private, no-store"
    whole = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert {"data.json", "index.html"} <= set(whole.namelist())
    assert b"Ana Ferreira" in whole.read("data.json")
    assert client.get("/customers/999999999/file").status_code == 404
    assert url not in signed_in(org, org.manager).get(f"/customers/{org.customer}").content.decode()
