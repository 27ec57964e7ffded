// Command peer is LiveKit's Go server on net/http, with what its page leaves out.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

type request struct {
	RoomName              string                     `json:"room_name"`
	ParticipantIdentity   string                     `json:"participant_identity"`
	ParticipantName       string                     `json:"participant_name"`
	ParticipantMetadata   string                     `json:"participant_metadata"`
	ParticipantAttributes map[string]string          `json:"participant_attributes"`
	RoomConfig            *livekit.RoomConfiguration `json:"room_config"`
}

type response struct {
	ServerURL        string `json:"server_url"`
	ParticipantToken string `json:"participant_token"`
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func token(r request) (string, error) {
	t := auth.NewAccessToken("devkey", "secret").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: or(r.RoomName, "quickstart-room")}).
		SetIdentity(or(r.ParticipantIdentity, "quickstart-identity")).
		SetName(or(r.ParticipantName, "quickstart-username")).
		SetMetadata(r.ParticipantMetadata).
		SetAttributes(r.ParticipantAttributes).
		SetValidFor(10 * time.Minute)
	if r.RoomConfig != nil {
		t.SetRoomConfig(r.RoomConfig)
	}
	return t.ToJWT()
}

func main() {
	http.HandleFunc("POST /getToken", func(w http.ResponseWriter, r *http.Request) {
		var body request
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		jwt, err := token(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		json.NewEncoder(w).Encode(response{"ws://localhost:7880", jwt})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
