# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_lkt_global_optspecs
    string join \n q/quiet h/help V/version
end

function __fish_lkt_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_lkt_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_lkt_using_subcommand
    set -l cmd (__fish_lkt_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c lkt -n "__fish_lkt_needs_command" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_needs_command" -s h -l help -d 'Print help'
complete -c lkt -n "__fish_lkt_needs_command" -s V -l version -d 'Print version'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "mint" -d 'Print a token, or what the token endpoint would answer'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "serve" -d 'Serve LiveKit\'s token endpoint over HTTP'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "inspect" -d 'Show what a token says, and check it'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "check" -d 'Ask the LiveKit server whether URL, key and secret belong together'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "health" -d 'Ask a server whether it is up: exit code 0 when it says 200 within 2 seconds'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "man" -d 'Print the manual page'
complete -c lkt -n "__fish_lkt_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s r -l room -d 'Room to join [default: quickstart-room]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s i -l identity -d 'Identity of the participant, unique in the room [default: quickstart-identity]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s n -l name -d 'Name of the participant, for people to read [default: the identity, if one is given, else quickstart-username]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s m -l metadata -d 'Metadata of the participant' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s a -l attribute -d 'Attribute of the participant; everything after the first `=` is its value' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l attribute-file -d 'File with a JSON object of attributes; --attribute adds to them, and wins' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l room-config -d 'Configuration of the room, used if this join creates it: proto3 JSON, @FILE, or - for standard input' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l agent -d 'Agent to dispatch if this join creates the room' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l agent-metadata -d 'Metadata of the agent\'s job' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l agent-deployment -d 'Deployment of the agent (LiveKit Cloud)' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l agent-attribute -d 'Attribute of the agent' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l ttl -d 'How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining, not a call that goes on' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l allow-source -d 'Publish from these sources and no others' -r -f -a "camera\t''
microphone\t''
screen_share\t''
screen_share_audio\t''"
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l kind -d 'Kind of the participant' -r -f -a "standard\t''
ingress\t''
egress\t''
sip\t''
agent\t''
connector\t''
bridge\t''"
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l room-preset -d 'Preset of the room\'s configuration (LiveKit Cloud)' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l grant -d 'Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b), or a JSON object of video grants' -r -f -a "roomCreate\t''
roomList\t''
roomRecord\t''
roomAdmin\t''
roomJoin\t''
room\t''
canPublish\t''
canSubscribe\t''
canPublishData\t''
canPublishSources\t''
canUpdateOwnMetadata\t''
ingressAdmin\t''
hidden\t''
recorder\t''
agent\t''
canSubscribeMetrics\t''
canManageAgentSession\t''
destinationRoom\t''
sip.admin\t''
sip.call\t''
agent.admin\t''
agent.simulationAdmin\t''
agent.databaseAdmin\t''
agent.dispatchAdmin\t''
inference.perform\t''
observability.write\t''
agentEndpoint.call\t''
agentEndpoint.agentName\t''
agentEndpoint.deployment\t''
agentThread.all\t''
agentThread.scope\t''
agentThread.threadIds\t''
agentThread.list\t''
agentThread.create\t''
agentThread.write\t''
agentThread.read\t''
agentThread.delete\t''"
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s o -l output -d 'What to print: the token; what the endpoint answers (json); the claims, unsigned; shell variables (env); a link that opens LiveKit Meet (meet)' -r -f -a "token\t'The token and a newline'
json\t'What the token endpoint answers'
claims\t'The claims, unsigned'
env\t'Variables for a shell'
meet\t'A link that opens LiveKit Meet'"
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l shell -d 'Shell that --output env is for [default: powershell on Windows, else sh]' -r -f -a "sh\t'Every POSIX shell: sh, bash, zsh, dash'
fish\t''
powershell\t''"
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l request -d 'A request as JSON, from a file or - for standard input; flags win over it' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l batch -d 'Requests as JSON Lines, from a file or - for standard input: one token per line, in order' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l count -d 'Mint N tokens; in --identity, --room and --name, {n} becomes 1, 2, … and {random} becomes 8 random characters' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l not-before -d 'Start of the token\'s lifetime, instead of now: RFC 3339, or seconds since 1970' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l expires-at -d 'End of the token\'s lifetime, instead of --ttl: RFC 3339, or seconds since 1970' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l url -d 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l api-key -d 'API key [env: LIVEKIT_API_KEY]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l api-secret-file -d 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l api-secret -d 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l keys-file -d 'File of `key: secret` lines, as LiveKit\'s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l project -d 'A project of LiveKit\'s own CLI (~/.livekit/cli-config.yaml)' -r
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l env-file -d 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value' -r -F
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l join -d 'Join the room; the default when no other permission is named'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l create -d 'Create and delete rooms'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l list -d 'List rooms'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l admin -d 'Moderate the room'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l record -d 'Record: start and stop egress'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l ingress -d 'Manage ingress'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l inference -d 'Use LiveKit Inference'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l allow-update-metadata -d 'Let the participant change its own name, metadata and attributes'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l no-publish -d 'Publish no tracks'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l no-subscribe -d 'Subscribe to no tracks'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l no-publish-data -d 'Publish no data'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l hidden -d 'Stay invisible to the others'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l no-limits -d 'Let parts be larger than a LiveKit server takes by default'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l allow-sensitive-credentials -d 'Let egress outputs carry credentials, which whoever holds the token can read'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l json -d 'Short for --output json'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l open -d 'Print a link that opens LiveKit Meet, and open it in the browser'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l token-only -d 'Short for --output token, as LiveKit\'s CLI has it'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l dev -d 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -l no-env-file -d 'Read no env file'
complete -c lkt -n "__fish_lkt_using_subcommand mint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l url -d 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l api-key -d 'API key [env: LIVEKIT_API_KEY]' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l api-secret-file -d 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l api-secret -d 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l keys-file -d 'File of `key: secret` lines, as LiveKit\'s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l project -d 'A project of LiveKit\'s own CLI (~/.livekit/cli-config.yaml)' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l env-file -d 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value' -r -F
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l ttl -d 'How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining, not a call that goes on' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l allow-source -d 'Publish from these sources and no others' -r -f -a "camera\t''
microphone\t''
screen_share\t''
screen_share_audio\t''"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l kind -d 'Kind of the participant' -r -f -a "standard\t''
ingress\t''
egress\t''
sip\t''
agent\t''
connector\t''
bridge\t''"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l room-preset -d 'Preset of the room\'s configuration (LiveKit Cloud)' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l grant -d 'Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b), or a JSON object of video grants' -r -f -a "roomCreate\t''
roomList\t''
roomRecord\t''
roomAdmin\t''
roomJoin\t''
room\t''
canPublish\t''
canSubscribe\t''
canPublishData\t''
canPublishSources\t''
canUpdateOwnMetadata\t''
ingressAdmin\t''
hidden\t''
recorder\t''
agent\t''
canSubscribeMetrics\t''
canManageAgentSession\t''
destinationRoom\t''
sip.admin\t''
sip.call\t''
agent.admin\t''
agent.simulationAdmin\t''
agent.databaseAdmin\t''
agent.dispatchAdmin\t''
inference.perform\t''
observability.write\t''
agentEndpoint.call\t''
agentEndpoint.agentName\t''
agentEndpoint.deployment\t''
agentThread.all\t''
agentThread.scope\t''
agentThread.threadIds\t''
agentThread.list\t''
agentThread.create\t''
agentThread.write\t''
agentThread.read\t''
agentThread.delete\t''"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l listen -d 'Where to listen: HOST:PORT (port 0 picks a free one) or unix:PATH; not used when systemd passes a socket (LISTEN_FDS)' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l path -d 'Path of the endpoint, instead of the usual ones' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l base-path -d 'What stands before every path' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l default -d 'What stands in for an absent field; {random} and {identity} are filled in' -r -f -a "room_name=\t''
participant_identity=\t''
participant_name=\t''
participant_metadata=\t''
participant_attributes=\t''
room_config=\t''
room_config.name=\t''
room_config.empty_timeout=\t''
room_config.departure_timeout=\t''
room_config.max_participants=\t''
room_config.metadata=\t''
room_config.egress=\t''
room_config.min_playout_delay=\t''
room_config.max_playout_delay=\t''
room_config.sync_streams=\t''
room_config.agents=\t''
room_config.tags=\t''"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l deny -d 'A field that clients may not set' -r -f -a "room_name\t''
participant_identity\t''
participant_name\t''
participant_metadata\t''
participant_attributes\t''
room_config\t''
room_config.name\t''
room_config.empty_timeout\t''
room_config.departure_timeout\t''
room_config.max_participants\t''
room_config.metadata\t''
room_config.egress\t''
room_config.min_playout_delay\t''
room_config.max_playout_delay\t''
room_config.sync_streams\t''
room_config.agents\t''
room_config.tags\t''"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l require -d 'A field that clients must set' -r -f -a "room_name\t''
participant_identity\t''
participant_name\t''
participant_metadata\t''
participant_attributes\t''
room_config\t''
room_config.name\t''
room_config.empty_timeout\t''
room_config.departure_timeout\t''
room_config.max_participants\t''
room_config.metadata\t''
room_config.egress\t''
room_config.min_playout_delay\t''
room_config.max_playout_delay\t''
room_config.sync_streams\t''
room_config.agents\t''
room_config.tags\t''"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l allow-room -d 'A pattern (*, ?) that rooms must match; several allow what any of them allows' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l auth-token-file -d 'File of accepted bearer tokens, one a line [env: LKT_AUTH_TOKEN, the tokens themselves]' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l sandbox-id -d 'The X-Sandbox-ID that apps for LiveKit Cloud\'s development token server must send' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l cors-origin -d 'Origin whose web pages may ask, or * for any; without it, pages on this machine' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l allow-host -d 'Name that this server goes by, besides those of loopback' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l log-format -d 'Form of the log on stderr' -r -f -a "text\t'For people'
json\t'A JSON object a line'"
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l max-body -d 'Bytes of a request\'s body' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l max-header-bytes -d 'Bytes of a request\'s head' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l max-header-lines -d 'Lines of a request\'s head' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l max-connections -d 'Connections at once; for one more, the one that has waited longest makes room, or it is answered 503' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l request-timeout -d 'How long a request may take, from its first byte until it is answered' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l idle-timeout -d 'How long a connection may wait for a request' -r
complete -c lkt -n "__fish_lkt_using_subcommand serve" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l dev -d 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l no-env-file -d 'Read no env file'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l join -d 'Join the room; the default when no other permission is named'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l create -d 'Create and delete rooms'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l list -d 'List rooms'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l admin -d 'Moderate the room'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l record -d 'Record: start and stop egress'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l ingress -d 'Manage ingress'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l inference -d 'Use LiveKit Inference'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l allow-update-metadata -d 'Let the participant change its own name, metadata and attributes'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l no-publish -d 'Publish no tracks'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l no-subscribe -d 'Subscribe to no tracks'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l no-publish-data -d 'Publish no data'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l hidden -d 'Stay invisible to the others'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l no-limits -d 'Let parts be larger than a LiveKit server takes by default'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l allow-sensitive-credentials -d 'Let egress outputs carry credentials, which whoever holds the token can read'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l lan -d 'Listen on all interfaces, for phones on this network; a loopback host in the URL is replaced by this machine\'s address'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l fresh -d 'A random identity and a random room for whoever names none'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l allow-anonymous -d 'Hand out tokens to anyone who can reach this server, even beyond this machine'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -l no-cors -d 'Leave CORS to the proxy in front'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -s v -l verbose -d 'Log probes and preflights as well'
complete -c lkt -n "__fish_lkt_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l url -d 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]' -r
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l api-key -d 'API key [env: LIVEKIT_API_KEY]' -r
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l api-secret-file -d 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]' -r
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l api-secret -d 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]' -r
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l keys-file -d 'File of `key: secret` lines, as LiveKit\'s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]' -r
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l project -d 'A project of LiveKit\'s own CLI (~/.livekit/cli-config.yaml)' -r
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l env-file -d 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value' -r -F
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l verify -d 'Check it as LiveKit\'s server would: needs the key'
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l json -d 'Print JSON, for programs'
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l dev -d 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -l no-env-file -d 'Read no env file'
complete -c lkt -n "__fish_lkt_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c lkt -n "__fish_lkt_using_subcommand check" -l url -d 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]' -r
complete -c lkt -n "__fish_lkt_using_subcommand check" -l api-key -d 'API key [env: LIVEKIT_API_KEY]' -r
complete -c lkt -n "__fish_lkt_using_subcommand check" -l api-secret-file -d 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]' -r
complete -c lkt -n "__fish_lkt_using_subcommand check" -l api-secret -d 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]' -r
complete -c lkt -n "__fish_lkt_using_subcommand check" -l keys-file -d 'File of `key: secret` lines, as LiveKit\'s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]' -r
complete -c lkt -n "__fish_lkt_using_subcommand check" -l project -d 'A project of LiveKit\'s own CLI (~/.livekit/cli-config.yaml)' -r
complete -c lkt -n "__fish_lkt_using_subcommand check" -l env-file -d 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value' -r -F
complete -c lkt -n "__fish_lkt_using_subcommand check" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand check" -l json -d 'Print JSON, for programs'
complete -c lkt -n "__fish_lkt_using_subcommand check" -l dev -d 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880'
complete -c lkt -n "__fish_lkt_using_subcommand check" -l no-env-file -d 'Read no env file'
complete -c lkt -n "__fish_lkt_using_subcommand check" -s h -l help -d 'Print help'
complete -c lkt -n "__fish_lkt_using_subcommand health" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand health" -s h -l help -d 'Print help'
complete -c lkt -n "__fish_lkt_using_subcommand completions" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand completions" -s h -l help -d 'Print help'
complete -c lkt -n "__fish_lkt_using_subcommand man" -s q -l quiet -d 'Say nothing but results and errors'
complete -c lkt -n "__fish_lkt_using_subcommand man" -s h -l help -d 'Print help'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "mint" -d 'Print a token, or what the token endpoint would answer'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "serve" -d 'Serve LiveKit\'s token endpoint over HTTP'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "inspect" -d 'Show what a token says, and check it'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "check" -d 'Ask the LiveKit server whether URL, key and secret belong together'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "health" -d 'Ask a server whether it is up: exit code 0 when it says 200 within 2 seconds'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "man" -d 'Print the manual page'
complete -c lkt -n "__fish_lkt_using_subcommand help; and not __fish_seen_subcommand_from mint serve inspect check health completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
