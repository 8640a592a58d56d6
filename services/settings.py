"""Every setting of motcua, read once from the environment; `SETTINGS` is the table that the manual and the tests go through.

Nothing needs to be set: without any, everything runs on this machine with an embedded database and local counterparts of the
outside systems.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from motcua.errors import InvalidInput

PREFIX = "MOTCUA_"


class SettingInvalid(InvalidInput):
    """A setting has a value that cannot be used. The value itself is shown only where it is no secret."""

    def __init__(self, name: str, value: str | None, wanted: str) -> None:
        said = "has a value that" if value is None else f'is "{value}", which'
        super().__init__(
            f"{name} {said} is not {wanted}. Correct it, or leave it out to use the default.", name=name, wanted=wanted
        )


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """`$XDG_DATA_HOME/motcua`, else `~/.local/share/motcua`; for root `/var/lib/motcua`: its database runs as another user."""
    if environ.get("XDG_DATA_HOME"):
        return Path(environ["XDG_DATA_HOME"]) / "motcua"
    if os.geteuid() == 0:
        return Path("/var/lib/motcua")
    return Path(environ.get("HOME") or Path.home()) / ".local" / "share" / "motcua"


def _text(value: str) -> str:
    if "\x00" in value or not value.isprintable():
        raise ValueError
    return value


def _digits(value: str) -> str:
    if re.fullmatch(r"[0-9A-Za-z]+", value) is None:
        raise ValueError
    return value


def _path(value: str) -> Path:
    return Path(_text(value)).expanduser().absolute()


def _port(value: str) -> int:
    if not 1 <= (port := int(value)) <= 65535:
        raise ValueError
    return port


def _seconds(value: str) -> int:
    if not 1 <= (seconds := int(value)) <= 86_400:
        raise ValueError
    return seconds


def _count(value: str) -> int:
    if not 1 <= (count := int(value)) <= 1_000:
        raise ValueError
    return count


def _web_url(value: str) -> str:
    parts = urlsplit(_text(value))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    return value.rstrip("/")


def _database_url(value: str) -> str:
    parts = urlsplit(_text(value))
    if parts.scheme.partition("+")[0] not in {"postgresql", "postgres"} or not value.partition("://")[2]:
        raise ValueError
    return value


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` is what people read; `wanted` completes "… is not …"."""

    name: str
    about: str
    wanted: str
    read: Callable[[str], Any]
    default: str | None = None
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


_SECONDS = "a number of seconds up to 86400"
_COUNT = "a whole number from 1 to 1000"
_WEB = "a web address such as https://example.gov.vn"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "database_url",
        "The PostgreSQL database (15 or later). Without it an embedded server runs in the data folder.",
        "a database address such as postgresql://user:password@host:5432/motcua",
        _database_url,
        secret=True,
    ),
    Setting(
        "data_dir",
        "Where the embedded database, documents and development certificates lie. "
        "By default $XDG_DATA_HOME/motcua, else ~/.local/share/motcua; for root /var/lib/motcua.",
        "a folder",
        _path,
    ),
    Setting("host", "The address that the web server listens on.", "an address or host name", _text, "127.0.0.1"),
    Setting("port", "The port that the web server listens on.", "a whole number from 1 to 65535", _port, "8350"),
    Setting("public_url", "The address that call-backs and links name; by default http://HOST:PORT.", _WEB, _web_url),
    Setting("portal_url", "The national portal's interface. Without it a local counterpart stands in.", _WEB, _web_url),
    Setting("portal_user", "The user name at the national portal.", "a user name", _text),
    Setting("portal_password", "The password at the national portal.", "a password in printable characters", _text, secret=True),
    Setting("portal_unit_code", "The code of the unit that reports to the national portal.", "a unit code such as H05", _text),
    Setting("gateway_url", "The payment gateway. Without it a local counterpart stands in.", _WEB, _web_url),
    Setting("gateway_partner", "Our partner code at the payment gateway.", "a partner code", _text),
    Setting("gateway_secret", "The secret shared with the gateway.", "a secret of printable characters", _text, secret=True),
    Setting("bank_bin", "The bank that VietQR codes name, by its BIN.", "letters and digits only", _digits),
    Setting("bank_account", "The account that VietQR codes name.", "letters and digits only", _digits),
    Setting("lease_seconds", "How long a worker alone may make one service call.", _SECONDS, _seconds, "60"),
    Setting(
        "retry_seconds",
        "The pause before a service call that failed is made again; each further pause is three times as long.",
        _SECONDS,
        _seconds,
        "5",
    ),
    Setting("worker_threads", "How many service calls one worker makes at a time.", _COUNT, _count, "8"),
    Setting(
        "tick_seconds",
        "How often a worker looks for timers and calls that fell due.",
        "a number of seconds up to 86400",
        _seconds,
        "1",
    ),
    Setting("database_connections", "The most connections of one process.", _COUNT, _count, "10"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What SETTINGS describes, read. Secrets do not show in its repr."""

    data_dir: Path
    host: str
    port: int
    public_url: str
    lease_seconds: int
    retry_seconds: int
    worker_threads: int
    tick_seconds: int
    database_connections: int
    database_url: str | None = field(default=None, repr=False)
    portal_url: str | None = None
    portal_user: str | None = None
    portal_password: str | None = field(default=None, repr=False)
    portal_unit_code: str | None = None
    gateway_url: str | None = None
    gateway_partner: str | None = None
    gateway_secret: str | None = field(default=None, repr=False)
    bank_bin: str | None = None
    bank_account: str | None = None

    @property
    def blobs_dir(self) -> Path:
        """Where the bytes of documents lie."""
        return self.data_dir / "blobs"

    @property
    def pki_dir(self) -> Path:
        """Where the development certificates lie."""
        return self.data_dir / "pki"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; an empty variable is as good as none. Raises SettingInvalid."""
    values = {setting.name: _read(setting, environ.get(setting.variable) or setting.default) for setting in SETTINGS}
    values["data_dir"] = values["data_dir"] or default_data_dir(environ)
    values["public_url"] = values["public_url"] or f"http://{values['host']}:{values['port']}"
    return Settings(**{each.name: values[each.name] for each in fields(Settings)})


def _read(setting: Setting, value: str | None) -> Any:
    if value is None:
        return None
    try:
        return setting.read(value)
    except ValueError as cause:
        raise SettingInvalid(setting.variable, None if setting.secret else value, setting.wanted) from cause
