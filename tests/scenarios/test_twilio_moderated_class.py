"""A moderated class in the way of Twilio's tutorial: a menu asks who one is, pupils wait with music and listen muted.

https://www.twilio.com/docs/voice/tutorials/how-to-create-conference-calls (a "conference line")
"""

from __future__ import annotations

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from hubbub.lab.caller import Caller
from hubbub.lab.clips import MUSIC_HZ
from hubbub.lab.lab import Lab
from scenarios.twilio_application import URL, Application

NUMBER = "+15550102"


class Classroom(Application):
    """1 is a pupil, 2 the teacher."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.on("/voice", lambda told: self._menu())
        self.on("/join", lambda told: self._join(teaches=told["Digits"] == "2"))

    def _menu(self) -> str:
        response = VoiceResponse()
        gather = Gather(num_digits=1, action="/join")
        gather.say("One for pupils, two for teachers")
        response.append(gather)
        return str(response)

    def _join(self, *, teaches: bool) -> str:
        response, dial = VoiceResponse(), Dial()
        dial.conference(
            "class",
            muted=not teaches,
            start_conference_on_enter=teaches,
            end_conference_on_exit=teaches,
            beep=False,
            status_callback=f"{URL}/room",
            status_callback_event="start end mute",
        )
        response.append(dial)
        return str(response)

    async def enters(self, caller: Caller, digit: str) -> None:
        await caller.dial(NUMBER)
        await self.lab.run_for(1.0)
        caller.presses(digit)
        await self.lab.run_for(1.0)


async def test_pupils_wait_with_music_listen_and_ask_one_at_a_time(lab: Lab) -> None:
    app = Classroom(lab)
    await lab.number(NUMBER, f"{URL}/voice")
    teacher, pat, kim = (lab.caller(name) for name in ("teacher", "pat", "kim"))
    await app.enters(pat, "1")
    await app.enters(kim, "1")
    await lab.run_for(1.0)
    for pupil in (pat, kim):
        assert pupil.listens(MUSIC_HZ, last_s=1.0).audible() == {MUSIC_HZ}
    assert await app.client.conferences.list_async() == []
    [waiting] = await app.client.conferences.list_async(status="init")
    assert waiting.friendly_name == "class"

    await app.enters(teacher, "2")
    await lab.run_for(1.0)
    assert pat.hears(teacher, last_s=1.0)
    assert kim.hears(teacher, last_s=1.0)
    assert teacher.hears_silence(last_s=1.0)

    room = app.client.conferences(waiting.sid)
    muted = await room.participants.list_async(muted=True)
    assert len(muted) == 2
    asking = muted[-1]  # the newest come first, and Pat was the first to come
    await room.participants(asking.call_sid).update_async(muted=False)
    await lab.run_for(1.5)
    assert teacher.hears(pat, last_s=1.0)
    assert kim.hears(teacher, pat, last_s=1.0)
    await room.participants(asking.call_sid).update_async(muted=True)
    await lab.run_for(1.5)
    assert teacher.hears_silence(last_s=1.0)

    teacher.hangs_up()
    for pupil in (pat, kim):
        assert (await pupil.ends(within_s=3)).by_far_end
    await lab.run_for(1.0)
    assert app.events() == ["conference-start", "participant-unmute", "participant-mute", "conference-end"]
