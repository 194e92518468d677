package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

// Run shows the settings in force.
func (c *configCommand) Run(ctx *kong.Context) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	if err := c.print(w, ctx); err != nil {
		return err
	}
	return w.Flush()
}

func (c *configCommand) print(w io.Writer, ctx *kong.Context) error {
	if _, err := fmt.Fprintln(w, "SETTING\tVALUE\tFROM\tFLAG"); err != nil {
		return err
	}
	given := map[string]bool{}
	for _, part := range ctx.Path {
		if part.Flag != nil {
			given[part.Flag.Name] = true
		}
	}
	for _, flag := range ctx.Selected().Flags {
		if len(flag.Envs) == 0 {
			continue
		}
		_, fromEnv := os.LookupEnv(flag.Envs[0])
		from := "default"
		switch {
		case given[flag.Name]:
			from = "flag"
		case fromEnv:
			from = "environment"
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t--%s\n", flag.Envs[0], shown(flag), from, flag.Name); err != nil {
			return err
		}
	}
	return nil
}

// shown is a setting's value as far as it may be seen.
func shown(flag *kong.Flag) string {
	value := fmt.Sprint(flag.Target.Interface())
	switch {
	case flag.Name == "token" && value != "":
		return "(set, not shown)"
	case value == "":
		return "(not set)"
	}
	return value
}
