// Command generate prints the claims of tokens that LiveKit's own Go package signs, for the
// known-answer test beside it: `go run . > ../claims.json` in this folder.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

const key, secret = "APIknown", "known-answers-are-signed-with-this"

func main() {
	tokens := map[string]*auth.AccessToken{"every claim": everyClaim(), "nothing set": token(), "room configuration": roomConfiguration()}
	claims := map[string]map[string]any{}
	for name, token := range tokens {
		claims[name] = payload(token)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(claims); err != nil {
		panic(err)
	}
}

func token() *auth.AccessToken {
	return auth.NewAccessToken(key, secret)
}

func everyClaim() *auth.AccessToken {
	yes, no := true, false
	video := &auth.VideoGrant{
		RoomCreate: true, RoomList: true, RoomRecord: true, RoomAdmin: true, RoomJoin: true, Room: "room",
		CanPublish: &yes, CanSubscribe: &no, CanPublishData: &no, CanUpdateOwnMetadata: &yes,
		CanPublishSources: []string{"camera", "microphone", "screen_share", "screen_share_audio"},
		IngressAdmin:      true, Hidden: true, Recorder: true, Agent: true, CanSubscribeMetrics: &no,
		CanManageAgentSession: &yes, DestinationRoom: "other",
	}
	return token().
		SetIdentity("identity").SetName("name").SetMetadata("metadata").SetSha256("sha").
		SetKind(livekit.ParticipantInfo_AGENT).
		SetKindDetail(livekit.ParticipantInfo_CLOUD_AGENT, livekit.ParticipantInfo_FORWARDED).
		SetAttributes(map[string]string{"b": "2", "a": "1"}).
		SetRoomPreset("preset").
		SetVideoGrant(video).
		SetSIPGrant(&auth.SIPGrant{Admin: true, Call: true}).
		SetAgentGrant(&auth.AgentGrant{Admin: true, SimulationAdmin: true, DatabaseAdmin: true, DispatchAdmin: true}).
		SetInferenceGrant(&auth.InferenceGrant{Perform: true}).
		SetObservabilityGrant(&auth.ObservabilityGrant{Write: true}).
		SetAgentEndpointGrant(&auth.AgentEndpointGrant{Call: true, AgentName: "agent", Deployment: "blue"}).
		SetAgentThreadGrant(&auth.AgentThreadGrant{
			All: true, Scope: "scope", ThreadIDs: []string{"t1", "t2"},
			List: true, Create: true, Write: true, Read: true, Delete: true,
		})
}

func roomConfiguration() *auth.AccessToken {
	return token().SetRoomConfig(&livekit.RoomConfiguration{
		Name: "name", EmptyTimeout: 30, DepartureTimeout: 20, MaxParticipants: 10, Metadata: "metadata",
		MinPlayoutDelay: 100, MaxPlayoutDelay: 200, SyncStreams: true,
		Tags: map[string]string{"b": "2", "a": "1"},
		Agents: []*livekit.RoomAgentDispatch{
			{AgentName: "agent", Metadata: "job", Deployment: "blue", RestartPolicy: livekit.JobRestartPolicy_JRP_NEVER},
			{},
		},
		Egress: &livekit.RoomEgress{Tracks: &livekit.AutoTrackEgress{
			Filepath: "path",
			Output:   &livekit.AutoTrackEgress_S3{S3: &livekit.S3Upload{Bucket: "bucket", Region: "region"}},
		}},
	})
}

// payload signs a token and takes its claims out again, as they stand on the wire.
func payload(token *auth.AccessToken) map[string]any {
	jwt, err := token.ToJWT()
	if err != nil {
		panic(err)
	}
	bytes, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
	if err != nil {
		panic(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(bytes, &claims); err != nil {
		panic(err)
	}
	// They follow the clock.
	for _, name := range []string{"iat", "nbf", "exp"} {
		if _, ok := claims[name].(float64); !ok {
			panic(fmt.Sprintf("no %s", name))
		}
		delete(claims, name)
	}
	return claims
}
