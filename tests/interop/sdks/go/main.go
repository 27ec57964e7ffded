// The adapter for Go's github.com/livekit/protocol/auth: see sdks/README.md for what goes in and out.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

type answer struct {
	Claims map[string]any `json:"claims,omitempty"`
	Token  string         `json:"token,omitempty"`
	Error  string         `json:"error,omitempty"`
}

func verify(line []byte) (answer, error) {
	var token string
	if err := json.Unmarshal(line, &token); err != nil {
		return answer{}, err
	}
	verifier, err := auth.ParseAPIToken(token)
	if err != nil {
		return answer{}, err
	}
	if verifier.APIKey() != os.Getenv("LIVEKIT_API_KEY") {
		return answer{}, errors.New("unknown API key")
	}
	_, grants, err := verifier.Verify(os.Getenv("LIVEKIT_API_SECRET"))
	if err != nil {
		return answer{}, err
	}
	text, err := json.Marshal(grants)
	if err != nil {
		return answer{}, err
	}
	claims := map[string]any{}
	if err := json.Unmarshal(text, &claims); err != nil {
		return answer{}, err
	}
	if identity, ok := claims["identity"]; ok {
		claims["sub"] = identity
		delete(claims, "identity")
	}
	return answer{Claims: claims}, nil
}

func mint(line []byte) (answer, error) {
	var claims struct {
		auth.ClaimGrants
		Sub string `json:"sub"`
	}
	if err := json.Unmarshal(line, &claims); err != nil {
		return answer{}, err
	}
	token := auth.NewAccessToken(os.Getenv("LIVEKIT_API_KEY"), os.Getenv("LIVEKIT_API_SECRET")).
		SetIdentity(claims.Sub).
		SetName(claims.Name).
		SetMetadata(claims.Metadata).
		SetAttributes(claims.Attributes).
		SetVideoGrant(claims.Video).
		SetSIPGrant(claims.SIP).
		SetAgentGrant(claims.Agent).
		SetInferenceGrant(claims.Inference).
		SetObservabilityGrant(claims.Observability).
		SetAgentEndpointGrant(claims.AgentEndpoint).
		SetAgentThreadGrant(claims.AgentThread).
		SetRoomPreset(claims.RoomPreset).
		SetRoomConfig((*livekit.RoomConfiguration)(claims.RoomConfig)).
		SetValidFor(10 * time.Minute)
	if claims.Kind != "" {
		token.SetKind(claims.GetParticipantKind())
	}
	jwt, err := token.ToJWT()
	return answer{Token: jwt}, err
}

func main() {
	work := map[string]func([]byte) (answer, error){"verify": verify, "mint": mint}[os.Args[1]]
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		result, err := work(lines.Bytes())
		if err != nil {
			result = answer{Error: err.Error()}
		}
		if err := out.Encode(result); err != nil {
			panic(err)
		}
	}
}
