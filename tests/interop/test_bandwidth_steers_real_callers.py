"""Bandwidth's own clients, from PyPI and from npm, do every write of the Voice API to rooms in which real telephones
talk: each effect by ear, in the log and by webhook."""

from collections.abc import Callable

import pytest

from hubbub.dialects.bandwidth.dialect import BandwidthDialect
from hubbub.dialects.contract import Route
from interop.bandwidth_hands import HANDS
from interop.bandwidth_stage import Stage
from interop.bandwidth_steps import STEPS
from interop.driven import statuses, writes
from interop.story import Told

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

DIALECT = BandwidthDialect()
UNABLE = {"transcribeCallRecording", "deleteRecordingTranscription", "deleteRealTimeTranscription"}
"""Nothing is transcribed here, and these say so."""


@pytest.fixture(scope="module", params=HANDS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The steps, told once with each client."""
    told = Told()
    with Stage(tmp_path_factory.mktemp(request.param), HANDS[request.param]) as stage:
        told.tell(STEPS, stage)
        told.answers = statuses(DIALECT, stage.wire.passed)
    return told


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_on_real_telephones(story: Told, step: Callable[[Stage], None]) -> None:
    story.went_well(step)


@pytest.mark.parametrize("route", writes(DIALECT), ids=lambda route: route.operation)
def test_no_write_is_left_out(story: Told, route: Route) -> None:
    answers = story.answers.get(route.operation, [])
    if route.operation in UNABLE:
        assert answers in ([400], [404])
    else:
        assert [status for status in answers if status < 300], f"{route.operation} was never done"
