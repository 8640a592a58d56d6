"""The composition root: the one place where settings, store, engine and connectors meet.

    with open_app(read_settings()) as app:
        app.engine.open(...)

Without a database address an embedded PostgreSQL runs in the data folder; without the addresses of the outside systems their
local counterparts are expected on the loopback (`motcua counterparts`, or started by `motcua demo`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import Engine

from motcua.engine.clock import Clock, SystemClock
from motcua.engine.connectors import Connector
from motcua.engine.dossier_engine import DossierEngine
from motcua.engine.service_calls import CallRunner
from motcua.procedures_catalog.catalog import Catalog, load_catalog
from motcua.services import counterparts
from motcua.services.blobs import FolderBlobs
from motcua.services.calendars import load_calendars
from motcua.services.connectors import documents
from motcua.services.connectors.documents import Letterheads, letterhead_from_catalog
from motcua.services.connectors.national_portal.connector import OPERATIONS as PORTAL_OPERATIONS
from motcua.services.connectors.national_portal.connector import NationalPortalConnector
from motcua.services.connectors.national_portal.session import PortalSettings
from motcua.services.connectors.payment.connector import OPERATIONS as PAYMENT_OPERATIONS
from motcua.services.connectors.payment.connector import PaymentConnector, PaymentSettings
from motcua.services.connectors.signing import OPERATIONS as SIGNING_OPERATIONS
from motcua.services.connectors.signing import DevelopmentAuthority, SigningConnector
from motcua.services.operations import OPERATIONS
from motcua.services.payments import PaymentDesk
from motcua.services.settings import Settings
from motcua.services.storage.database import open_engine
from motcua.services.storage.embedded import start_embedded
from motcua.services.storage.migrations import migrate
from motcua.services.storage.postgres_store import PostgresStore

LOCAL_PORTAL_URL = "http://127.0.0.1:8901"
LOCAL_GATEWAY_URL = "http://127.0.0.1:8902"
# A bank and an account that no bank has, for the local counterpart of the gateway.
LOCAL_BANK_BIN = "970400"
LOCAL_ACCOUNT = "0000000000"


@dataclass(frozen=True)
class App:
    """Everything that a process of motcua needs, wired together."""

    settings: Settings
    clock: Clock
    database: Engine
    database_url: str
    store: PostgresStore
    engine: DossierEngine
    runner: CallRunner
    blobs: FolderBlobs
    catalog: Catalog
    payments: PaymentDesk
    trusted_roots: tuple[bytes, ...]

    def take_payment_confirmation(self, body: Mapping[str, Any]) -> dict[str, str]:
        """The gateway's call-back: verified, settled or refunded, and what to answer."""
        return self.payments.take(body)

    def ready(self) -> None:
        """Raises Unavailable when the database cannot be used."""
        self.store.incidents(limit=1)

    def check_calendars(self) -> None:
        """Read the calendar tables now, and make the country's calendar: what runs for long would rather not start than fail
        each command. Otherwise they are read by the first command that counts time. Raises the error of the row at fault.
        """
        self.engine.calendar_for("")

    def publish_catalog(self) -> int:
        """Publish every version of the catalogue's procedures; those already published stay as they are. Returns how many."""
        versions = [version for code in self.catalog.codes() for version in self.catalog.versions(code)]
        for version in versions:
            self.engine.publish(version)
        return len(versions)


@contextmanager
def open_app(settings: Settings, clock: Clock | None = None) -> Iterator[App]:
    """Connect, migrate and wire. Raises DatabaseUnreachable, EmbeddedServerFailed or another Unavailable."""
    if settings.database_url is not None:
        with _app_on(settings, settings.database_url, clock or SystemClock()) as app:
            yield app
        return
    server = start_embedded(settings.data_dir)
    try:
        with _app_on(settings, server.url, clock or SystemClock()) as app:
            yield app
    finally:
        server.stop()


@contextmanager
def _app_on(settings: Settings, url: str, clock: Clock) -> Iterator[App]:
    database = open_engine(url, connections=settings.database_connections)
    try:
        migrate(database)
        wall = SystemClock()
        store = PostgresStore(database, wall)
        blobs = FolderBlobs(settings.blobs_dir)
        catalog = load_catalog()
        calendars = cache(partial(load_calendars, settings.data_dir, catalog.authorities))
        engine = DossierEngine(store, clock, lambda authority_code: calendars().calendar_for(authority_code), OPERATIONS)
        identities = DevelopmentAuthority(settings.pki_dir, wall.now())
        letterheads: Letterheads = lambda code: letterhead_from_catalog(catalog, code)  # noqa: E731
        signing = SigningConnector(blobs, identities, letterheads)
        portal = NationalPortalConnector(portal_settings(settings, catalog))
        payment = PaymentConnector(payment_settings(settings))
        connectors: dict[str, Connector] = {
            **documents.build(blobs, f"{settings.public_url}/track", letterheads),
            **{operation.name: signing for operation in SIGNING_OPERATIONS},
            **{operation.name: portal for operation in PORTAL_OPERATIONS},
            **{operation.name: payment for operation in PAYMENT_OPERATIONS},
        }
        try:
            yield App(
                settings=settings,
                clock=clock,
                database=database,
                database_url=url,
                store=store,
                engine=engine,
                runner=CallRunner(
                    engine,
                    connectors,
                    blobs,
                    lease=timedelta(seconds=settings.lease_seconds),
                    first_pause=timedelta(seconds=settings.retry_seconds),
                ),
                blobs=blobs,
                catalog=catalog,
                payments=PaymentDesk(engine, payment_settings(settings).secret),
                trusted_roots=(identities.root_certificate,),
            )
        finally:
            portal.close()
            payment.close()
    finally:
        database.dispose()


def portal_settings(settings: Settings, catalog: Catalog) -> PortalSettings:
    """As whom to report to the portal; by default as the local counterpart knows us.

    The portal's codes of fields (lĩnh vực) are not in our data, so they are left out.
    """
    return PortalSettings(
        base_url=settings.portal_url or LOCAL_PORTAL_URL,
        unit_code=settings.portal_unit_code or counterparts.LOCAL_UNIT,
        username=settings.portal_user or counterparts.LOCAL_USERNAME,
        password=settings.portal_password or counterparts.LOCAL_PASSWORD,
        authority_names={code: authority.name for code, authority in catalog.authorities.items()},
    )


def payment_settings(settings: Settings) -> PaymentSettings:
    """As whom to collect; by default as the local counterpart knows us."""
    return PaymentSettings(
        gateway_url=settings.gateway_url or LOCAL_GATEWAY_URL,
        partner_id=settings.gateway_partner or counterparts.LOCAL_PARTNER,
        secret=settings.gateway_secret or counterparts.LOCAL_SECRET,
        bank_bin=settings.bank_bin or LOCAL_BANK_BIN,
        account=settings.bank_account or LOCAL_ACCOUNT,
        callback_base_url=settings.public_url,
    )
