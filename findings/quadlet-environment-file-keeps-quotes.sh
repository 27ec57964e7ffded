#!/usr/bin/env bash
# Podman 5.6.2 (Go module): `EnvironmentFile=` in a Quadlet file becomes `--env-file` of `podman run`, and Podman
# reads the file, not systemd. Podman keeps quotes and the blanks behind a value, as a part of it; systemd's
# directive of the same name drops both. So a file that moves from `[Service]` to `[Container]` gives other values.
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"
go mod download -json github.com/containers/podman/v5@v5.6.2 > module.json
cp -r "$(python3 -c 'import json; print(json.load(open("module.json"))["Dir"])')" podman
chmod -R u+w podman
mkdir podman/cmd/try units
cat > podman/cmd/try/main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/containers/podman/v5/pkg/env"
)

func main() {
	values, err := env.ParseFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"PLAIN", "QUOTED", "BLANK"} {
		fmt.Printf("%s is [%s]\n", name, values[name])
	}
}
GO
(cd podman && CGO_ENABLED=0 go build -mod=mod -o .. ./cmd/quadlet ./cmd/try)

printf '%s\n' 'PLAIN=a' 'QUOTED="a b"' 'BLANK=a ' > units/app.env
printf '%s\n' '[Container]' 'Image=docker.io/library/alpine:3.22' 'EnvironmentFile=app.env' > units/app.container
QUADLET_UNIT_DIRS="$folder/units" ./quadlet -dryrun 2> /dev/null > unit
{ grep -o -e '--env-file [^ ]*/app.env' unit | sed "s|$folder/||"; ./try units/app.env; } | tee output
diff output - <<'EXPECTED'
--env-file units/app.env
PLAIN is [a]
QUOTED is ["a b"]
BLANK is [a ]
EXPECTED
