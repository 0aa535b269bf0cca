package main

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/config"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Print the settings in force, or the schema of hone.toml",
		Long:    "config shows what hone.toml may hold and which values are in force.",
		Example: "  hone config print\n  hone config schema > hone.schema.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	show := &cobra.Command{Use: "print", Short: "Print the settings in force, as hone.toml, each with its source", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.printConfig() }}
	show.Flags().StringVarP(&a.flags.config, "config", "c", "", "configuration `FILE`")
	schema := &cobra.Command{Use: "schema", Short: "Print the JSON Schema of hone.toml", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := config.Schema()
			if err != nil {
				return fmt.Errorf("make schema: %w", err)
			}
			_, err = a.stdout.Write(text)
			return err
		}}
	c.AddCommand(show, schema)
	return c
}

func (a *app) printConfig() error {
	file, name, err := a.configFile()
	if err != nil {
		return err
	}
	env, err := config.FromEnv(a.env)
	if err != nil {
		return &usageError{err}
	}
	from := map[string]string{}
	file.Each(func(key string, _ any) { from[key] = name })
	env.Each(func(key string, _ any) { from[key] = config.EnvName(key) })
	n := 0
	file.Merge(env).Each(func(key string, value any) {
		if rows := reflect.ValueOf(value); rows.Kind() == reflect.Slice && rows.Type().Elem().Kind() == reflect.Struct {
			fmt.Fprintf(a.stdout, "# %s: %d in %s\n", key, rows.Len(), from[key])
			n++
			return
		}
		text, err := json.Marshal(value) // TOML writes these scalars and lists as JSON does
		if err == nil {
			fmt.Fprintf(a.stdout, "%s = %s  # %s\n", key, text, from[key])
			n++
		}
	})
	if n == 0 {
		fmt.Fprintln(a.stdout, "# nothing is set; every key has its default")
	}
	return nil
}
