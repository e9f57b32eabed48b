"""Run the notebooks on an invented history that always ends at the same moment, and store their outputs.

``make render`` writes each notebook as the repository holds it: with its outputs, and without any trace of the machine
or of the time of the run.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient

from tests.histories import history
from tests.transforms.report.warehouses import published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS_PER_CELL = 120


def shown_history() -> tuple[bytes, ...]:
    """Return the history behind the committed charts."""
    return history(5000, 200, 7)


def run(path: Path, data_dir: Path) -> NotebookNode:
    """Return a notebook with its outputs on a warehouse.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as sockets, _told(CBW_DATA_DIR=str(data_dir)):
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            record_timing=False,
            resources={"metadata": {"path": path.parent}},
        )
        kernel = client.create_kernel_manager()
        # Sockets in a private directory instead of a port: no other user's test run can reach this kernel.
        kernel.transport, kernel.ip = "ipc", f"{sockets}/kernel"
        client.execute()
    return cleaned(notebook)


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook without traces of its machine: versions, times, and the plain text of pictures and tables."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", []):
            _clean(output)
    return notebook


def texts(notebook: NotebookNode) -> list[list[Any]]:
    """Return the text outputs of each code cell, without pictures, whose bytes depend on the drawing library."""
    return [[_text(output) for output in cell.outputs] for cell in notebook.cells if cell.cell_type == "code"]


def _text(output: NotebookNode) -> Any:
    data = dict(output.get("data", {}))
    if "image/png" in data:
        return "a picture"
    return output.get("text") or data.get("text/html") or data.get("text/plain")


def _clean(output: NotebookNode) -> None:
    output.pop("metadata", None)
    if output.output_type in {"display_data", "execute_result"}:
        output["metadata"] = nbformat.from_dict({})
        # The plain text next to a picture or a table is an object's address or its class.
        if len(output.data) > 1:
            output.data.pop("text/plain", None)


@contextmanager
def _told(**variables: str) -> Iterator[None]:
    """Set environment variables for the kernel that the client starts inside the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def main() -> None:
    """Render every notebook in place."""
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "data"
        published(data_dir, shown_history())
        for path in NOTEBOOKS:
            nbformat.write(run(path, data_dir), path)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
