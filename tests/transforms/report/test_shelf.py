"""A report appears whole or not at all, and the data directory keeps the latest sixty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbw.errors import ConfigurationError, WarehouseError
from tests.histories import sale, settings_for
from tests.processes import cbw
from tests.transforms.report.warehouses import published
from transforms.report import newest_report, write_report
from transforms.report.shelf import KEEP_REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return published(
        tmp_path_factory.mktemp("shelf") / "data", [sale("SHELF001"), sale("SHELF002", days_ago=3)]
    )


def test_the_newest_is_behind_the_link(settings: Settings) -> None:
    first, second = write_report(settings), write_report(settings)
    assert first != second
    assert newest_report(settings.data_dir) == second.resolve()
    link = settings.data_dir / "reports/latest.html"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()  # the data directory may be moved


def test_only_the_latest_are_kept(settings: Settings) -> None:
    reports = settings.data_dir / "reports"
    reports.mkdir(exist_ok=True)
    for number in range(KEEP_REPORTS + 5):
        (reports / f"report-20200101T{number:06}.000000Z.html").write_text("earlier")
    (reports / "mine.html").write_text("not ours to delete")
    newest = write_report(settings)
    kept = sorted(reports.glob("report-*.html"))
    assert len(kept) == KEEP_REPORTS
    assert kept[-1] == newest
    assert (reports / "mine.html").exists()


def test_there_is_no_newest_before_the_first(tmp_path: Path) -> None:
    assert newest_report(tmp_path) is None


def test_a_report_written_elsewhere_does_not_join_the_directory(settings: Settings, tmp_path: Path) -> None:
    before = newest_report(settings.data_dir)
    path = write_report(settings, days=7, output=tmp_path / "deep" / "mine.html")
    assert "last 7 days" in path.read_text(encoding="utf-8")
    assert newest_report(settings.data_dir) == before
    assert [each.name for each in path.parent.iterdir()] == ["mine.html"]


def test_nothing_published_is_an_error_that_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="cbw refresh"):
        write_report(settings_for(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WarehouseError, match="cannot be written to"):
        write_report(settings, output=tmp_path / "file" / "report.html")


def test_wrong_limits_of_the_user_are_named_and_no_report_is_made(settings: Settings, tmp_path: Path) -> None:
    theirs = settings.data_dir / "limits.csv"
    theirs.write_text(
        "metric,window_days,level,value,source\nrefund_rate,60,limit,15,mine\n", encoding="utf-8"
    )
    try:
        with pytest.raises(ConfigurationError, match=r"limits\.csv, line 2: the value 15 is no fraction"):
            write_report(settings, output=tmp_path / "report.html")
    finally:
        theirs.unlink()
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_where_it_is(settings: Settings, tmp_path: Path) -> None:
    done = cbw("report", "--json", "--days", 90, "--data-dir", settings.data_dir, cwd=tmp_path)
    assert done.json["path"] == str(newest_report(settings.data_dir))
    refused = cbw("report", "--data-dir", tmp_path / "nothing", cwd=tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert "cbw demo" in refused.err
