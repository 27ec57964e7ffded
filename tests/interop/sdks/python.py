"""The adapter for Python's `livekit-api`: see sdks/README.md for what goes in and out."""

import dataclasses
import datetime
import json
import sys

from google.protobuf.json_format import ParseDict
from livekit import api
from livekit.api import access_token as sdk

# The claims that are plain grants, with their type and the method that sets them.
GRANTS = {
    "video": (api.VideoGrants, "with_grants"),
    "sip": (api.SIPGrants, "with_sip_grants"),
    "inference": (sdk.InferenceGrants, "with_inference_grants"),
    "observability": (sdk.ObservabilityGrants, "with_observability_grants"),
    "agent": (sdk.AgentGrants, "with_agent_grants"),
    "agentEndpoint": (sdk.AgentEndpointGrants, "with_agent_endpoint_grants"),
    "agentThread": (sdk.AgentThreadGrants, "with_agent_thread_grants"),
}

# The claims that are texts, or maps of them.
TEXTS = {
    "sub": "with_identity",
    "name": "with_name",
    "metadata": "with_metadata",
    "attributes": "with_attributes",
    "kind": "with_kind",
    "roomPreset": "with_room_preset",
}


def verify(token):
    claims = api.TokenVerifier().verify(token).asdict()
    if "identity" in claims:
        claims["sub"] = claims.pop("identity")
    return {"claims": claims}


def mint(claims):
    token = api.AccessToken().with_ttl(datetime.timedelta(minutes=10))
    for name, method in TEXTS.items():
        if name in claims:
            getattr(token, method)(claims[name])
    for name, (grants, method) in GRANTS.items():
        if name in claims:
            getattr(token, method)(typed(grants, claims[name]))
    if "roomConfig" in claims:
        token.with_room_config(ParseDict(claims["roomConfig"], api.RoomConfiguration()))
    return {"token": token.to_jwt()}


def typed(grants, claims):
    known = {field.name for field in dataclasses.fields(grants)}
    named = {sdk.camel_to_snake(name): value for name, value in claims.items()}
    return grants(**{name: value for name, value in named.items() if name in known})


def main():
    answer = {"verify": verify, "mint": mint}[sys.argv[1]]
    for line in sys.stdin:
        try:
            result = answer(json.loads(line))
        except Exception as error:  # whatever the SDK raises is its refusal
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


main()
