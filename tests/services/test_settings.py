"""Settings come from the environment, each with a default or a clear refusal."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from motcua.services.settings import SETTINGS, SettingInvalid, Settings, default_data_dir, read_settings


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings({"HOME": "/data/lan", "XDG_DATA_HOME": "/data"})
    assert settings.data_dir == Path("/data/motcua")
    assert settings.database_url is None
    assert settings.public_url == "http://127.0.0.1:8350"
    assert (settings.blobs_dir, settings.pki_dir) == (Path("/data/motcua/blobs"), Path("/data/motcua/pki"))


def test_the_data_folder_of_a_plain_user_lies_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert default_data_dir({"HOME": "/data/lan"}) == Path("/data/lan/.local/share/motcua")


def test_the_data_folder_of_root_is_one_that_its_database_user_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_data_dir({"HOME": "/root"}) == Path("/var/lib/motcua")


def test_every_setting_of_the_table_is_read_and_every_field_is_in_the_table() -> None:
    assert {setting.name for setting in SETTINGS} == {each.name for each in fields(Settings)}
    assert all(setting.about.endswith(".") for setting in SETTINGS)


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read_settings({"MOTCUA_PORT": "", "MOTCUA_DATABASE_URL": ""}) == read_settings({})


def test_what_is_set_wins() -> None:
    environ = {
        "MOTCUA_HOST": "0.0.0.0",
        "MOTCUA_PORT": "80",
        "MOTCUA_PUBLIC_URL": "https://motcua.example.vn/",
        "MOTCUA_LEASE_SECONDS": "5",
    }
    settings = read_settings(environ)
    assert (settings.host, settings.port, settings.lease_seconds) == ("0.0.0.0", 80, 5)
    assert settings.public_url == "https://motcua.example.vn"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MOTCUA_PORT", "eighty"),
        ("MOTCUA_PORT", "0"),
        ("MOTCUA_PORT", "65536"),
        ("MOTCUA_LEASE_SECONDS", "-1"),
        ("MOTCUA_WORKER_THREADS", "1001"),
        ("MOTCUA_PUBLIC_URL", "motcua.example.vn"),
        ("MOTCUA_PORTAL_URL", "ftp://portal"),
        ("MOTCUA_DATABASE_URL", "mysql://root@localhost/motcua"),
        ("MOTCUA_BANK_ACCOUNT", "12 34"),
        ("MOTCUA_HOST", "a\nb"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        read_settings({variable: value})
    assert str(caught.value).startswith(f"{variable} ")


def test_secrets_stay_out_of_messages_and_representations() -> None:
    with pytest.raises(SettingInvalid) as caught:
        read_settings({"MOTCUA_DATABASE_URL": "mysql://root:s3cret@localhost/motcua"})
    assert "s3cret" not in repr(caught.value.as_problem())
    secrets = {
        "MOTCUA_GATEWAY_SECRET": "s3cret",
        "MOTCUA_PORTAL_PASSWORD": "s3cret",
        "MOTCUA_DATABASE_URL": "postgresql://u:s3cret@h/d",
    }
    assert "s3cret" not in repr(read_settings(secrets))
