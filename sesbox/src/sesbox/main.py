"""The command `sesbox serve`: the only place that builds things.

Lives here: from a command line to a running program and its end. Must not live here: anything that could be tested
without starting it. Doors: HTTP (http/), DNS (dns/), deliveries (delivery.py); in the middle the writer and the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sesbox import config as command_line
from sesbox.config import Config
from sesbox.http.port import PortTakenError, listen
from sesbox.parent import SIGNAL, Parent

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette

    from sesbox.certificate import Certificate
    from sesbox.clock import Clock
    from sesbox.console.desk import Desk
    from sesbox.delivery import Delivery, LookUp
    from sesbox.dns.zone import ScriptedZone
    from sesbox.http.app import App
    from sesbox.mailroom import Mailroom
    from sesbox.posting import Poster
    from sesbox.storage import Storage
    from sesbox.writer import World, Writer

CLOCK, CERTIFICATE, STANDING = "clock", "certificate", "standing"
PARENT_LOOK = 1.0

logger = logging.getLogger("sesbox")


@dataclass(frozen=True, slots=True)
class Box:
    """Everything one process is made of."""

    config: Config
    storage: Storage
    writer: Writer
    clock: Clock
    certificate: Certificate
    zone: ScriptedZone
    mailroom: Mailroom
    world: World
    base_url: str
    port: int

    async def clock_moved(self) -> None:
        """Keep the clock's state over a restart."""
        await self.writer.set_meta({CLOCK: self.clock.state()})


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns 1 with one line on stderr if it cannot start."""
    parent = Parent()
    config = command_line.read(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        listener = listen(config.host, config.port)
    except (PortTakenError, OSError) as error:
        print(f"sesbox: {error}", file=sys.stderr)
        return 1
    from sesbox.storage import Storage, StorageError

    with contextlib.ExitStack() as opened:
        opened.enter_context(listener)
        try:
            storage = Storage(config.data, account_id=config.account, fsync=config.fsync)
            opened.callback(storage.close)
            box = build(config, storage, listener.getsockname()[1])
        except (StorageError, ValueError) as error:
            print(f"sesbox: {error}", file=sys.stderr)
            return 1
        try:
            _run(box, listener, parent)
        except OSError as error:
            print(f"sesbox: {error}", file=sys.stderr)
            return 1
    return 0


def build(config: Config, storage: Storage, port: int) -> Box:
    """The box around an open file. Raises StorageError, ValueError for a zone file that cannot be read."""
    from sesbox.clock import Clock
    from sesbox.console.desk import ZONE
    from sesbox.dns.zone import ScriptedZone
    from sesbox.ids import RandomIds
    from sesbox.mailroom import Mailroom
    from sesbox.writer import World, Writer

    base_url = config.base_url or f"http://{_reachable(config.host)}:{port}"
    clock = Clock(time.time, storage.meta(CLOCK))
    profile = replace(config.profile, base_url=base_url)
    world = World(config.account, clock.now, RandomIds(os.urandom), profile)
    zone = ScriptedZone(config.zone.read_text(encoding="utf-8") if config.zone else storage.meta(ZONE) or "")
    writer = Writer(storage, world)
    mailroom = Mailroom(writer, storage, config.account, RandomIds(os.urandom))
    return Box(config, storage, writer, clock, _certificate(storage), zone, mailroom, world, base_url, port)


def _reachable(host: str) -> str:
    """The host part of a URL for an address to listen on."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 the question is whether it is
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _certificate(storage: Storage) -> Certificate:
    """The file's own key and certificate; the first start makes them, since receivers may have pinned them."""
    from sesbox.certificate import Certificate, make_certificate
    from sesbox.storage import Batch

    kept = storage.meta(CERTIFICATE)
    if kept is not None:
        return Certificate(**json.loads(kept))
    made = make_certificate(time.time())
    batch = Batch()
    batch.meta[CERTIFICATE] = json.dumps(
        {"private_key_pem": made.private_key_pem, "certificate_pem": made.certificate_pem}
    )
    storage.write(batch)
    return made


def _run(box: Box, listener: socket.socket, parent: Parent) -> None:
    from sesbox.http.server import new_loop

    loop = new_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(serve(box, listener, parent))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


async def serve(box: Box, listener: socket.socket, parent: Parent) -> None:
    """Open every door, tell that it is so, and close them in order when asked to stop. Raises OSError (DNS port)."""
    from sesbox.http.server import Server
    from sesbox.posting import Poster

    async with contextlib.AsyncExitStack() as doors:
        doors.push_async_callback(box.writer.close)
        sender = Poster()
        doors.push_async_callback(sender.close)
        delivery = _delivery(box, sender)
        box.writer.start(on_due=delivery.wake)
        await _take_over(box)
        dns_port = await _start_dns(box, doors)
        server = Server(_app(box, delivery, dns_port), partial(_tell_ready, box, dns_port))
        _stop_on_signals(server.stop, parent)
        doors.push_async_callback(_cancel, asyncio.ensure_future(delivery.run()))
        if box.config.die_with_parent and not parent.ask_for_signal():
            doors.push_async_callback(_cancel, asyncio.ensure_future(_watch(parent, server.stop)))
        if parent.gone and box.config.die_with_parent:
            return
        await server.serve(sockets=[listener])
    if box.config.ready_file is not None:
        box.config.ready_file.unlink(missing_ok=True)


async def _take_over(box: Box) -> None:
    """Let this command line hold for accounts that an earlier one has left in the file."""
    from sesbox.operations.account_settings import restart_as
    from sesbox.operations.reviewing import take_over

    profile, before = box.world.profile, box.storage.meta(STANDING)
    standing = json.dumps([profile.production, profile.max_24_hour_send, profile.max_send_rate])
    for region in await box.writer.regions():
        await box.writer.run(region, take_over)
        if before not in (None, standing) and (await box.writer.run(region, restart_as)).changes:
            logger.warning("the account in %s was used before; it now has the standing of this start", region)
    await box.writer.set_meta({STANDING: standing})


async def _cancel(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _delivery(box: Box, sender: Poster) -> Delivery:
    from sesbox.delivery import Delivery
    from sesbox.events.envelope import Signer

    certificate = box.certificate
    signer = Signer(certificate.key(), box.base_url + certificate.path)
    return Delivery(box.writer, box.storage, box.clock, sender, signer, box.base_url, _look_up(box))


def _app(box: Box, delivery: Delivery, dns_port: int | None) -> App:
    from sesbox.console.guard import foreign
    from sesbox.http.api import Api, Keys, Settings
    from sesbox.http.app import App
    from sesbox.ids import RandomIds
    from sesbox.operations import TABLE

    config, desk = box.config, _desk(box, delivery, dns_port)
    api = Api(
        box.writer,
        TABLE,
        Settings(
            account_id=config.account,
            region=config.region,
            keys=Keys({config.access_key_id: config.secret_access_key}, config.any_credentials),
            ids=RandomIds(os.urandom),
            wall=box.clock.wall,
            own_origin=lambda request: foreign("POST", request.headers, desk.own_hosts) is None,
        ),
    )
    return App(api, _pages(desk, box.certificate), desk.own_hosts)


def _desk(box: Box, delivery: Delivery, dns_port: int | None) -> Desk:
    from sesbox.console.desk import Desk

    async def clock_moved() -> None:
        await box.clock_moved()
        delivery.wake()

    config = box.config
    names = {urlsplit(box.base_url).hostname, config.host}
    return Desk(
        writer=box.writer,
        storage=box.storage,
        clock=box.clock,
        clock_moved=clock_moved,
        zone=box.zone,
        look_up=_look_up(box),
        as_sent=box.mailroom.as_sent,
        profile=box.world.profile,
        account_id=config.account,
        region=config.region,
        access_key_id=config.access_key_id,
        secret_access_key=config.secret_access_key,
        own_hosts=frozenset(name for name in names if name),
        dns_address=None if dns_port is None else f"{_reachable(config.host)}:{dns_port}",
    )


def _look_up(box: Box) -> LookUp:
    from sesbox.dns.check import look_up

    return lambda questions: look_up(box.zone.zone, questions)


def _pages(desk: Desk, certificate: Certificate) -> Starlette:
    """Everything that is not AWS's: the certificate, the control API, the console."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from sesbox.console.routes import inbox, lost, routes
    from sesbox.http import control

    async def certificate_file(_: Request) -> Response:
        return Response(certificate.certificate_pem, media_type="application/x-pem-file")

    own = [Route("/", inbox(desk)), Route(certificate.path, certificate_file)]
    return Starlette(
        routes=[*own, *control.routes(desk), *routes(desk)], exception_handlers={HTTPException: lost(desk)}
    )


async def _start_dns(box: Box, doors: contextlib.AsyncExitStack) -> int | None:
    if box.config.dns_port is None:
        return None
    from sesbox.dns.server import DnsServer

    server = DnsServer(lambda: box.zone.zone, box.mailroom.public_record)
    doors.push_async_callback(server.stop)
    return await server.start(box.config.host, box.config.dns_port)


def _stop_on_signals(stop: Callable[[], None], parent: Parent) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    if SIGNAL is not None:
        loop.add_signal_handler(SIGNAL, lambda: stop() if parent.gone else None)


async def _watch(parent: Parent, stop: Callable[[], None]) -> None:
    """Where no signal tells of the parent's end, look now and then."""
    while not parent.gone:
        await asyncio.sleep(PARENT_LOOK)
    stop()


def _tell_ready(box: Box, dns_port: int | None) -> None:
    """Write the ready file, whole or not at all, and greet."""
    config = box.config
    facts = {
        "pid": os.getpid(),
        "endpoint": box.base_url,
        "port": box.port,
        "dns_port": dns_port,
        "account": config.account,
        "region": config.region,
        "profile": config.profile.name,
        "access_key_id": config.access_key_id,
        "secret_access_key": config.secret_access_key,
        "certificate_url": box.base_url + box.certificate.path,
    }
    if config.open_to_others:
        logger.warning("%s lets other machines in under credentials that everybody knows", config.host)
    if config.ready_file is not None:
        _write_whole(config.ready_file, json.dumps(facts, indent=2) + "\n")
    print(
        f"sesbox listens on {box.base_url} (profile {config.profile.name}, region {config.region})\n"
        f"  export AWS_ENDPOINT_URL={box.base_url}\n"
        f"  export AWS_ACCESS_KEY_ID={config.access_key_id}\n"
        f"  export AWS_SECRET_ACCESS_KEY={config.secret_access_key}\n"
        f"  export AWS_DEFAULT_REGION={config.region}\n"
        f"Inbox and review desk: {box.base_url}/  State: {config.data}"
        + (f"\nDNS on port {dns_port}" if dns_port else ""),
        flush=True,
    )


def _write_whole(file: Path, text: str) -> None:
    """The secret is in it, so nobody else may read it; the rename shows it complete or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:  # noqa: PTH123
        out.write(text)
    draft.replace(file)


if __name__ == "__main__":
    sys.exit(main())
