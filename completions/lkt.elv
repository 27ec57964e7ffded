
use builtin;
use str;

set edit:completion:arg-completer[lkt] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'lkt'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'lkt'= {
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand mint 'Print a token, or what the token endpoint would answer'
            cand serve 'Serve LiveKit''s token endpoint over HTTP'
            cand inspect 'Show what a token says, and check it'
            cand check 'Ask the LiveKit server whether URL, key and secret belong together'
            cand health 'Ask a server whether it is up: exit code 0 when it says 200 within 2 seconds'
            cand completions 'Print the completion script for a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'lkt;mint'= {
            cand -r 'Room to join [default: quickstart-room]'
            cand --room 'Room to join [default: quickstart-room]'
            cand -i 'Identity of the participant, unique in the room [default: quickstart-identity]'
            cand --identity 'Identity of the participant, unique in the room [default: quickstart-identity]'
            cand -n 'Name of the participant, for people to read [default: the identity, if one is given, else quickstart-username]'
            cand --name 'Name of the participant, for people to read [default: the identity, if one is given, else quickstart-username]'
            cand -m 'Metadata of the participant'
            cand --metadata 'Metadata of the participant'
            cand -a 'Attribute of the participant; everything after the first `=` is its value'
            cand --attribute 'Attribute of the participant; everything after the first `=` is its value'
            cand --attribute-file 'File with a JSON object of attributes; --attribute adds to them, and wins'
            cand --room-config 'Configuration of the room, used if this join creates it: proto3 JSON, @FILE, or - for standard input'
            cand --agent 'Agent to dispatch if this join creates the room'
            cand --agent-metadata 'Metadata of the agent''s job'
            cand --agent-deployment 'Deployment of the agent (LiveKit Cloud)'
            cand --agent-attribute 'Attribute of the agent'
            cand --ttl 'How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining, not a call that goes on'
            cand --allow-source 'Publish from these sources and no others'
            cand --kind 'Kind of the participant'
            cand --room-preset 'Preset of the room''s configuration (LiveKit Cloud)'
            cand --grant 'Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b), or a JSON object of video grants'
            cand -o 'What to print: the token; what the endpoint answers (json); the claims, unsigned; shell variables (env); a link that opens LiveKit Meet (meet)'
            cand --output 'What to print: the token; what the endpoint answers (json); the claims, unsigned; shell variables (env); a link that opens LiveKit Meet (meet)'
            cand --shell 'Shell that --output env is for [default: powershell on Windows, else sh]'
            cand --request 'A request as JSON, from a file or - for standard input; flags win over it'
            cand --batch 'Requests as JSON Lines, from a file or - for standard input: one token per line, in order'
            cand --count 'Mint N tokens; in --identity, --room and --name, {n} becomes 1, 2, … and {random} becomes 8 random characters'
            cand --not-before 'Start of the token''s lifetime, instead of now: RFC 3339, or seconds since 1970'
            cand --expires-at 'End of the token''s lifetime, instead of --ttl: RFC 3339, or seconds since 1970'
            cand --url 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]'
            cand --api-key 'API key [env: LIVEKIT_API_KEY]'
            cand --api-secret-file 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]'
            cand --api-secret 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]'
            cand --keys-file 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]'
            cand --project 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)'
            cand --env-file 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value'
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand --join 'Join the room; the default when no other permission is named'
            cand --create 'Create and delete rooms'
            cand --list 'List rooms'
            cand --admin 'Moderate the room'
            cand --record 'Record: start and stop egress'
            cand --ingress 'Manage ingress'
            cand --inference 'Use LiveKit Inference'
            cand --allow-update-metadata 'Let the participant change its own name, metadata and attributes'
            cand --no-publish 'Publish no tracks'
            cand --no-subscribe 'Subscribe to no tracks'
            cand --no-publish-data 'Publish no data'
            cand --hidden 'Stay invisible to the others'
            cand --no-limits 'Let parts be larger than a LiveKit server takes by default'
            cand --allow-sensitive-credentials 'Let egress outputs carry credentials, which whoever holds the token can read'
            cand --json 'Short for --output json'
            cand --open 'Print a link that opens LiveKit Meet, and open it in the browser'
            cand --token-only 'Short for --output token, as LiveKit''s CLI has it'
            cand --dev 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
            cand --no-env-file 'Read no env file'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'lkt;serve'= {
            cand --url 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]'
            cand --api-key 'API key [env: LIVEKIT_API_KEY]'
            cand --api-secret-file 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]'
            cand --api-secret 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]'
            cand --keys-file 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]'
            cand --project 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)'
            cand --env-file 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value'
            cand --ttl 'How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining, not a call that goes on'
            cand --allow-source 'Publish from these sources and no others'
            cand --kind 'Kind of the participant'
            cand --room-preset 'Preset of the room''s configuration (LiveKit Cloud)'
            cand --grant 'Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b), or a JSON object of video grants'
            cand --listen 'Where to listen: HOST:PORT (port 0 picks a free one) or unix:PATH; not used when systemd passes a socket (LISTEN_FDS)'
            cand --path 'Path of the endpoint, instead of the usual ones'
            cand --base-path 'What stands before every path'
            cand --default 'What stands in for an absent field; {random} and {identity} are filled in'
            cand --deny 'A field that clients may not set'
            cand --require 'A field that clients must set'
            cand --allow-room 'A pattern (*, ?) that rooms must match; several allow what any of them allows'
            cand --auth-token-file 'File of accepted bearer tokens, one a line [env: LKT_AUTH_TOKEN, the tokens themselves]'
            cand --sandbox-id 'The X-Sandbox-ID that apps for LiveKit Cloud''s development token server must send'
            cand --cors-origin 'Origin whose web pages may ask, or * for any; without it, pages on this machine'
            cand --allow-host 'Name that this server goes by, besides those of loopback'
            cand --log-format 'Form of the log on stderr'
            cand --max-body 'Bytes of a request''s body'
            cand --max-header-bytes 'Bytes of a request''s head'
            cand --max-header-lines 'Lines of a request''s head'
            cand --max-connections 'Connections at once; for one more, the one that has waited longest makes room, or it is answered 503'
            cand --request-timeout 'How long a request may take, from its first byte until it is answered'
            cand --idle-timeout 'How long a connection may wait for a request'
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand --dev 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
            cand --no-env-file 'Read no env file'
            cand --join 'Join the room; the default when no other permission is named'
            cand --create 'Create and delete rooms'
            cand --list 'List rooms'
            cand --admin 'Moderate the room'
            cand --record 'Record: start and stop egress'
            cand --ingress 'Manage ingress'
            cand --inference 'Use LiveKit Inference'
            cand --allow-update-metadata 'Let the participant change its own name, metadata and attributes'
            cand --no-publish 'Publish no tracks'
            cand --no-subscribe 'Subscribe to no tracks'
            cand --no-publish-data 'Publish no data'
            cand --hidden 'Stay invisible to the others'
            cand --no-limits 'Let parts be larger than a LiveKit server takes by default'
            cand --allow-sensitive-credentials 'Let egress outputs carry credentials, which whoever holds the token can read'
            cand --lan 'Listen on all interfaces, for phones on this network; a loopback host in the URL is replaced by this machine''s address'
            cand --fresh 'A random identity and a random room for whoever names none'
            cand --allow-anonymous 'Hand out tokens to anyone who can reach this server, even beyond this machine'
            cand --no-cors 'Leave CORS to the proxy in front'
            cand -v 'Log probes and preflights as well'
            cand --verbose 'Log probes and preflights as well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'lkt;inspect'= {
            cand --url 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]'
            cand --api-key 'API key [env: LIVEKIT_API_KEY]'
            cand --api-secret-file 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]'
            cand --api-secret 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]'
            cand --keys-file 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]'
            cand --project 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)'
            cand --env-file 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value'
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand --verify 'Check it as LiveKit''s server would: needs the key'
            cand --json 'Print JSON, for programs'
            cand --dev 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
            cand --no-env-file 'Read no env file'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'lkt;check'= {
            cand --url 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]'
            cand --api-key 'API key [env: LIVEKIT_API_KEY]'
            cand --api-secret-file 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]'
            cand --api-secret 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]'
            cand --keys-file 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]'
            cand --project 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)'
            cand --env-file 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value'
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand --json 'Print JSON, for programs'
            cand --dev 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
            cand --no-env-file 'Read no env file'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'lkt;health'= {
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'lkt;completions'= {
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'lkt;man'= {
            cand -q 'Say nothing but results and errors'
            cand --quiet 'Say nothing but results and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'lkt;help'= {
            cand mint 'Print a token, or what the token endpoint would answer'
            cand serve 'Serve LiveKit''s token endpoint over HTTP'
            cand inspect 'Show what a token says, and check it'
            cand check 'Ask the LiveKit server whether URL, key and secret belong together'
            cand health 'Ask a server whether it is up: exit code 0 when it says 200 within 2 seconds'
            cand completions 'Print the completion script for a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'lkt;help;mint'= {
        }
        &'lkt;help;serve'= {
        }
        &'lkt;help;inspect'= {
        }
        &'lkt;help;check'= {
        }
        &'lkt;help;health'= {
        }
        &'lkt;help;completions'= {
        }
        &'lkt;help;man'= {
        }
        &'lkt;help;help'= {
        }
    ]
    $completions[$command]
}
