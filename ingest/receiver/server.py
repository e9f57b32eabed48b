"""Runs the receiver: Granian's main process, and workers that each own an inbox.

The main process holds the data directory, starts the workers and replaces those that die. A worker that
loses its main process ends itself, so that no worker serves without supervision.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces, Loops, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from cbw.addresses import check_certificate, free_address
from cbw.locks import hold_data_dir
from cbw.logs import Logger, configure_logging
from cbw.place import Place
from ingest.inbox.inbox import Bounds, Inbox
from ingest.receiver.app import create_app
from ingest.receiver.body import BodyLimits
from ingest.receiver.gate import Gate
from ingest.receiver.peers import Peers
from ingest.receiver.preflight import allow_open_files, refuse_unusable_inboxes
from ingest.receiver.recorder import Recorder
from ingest.receiver.watchdog import Pulse, Watchdog
from ingest.secrets.keyring import Keyring
from ingest.secrets.watch import ReloadRequests, SecretWatch

if TYPE_CHECKING:
    from cbw.settings import Settings

# Connections, not requests: slow senders hold theirs, and must not exclude others.
CONNECTIONS_PER_WORKER = 4096
FILES_NEEDED = CONNECTIONS_PER_WORKER + 256
HEAD_MILLISECONDS = 5_000
# A proxy keeps idle connections to us for about a minute. If we closed one first, an event that the proxy
# is sending on it would be lost; the proxy itself ends slow heads.
HEAD_MILLISECONDS_BEHIND_PROXY = 75_000
STOP_SECONDS = 3
# Granian's own lines go through our root logger instead of its handlers.
GRANIAN_LOGGING = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}

log = Logger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """The options of the receiver that are not settings."""

    behind_proxy: bool = False
    """Whether a proxy in front terminates TLS."""
    connections: int = CONNECTIONS_PER_WORKER
    """The most concurrent connections of a worker; further ones wait until one of them ends."""
    body_limits: BodyLimits | None = None
    """None: the defaults, with the size from the settings."""
    bounds: Bounds | None = None
    """The limits of each worker's inbox queue."""
    log_level: str = "info"
    log_json: bool | None = None


@dataclass(frozen=True, slots=True)
class _WorkerPlan:
    """The arguments of a worker; Python pickles them where it spawns processes instead of forking them."""

    settings: Settings
    keyring: Keyring
    reload_requests: ReloadRequests
    peers: Peers
    body_limits: BodyLimits
    bounds: Bounds | None
    pulse: Pulse
    log_level: str
    log_json: bool | None


def run_receiver(settings: Settings, serving: Serving | None = None) -> int:
    """Serve webhooks until SIGTERM or SIGINT, and return the exit code.

    Call it from the main thread of a process of its own. Logging is set up for the process and its workers. It ends
    itself with one line when the data directory is moved away or replaced.

    Raises:
        ConfigurationError: There is no valid secret, the data directory cannot be written or holds an inbox of
            a newer release, the address cannot be bound or is taken.
        AlreadyServedError: Another receiver works on this data directory.
    """
    serving = serving or Serving()
    configure_logging(level=serving.log_level, as_json=serving.log_json)
    plan = _WorkerPlan(
        settings=settings,
        keyring=Keyring.from_settings(settings),
        reload_requests=ReloadRequests(),
        peers=Peers.from_cidrs(settings.allowed_ips, settings.trusted_proxies),
        body_limits=serving.body_limits or BodyLimits(size=settings.max_body_bytes),
        bounds=serving.bounds,
        pulse=Pulse(),
        log_level=serving.log_level,
        log_json=serving.log_json,
    )
    check_certificate(settings)
    lock_fd = hold_data_dir(settings)
    try:
        place = Place.at_start(settings.data_dir)
        threading.Thread(target=place.watch, name="place-watch", daemon=True).start()
        refuse_unusable_inboxes(settings)
        address = free_address(settings.host, settings.port)
        _warn_if_exposed(address, settings, serving)
        return _serve(_server(settings, serving, address), plan)
    finally:
        os.close(lock_fd)


def _serve(server: MPServer, plan: _WorkerPlan) -> int:
    allow_open_files(FILES_NEEDED)
    # Granian would start new workers on SIGHUP; ours reload their secrets instead.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, plan.reload_requests.ask))
    threading.Thread(target=Watchdog(plan.pulse).run, name="watchdog", daemon=True).start()
    try:
        server.serve(target_loader=partial(_load_worker, plan), wrap_loader=False)
    except SystemExit as exc:
        # A stop signal to the process group reaches the workers too; Granian then takes their exit for a
        # failure.
        return 0 if server.interrupt_signal else int(exc.code or 0)
    return 0


def _server(settings: Settings, serving: Serving, address: str) -> MPServer:
    head = HEAD_MILLISECONDS_BEHIND_PROXY if serving.behind_proxy else HEAD_MILLISECONDS
    return MPServer(
        target="ingest.receiver.server",
        address=address,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.asyncio,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        backpressure=serving.connections,
        http1_settings=HTTP1Settings(header_read_timeout=head, max_buffer_size=64 * 1024),
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_dictconfig=GRANIAN_LOGGING,
    )


def _load_worker(plan: _WorkerPlan) -> Gate:
    """Build one worker's application, in the worker's process."""
    threading.Thread(target=_die_with_main, name="main-watch", daemon=True).start()
    configure_logging(level=plan.log_level, as_json=plan.log_json)
    inbox = Inbox.claim(plan.settings.inbox_dir, bounds=plan.bounds)
    log.info("receiver.worker_started", pid=os.getpid(), inbox=inbox.path.name)
    watch = SecretWatch(plan.keyring, plan.settings, plan.reload_requests)
    threading.Thread(target=watch.run, name="secret-watch", daemon=True).start()
    gate = Gate(
        create_app(plan.keyring, inbox),
        inbox,
        peers=plan.peers,
        body_limits=plan.body_limits,
        recorder=Recorder(inbox, plan.settings.data_dir),
        pulse=plan.pulse,
    )
    gc.freeze()  # the collector need not walk objects that live as long as the process
    return gate


def _die_with_main() -> None:
    """End this process as soon as its parent has ended; its acknowledged events are on disk."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


def _warn_if_exposed(address: str, settings: Settings, serving: Serving) -> None:
    if ip_address(address).is_loopback or serving.behind_proxy or settings.tls_cert is not None:
        return
    log.warning(
        "receiver.exposed_without_tls",
        address=address,
        risk="customers' data and signatures cross the network in clear text",
        hint="put a proxy with TLS in front and say --behind-proxy, or bind 127.0.0.1",
    )
