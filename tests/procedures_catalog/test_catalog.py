"""The catalogue that comes with the product, and what it says about codes and days that it does not know."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from motcua.procedures_catalog.authority import AuthorityRowInvalid, UnknownAuthority, authorities_from_rows
from motcua.procedures_catalog.catalog import BPMN, DATA, ModelMissing, NoVersionInForce, UnknownProcedure, load_catalog
from motcua.procedures_catalog.register import RegisterRowInvalid, procedure_from_register
from motcua.procedures_catalog.roles import ROLES

FIRST_DAY = date(2025, 7, 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the data that a test may change."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def change(data: Path, code: str, **keys: object) -> None:
    path = data / "procedures" / f"{code}.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text(encoding="utf-8")) | keys, allow_unicode=True), encoding="utf-8")


def test_the_procedures_that_can_be_filed_are_those_with_a_model_in_the_order_of_their_codes() -> None:
    catalog = load_catalog()
    assert {"1.000828", "1.001193", "2.000815", "3.000333"} <= set(catalog.modelled_codes())
    assert list(catalog.modelled_codes()) == sorted(code for code in catalog.codes() if catalog.has_model(code))


@pytest.mark.parametrize("code", load_catalog().modelled_codes())
def test_a_version_holds_the_model_of_the_procedure_and_its_row(code: str) -> None:
    catalog = load_catalog()
    version = catalog.version_in_force(code, date(2026, 3, 2))
    procedure = catalog.procedure(code)
    assert version.code == code
    assert procedure_from_register(version.register) == procedure
    assert f'<motcua:procedure code="{code}"/>'.encode() in version.model
    assert len(version.version_id) == len(sha256().hexdigest())


def test_every_procedure_has_a_version_of_its_own() -> None:
    catalog = load_catalog()
    codes = catalog.modelled_codes()
    assert len({catalog.version_in_force(code, FIRST_DAY).version_id for code in codes}) == len(codes)


def test_before_the_first_version_the_error_says_when_it_begins() -> None:
    with pytest.raises(NoVersionInForce) as caught:
        load_catalog().version_in_force("1.001193", FIRST_DAY - timedelta(days=1))
    assert str(caught.value) == 'No version of "1.001193" is in force on 2025-06-30; the first is in force from 2025-07-01.'


def test_an_unknown_code_brings_the_nearest_one() -> None:
    with pytest.raises(UnknownProcedure, match=r'No procedure has the code "1\.00119"; did you mean 1\.001191\?'):
        load_catalog().procedure("1.00119")
    with pytest.raises(UnknownProcedure, match="motcua catalog list"):
        load_catalog().version_in_force("nonsense", FIRST_DAY)


def test_the_catalogue_is_read_once() -> None:
    assert load_catalog() is load_catalog()


def test_two_versions_follow_each_other_without_a_day_in_common(data: Path) -> None:
    change(
        data,
        "1.001193",
        versions=[
            {"in_force_from": "2025-07-01", "in_force_until": "2026-06-30", "source": "x"},
            {"in_force_from": "2026-07-01", "in_force_until": "2026-12-31", "source": "x"},
        ],
    )
    catalog = load_catalog(data)
    assert catalog.version_in_force("1.001193", date(2026, 6, 30)).in_force_from == date(2025, 7, 1)
    assert catalog.version_in_force("1.001193", date(2026, 7, 1)).in_force_from == date(2026, 7, 1)
    with pytest.raises(NoVersionInForce, match="the last until 2026-12-31"):
        catalog.version_in_force("1.001193", date(2027, 1, 1))


def test_two_versions_in_force_on_one_day_are_refused(data: Path) -> None:
    twice = [{"in_force_from": "2025-07-01", "in_force_until": None, "source": "x"}] * 2
    change(data, "1.001193", versions=twice)
    with pytest.raises(RegisterRowInvalid, match=r"Two versions of 1\.001193 are in force on 2025-07-01"):
        load_catalog(data)


def test_a_row_under_another_code_than_its_file_is_refused(data: Path) -> None:
    (data / "procedures" / "1.001193.yaml").rename(data / "procedures" / "1.001194.yaml")
    with pytest.raises(RegisterRowInvalid, match="name the file after its code"):
        load_catalog(data)


def test_an_empty_file_is_refused(data: Path) -> None:
    (data / "procedures" / "1.001193.yaml").write_text("")
    with pytest.raises(RegisterRowInvalid, match=r"1\.001193\.yaml is empty"):
        load_catalog(data)


def test_a_procedure_without_a_model_is_in_the_list_but_has_no_version(tmp_path: Path) -> None:
    catalog = load_catalog(DATA, tmp_path)
    assert "1.001193" in catalog.codes()
    with pytest.raises(ModelMissing, match=r"1\.001193 has no model"):
        catalog.version_in_force("1.001193", FIRST_DAY)


def test_every_authority_kind_that_a_procedure_names_exists_in_bac_ninh() -> None:
    catalog = load_catalog()
    kinds = {authority.kind for authority in catalog.authorities.values() if authority.code.startswith("H05")}
    assert {kind for code in catalog.modelled_codes() for kind in catalog.procedure(code).authority_kinds} <= kinds


def test_an_authority_says_whether_its_code_is_assumed() -> None:
    catalog = load_catalog()
    assert catalog.authority("H05").code_is_assumed is False
    assert catalog.authority("H05.02").name == "Sở Tư pháp tỉnh Bắc Ninh"
    assert all(authority.code_is_assumed for code, authority in catalog.authorities.items() if "." in code)
    with pytest.raises(UnknownAuthority, match='"H99"'):
        catalog.authority("H99")


def test_bac_giang_ends_with_june_2025_and_its_communes_begin_in_july() -> None:
    catalog = load_catalog()
    assert catalog.authority("H02").in_force(date(2025, 6, 30))
    assert not catalog.authority("H02").in_force(date(2025, 7, 1))
    assert not catalog.authority("H05.22").in_force(date(2025, 6, 30))
    assert catalog.authority("H05.22").in_force(date(2025, 7, 1))


def test_codes_of_authorities_go_level_by_level() -> None:
    for code, authority in load_catalog().authorities.items():
        assert authority.parent == (code.rpartition(".")[0] or None)


def test_an_authority_without_its_parent_is_refused() -> None:
    row = yaml.safe_load((DATA / "authorities.yaml").read_text(encoding="utf-8"))["authorities"][-1]
    with pytest.raises(AuthorityRowInvalid, match="before its parent H05"):
        authorities_from_rows([row])
    with pytest.raises(AuthorityRowInvalid, match="cannot be read"):
        authorities_from_rows([{"code": "H05"}])


def test_the_models_lie_in_the_folder_of_their_field() -> None:
    catalog = load_catalog()
    there = {f"{path.parent.name}/{path.stem}" for path in (BPMN / "models").glob("*/*.bpmn")}
    assert there == {f"{catalog.procedure(code).field}/{code}" for code in catalog.modelled_codes()}


def test_every_role_has_words_that_officers_read() -> None:
    assert all(code.isascii() and label and not label.isascii() for code, label in ROLES.items())
