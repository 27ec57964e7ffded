// PocketBase with its hooks in JavaScript, as its own releases are.
package main

import (
	"log"
	"os"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/plugins/jsvm"
)

func main() {
	app := pocketbase.New()
	var hooks string
	app.RootCmd.PersistentFlags().StringVar(&hooks, "hooksDir", "", "the directory with the hooks")
	if err := app.RootCmd.ParseFlags(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
	jsvm.MustRegister(app, jsvm.Config{HooksDir: hooks})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}
