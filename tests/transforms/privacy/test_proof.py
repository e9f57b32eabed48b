"""An erasure ends with a search of every file, and its result is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbw.command import main
from tests.histories import receive, sale, settings_for
from transforms.archive.archive import archive
from transforms.pipeline.pipeline import Pipeline
from transforms.privacy.person import Person
from transforms.privacy.raw_search import CHUNK_BYTES, search_files

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

BRIEN = Person(frozenset({"brien@example.com"}))
BRIENS = [
    b'{"type":"other","note":"Hi,\\nbrien@example.com"}',
    b'{"type":"other","note":"Hi,\\tBRIEN@example.com\\/"}',
    b'{"type":"other","url":"https://example.org/?e=brien%2540example.com"}',
    b'{"type":"other","echo":"{\\"note\\":\\"\\\\nbrien\\\\u0040example.com\\"}","cc":"bob@example.com"}',
    b'{"type":"other","note":"\\u0022brien@example.com\\u0022"}',
    b"email='brien@example.com' and no JSON",
]
OTHERS = [
    b'{"type":"other","name":"Maeve","email":"maeve.o\'brien@example.com"}',
    b'{"type":"other","name":"Maeve","note":"write to maeve.o\\u0027brien@example.com, please"}',
    b'{"type":"other","name":"Al","email":"a&brien@example.com"}',
    b'{"type":"other","name":"Al","url":"https://example.org/?e=a%26brien%40example.com&x=1"}',
    b'{"type":"other","name":"Brien","email":"brien+shop@example.com"}',
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a warehouse with the person in every spelling, others and near relatives."""
    settings = settings_for(tmp_path_factory.mktemp("erased"))
    receive(settings.data_dir, [*BRIENS, *OTHERS, sale("R1")])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        archive(pipeline.store, settings)
    return settings


def test_one_person_is_erased_in_every_spelling_and_nobody_else(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["forget", "--email", "brien@example.com", "--data-dir", str(settings.data_dir)]
    assert main([*command, "--dry-run"]) == 0
    plan = capsys.readouterr().out.splitlines()
    assert plan[0].startswith(f"{len(BRIENS)} bodies in {len(BRIENS)} raw events name the address")
    assert [line for line in plan if line.startswith("another")] == [
        "another address in a body that would change: bob@example.com"
    ]
    assert [line.rpartition(" ")[2] for line in plan if "near relative" in line] == [
        "a&brien@example.com", "brien+shop@example.com", "maeve.o'brien@example.com",
    ]  # fmt: skip
    (settings.data_dir / "notes.txt").write_text("to brien%2540example.com")
    assert main([*command, "--yes"]) == 1, "a file that no erasure reaches holds the address"
    shown = capsys.readouterr().out
    assert "in every spelling: it is in 1 of them" in shown
    assert "notes.txt holds the address at 1 place\n" in shown
    assert "as a part of another, longer address" in shown
    assert "cbw makes no backups" in shown
    bodies = stored_bodies(settings)
    assert [body for body in OTHERS if body not in bodies] == []
    assert [body for body in bodies if BRIEN.count_in(body)] == []


def stored_bodies(settings: Settings) -> set[bytes]:
    with Pipeline(settings) as pipeline:
        rows = pipeline.store.connection.execute("select body from events.raw_events").fetchall()
    return {body for (body,) in rows}


SPELLINGS = [
    b"brien@example.com", b"BRIEN@Example.com", b"\\u0062rien@example.com", b"brien\\\\\\u0040example.com",
    b"bri%65n%40example.com", b"brien%2540example%252Ecom", b"brien&#64;example.com", b"brien&commat;example.com",
    b"\x00\xffbrien@example.com\xfe", b'\\nbrien@example.com"', b'"\\nbrien@example.com"',
]  # fmt: skip


def found(data_dir: Path, content: bytes, person: Person = BRIEN) -> tuple[int, int]:
    """Return at how many places of a file the person is found, and at how many a longer address."""
    (data_dir / "file").write_bytes(content)
    proof = search_files(data_dir, person, {}, lambda *_: None)
    assert (proof.files, proof.bytes) == (1, len(content))
    return proof.found.get("file", 0), proof.similar.get("file", 0)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_bytes_of_a_file_are_searched_in_every_spelling(tmp_path: Path, spelling: bytes) -> None:
    assert sum(found(tmp_path, b'{"x": "' + spelling + b'"}')) == 1


def test_an_address_with_other_letters_is_found(tmp_path: Path) -> None:
    person = Person(frozenset({"jos'é/ü@bücher.example"}))
    for spelling in (
        "jos'é/ü@bücher.example",
        "JOS'É/Ü@bücher.example",
        "jos\\'\\u00E9\\/\\u00fc@b%C3%BCcher.example",
    ):
        assert found(tmp_path, f'"{spelling}"'.encode(), person) == (1, 0)


def test_a_longer_address_is_told_apart(tmp_path: Path) -> None:
    assert found(tmp_path, b"<maeve.o'brien@example.com> <brien@example.com.au>") == (0, 2)


def test_no_place_is_lost_or_counted_twice_where_a_file_is_read_in_pieces(tmp_path: Path) -> None:
    content = bytearray(b" " * (2 * CHUNK_BYTES + 9))
    places = [0, *(CHUNK_BYTES * n + off for n in (1, 2) for off in (-2_100, -2_048, -2_000, -9, 900)), 5_000]
    places = [at for at in places if at + 20 < len(content)]
    for at in places:
        content[at : at + 17] = b"brien@example.com"
    assert found(tmp_path, bytes(content)) == (len(places), 0)
