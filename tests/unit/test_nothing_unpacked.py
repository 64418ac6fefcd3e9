"""No bomb can go off: what people send is never parsed as XML, and unpacked only where it says here why that is safe."""

from __future__ import annotations

import re
from pathlib import Path

import makegood

ROOT = Path(makegood.__path__[0])
UNPACKING = re.compile(
    r"^\s*(?:import|from) (xml|lxml|html5lib|defusedxml|zipfile|tarfile|gzip|bz2|lzma|zlib|openpyxl|pandas)\b"
    r"|\b(unpack_archive)\b",
    re.MULTILINE,
)
KNOWN = {
    (
        "cli/archive.py",
        "tarfile",
    ): "a backup that the operator names, by the filter that lets nothing out of its folder",
    ("cli/drill.py", "tarfile"): "the same, as cli.archive opened it",
    ("keeping/person_file.py", "zipfile"): "writes one",
    ("listen/datasets/nycflights.py", "zipfile"): "a file of an installed package",
    ("listen/datasets/numbered.py", "gzip"): "names its errors",
    ("listen/datasets/numbered.py", "zlib"): "names its errors",
    (
        "listen/datasets/tables.py",
        "gzip",
    ): "data sets that an operator names; tables that people bring have rows of numbered.LONGEST_ROW at most",
    ("rules/playbooks/page.py", "xml"): "writes a drawing",
}


def test_what_is_unpacked_or_parsed_as_xml_is_known() -> None:
    found = {
        (str(path.relative_to(ROOT)), named)
        for path in ROOT.rglob("*.py")
        for names in UNPACKING.findall(path.read_text(encoding="utf-8"))
        for named in names
        if named
    }
    assert found == set(KNOWN), "say in KNOWN why what it opens cannot grow without bound, or reach out of its place"
