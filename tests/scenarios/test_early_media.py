"""What is heard of a telephone before it answers: by the room into which it is called, and by a caller who is not
answered himself."""

from __future__ import annotations

import pytest

from hubbub.lab.clips import MUSIC_HZ, RINGBACK_HZ
from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab

PARTICIPANTS = "/2010-04-01/Accounts/{AccountSid}/Conferences/standup/Participants.json"
EARLY_HZ = 620
CLICKS_DBFS = -30.0
"""A ring tone that begins anew."""


@pytest.mark.parametrize(
    ("how", "heard"), [({}, RINGBACK_HZ), ({"early_hz": EARLY_HZ}, EARLY_HZ)], ids=["rings", "sends-sound"]
)
async def test_a_room_hears_whom_it_calls_until_he_answers(lab: Lab, how: dict[str, int], heard: int) -> None:
    alice, bob = lab.caller("alice"), await lab.phone("bob", answers_after_s=9, **how)
    await alice.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(MUSIC_HZ), "she is alone"
    response = await lab.post(PARTICIPANTS, {"From": "+15550100", "To": bob.uri, "Beep": "false"})
    added = response.json()
    await lab.run_for(1.0)
    for _ in range(3):  # longer than a ring tone of the lab
        await lab.run_for(2.0)
        assert alice.hears(heard, outside_below_dbfs=CLICKS_DBFS)
    assert bob.hears_silence()
    listed = await lab.get(
        PARTICIPANTS.replace("standup", added["conference_sid"]).replace(
            ".json", f"/{added['call_sid']}.json"
        )
    )
    assert listed.json()["status"] == "ringing"
    assert "conference-started" not in await lab.event_kinds()
    await bob.is_answered()
    await lab.run_for(1.5)
    assert alice.hears(bob)
    assert bob.hears(alice)


@pytest.mark.parametrize("how", [{}, {"early_hz": EARLY_HZ}], ids=["rings", "sends-sound"])
async def test_a_room_hears_nothing_before_the_answer_where_early_media_is_refused(
    lab: Lab, how: dict[str, int]
) -> None:
    alice, carol = lab.caller("alice"), lab.caller("carol", tone_hz=1700)
    bob = await lab.phone("bob", answers_after_s=5, **how)
    await alice.dial("standup")
    await carol.dial("standup")
    await lab.post(PARTICIPANTS, {"From": "+15550100", "To": bob.uri, "Beep": "false", "EarlyMedia": "false"})
    await lab.run_for(3.0)
    assert alice.hears(carol)
    # What changes in the room meanwhile lets him in no more than before.
    carol.hangs_up()
    await lab.run_for(1.5)
    assert alice.hears_silence()
    await bob.is_answered()
    await lab.run_for(1.5)
    assert alice.hears(bob)


async def test_a_room_with_no_moderator_hears_its_music_and_not_whom_it_calls(lab: Lab) -> None:
    wait = '<Response><Dial><Conference startConferenceOnEnter="false">class</Conference></Dial></Response>'
    lab.customer("https://acme.example/", lambda _: wait)
    await lab.number("+15550100", "https://acme.example/voice")
    alice, bob = lab.caller("alice"), await lab.phone("bob", early_hz=EARLY_HZ, answers_after_s=4)
    await alice.dial("+15550100")
    await lab.post(
        PARTICIPANTS.replace("standup", "class"), {"From": "+15550100", "To": bob.uri, "Beep": "false"}
    )
    await lab.run_for(3.0)
    assert alice.hears(MUSIC_HZ)
    await bob.is_answered()
    await lab.run_for(1.5)
    assert alice.hears(bob)


async def test_a_room_whose_call_fails_is_alone_again(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), await lab.phone("bob", only_rings=True)
    await alice.dial("standup")
    await lab.post(PARTICIPANTS, {"From": "+15550100", "To": bob.uri, "Beep": "false", "Timeout": "5"})
    await lab.run_for(3.0)
    assert alice.hears(RINGBACK_HZ, outside_below_dbfs=CLICKS_DBFS)
    await lab.run_for(15.0)
    assert alice.hears(MUSIC_HZ)
    alice.hangs_up()
    await lab.run_for(1.0)
    assert not list(lab.server.calls)


async def test_two_who_are_called_ring_once(lab: Lab) -> None:
    alice = lab.caller("alice")
    bob = await lab.phone("bob", only_rings=True)
    carol = await lab.phone("carol", tone_hz=1700, answers_after_s=4)
    await alice.dial("standup")
    for each in (bob, carol):
        await lab.post(PARTICIPANTS, {"From": "+15550100", "To": each.uri, "Beep": "false"})
    await lab.run_for(2.5)
    one = alice.listens(RINGBACK_HZ).tones_dbfs[RINGBACK_HZ]
    assert one < -9.0, "the level of one ring tone"
    await carol.is_answered()
    await lab.run_for(2.0)
    assert alice.hears(RINGBACK_HZ, carol, outside_below_dbfs=CLICKS_DBFS), "the other is still called"


def program(*uris: str) -> str:
    sips = "".join([f"<Sip>{uri}</Sip>" for uri in uris])
    return f'<Response><Dial callerId="+15550100" answerOnBridge="true" sequential="true">{sips}</Dial></Response>'


async def dialling(lab: Lab, document: str) -> None:
    def answer(request: CustomerRequest) -> str:
        return document

    lab.customer("https://acme.example/", answer)
    await lab.number("+15550100", "https://acme.example/voice")
    alice = lab.caller("alice")
    lab.loop.create_task(alice.dial("+15550100"))


async def test_a_caller_who_is_not_answered_hears_the_far_end_early(lab: Lab) -> None:
    bob = await lab.phone("bob", early_hz=EARLY_HZ, answers_after_s=4)
    await dialling(lab, program(bob.uri))
    await lab.run_for(3.0)
    alice = lab.callers[-1]
    assert alice.hears_early
    assert alice.hears(EARLY_HZ)
    assert bob.hears_silence()
    await bob.is_answered()
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)


async def test_a_telephone_that_only_rings_gives_the_caller_no_sound_of_ours(lab: Lab) -> None:
    bob = await lab.phone("bob", answers_after_s=4)
    await dialling(lab, program(bob.uri))
    await lab.run_for(3.0)
    alice = lab.callers[-1]
    assert not alice.hears_early
    await bob.is_answered()
    await lab.run_for(2.0)
    assert alice.hears(bob)


async def test_a_caller_who_heard_one_early_hears_the_next_ring(lab: Lab) -> None:
    bob = await lab.phone("bob", early_hz=EARLY_HZ, answers_after_s=30)
    carol = await lab.phone("carol", tone_hz=1700, answers_after_s=3)
    document = program(bob.uri, carol.uri).replace("<Dial ", '<Dial timeout="5" ')
    await dialling(lab, document)
    await lab.run_for(3.0)
    alice = lab.callers[-1]
    assert alice.hears(EARLY_HZ)
    await lab.run_until(lambda: carol.is_ringing, within_s=20)
    await lab.run_for(2.0)
    assert alice.hears(RINGBACK_HZ)
    assert not alice.is_talking
    await carol.is_answered()
    await lab.run_for(2.0)
    assert alice.hears(carol)


async def test_a_caller_who_gives_up_early_leaves_nothing_behind(lab: Lab) -> None:
    bob = await lab.phone("bob", early_hz=EARLY_HZ, answers_after_s=30)
    await dialling(lab, program(bob.uri))
    await lab.run_for(3.0)
    alice = lab.callers[-1]
    assert alice.hears(EARLY_HZ)
    alice.hangs_up()
    await lab.run_for(3.0)
    assert not bob.is_ringing
    assert not list(lab.server.calls)
