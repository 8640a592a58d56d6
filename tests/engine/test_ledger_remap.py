"""What was completed and can be undone, in dossiers that are moved to another version or corrected by an operator."""

from __future__ import annotations

from dataclasses import replace

import pytest

from motcua.bpmn.elements import Argument, Definitions, FieldType, FormField, LoopKind, Node, NodeKind, OperationUse
from motcua.engine.operators import why_not_there
from motcua.engine.spiff import ledger
from motcua.engine.spiff.remap import move_token
from motcua.engine.spiff.run import Run, Wait
from tests.engine.play import NOW
from tests.engine.test_remap import LATER, move, reasons, running, version
from tests.small_models import end, node, person, process, repeated, service, start, sub_process, undo, undone_by


def asking(id: str, *names: str) -> Node:
    inputs = tuple(Argument(name, name) for name in names)
    return replace(service(id), operation=OperationUse("x.refund", inputs=inputs))


def paying(id: str, *names: str) -> Node:
    return person(id, form=tuple(FormField(name, FieldType.TEXT, name) for name in names))


def straight(*nodes: Node) -> Definitions:
    thrown = node("undo", NodeKind.END_EVENT, event=undo())
    main = [each.id for each in nodes if each.attached_to is None and not each.is_for_compensation]
    return process([start(), *nodes, thrown], " > ".join(["start", *main, "undo"]))


def refund_model(pay: str = "pay", wait: str = "wait", *reads: str, sets: tuple[str, ...] = ("receipt", "amount")) -> Definitions:
    return straight(paying(pay, *sets), *undone_by(pay, asking("refund", *(reads or ("receipt",)))), person(wait))


def in_a_part(pay: str, part: str) -> Definitions:
    inside = [start("s"), paying(pay, "receipt"), *undone_by(pay, asking("refund", "receipt")), end("e")]
    return straight(sub_process(part, inside, f"s > {pay} > e"), person("wait"))


def paid(model: Definitions, pay: str = "pay", **values: str) -> Run:
    compiled = version("old", model)
    run = running(compiled)
    run.complete(next(token.id for token in run.tokens() if token.node.id == pay), {"receipt": "R1", **values})
    run.advance(lambda node: None)
    return Run.restore(compiled.model, run.save(), LATER, {})


def asked_to_undo(run: Run, wait: str = "wait") -> list[dict[str, object]]:
    """Go on to the end; what the outside was asked to undo."""
    run.complete(next(token.id for token in run.tokens() if token.node.id == wait), {})
    asked: list[dict[str, object]] = []
    while True:
        run.advance(lambda node: None)
        waiting = [token for token in run.tokens() if token.wait is Wait.SERVICE]
        if not waiting:
            assert run.is_over
            return asked
        asked.append(dict(run.inputs_of(waiting[0])))
        run.complete(waiting[0].id, {})


def test_what_was_completed_is_undone_by_the_new_version_with_what_was_kept() -> None:
    old, new = version("old", refund_model()), version("new", refund_model("fee", "look"))
    run = move(paid(refund_model()), old, new, pay="fee", wait="look")
    run.scope["receipt"] = "of somebody else, by now"
    assert asked_to_undo(run, "look") == [{"receipt": "R1"}]


def test_a_sub_process_that_was_completed_takes_what_was_done_in_it_along_under_new_names() -> None:
    old, new = version("old", in_a_part("pay", "part")), version("new", in_a_part("fee", "stage"))
    run = move(paid(in_a_part("pay", "part")), old, new, pay="fee", part="stage")
    assert asked_to_undo(run) == [{"receipt": "R1"}]


@pytest.mark.parametrize("after", [straight(paying("pay", "receipt"), person("wait")), straight(person("wait"))])
def test_a_version_that_does_not_undo_what_was_completed_is_refused(after: Definitions) -> None:
    found = reasons(paid(refund_model()), version("old", refund_model()), version("new", after))
    assert found == ['"pay" was completed and can be undone, and nothing undoes it in the new version']


def test_a_version_that_undoes_with_values_that_were_not_kept_is_refused() -> None:
    new = version("new", refund_model("pay", "wait", "receipt", "amount"))
    found = reasons(paid(refund_model()), version("old", refund_model()), new)
    assert found == ['what undoes "pay" in the new version reads amount, which was not kept']


def test_a_version_that_undoes_the_whole_where_the_old_one_undid_the_parts_is_refused() -> None:
    model = in_a_part("pay", "part")
    whole = straight(*(n for n in model.processes[0].nodes if n.id == "part"), *undone_by("part", person("all")), person("wait"))
    found = reasons(paid(model), version("old", model), version("new", whole))
    assert found == ['"part" was completed, and would be undone in another way in the new version']


def test_a_version_that_can_undo_what_nobody_recorded_is_refused_even_if_it_was_not_reached() -> None:
    plain = straight(paying("pay", "receipt"), person("wait"), person("later"))
    careful = straight(paying("pay", "receipt"), person("wait"), person("later"), *undone_by("later", person("back")))
    found = reasons(paid(plain), version("old", plain), version("new", careful))
    assert found == ['"later" can be undone in the new version, and it was not recorded whether it was completed']
    more = straight(paying("pay", "receipt"), person("wait"), person("new"), *undone_by("new", person("back")))
    assert reasons(paid(plain), version("old", plain), version("new", more)) == [], "what is new was not completed before"


def test_a_dossier_is_not_moved_while_things_are_undone_in_it() -> None:
    run = paid(refund_model())
    run.complete(next(token.id for token in run.tokens() if token.node.id == "wait"), {})
    run.advance(lambda node: None)
    found = reasons(run, version("old", refund_model()), version("new", refund_model()))
    assert found == ['"undo" has things undone just now; move the dossier when that is over']


def test_the_completed_instances_of_a_repetition_that_still_runs_move_with_it() -> None:
    def model(name: str) -> Definitions:
        ask = repeated(person(name), LoopKind.SEQUENTIAL, collection="names", item="name")
        return straight(ask, *undone_by(name, asking("refund", "name")))

    old, new = version("old", model("ask")), version("new", model("hear"))
    run = Run.start(old.model, NOW, {}, {"names": ["x", "y"]})
    run.advance(lambda node: None)
    run.complete(next(token.id for token in run.tokens() if token.node.id == "ask"), {})
    run.advance(lambda node: None)
    moved = move(Run.restore(old.model, run.save(), LATER, {}), old, new, ask="hear")
    assert asked_to_undo(moved, "hear") == [{"name": "y"}, {"name": "x"}]


def test_a_correction_reaches_what_was_kept_of_the_wrong_value_and_nothing_else() -> None:
    run = paid(refund_model(), receipt="R1")
    ledger.correct(run, {"receipt": "R0"}, {"receipt": "R9"})
    assert [record["kept"] for record in ledger.all_records(run)] == [{"receipt": "R1"}]
    ledger.correct(run, {"receipt": "R1"}, {"receipt": "R9"})
    assert asked_to_undo(run) == [{"receipt": "R9"}]


def test_a_correction_reaches_what_is_being_undone() -> None:
    run = paid(refund_model())
    run.complete(next(token.id for token in run.tokens() if token.node.id == "wait"), {})
    run.advance(lambda node: None)
    ledger.correct(run, {"receipt": "R1"}, {"receipt": "R9"})
    (token,) = [token for token in run.tokens() if token.wait is Wait.SERVICE]
    assert run.inputs_of(token) == {"receipt": "R9"}


def test_no_token_is_put_at_an_activity_that_undoes_and_none_is_taken_from_one() -> None:
    model = version("old", refund_model()).model
    assert "only undoes" in str(why_not_there(model.nodes["main"], "wait", "refund"))
    assert "only undoes" in str(why_not_there(model.nodes["main/refund!"], "refund", "refund"))
    assert "no such node" in str(why_not_there(model.nodes["main/refund!"], "refund", "wait"))


def test_a_token_that_is_taken_away_from_a_compensation_leaves_what_it_had_not_begun() -> None:
    thrown = node("undo", NodeKind.INTERMEDIATE_THROW_EVENT, event=undo())
    again = node("again", NodeKind.END_EVENT, event=undo())
    nodes = [person("a"), *undone_by("a", person("una")), person("b"), *undone_by("b", person("unb"))]
    model = version("old", process([start(), *nodes, thrown, person("x"), again], "start > a > b > undo > x > again"))
    run = running(model, "a", "b")
    move_token(run, next(token.id for token in run.tokens() if token.node.id == "undo"), "x")
    run.advance(lambda node: None)
    assert {token.node.id for token in run.tokens()} == {"x"}
    run.complete(run.tokens()[0].id, {})
    run.advance(lambda node: None)
    assert {token.node.id for token in run.tokens()} == {"again", "una"}
