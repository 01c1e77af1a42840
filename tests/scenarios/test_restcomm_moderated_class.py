"""A class that waits for its teacher with music, and listens muted: RCML, and the API for one question at a time.

Restcomm Connect user guide, "RCML Conference": moderator, waitUrl, muted.
"""

from __future__ import annotations

from hubbub.lab.clips import MUSIC_HZ
from hubbub.lab.lab import Lab
from scenarios.restcomm_application import NUMBER, Application, rcml

TEACHER = 'startConferenceOnEnter="true" endConferenceOnExit="true" beep="false"'
PUPIL = 'startConferenceOnEnter="false" muted="true" beep="false"'


def _classroom(parameters: dict[str, str]) -> str:
    flags = TEACHER if parameters["From"] == "teacher" else PUPIL
    return rcml(f"<Dial><Conference {flags}>class</Conference></Dial>")


async def test_pupils_wait_with_music_listen_and_ask_one_at_a_time(lab: Lab) -> None:
    app = await Application(lab, voice=_classroom).open()
    teacher, pat, kim = (lab.caller(name) for name in ("teacher", "pat", "kim"))
    await pat.dial(NUMBER)
    await kim.dial(NUMBER)
    await lab.run_for(2.0)
    assert pat.listens(MUSIC_HZ).audible() == {MUSIC_HZ}
    assert kim.listens(MUSIC_HZ).audible() == {MUSIC_HZ}
    [waiting] = (await app.get("/Conferences.json"))["conferences"]
    assert waiting["status"] == "RUNNING_MODERATOR_ABSENT"
    assert [(row["muted"], row["hold"]) for row in await app.inside("class")] == [(True, True), (True, False)]

    await teacher.dial(NUMBER)
    await lab.run_for(1.5)
    assert (await app.get(f"/Conferences/{waiting['sid']}.json"))["status"] == "RUNNING_MODERATOR_PRESENT"
    assert pat.hears(teacher)
    assert kim.hears(teacher)
    assert teacher.hears_silence()

    pats = await app.call_of("pat")
    await app.post(f"/Conferences/{waiting['sid']}/Participants/{pats}.json", Mute="false")
    await lab.run_for(1.2)
    assert teacher.hears(pat)
    assert kim.hears(teacher, pat)
    await app.post(f"/Conferences/{waiting['sid']}/Participants/{pats}.json", Mute="true")
    await lab.run_for(1.2)
    assert teacher.hears_silence()

    teacher.hangs_up()
    assert (await pat.ends(within_s=3)).by_far_end
    assert (await kim.ends(within_s=3)).by_far_end
    assert (await app.get(f"/Conferences/{waiting['sid']}.json"))["status"] == "COMPLETED"


async def test_a_pupil_who_disturbs_is_put_out(lab: Lab) -> None:
    app = await Application(lab, voice=_classroom).open()
    teacher, pat, kim = (lab.caller(name) for name in ("teacher", "pat", "kim"))
    for caller in (teacher, pat, kim):
        await caller.dial(NUMBER)
    await lab.run_for(1.0)
    await app.change(await app.call_of("kim"), Status="completed")
    assert (await kim.ends(within_s=2)).by_far_end
    await lab.run_for(1.2)
    assert pat.hears(teacher)
    assert len(await app.inside("class")) == 2
