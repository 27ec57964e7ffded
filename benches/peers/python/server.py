"""LiveKit's Python server on Flask; gunicorn runs it with a worker a core."""

from datetime import timedelta

from flask import Flask, request
from livekit import api

app = Flask(__name__)


@app.post("/getToken")
def get_token():
    body = request.get_json()
    grants = api.VideoGrants(room_join=True, room=body.get("room_name") or "quickstart-room")
    token = (
        api.AccessToken("devkey", "secret")
        .with_identity(body.get("participant_identity") or "quickstart-identity")
        .with_name(body.get("participant_name") or "quickstart-username")
        .with_grants(grants)
        .with_ttl(timedelta(minutes=10))
    )
    if body.get("participant_metadata"):
        token = token.with_metadata(body["participant_metadata"])
    if body.get("participant_attributes"):
        token = token.with_attributes(body["participant_attributes"])
    return {"server_url": "ws://localhost:7880", "participant_token": token.to_jwt()}, 201
