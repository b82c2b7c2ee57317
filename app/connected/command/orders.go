package command

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"handslag/app/connected/gate"
)

// written is a file of erasure orders as the command tells of it.
type written struct {
	File   string `json:"file"`
	Orders int    `json:"orders"`
}

func ordersVerb() verb {
	var to string
	return verb{
		name: "orders", short: "Write all erasure orders to a file, which a restored system wants: keep the newest beside every backup",
		examples: []string{"orders -to newest.orders"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&to, "to", "", "`file` to write (required)")
			return func(ctx context.Context, c *call) error {
				if to == "" {
					return &usageError{"-to is required", "try: connected orders -h"}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					files := &files{}
					defer files.drop()
					file, err := files.create(filepath.Clean(to))
					if err != nil {
						return err
					}
					n, err := admin.WriteOrders(ctx, file)
					if err != nil {
						return err
					}
					if err := files.keep(); err != nil {
						return err
					}
					return c.answer(written{to, n}, func() { c.say("%s erasure orders: %s. They name nobody.", fmt.Sprint(n), to) })
				})
			}
		},
	}
}
