"""Tokens of lkt in a real LiveKit server, and a real client that joins rooms with them."""

import asyncio
import contextlib
import json
import time

from livekit import rtc

from common import KEY, equal, lkt, lkt_serve, post, proof, require, run_lkt
from livekit_server import ServerApi, livekit_server

# A client that the server lets publish hears back at once; one that it does not hears nothing for ten seconds.
PATIENCE = 20


@contextlib.asynccontextmanager
async def joined(url, token):
    """A participant in its room for the time of a block."""
    room = rtc.Room()
    await asyncio.wait_for(room.connect(url, token), PATIENCE)
    try:
        yield room
    finally:
        await room.disconnect()


async def refused(url, token):
    """What a server says to a client whose token it does not take."""
    try:
        async with joined(url, token):
            pass
    except rtc.ConnectError as error:
        return str(error)
    require(False, "the server took the token")


async def publish(room, source):
    track = rtc.LocalAudioTrack.create_audio_track("tone", rtc.AudioSource(48000, 1))
    options = rtc.TrackPublishOptions(source=source)
    return await asyncio.wait_for(room.local_participant.publish_track(track, options), PATIENCE)


async def cannot_publish(room, source):
    try:
        await publish(room, source)
    except (rtc.participant.PublishTrackError, TimeoutError):
        return
    require(False, "the server took the track")


async def until(holds, what):
    deadline = time.monotonic() + 10
    while not holds():
        require(time.monotonic() < deadline, f"waited in vain for {what}")
        await asyncio.sleep(0.05)


def participants(url, room):
    """What the server says of a room's participants, by identity."""
    api = ServerApi(url, "--admin", "--room", room)
    found = api.get("RoomService/ListParticipants", "participants", room=room)
    return {participant["identity"]: participant for participant in found}


ADA = {
    "room_name": "meeting",
    "participant_identity": "ada",
    "participant_name": "Ada 🚀",
    "participant_metadata": '{"plan":"pro"}',
    "participant_attributes": {"role": "host", "言語": "日本語"},
}


async def two_join(url, serve):
    status, _, answer = post(f"{serve}/getToken", json.dumps(ADA).encode())
    answer = json.loads(answer)
    with proof("lkt serve hands out the LiveKit server's URL"):
        equal((status, answer["server_url"]), (201, url), "answer")
    minted = lkt(
        "mint", "-r", "meeting", "-i", "bob", "-n", "Bob", "-m", "hello", "-a", "role=guest", "--no-publish-data"
    )
    async with joined(url, answer["participant_token"]) as ada, joined(url, minted) as bob:
        await until(lambda: "bob" in ada.remote_participants, "bob")
        await until(lambda: "ada" in bob.remote_participants, "ada")
        with proof("a participant with a token of lkt serve and one of lkt mint join the same room"):
            equal((ada.name, bob.name), ("meeting", "meeting"), "rooms")
        with proof("name, metadata and attributes of both arrive as minted"):
            seen = bob.remote_participants["ada"]
            equal((seen.name, seen.metadata), (ADA["participant_name"], ADA["participant_metadata"]), "ada")
            equal(dict(seen.attributes), ADA["participant_attributes"], "attributes of ada")
            seen = ada.remote_participants["bob"]
            equal((seen.name, seen.metadata, dict(seen.attributes)), ("Bob", "hello", {"role": "guest"}), "bob")
        with proof("permissions arrive as minted: all of them, and all but data"):
            found = participants(url, "meeting")
            allowed = {name for name, value in found["ada"]["permission"].items() if value is True}
            equal(allowed, {"can_subscribe", "can_publish", "can_publish_data"}, "ada may")
            require(not found["bob"]["permission"].get("can_publish_data"), "bob may publish data")
        with proof("a track of the one reaches the other"):
            publication = await publish(ada, rtc.TrackSource.SOURCE_MICROPHONE)
            tracks = bob.remote_participants["ada"].track_publications
            await until(lambda: publication.sid in tracks, "the track")


async def permissions(url):
    flags = {
        "listener": ["--no-publish"],
        "talker": ["--allow-source", "microphone"],
        "ghost": ["--hidden"],
        "bot": ["--kind", "agent", "--allow-update-metadata"],
    }
    tokens = {name: lkt("mint", "-r", "rights", "-i", name, *more) for name, more in flags.items()}
    async with contextlib.AsyncExitStack() as stack:
        rooms = {name: await stack.enter_async_context(joined(url, token)) for name, token in tokens.items()}
        microphone, share = rtc.TrackSource.SOURCE_MICROPHONE, rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO
        found = participants(url, "rights")
        with proof("a token without publish permission cannot publish"):
            require(not found["listener"]["permission"].get("can_publish"), "the server says it can")
            await cannot_publish(rooms["listener"], microphone)
        with proof("a token for the microphone alone publishes it, and nothing else"):
            equal(found["talker"]["permission"]["can_publish_sources"], ["MICROPHONE"], "sources")
            await publish(rooms["talker"], microphone)
            await cannot_publish(rooms["talker"], share)
        with proof("a hidden participant is not seen"):
            await until(lambda: "talker" in rooms["ghost"].remote_participants, "the talker")
            require("ghost" not in rooms["talker"].remote_participants, "it is seen")
        with proof("the kind of a participant arrives as minted"):
            equal(found["bot"].get("kind"), "AGENT", "kind")
        with proof("a token that allows it lets a participant change its attributes; another does not"):
            await rooms["bot"].local_participant.set_attributes({"mood": "busy"})
            await until(lambda: participants(url, "rights")["bot"]["attributes"].get("mood") == "busy", "a change")
            with contextlib.suppress(Exception):  # how it is refused is the client's affair
                await asyncio.wait_for(rooms["talker"].local_participant.set_attributes({"mood": "busy"}), 6)
            require("mood" not in participants(url, "rights")["talker"].get("attributes", {}), "it was changed")


async def refusals(url):
    long_ago = str(int(time.time()) - 3600)
    later = str(int(time.time()) + 3600)
    cases = {
        "an expired token": (["--not-before", "0", "--expires-at", long_ago], "expired"),
        "a token that is not good yet": (["--not-before", later], "not valid yet"),
        "a token of another secret": (["--api-key", KEY, "--api-secret", "another-secret-of-more-than-32-bytes"], "signature is invalid"),
        "a token of another key": (["--api-key", "APIother", "--api-secret", "another-secret-of-more-than-32-bytes"], "invalid API key"),
        "a token that does not join": (["--admin"], "permission"),
    }
    for what, (flags, reason) in cases.items():
        with proof(f"the server refuses {what}"):
            said = await refused(url, lkt("mint", "-r", "meeting", "-i", "eve", *flags))
            require(reason in said, f"it says {said}")
    with proof("a token for one room opens no other: joining, listing and closing"):
        async with joined(url, lkt("mint", "-r", "mine", "-i", "eve")) as room:
            equal(room.name, "mine", "room")
            require("eve" not in participants(url, "meeting"), "eve is in the other room")
        api = ServerApi(url, "--admin", "--room", "mine")
        equal(api.call("RoomService/ListParticipants", room="meeting")[0], 401, "listing")
        equal(api.call("RoomService/DeleteRoom", room="meeting")[0], 401, "closing")


async def dispatch(url, serve):
    admin = ServerApi(url, "--admin", "--room", "helped")
    token = lkt("mint", "-r", "helped", "-i", "ada", "--agent", "helper", "--agent-metadata", '{"task":"greet"}')
    async with joined(url, token):
        with proof("an agent dispatch in a token of lkt mint is in the server's list"):
            found = admin.get("AgentDispatchService/ListDispatch", "agent_dispatches", room="helped")
            equal([(each["agent_name"], each["metadata"]) for each in found], [("helper", '{"task":"greet"}')], "list")
    body = {
        "room_name": "asked",
        "room_config": {"agents": [{"agent_name": "scribe"}], "metadata": "notes", "max_participants": 7},
    }
    token = json.loads(post(f"{serve}/getToken", json.dumps(body).encode())[2])["participant_token"]
    async with joined(url, token):
        with proof("a dispatch in a token of lkt serve is in the server's list"):
            admin = ServerApi(url, "--admin", "--room", "asked")
            found = admin.get("AgentDispatchService/ListDispatch", "agent_dispatches", room="asked")
            equal([each["agent_name"] for each in found], ["scribe"], "list")
        with proof("the room configuration in a token is what the room gets"):
            rooms = ServerApi(url, "--list").get("RoomService/ListRooms", "rooms", names=["asked"])
            equal([(room["metadata"], room["max_participants"]) for room in rooms], [("notes", 7)], "room")


def server_api(url):
    with proof("a token of server permissions creates and lists rooms"):
        both = ServerApi(url, "--create", "--list")
        status, room = both.call("RoomService/CreateRoom", name="made", empty_timeout=60)
        equal((status, room["name"]), (200, "made"), "creating")
        require("made" in [room["name"] for room in both.get("RoomService/ListRooms", "rooms")], "it is not listed")
    with proof("without the permission, neither"):
        equal(ServerApi(url, "--list").call("RoomService/CreateRoom", name="no")[0], 401, "creating")
        equal(ServerApi(url, "--create").call("RoomService/ListRooms")[0], 401, "listing")
    with proof("a token that moderates a room changes its metadata, and deletes it with --create"):
        admin = ServerApi(url, "--admin", "--create", "--room", "made")
        status, room = admin.call("RoomService/UpdateRoomMetadata", room="made", metadata="changed")
        equal((status, room.get("metadata")), (200, "changed"), "changing")
        equal(admin.call("RoomService/DeleteRoom", room="made")[0], 200, "deleting")


def same_verdict(url):
    """lkt inspect --verify and the server agree."""
    with proof("what lkt inspect --verify takes, the server takes, and what it refuses, the server refuses"):
        for flags, taken in [([], True), (["--not-before", "0", "--expires-at", "1000"], False)]:
            token = lkt("mint", *flags)
            status = run_lkt("inspect", "--verify", stdin=token).returncode
            uri = url.replace("ws://", "http://") + f"/rtc/validate?access_token={token}"
            server, _, _ = post(uri, b"")
            equal((status == 0, server == 200), (taken, taken), "verdicts")


async def main():
    with livekit_server() as url, lkt_serve(url=url) as (serve, _):
        await two_join(url, serve)
        await permissions(url)
        await refusals(url)
        await dispatch(url, serve)
        server_api(url)
        same_verdict(url)


asyncio.run(main())
