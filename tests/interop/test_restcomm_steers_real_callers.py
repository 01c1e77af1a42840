"""Plain requests, as Restcomm's libraries sent them, do every write of its API to a room in which real telephones talk:
each effect by ear, in the log and by callback."""

from collections.abc import Callable

import pytest

from hubbub.dialects.contract import Route
from hubbub.dialects.restcomm.dialect import RestcommDialect
from interop.driven import statuses, writes
from interop.restcomm_stage import Stage
from interop.restcomm_steps import STEPS
from interop.story import Told

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

DIALECT = RestcommDialect()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The steps, told once."""
    told = Told()
    with Stage(tmp_path_factory.mktemp("restcomm")) as stage:
        told.tell(STEPS, stage)
        told.answers = statuses(DIALECT, stage.wire.passed)
    return told


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_on_real_telephones(story: Told, step: Callable[[Stage], None]) -> None:
    story.went_well(step)


@pytest.mark.parametrize("route", writes(DIALECT), ids=lambda route: route.operation)
def test_no_write_is_left_out(story: Told, route: Route) -> None:
    answers = story.answers.get(route.operation, [])
    assert [status for status in answers if status < 300], f"{route.operation} was never done"
