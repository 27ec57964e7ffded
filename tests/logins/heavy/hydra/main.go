// Hydra, with its memory database. Its go.mod replaces what Hydra's own replaces.
package main

import "github.com/ory/hydra/v2/cmd"

func main() { cmd.Execute() }
