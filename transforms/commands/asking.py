"""An action asked of the pipeline, with its progress shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbw.settings import Settings


def ask_showing_progress(settings: Settings, action: str, **arguments: Any) -> Any:
    """Ask for an action as `transforms.service.requests.ask` does, with a progress bar."""
    from cbw.logs import write_errors_only
    from cbw.terminal import steps
    from transforms.service.requests import ask

    write_errors_only()
    with steps() as show:
        return ask(settings, action, arguments, show)
