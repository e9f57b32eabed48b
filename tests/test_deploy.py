"""The files of deploy/ fit the product: their metrics and tests exist, and their units are sound."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.histories import settings_for
from tests.installations import install
from transforms.admin.app import create_admin_app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
# systemd's own scale is 0 (safe) to 100; an ordinary service without sandboxing has 96.
MOST_EXPOSURE = 15


@pytest.fixture(scope="module")
def sample_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the name of every sample that the admin listener serves."""
    data_dir = tmp_path_factory.mktemp("deploy") / "data"
    install(data_dir)
    text = create_admin_app(settings_for(data_dir)).test_client().get("/metrics").text
    return {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (DEPLOY / "grafana" / "clickbank-warehouse.json").read_text(encoding="utf-8")
    )
    return found


def dashboard_expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "5m")


def expressions() -> list[str]:
    return [*(rule["expr"] for rule in rules()), *dashboard_expressions()]


def test_every_expression_is_promql() -> None:
    assert len(expressions()) > 30
    for expression in expressions():
        promql_parser.parse(expression)


def test_every_metric_that_is_named_exists(sample_names: set[str]) -> None:
    named = {name for expression in expressions() for name in re.findall(r"\bcbw_\w+", expression)}
    assert named - sample_names == set()


def test_every_metric_is_alerted_on_or_shown(sample_names: set[str]) -> None:
    text = " ".join(expressions())
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in sample_names}
    assert {name for name in families if name not in text} == {"cbw_build_info"}


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"].endswith(".")
        assert len(rule["annotations"]["runbook"]) > 20
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells


def test_prometheus_scrapes_the_default_address() -> None:
    settings = settings_for(Path("data"))
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    [job] = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"{settings.admin_host}:{settings.admin_port}"]}]


@pytest.fixture(scope="session")
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        assert "CI" not in os.environ, "systemd-analyze is missing: .ci/packages installs it"
        pytest.skip("there is no systemd-analyze here (Debian: systemd)")
    return found


def test_each_process_has_its_unit() -> None:
    assert [unit.stem for unit in UNITS] == ["cbw-admin", "cbw-pipeline", "cbw-receive"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_well_formed_and_confined(unit: Path, systemd_analyze: str, tmp_path: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    program = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert program is not None
    installed = tmp_path / unit.name  # systemd-analyze verify checks that the program exists
    installed.write_text(text.replace(program[1], sys.executable))
    verified = subprocess.run(
        [systemd_analyze, "verify", installed], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    reviewed = subprocess.run(
        [systemd_analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert reviewed.returncode == 0, reviewed.stdout.splitlines()[-1]


def test_only_the_receiver_gets_the_secret_and_only_the_pipeline_may_write_the_tables() -> None:
    texts = {unit.stem: unit.read_text(encoding="utf-8") for unit in UNITS}
    assert [name for name, text in texts.items() if "webhook-secret" in text] == ["cbw-receive"]
    assert [name for name, text in texts.items() if "PrivateNetwork=yes" in text] == ["cbw-pipeline"]
    assert [name for name, text in texts.items() if "ReadOnlyPaths=/var/lib/cbw" in text] == ["cbw-admin"]
    for name in ("cbw-admin", "cbw-receive"):
        assert re.search(r"^InaccessiblePaths=.*events\.duckdb.*build\.duckdb", texts[name], re.MULTILINE)


def test_every_test_that_the_threat_model_names_exists() -> None:
    text = (DEPLOY / "THREATS.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::([\w:]+))?`", text)
    assert len(named) > 20
    for path, name in named:
        assert (ROOT / path).is_file(), path
        wanted = name.split("::")[-1]
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert not wanted or wanted in defined, f"{path}::{name}"
