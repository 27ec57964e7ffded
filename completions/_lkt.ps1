
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'lkt' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'lkt'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'lkt' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Print a token, or what the token endpoint would answer')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve LiveKit''s token endpoint over HTTP')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what a token says, and check it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Ask the LiveKit server whether URL, key and secret belong together')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Ask a server whether it is up: exit code 0 when it says 200 within 2 seconds')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lkt;mint' {
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Room to join [default: quickstart-room]')
            [CompletionResult]::new('--room', '--room', [CompletionResultType]::ParameterName, 'Room to join [default: quickstart-room]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Identity of the participant, unique in the room [default: quickstart-identity]')
            [CompletionResult]::new('--identity', '--identity', [CompletionResultType]::ParameterName, 'Identity of the participant, unique in the room [default: quickstart-identity]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Name of the participant, for people to read [default: the identity, if one is given, else quickstart-username]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name of the participant, for people to read [default: the identity, if one is given, else quickstart-username]')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Metadata of the participant')
            [CompletionResult]::new('--metadata', '--metadata', [CompletionResultType]::ParameterName, 'Metadata of the participant')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Attribute of the participant; everything after the first `=` is its value')
            [CompletionResult]::new('--attribute', '--attribute', [CompletionResultType]::ParameterName, 'Attribute of the participant; everything after the first `=` is its value')
            [CompletionResult]::new('--attribute-file', '--attribute-file', [CompletionResultType]::ParameterName, 'File with a JSON object of attributes; --attribute adds to them, and wins')
            [CompletionResult]::new('--room-config', '--room-config', [CompletionResultType]::ParameterName, 'Configuration of the room, used if this join creates it: proto3 JSON, @FILE, or - for standard input')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'Agent to dispatch if this join creates the room')
            [CompletionResult]::new('--agent-metadata', '--agent-metadata', [CompletionResultType]::ParameterName, 'Metadata of the agent''s job')
            [CompletionResult]::new('--agent-deployment', '--agent-deployment', [CompletionResultType]::ParameterName, 'Deployment of the agent (LiveKit Cloud)')
            [CompletionResult]::new('--agent-attribute', '--agent-attribute', [CompletionResultType]::ParameterName, 'Attribute of the agent')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining, not a call that goes on')
            [CompletionResult]::new('--allow-source', '--allow-source', [CompletionResultType]::ParameterName, 'Publish from these sources and no others')
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Kind of the participant')
            [CompletionResult]::new('--room-preset', '--room-preset', [CompletionResultType]::ParameterName, 'Preset of the room''s configuration (LiveKit Cloud)')
            [CompletionResult]::new('--grant', '--grant', [CompletionResultType]::ParameterName, 'Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b), or a JSON object of video grants')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'What to print: the token; what the endpoint answers (json); the claims, unsigned; shell variables (env); a link that opens LiveKit Meet (meet)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'What to print: the token; what the endpoint answers (json); the claims, unsigned; shell variables (env); a link that opens LiveKit Meet (meet)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell that --output env is for [default: powershell on Windows, else sh]')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'A request as JSON, from a file or - for standard input; flags win over it')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Requests as JSON Lines, from a file or - for standard input: one token per line, in order')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Mint N tokens; in --identity, --room and --name, {n} becomes 1, 2, … and {random} becomes 8 random characters')
            [CompletionResult]::new('--not-before', '--not-before', [CompletionResultType]::ParameterName, 'Start of the token''s lifetime, instead of now: RFC 3339, or seconds since 1970')
            [CompletionResult]::new('--expires-at', '--expires-at', [CompletionResultType]::ParameterName, 'End of the token''s lifetime, instead of --ttl: RFC 3339, or seconds since 1970')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: LIVEKIT_API_KEY]')
            [CompletionResult]::new('--api-secret-file', '--api-secret-file', [CompletionResultType]::ParameterName, 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]')
            [CompletionResult]::new('--api-secret', '--api-secret', [CompletionResultType]::ParameterName, 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Join the room; the default when no other permission is named')
            [CompletionResult]::new('--create', '--create', [CompletionResultType]::ParameterName, 'Create and delete rooms')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List rooms')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'Moderate the room')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record: start and stop egress')
            [CompletionResult]::new('--ingress', '--ingress', [CompletionResultType]::ParameterName, 'Manage ingress')
            [CompletionResult]::new('--inference', '--inference', [CompletionResultType]::ParameterName, 'Use LiveKit Inference')
            [CompletionResult]::new('--allow-update-metadata', '--allow-update-metadata', [CompletionResultType]::ParameterName, 'Let the participant change its own name, metadata and attributes')
            [CompletionResult]::new('--no-publish', '--no-publish', [CompletionResultType]::ParameterName, 'Publish no tracks')
            [CompletionResult]::new('--no-subscribe', '--no-subscribe', [CompletionResultType]::ParameterName, 'Subscribe to no tracks')
            [CompletionResult]::new('--no-publish-data', '--no-publish-data', [CompletionResultType]::ParameterName, 'Publish no data')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Stay invisible to the others')
            [CompletionResult]::new('--no-limits', '--no-limits', [CompletionResultType]::ParameterName, 'Let parts be larger than a LiveKit server takes by default')
            [CompletionResult]::new('--allow-sensitive-credentials', '--allow-sensitive-credentials', [CompletionResultType]::ParameterName, 'Let egress outputs carry credentials, which whoever holds the token can read')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--open', '--open', [CompletionResultType]::ParameterName, 'Print a link that opens LiveKit Meet, and open it in the browser')
            [CompletionResult]::new('--token-only', '--token-only', [CompletionResultType]::ParameterName, 'Short for --output token, as LiveKit''s CLI has it')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880')
            [CompletionResult]::new('--no-env-file', '--no-env-file', [CompletionResultType]::ParameterName, 'Read no env file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'lkt;serve' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: LIVEKIT_API_KEY]')
            [CompletionResult]::new('--api-secret-file', '--api-secret-file', [CompletionResultType]::ParameterName, 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]')
            [CompletionResult]::new('--api-secret', '--api-secret', [CompletionResultType]::ParameterName, 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining, not a call that goes on')
            [CompletionResult]::new('--allow-source', '--allow-source', [CompletionResultType]::ParameterName, 'Publish from these sources and no others')
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Kind of the participant')
            [CompletionResult]::new('--room-preset', '--room-preset', [CompletionResultType]::ParameterName, 'Preset of the room''s configuration (LiveKit Cloud)')
            [CompletionResult]::new('--grant', '--grant', [CompletionResultType]::ParameterName, 'Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b), or a JSON object of video grants')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen: HOST:PORT (port 0 picks a free one) or unix:PATH; not used when systemd passes a socket (LISTEN_FDS)')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'Path of the endpoint, instead of the usual ones')
            [CompletionResult]::new('--base-path', '--base-path', [CompletionResultType]::ParameterName, 'What stands before every path')
            [CompletionResult]::new('--default', '--default', [CompletionResultType]::ParameterName, 'What stands in for an absent field; {random} and {identity} are filled in')
            [CompletionResult]::new('--deny', '--deny', [CompletionResultType]::ParameterName, 'A field that clients may not set')
            [CompletionResult]::new('--require', '--require', [CompletionResultType]::ParameterName, 'A field that clients must set')
            [CompletionResult]::new('--allow-room', '--allow-room', [CompletionResultType]::ParameterName, 'A pattern (*, ?) that rooms must match; several allow what any of them allows')
            [CompletionResult]::new('--auth-token-file', '--auth-token-file', [CompletionResultType]::ParameterName, 'File of accepted bearer tokens, one a line [env: LKT_AUTH_TOKEN, the tokens themselves]')
            [CompletionResult]::new('--sandbox-id', '--sandbox-id', [CompletionResultType]::ParameterName, 'The X-Sandbox-ID that apps for LiveKit Cloud''s development token server must send')
            [CompletionResult]::new('--cors-origin', '--cors-origin', [CompletionResultType]::ParameterName, 'Origin whose web pages may ask, or * for any; without it, pages on this machine')
            [CompletionResult]::new('--allow-host', '--allow-host', [CompletionResultType]::ParameterName, 'Name that this server goes by, besides those of loopback')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of the log on stderr')
            [CompletionResult]::new('--max-body', '--max-body', [CompletionResultType]::ParameterName, 'Bytes of a request''s body')
            [CompletionResult]::new('--max-header-bytes', '--max-header-bytes', [CompletionResultType]::ParameterName, 'Bytes of a request''s head')
            [CompletionResult]::new('--max-header-lines', '--max-header-lines', [CompletionResultType]::ParameterName, 'Lines of a request''s head')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Connections at once; for one more, the one that has waited longest makes room, or it is answered 503')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long a request may take, from its first byte until it is answered')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'How long a connection may wait for a request')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880')
            [CompletionResult]::new('--no-env-file', '--no-env-file', [CompletionResultType]::ParameterName, 'Read no env file')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Join the room; the default when no other permission is named')
            [CompletionResult]::new('--create', '--create', [CompletionResultType]::ParameterName, 'Create and delete rooms')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List rooms')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'Moderate the room')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record: start and stop egress')
            [CompletionResult]::new('--ingress', '--ingress', [CompletionResultType]::ParameterName, 'Manage ingress')
            [CompletionResult]::new('--inference', '--inference', [CompletionResultType]::ParameterName, 'Use LiveKit Inference')
            [CompletionResult]::new('--allow-update-metadata', '--allow-update-metadata', [CompletionResultType]::ParameterName, 'Let the participant change its own name, metadata and attributes')
            [CompletionResult]::new('--no-publish', '--no-publish', [CompletionResultType]::ParameterName, 'Publish no tracks')
            [CompletionResult]::new('--no-subscribe', '--no-subscribe', [CompletionResultType]::ParameterName, 'Subscribe to no tracks')
            [CompletionResult]::new('--no-publish-data', '--no-publish-data', [CompletionResultType]::ParameterName, 'Publish no data')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Stay invisible to the others')
            [CompletionResult]::new('--no-limits', '--no-limits', [CompletionResultType]::ParameterName, 'Let parts be larger than a LiveKit server takes by default')
            [CompletionResult]::new('--allow-sensitive-credentials', '--allow-sensitive-credentials', [CompletionResultType]::ParameterName, 'Let egress outputs carry credentials, which whoever holds the token can read')
            [CompletionResult]::new('--lan', '--lan', [CompletionResultType]::ParameterName, 'Listen on all interfaces, for phones on this network; a loopback host in the URL is replaced by this machine''s address')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'A random identity and a random room for whoever names none')
            [CompletionResult]::new('--allow-anonymous', '--allow-anonymous', [CompletionResultType]::ParameterName, 'Hand out tokens to anyone who can reach this server, even beyond this machine')
            [CompletionResult]::new('--no-cors', '--no-cors', [CompletionResultType]::ParameterName, 'Leave CORS to the proxy in front')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log probes and preflights as well')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log probes and preflights as well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'lkt;inspect' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: LIVEKIT_API_KEY]')
            [CompletionResult]::new('--api-secret-file', '--api-secret-file', [CompletionResultType]::ParameterName, 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]')
            [CompletionResult]::new('--api-secret', '--api-secret', [CompletionResultType]::ParameterName, 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Check it as LiveKit''s server would: needs the key')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, for programs')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880')
            [CompletionResult]::new('--no-env-file', '--no-env-file', [CompletionResultType]::ParameterName, 'Read no env file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lkt;check' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'URL of the LiveKit server, handed out to clients [env: LIVEKIT_URL]')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: LIVEKIT_API_KEY]')
            [CompletionResult]::new('--api-secret-file', '--api-secret-file', [CompletionResultType]::ParameterName, 'File that holds the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]')
            [CompletionResult]::new('--api-secret', '--api-secret', [CompletionResultType]::ParameterName, 'API secret; other users of this machine see it in the process list: better a file or the environment [env: LIVEKIT_API_SECRET]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'File of `key: secret` lines, as LiveKit''s server reads it; --api-key picks one [env: LIVEKIT_KEYS, the lines themselves]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'A project of LiveKit''s own CLI (~/.livekit/cli-config.yaml)')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of NAME=value lines, instead of development.env, .env.local and .env in the working directory, of which the earlier wins, value by value')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, for programs')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880')
            [CompletionResult]::new('--no-env-file', '--no-env-file', [CompletionResultType]::ParameterName, 'Read no env file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lkt;health' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lkt;completions' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lkt;man' {
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lkt;help' {
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Print a token, or what the token endpoint would answer')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve LiveKit''s token endpoint over HTTP')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what a token says, and check it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Ask the LiveKit server whether URL, key and secret belong together')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Ask a server whether it is up: exit code 0 when it says 200 within 2 seconds')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lkt;help;mint' {
            break
        }
        'lkt;help;serve' {
            break
        }
        'lkt;help;inspect' {
            break
        }
        'lkt;help;check' {
            break
        }
        'lkt;help;health' {
            break
        }
        'lkt;help;completions' {
            break
        }
        'lkt;help;man' {
            break
        }
        'lkt;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
