"""One token, as a whole process."""

from livekit import api

grants = api.VideoGrants(room_join=True, room="demo")
print(api.AccessToken("devkey", "secret").with_identity("ada").with_grants(grants).to_jwt())
