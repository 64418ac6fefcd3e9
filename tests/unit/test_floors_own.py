"""A business's own packs: a folder, its files by name, and playbooks that may name them."""

import os
import re

import pytest
from tests.unit.test_floors_library import BLOCKS

from makegood.rules import packs, playbooks
from makegood.rules.packs import NoSuchPack, UnusablePack

SHOP = BLOCKS["yaml"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MAKEGOOD_FLOORS", str(tmp_path))
    return tmp_path


def write(folder, name, text=SHOP):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def with_packs(*names):
    return playbooks.text_of("default") + f"floor_packs: [{', '.join(names)}]\n"


def test_a_file_in_the_folder_is_a_pack_by_its_name(folder):
    write(folder, "corner-shop.yaml")
    assert "corner-shop" in packs.names()
    assert packs.load("corner-shop").title == "Our delivery promise"
    assert playbooks.parse(with_packs("corner-shop", "eu261")).floor_packs == ("corner-shop", "eu261")


def test_a_changed_file_is_read_again(folder):
    path = write(folder, "corner-shop.yaml")
    before = packs.load("corner-shop")
    assert packs.load("corner-shop") is before
    path.write_text(SHOP.replace("Our delivery promise", "Our new promise"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert packs.load("corner-shop").title == "Our new promise"


def test_without_a_folder_only_the_shipped_packs_are_there(monkeypatch):
    monkeypatch.delenv("MAKEGOOD_FLOORS", raising=False)
    assert set(packs.names()) == packs.shipped_names()
    with pytest.raises(NoSuchPack, match="there is no rule pack 'corner-shop'"):
        packs.load("corner-shop")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("other-name.yaml", SHOP, "other-name.yaml.name: must be other-name, as the file is called"),
        ("eu261.yaml", SHOP, "a pack of this name comes with Makegood"),
        ("Corner Shop.yaml", SHOP, "call the file by at most 60 small letters"),
        ("corner-shop.yaml", "name: corner-shop", "corner-shop.yaml: lacks facts"),
    ],
)
def test_an_unusable_file_says_what_to_do(folder, name, text, says):
    path = write(folder, name, text)
    with pytest.raises(UnusablePack, match=re.escape(says)):
        packs.own_pack(path)


def test_an_own_file_never_stands_for_a_law(folder):
    write(folder, "eu261.yaml", SHOP.replace("name: corner-shop", "name: eu261"))
    assert packs.load("eu261").evidence == "2.3"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("eu262",), "floor_packs[0] names no rule pack, which are"),
        (("eu261", "corner-shop.yaml"), "floor_packs[1] names no rule pack"),
        (("broken",), "floor_packs[0] names a rule pack that cannot be used: broken.yaml: lacks facts"),
    ],
)
def test_a_playbook_that_names_a_pack_which_cannot_be_loaded_is_refused(folder, names, says):
    write(folder, "broken.yaml", "name: broken")
    with pytest.raises(playbooks.UnusablePlaybook, match=re.escape(says)):
        playbooks.parse(with_packs(*names))


def test_a_frozen_playbook_is_read_though_its_pack_is_gone(folder):
    path = write(folder, "corner-shop.yaml")
    frozen = playbooks.data_of(with_packs("corner-shop"))
    path.unlink()
    assert playbooks.from_data(frozen).floor_packs == ("corner-shop",)
