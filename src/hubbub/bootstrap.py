"""Builds the server from its settings and wires every part to every other. The only place that knows all.

Owns the order of starting. Leaves what the running server does to `server`.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from hubbub.config import Settings, parse_address, parse_algorithms, parse_networks
from hubbub.credentials import write_credentials
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.dialects.registry import callback_writers, dialects, languages
from hubbub.domain.conference import EndReason
from hubbub.domain.ids import AccountId
from hubbub.endpoints.sip.endpoint import SipEndpoint, SipSettings
from hubbub.gauges import CallbackGauges, RecordingGauges, ServerGauges
from hubbub.keeping import open_keeping
from hubbub.markup.limits import MarkupLimits
from hubbub.own_url import own_url
from hubbub.protocol.sip.registrar import RegistrarLimits
from hubbub.protocol.sip.uri import SipUri
from hubbub.server import Server, World, web_settings
from hubbub.services.accounts.create_account import CreateAccount
from hubbub.services.calls.accept_incoming_call import AcceptIncomingCall
from hubbub.services.calls.answer_call import AnswerCall
from hubbub.services.calls.call_queue import CallQueue
from hubbub.services.calls.command_calls import CommandCalls
from hubbub.services.calls.connect_calls import ConnectCalls
from hubbub.services.calls.control_calls import ControlCalls
from hubbub.services.calls.destinations import Destinations, Loop, OwnAddress
from hubbub.services.calls.end_call import EndCall
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.calls.place_call import PlaceCall
from hubbub.services.calls.ring_call import RingCall
from hubbub.services.commands import Commands
from hubbub.services.documents.document_runners import DocumentRunners
from hubbub.services.documents.live_leg import Services
from hubbub.services.documents.serve_call import ServeCall
from hubbub.services.ports import Store
from hubbub.services.recover_from_crash import recover_from_crash
from hubbub.services.rooms.command_rooms import CommandRooms
from hubbub.services.rooms.join_conference import JoinConference
from hubbub.services.rooms.leave_conference import LeaveConference
from hubbub.services.rooms.live_rooms import LiveRooms
from hubbub.services.rooms.modify_participant import ModifyParticipant
from hubbub.services.rooms.note_speech import NoteSpeech
from hubbub.services.rooms.room_programs import RoomPrograms
from hubbub.telling import open_telling
from hubbub.web.app import build_app
from hubbub.webhooks.target_policy import TargetPolicy

PLAIN_LANGUAGE = "twilio"
"""Whose habits hold for a room that was simply dialled."""


async def start_server(
    settings: Settings, world: World, say: Callable[[str], None], http_port: int | None = None
) -> Server:
    """Start every part but HTTP, in the order in which they need one another.

    Args:
        http_port: where HTTP will listen; None: as the settings say.

    Raises:
        OSError: an address cannot be listened on.
    """
    store, clock, entropy, log = world.store, world.clock, world.entropy, world.log
    await _first_account(world, say)
    base_url = own_url(settings, http_port).url
    recovered = await recover_from_crash(store, clock, settings.node)
    if any(recovered):
        log.warning("closed what a crash left open", **recovered._asdict())

    calls = LiveCalls()
    rooms = LiveRooms(
        world.media,
        calls,
        world.clips,
        clock,
        age_limit_s=settings.room_age_limit_s,
        too_old=lambda conference_id: control.end_room(conference_id, EndReason.AGE_LIMIT),
        abandon=lambda call_id: control.abandon(call_id),
    )
    keeping = await open_keeping(
        settings,
        store,
        world.media,
        world.recordings,
        clock,
        entropy,
        log,
        calls=calls,
        rooms=rooms,
    )
    sip = SipEndpoint(
        sip_settings(settings),
        media=world.media,
        reader=store.read,
        clock=clock,
        entropy=entropy,
        log=log,
        store=store,
        permits=TargetPolicy(parse_networks(settings.sip_target_networks, "sip_target_networks")).permits,
    )
    join = JoinConference(
        store, rooms, clock, entropy, node=settings.node, participants_max=settings.participants_max
    )
    leave = LeaveConference(store, rooms, clock)
    writers = callback_writers()
    limits = MarkupLimits(
        document_bytes_max=settings.document_bytes_max,
        fetch_timeout_s=settings.fetch_timeout_s,
        strict=settings.strict,
    )
    connect = ConnectCalls(
        store,
        calls,
        sip,
        world.media,
        clock,
        place=lambda wish, **named: place(wish, **named),
        make_runner=lambda call, account, dialect: runners.make(call, account, dialect),
        hang_up=lambda call, cause: control.hang_up(call, cause),
        recordings=keeping.recordings,
    )
    runners = DocumentRunners(
        Services(
            store=store,
            calls=calls,
            signalling=sip,
            media=world.media,
            clock=clock,
            entropy=entropy,
            join=join,
            leave=leave,
            base_url=base_url,
            site=settings.site,
            connect=connect,
            recordings=keeping.recordings,
        ),
        languages=languages(limits),
        plain_language=PLAIN_LANGUAGE,
        fetcher=world.fetcher,
        clips=world.clips,
        limits=limits,
    )
    control = ControlCalls(
        calls,
        sip,
        log,
        accept=AcceptIncomingCall(
            store,
            clock,
            entropy,
            node=settings.node,
            default_account_id=await _default_account(store),
            wishes=lambda application: (
                writers[application.dialect].call_wishes(application)
                if application.dialect in writers
                else ()
            ),
        ),
        ring=RingCall(store, clock),
        answer=AnswerCall(store),
        end=EndCall(store, calls, rooms, clock),
        leave=leave,
        serve=ServeCall(runners, plain_music=settings.plain_room_music),
        note_speech=NoteSpeech(store, rooms, clock),
        clock=clock,
    )
    destinations = Destinations(
        store.read, clock, loop=Loop(*sip.loop_credentials), default_trunk=settings.sip_default_trunk
    )
    place = PlaceCall(
        store,
        clock,
        entropy,
        log,
        calls=calls,
        signalling=sip,
        control=control,
        destinations=destinations,
        queue=CallQueue(clock, settings.calls_per_second),
        runners=runners,
        record=keeping.recordings.start_call,
        node=settings.node,
    )
    programs = RoomPrograms(
        store,
        calls,
        rooms,
        world.media,
        clock,
        log,
        languages=languages(limits),
        fetcher=world.fetcher,
        clips=world.clips,
        limits=limits,
        recordings=keeping.recordings,
        base_url=base_url,
        site=settings.site,
    )
    commands = Commands(
        calls=CommandCalls(store, calls, control, world.media, clock, entropy, place),
        rooms=CommandRooms(
            store,
            calls,
            clock,
            place=place,
            join=join,
            leave=leave,
            modify=ModifyParticipant(store, calls, rooms, clock),
            programs=programs,
            hear_early=rooms.hear_early,
            recordings=keeping.recordings,
        ),
        recordings=keeping.recordings,
    )
    world.media.subscribe(control.media_event)
    registry = CollectorRegistry()
    registry.register(ServerGauges(calls, rooms, world.media, sip))
    desk = Desk(
        store,
        clock,
        entropy,
        log,
        DialectSettings(
            site=settings.site,
            region=settings.region,
            twilio_list_default=settings.twilio_list_default,
            restcomm_object_level=settings.restcomm_object_level,
            restcomm_application_url=settings.restcomm_application_url,
            restcomm_open_recordings=settings.restcomm_open_recordings,
            strict=settings.strict,
            twilio_keep_participants=settings.twilio_keep_participants,
        ),
        commands,
    )
    telling = open_telling(
        settings,
        store,
        world.sender or world.fetcher,
        clock,
        entropy,
        log,
        base_url=base_url,
        writers=writers,
        rooms=commands.rooms,
    )
    registry.register(RecordingGauges(keeping.recordings))
    registry.register(CallbackGauges(telling.deliveries))
    shell = build_app(
        desk, (*dialects(), telling.api), web_settings(settings), registry, lambda: server.readiness()
    )
    server = Server(settings, world, shell, sip, control, calls, rooms, place, telling, keeping, base_url)
    server.sip_uri = await sip.start(control)
    destinations.own = OwnAddress(server.sip_uri, settings.sip_domain or SipUri.parse(server.sip_uri).host)
    telling.start()
    return server


def sip_settings(settings: Settings) -> SipSettings:
    host, port = parse_address(settings.sip, "sip")
    return SipSettings(
        host=host,
        port=port,
        advertised_host=settings.advertised_host or host,
        realm=settings.sip_realm,
        digest_algorithms=parse_algorithms(settings.sip_digest_algorithms),
        open_networks=parse_networks(settings.sip_open_networks, "sip_open_networks"),
        calls_max=settings.sip_calls_max,
        session_expires_s=settings.session_expires_s,
        login_failures_max=settings.login_failures_max,
        register=RegistrarLimits(
            expires_s_default=min(3600, settings.register_s_max),
            expires_s_min=settings.register_s_min,
            expires_s_max=settings.register_s_max,
            contacts_max=settings.register_contacts_max,
        ),
    )


async def _first_account(world: World, say: Callable[[str], None]) -> None:
    made = await CreateAccount(world.store, world.clock, world.entropy).first()
    if made is None or world.credentials_folder is None:
        return
    path = write_credentials(world.credentials_folder, made)
    say(f"created account {made.account.friendly_name}; its credentials are in {path}")


async def _default_account(store: Store) -> AccountId:
    accounts = await store.read.accounts()
    return min(accounts, key=lambda account: (account.created_at_ms, account.id)).id
